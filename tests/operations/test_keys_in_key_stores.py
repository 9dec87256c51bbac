"""Keys in custom key stores: making them, using them, and what they can't do."""

import pytest

from tests.operations.key_kinds import ENCAPSULATING_512
from tests.operations.key_store_requests import (
    CALLS,
    CLUSTER,
    CLUSTER_OUT_OF_REACH,
    IN_STORE,
    TYPES,
    connect,
    create_connected_store,
    create_key_in_store,
    create_store,
    cryptographic_calls,
    disconnect,
    store_not_found,
    wrong_connection,
)
from tests.operations.refusals import INCORRECT_KEY, invalid, wrong_usage
from tests.vocabulary import ACCOUNT, REGION, create_key, describe, members, refusal

DRY_RUN = (
    "DryRunOperationException",
    "The request would have succeeded, but the DryRun option is set.",
)


@pytest.fixture(params=TYPES)
def kind(request):
    """Each type of custom key store."""
    return request.param


@pytest.fixture
def store_id(kms, kind):
    """A connected store of that type."""
    return create_connected_store(kms, kind)


@pytest.fixture
def key_arn(kms, kind, store_id):
    """A key in that store."""
    return create_key_in_store(kms, kind, store_id)


SHOWN = {
    "AWS_CLOUDHSM": {"CloudHsmClusterId": CLUSTER},
    "EXTERNAL_KEY_STORE": {"XksKeyConfiguration": {"Id": "external-key"}},
}


class TestMetadata:
    """What KeyMetadata says of a key in a store."""

    def test_members(self, kms, kind, store_id):
        """It names the store and what is behind it, and no key material (KEY-17, KEY-18)."""
        created = kms.create_key(CustomKeyStoreId=store_id, **IN_STORE[kind])["KeyMetadata"]
        key_id = created["KeyId"]

        assert {
            "AWSAccountId": ACCOUNT,
            "Arn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key_id}",
            "CreationDate": created["CreationDate"],
            "CustomKeyStoreId": store_id,
            "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "Description": "",
            "Enabled": True,
            "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
            "KeyId": key_id,
            "KeyManager": "CUSTOMER",
            "KeySpec": "SYMMETRIC_DEFAULT",
            "KeyState": "Enabled",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "MultiRegion": False,
            "Origin": kind,
            **SHOWN[kind],
        } == created
        assert created == describe(kms, key_id)


class TestCreating:
    """CreateKey wants members that fit together, and a store that is ready."""

    @pytest.mark.parametrize(
        ("request_", "message"),
        [
            (
                {"Origin": "AWS_CLOUDHSM"},
                "CustomKeyStoreId is required when Origin is AWS_CLOUDHSM",
            ),
            (
                {"Origin": "EXTERNAL_KEY_STORE", "XksKeyId": "k"},
                "CustomKeyStoreId is required when Origin is EXTERNAL_KEY_STORE",
            ),
            (
                {"CustomKeyStoreId": "cks-0"},
                "CustomKeyStoreId is not valid when Origin is AWS_KMS",
            ),
            (
                {"CustomKeyStoreId": "cks-0", "Origin": "EXTERNAL"},
                "CustomKeyStoreId is not valid when Origin is EXTERNAL",
            ),
            (
                {"CustomKeyStoreId": "cks-0", "Origin": "EXTERNAL_KEY_STORE"},
                "XksKeyId is required when Origin is EXTERNAL_KEY_STORE",
            ),
            (
                {"CustomKeyStoreId": "cks-0", "Origin": "AWS_CLOUDHSM", "XksKeyId": "k"},
                "XksKeyId is not valid when Origin is AWS_CLOUDHSM",
            ),
            ({"XksKeyId": "k"}, "XksKeyId is not valid when Origin is AWS_KMS"),
        ],
        ids=lambda case: " ".join(case) if isinstance(case, dict) else "",
    )
    def test_members(self, kms, request_, message):
        """Origin, store and external key belong together (KEY-6, KEY-7; texts assumed)."""
        assert invalid(message) == refusal(kms.create_key, **request_)

    def test_type(self, kms, kind, store_id):
        """The origin is the store's type (rules KEY-6; text assumed)."""
        (other,) = {*TYPES} - {kind}

        assert invalid(
            f"Custom key store {store_id} is of type {kind}, which is not valid when Origin is"
            f" {other}"
        ) == refusal(kms.create_key, CustomKeyStoreId=store_id, **IN_STORE[other])

    @pytest.mark.parametrize(
        ("members_", "trait"),
        [
            ({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}, "KeySpec HMAC_256"),
            ({"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}, "KeySpec RSA_2048"),
            ({"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}, "KeySpec ECC_NIST_P256"),
            ({"KeySpec": "ML_DSA_44", "KeyUsage": "SIGN_VERIFY"}, "KeySpec ML_DSA_44"),
            (ENCAPSULATING_512, "KeySpec ML_KEM_512"),
            ({"MultiRegion": True}, "MultiRegion"),
        ],
        ids=["HMAC", "RSA", "ECC", "ML-DSA", "ML-KEM", "multi-Region"],
    )
    def test_other_keys(self, kms, kind, store_id, members_, trait):
        """A store has symmetric single-Region keys alone (KEY-6, CKS-19; texts assumed)."""
        assert (
            "UnsupportedOperationException",
            f"{trait} is not supported for Origin {kind}",
        ) == refusal(kms.create_key, CustomKeyStoreId=store_id, **IN_STORE[kind], **members_)

    @pytest.mark.parametrize("multi_region", [{}, {"MultiRegion": False}])
    def test_spelled_out(self, kms, kind, store_id, multi_region):
        """The members that a key in a store may have can be spelled out (rules KEY-6)."""
        key_arn = create_key_in_store(
            kms,
            kind,
            store_id,
            KeySpec="SYMMETRIC_DEFAULT",
            KeyUsage="ENCRYPT_DECRYPT",
            **multi_region,
        )

        assert kind == describe(kms, key_arn)["Origin"]

    def test_unknown_store(self, kms, kind):
        """A store that does not exist is not found (rules CKS-17)."""
        assert store_not_found("cks-0") == refusal(
            kms.create_key, CustomKeyStoreId="cks-0", **IN_STORE[kind]
        )

    def test_new_store(self, kms, kind):
        """A store that was never connected takes no keys (wire-facts K5, rules CKS-17)."""
        store_id = create_store(kms, **TYPES[kind])

        assert wrong_connection(store_id, "DISCONNECTED") == refusal(
            kms.create_key, CustomKeyStoreId=store_id, **IN_STORE[kind]
        )

    @pytest.mark.parametrize("state", ["DISCONNECTED", "FAILED"])
    def test_store_that_was_connected(self, kms, kms_mock, kind, store_id, state):
        """A store that is no longer connected takes no keys (wire-facts K5, rules CKS-17)."""
        disconnect(kms, store_id)
        if state == "FAILED":
            kms_mock.key_store(store_id).fail_to_connect("INTERNAL_ERROR")
            connect(kms, store_id)

        assert wrong_connection(store_id, state) == refusal(
            kms.create_key, CustomKeyStoreId=store_id, **IN_STORE[kind]
        )

    @pytest.mark.parametrize(
        ("trouble", "code", "message"),
        [
            (
                "invalid configuration",
                "CloudHsmClusterInvalidConfigurationException",
                "The CloudHSM cluster does not meet the configuration requirements.",
            ),
            ("unreachable", "CustomKeyStoreInvalidStateException", CLUSTER_OUT_OF_REACH),
            ("not found", "CustomKeyStoreInvalidStateException", CLUSTER_OUT_OF_REACH),
            ("not active", "CustomKeyStoreInvalidStateException", CLUSTER_OUT_OF_REACH),
        ],
    )
    def test_cluster(self, kms, kms_mock, trouble, code, message):
        """CreateKey wants the cluster in a good condition (all but wire-facts K7 assumed)."""
        store_id = create_connected_store(kms)
        kms_mock.key_store("store").refuse(trouble)

        assert (code, message) == refusal(
            kms.create_key, Origin="AWS_CLOUDHSM", CustomKeyStoreId=store_id
        )
        assert [] == kms.list_keys()["Keys"]


class TestUsing:
    """What works with keys in stores: the operations on symmetric keys (rules CKS-19)."""

    def test_round_trip(self, kms, key_arn):
        """Encrypt and Decrypt do what they do with any key, but show no material id (KEY-17)."""
        context = {"tenant": "7"}
        sealed = members(kms.encrypt(KeyId=key_arn, Plaintext=b"secret", EncryptionContext=context))

        opened = members(
            kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext=context)
        )

        assert {
            "CiphertextBlob": sealed["CiphertextBlob"],
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "KeyId": key_arn,
        } == sealed
        assert {
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "KeyId": key_arn,
            "Plaintext": b"secret",
        } == opened

    @pytest.mark.parametrize("length", [1, 4096])
    def test_length(self, kms, key_arn, length):
        """Up to 4,096 bytes fit, and the ciphertext is one that Decrypt takes."""
        blob = kms.encrypt(KeyId=key_arn, Plaintext=bytes(length))["CiphertextBlob"]

        assert bytes(length) == kms.decrypt(CiphertextBlob=blob)["Plaintext"]

    @pytest.mark.parametrize("operation", ["data key", "data key without plaintext"])
    def test_data_key(self, kms, key_arn, operation):
        """A data key under a key in a store decrypts there (rules DK-6)."""
        if operation == "data key":
            made = members(kms.generate_data_key(KeyId=key_arn, KeySpec="AES_256"))
            plaintext = made.pop("Plaintext")
        else:
            made = members(
                kms.generate_data_key_without_plaintext(KeyId=key_arn, KeySpec="AES_256")
            )
            plaintext = kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"]

        assert ["CiphertextBlob", "KeyId"] == sorted(made)
        assert 32 == len(plaintext)
        assert plaintext == kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"]

    def test_re_encrypting(self, kms, key_arn):
        """A ciphertext goes into a store and out again; only the KMS key shows its material."""
        other = create_key(kms)
        material_id = describe(kms, other)["CurrentKeyMaterialId"]
        blob = kms.encrypt(KeyId=other, Plaintext=b"x")["CiphertextBlob"]

        into = members(kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=key_arn))
        out = members(kms.re_encrypt(CiphertextBlob=into["CiphertextBlob"], DestinationKeyId=other))

        assert (material_id, None) == (
            into.get("SourceKeyMaterialId"),
            into.get("DestinationKeyMaterialId"),
        )
        assert (None, material_id) == (
            out.get("SourceKeyMaterialId"),
            out.get("DestinationKeyMaterialId"),
        )
        assert b"x" == kms.decrypt(CiphertextBlob=out["CiphertextBlob"])["Plaintext"]

    def test_other_key(self, kms, key_arn):
        """A ciphertext decrypts only with the key in the store that made it (rules ENC-17)."""
        blob = kms.encrypt(KeyId=key_arn, Plaintext=b"x")["CiphertextBlob"]

        assert INCORRECT_KEY == refusal(kms.decrypt, CiphertextBlob=blob, KeyId=create_key(kms))

    @pytest.mark.parametrize("call", CALLS)
    def test_dry_run(self, kms, key_arn, call):
        """A dry run of what would work says so (wire-facts W20, rules DRY-2)."""
        blob = kms.encrypt(KeyId=key_arn, Plaintext=b"x")["CiphertextBlob"]
        function, request = cryptographic_calls(kms, key_arn, blob)[call]

        assert DRY_RUN == refusal(function, DryRun=True, **request)

    def test_last_usage(self, kms, key_arn):
        """The use of a key in a store is recorded, as that of any key."""
        kms.encrypt(KeyId=key_arn, Plaintext=b"x")

        usage = kms.get_key_last_usage(KeyId=key_arn)["KeyLastUsage"]

        assert "Encrypt" == usage["Operation"]


class TestNotOffered:
    """What does not work with keys in stores (rules CKS-19)."""

    @pytest.mark.parametrize(
        ("operation", "request_"),
        [
            ("generate_data_key_pair", {"KeyPairSpec": "ECC_NIST_P256"}),
            ("generate_data_key_pair_without_plaintext", {"KeyPairSpec": "ECC_NIST_P256"}),
            (
                "get_parameters_for_import",
                {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"},
            ),
            ("import_key_material", {"ImportToken": b"x", "EncryptedKeyMaterial": b"x"}),
            ("delete_imported_key_material", {}),
            ("enable_key_rotation", {}),
            ("disable_key_rotation", {}),
            ("get_key_rotation_status", {}),
            ("rotate_key_on_demand", {}),
        ],
        ids=lambda case: case if isinstance(case, str) else "",
    )
    def test_origin(self, kms, kind, key_arn, operation, request_):
        """No data key pairs, no import, no rotation (DK-10, ROT-5; text as wire-facts M2)."""
        assert (
            "UnsupportedOperationException",
            f"{key_arn} origin is {kind} which is not valid for this operation.",
        ) == refusal(getattr(kms, operation), KeyId=key_arn, **request_)

    def test_replication(self, kms, key_arn):
        """A key in a store has no replicas (rules MR-2; text as wire-facts V11)."""
        assert (
            "UnsupportedOperationException",
            f"{key_arn} is not a multi-region key.",
        ) == refusal(kms.replicate_key, KeyId=key_arn, ReplicaRegion="eu-west-1")

    def test_other_usage(self, kms, key_arn):
        """A key in a store encrypts and decrypts, and does not sign (wire-facts G10)."""
        assert wrong_usage(key_arn, "ENCRYPT_DECRYPT", "Sign") == refusal(
            kms.sign, KeyId=key_arn, Message=b"x", SigningAlgorithm="ECDSA_SHA_256"
        )


class TestRandomBytes:
    """GenerateRandom in a CloudHSM key store (rules DK-14)."""

    @pytest.mark.parametrize("length", [1, 1024])
    def test_length(self, kms, length):
        """A connected CloudHSM key store gives as many bytes as KMS does."""
        store_id = create_connected_store(kms)

        answered = members(kms.generate_random(NumberOfBytes=length, CustomKeyStoreId=store_id))

        assert ["Plaintext"] == [*answered]
        assert length == len(answered["Plaintext"])

    def test_disconnected(self, kms):
        """A store that is not connected gives none."""
        store_id = create_connected_store(kms)
        disconnect(kms, store_id)

        assert wrong_connection(store_id, "DISCONNECTED") == refusal(
            kms.generate_random, NumberOfBytes=1, CustomKeyStoreId=store_id
        )

    def test_external(self, kms):
        """An external key store gives none (text assumed)."""
        store_id = create_connected_store(kms, "EXTERNAL_KEY_STORE")

        assert (
            "UnsupportedOperationException",
            f"{store_id} is not an AWS CloudHSM key store.",
        ) == refusal(kms.generate_random, NumberOfBytes=1, CustomKeyStoreId=store_id)

    def test_unknown(self, kms):
        """A store that does not exist is not found."""
        assert store_not_found("cks-0") == refusal(
            kms.generate_random, NumberOfBytes=1, CustomKeyStoreId="cks-0"
        )

    def test_cluster_out_of_reach(self, kms, kms_mock):
        """A cluster that KMS can't reach gives none (wire-facts K7; the code is assumed)."""
        store_id = create_connected_store(kms)
        kms_mock.key_store("store").switch_off()

        assert ("CustomKeyStoreInvalidStateException", CLUSTER_OUT_OF_REACH) == refusal(
            kms.generate_random, NumberOfBytes=1, CustomKeyStoreId=store_id
        )
