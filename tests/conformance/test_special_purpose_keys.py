"""
The page "Special-purpose keys" of AWS's developer guide, from its first statement to its last.

Docstrings quote the page as it stood early in 2023, before it knew of key agreement, Ed25519 and
ML-DSA. Left out is what it says of the console, of prices, of other services' needs and of who may
do what (condition keys, credentials).
"""

import hmac
import os

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.conformance.service_model import MODEL
from tests.conformance.special_purpose_keys import (
    ASYMMETRIC,
    CURVES,
    LISTS,
    MESSAGE,
    NEIGHBOURS,
    OAEP,
    OPERATIONS,
    REGIONS,
    SIGNING,
    SPECS,
    USAGES,
    create,
    encrypt_outside,
    every_asymmetric_key,
    every_encrypting_key,
    every_hmac_key,
    every_key,
    every_region,
    every_secret_key,
    every_signing_key,
    import_anything,
    make_material,
    misuse,
    regions_of,
    use,
    verifies_outside,
)
from tests.operations.importer import FOREVER, get_parameters, import_material, wrap
from tests.operations.refusals import (
    INVALID_CIPHERTEXT,
    invalid,
    wrong_algorithm,
    wrong_usage,
)
from tests.vocabulary import create_key, describe, refusal

pytestmark = pytest.mark.sweep(7)


@pytest.fixture
def kms(kms_mock, region):
    """A client in the Region of the test."""
    return kms_mock.client(region)


class TestSpecialPurposeKeys:
    """The page's first section: the key that one gets by default, and the others."""

    @every_region
    def test_default_key(self, kms):
        """
        "When you create an AWS KMS key, by default, you get a symmetric encryption KMS key."
        """
        metadata = kms.create_key()["KeyMetadata"]

        assert ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "AWS_KMS", False) == (
            metadata["KeySpec"],
            metadata["KeyUsage"],
            metadata["Origin"],
            metadata["MultiRegion"],
        )

    @pytest.mark.parametrize(
        ("region", "length"), [("us-east-1", 32), ("cn-north-1", 16), ("cn-northwest-1", 16)]
    )
    def test_size_of_the_default_key(self, kms, length):
        """
        "... represents a 256-bit AES-GCM key that is used for encryption and decryption, except in
        China Regions, where it represents a symmetric a 128-bit symmetric key that uses SM4
        encryption."
        """
        key_id = create_key(kms, Origin="EXTERNAL")

        refused = []
        for other in {16, 24, 32} - {length}:
            parameters = get_parameters(kms, key_id)
            wrapped = wrap(parameters["PublicKey"], "RSAES_OAEP_SHA_256", bytes(other))
            refused.append(
                refusal(
                    kms.import_key_material,
                    KeyId=key_id,
                    ImportToken=parameters["ImportToken"],
                    EncryptedKeyMaterial=wrapped,
                    **FOREVER,
                )
            )
        import_material(kms, key_id, os.urandom(length))

        use(kms, key_id, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
        assert [("IncorrectKeyMaterialException", "")] * 2 == refused

    @every_secret_key
    def test_secret_material(self, kms, spec, usage):
        """
        "Symmetric key material never leaves AWS KMS unencrypted. To use your symmetric encryption
        KMS key, you must call AWS KMS." (And "to use your HMAC KMS key".)

        There is nothing to download: wire-facts G27.
        """
        assert ("UnsupportedOperationException", "") == refusal(
            kms.get_public_key, KeyId=create(kms, spec, usage)
        )

    @every_region
    def test_keys_of_services(self, kms):
        """
        "AWS services that are integrated with AWS KMS use only symmetric encryption KMS keys to
        encrypt your data."
        """
        aliases = [
            alias["AliasName"]
            for page in kms.get_paginator("list_aliases").paginate()
            for alias in page["Aliases"]
        ]

        specs = {describe(kms, alias)["KeySpec"] for alias in aliases}

        assert "alias/aws/s3" in aliases
        assert {"SYMMETRIC_DEFAULT"} == specs

    @every_region
    def test_uses_of_the_default_key(self, kms):
        """
        "You can use a symmetric encryption KMS key in AWS KMS to encrypt, decrypt, and re-encrypt
        data, generate data keys and data key pairs, and generate random byte strings."
        """
        key_id, other = create_key(kms), create_key(kms)
        blob = kms.encrypt(KeyId=key_id, Plaintext=MESSAGE)["CiphertextBlob"]
        again = kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=other)["CiphertextBlob"]
        data_key = kms.generate_data_key(KeyId=key_id, KeySpec="AES_256")
        pair = kms.generate_data_key_pair(KeyId=key_id, KeyPairSpec="ECC_NIST_P256")

        assert [MESSAGE, data_key["Plaintext"], pair["PrivateKeyPlaintext"]] == [
            kms.decrypt(CiphertextBlob=each)["Plaintext"]
            for each in (again, data_key["CiphertextBlob"], pair["PrivateKeyCiphertextBlob"])
        ]
        assert 20 == len(kms.generate_random(NumberOfBytes=20)["Plaintext"])

    @every_encrypting_key
    def test_public_key_cryptography(self, kms, spec, usage):
        """
        "Asymmetric RSA keys for public key cryptography"; "Asymmetric SM2 keys (China Regions only)
        for public key cryptography or signing and verification"
        """
        use(kms, create(kms, spec, usage), spec, usage)

    @every_signing_key
    def test_signing(self, kms, spec, usage):
        """
        "Asymmetric RSA and ECC keys for signing and verification"; "Asymmetric SM2 keys (China
        Regions only) for public key cryptography or signing and verification"
        """
        use(kms, create(kms, spec, usage), spec, usage)

    @every_hmac_key
    def test_hmac(self, kms, spec, usage):
        """
        "HMAC keys to generate and verify hash-based message authentication codes"
        """
        use(kms, create(kms, spec, usage), spec, usage)

    @every_key
    def test_multi_region(self, kms, kms_mock, region, spec, usage):
        """
        "Multi-Region keys (symmetric and asymmetric) that work like copies of the same key in
        different AWS Regions"
        """
        primary = create(kms, spec, usage, MultiRegion=True)
        kms.replicate_key(KeyId=primary, ReplicaRegion=NEIGHBOURS[region])
        neighbour = kms_mock.client(NEIGHBOURS[region])
        key_id = primary.rpartition("/")[2]

        use(kms, key_id, spec, usage, other=neighbour)
        use(neighbour, key_id, spec, usage, other=kms)

    @every_key
    def test_imported_material(self, kms, spec, usage):
        """
        "Keys with imported key material that you provide"; "You can import your own key material
        into a symmetric encryption KMS key"
        """
        key_id = create(kms, spec, usage, Origin="EXTERNAL")

        import_anything(kms, key_id, spec, make_material(kms, spec))

        use(kms, key_id, spec, usage)

    @every_region
    @pytest.mark.parametrize("kind", ["AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"])
    def test_custom_key_store(self, kms, kms_mock, region, kind):
        """
        "Keys in a custom key store that is backed by a AWS CloudHSM cluster or an external key
        manager outside of AWS"; "You can ... create symmetric encryption KMS keys in custom key
        stores"
        """
        store = kms_mock.key_store("store", kind, region_name=region)
        external_key = {"XksKeyId": "key-1"} if kind == "EXTERNAL_KEY_STORE" else {}

        key_id = create_key(
            kms, Origin=kind, CustomKeyStoreId=store.custom_key_store_id, **external_key
        )

        use(kms, key_id, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")


class TestChoosingAType:
    """The page's section "Choosing a KMS key type"."""

    @every_key
    def test_not_both(self, kms, spec, usage):
        """
        "... that you can use for encryption and decryption or signing and verification, but not
        both."
        """
        key_id = create(kms, spec, usage)

        for other in {*USAGES} - {usage}:
            assert wrong_usage(key_id, usage, OPERATIONS[other]) == misuse(kms, key_id, other)

    @every_asymmetric_key
    def test_private_key(self, kms, spec, usage):
        """
        "The private key never leaves AWS KMS unencrypted."

        What can be downloaded is a public key, and beside it words.
        """
        answer = kms.get_public_key(KeyId=create(kms, spec, usage))
        del answer["ResponseMetadata"]

        blobs = [name for name, value in answer.items() if isinstance(value, bytes)]

        assert ["PublicKey"] == blobs

    @every_encrypting_key
    def test_public_key_outside(self, kms, spec, usage):
        """
        "You can use the public key within AWS KMS by calling the AWS KMS API operations, or
        download the public key and use it outside of AWS KMS."; "You can distribute the public key
        of the asymmetric KMS key to allow these users to encrypt data. And your applications that
        need to decrypt that data can use the private key of the asymmetric KMS key within AWS KMS."
        """
        key_id = create(kms, spec, usage)
        public_key = kms.get_public_key(KeyId=key_id)["PublicKey"]

        for algorithm in SPECS[spec][usage]:
            blob = encrypt_outside(public_key, algorithm, MESSAGE)
            chosen = {"KeyId": key_id, "EncryptionAlgorithm": algorithm}
            assert MESSAGE == kms.decrypt(CiphertextBlob=blob, **chosen)["Plaintext"]

    @every_hmac_key
    def test_hmac_of_varying_length(self, kms, spec, usage):
        """
        "HMAC KMS key (symmetric): Represents a symmetric key of varying length that is used to
        generate and verify hash-based message authentication codes."
        """
        material = make_material(kms, spec)
        key_id = create(kms, spec, usage, Origin="EXTERNAL")
        import_anything(kms, key_id, spec, material)
        (algorithm,) = SPECS[spec][usage]

        mac = kms.generate_mac(KeyId=key_id, Message=MESSAGE, MacAlgorithm=algorithm)["Mac"]

        assert hmac.digest(material, MESSAGE, f"sha{spec[-3:]}") == mac
        assert int(spec[-3:]) == 8 * len(mac)

    def test_configuration(self):
        """
        "... the cryptographic configuration of the KMS key, including its key spec and key usage,
        are established when you create the KMS key and cannot be changed."

        No other operation takes them.
        """
        takers = {
            operation
            for operation in MODEL.operation_names
            for member in MODEL.operation_model(operation).input_shape.members.values()
            if member.name in ("KeySpec", "KeyUsageType", "CustomerMasterKeySpec")
        }

        assert {"CreateKey"} == takers

    @every_region
    def test_encryption_context(self, kms):
        """
        "It supports authenticated encryption with additional authenticated data (AAD), defined as
        an encryption context."
        """
        key_id = create_key(kms)
        context = {"tenant": "7"}
        blob = kms.encrypt(KeyId=key_id, Plaintext=MESSAGE, EncryptionContext=context)

        opened = kms.decrypt(CiphertextBlob=blob["CiphertextBlob"], EncryptionContext=context)

        assert MESSAGE == opened["Plaintext"]
        assert INVALID_CIPHERTEXT == refusal(
            kms.decrypt,
            CiphertextBlob=blob["CiphertextBlob"],
            EncryptionContext={"tenant": "8"},
        )

    @every_secret_key
    def test_signing_without_a_pair(self, kms, spec, usage):
        """
        "To sign messages and verify signatures, you must use an asymmetric KMS key."
        """
        key_id = create(kms, spec, usage)
        request = {"KeyId": key_id, "Message": MESSAGE, "SigningAlgorithm": "ECDSA_SHA_256"}

        assert wrong_usage(key_id, usage, "Sign") == refusal(kms.sign, **request)
        assert wrong_usage(key_id, usage, "Verify") == refusal(
            kms.verify, Signature=b"signature", **request
        )

    @every_signing_key
    def test_signing_algorithm(self, kms, spec, usage):
        """
        "The key spec you choose is determined by the signing algorithm that you want to use."
        """
        key_id = create(kms, spec, usage)
        every_algorithm = {name for usages in SPECS.values() for name in usages.get(usage, ())}

        for algorithm in every_algorithm - {*SPECS[spec][usage]}:
            assert wrong_algorithm(algorithm, spec) == refusal(
                kms.sign, KeyId=key_id, Message=MESSAGE, SigningAlgorithm=algorithm
            )

    @every_signing_key
    def test_verifying_outside(self, kms, spec, usage):
        """
        "In some cases, the users who will verify signatures are outside of AWS and can't call the
        Verify operation. In that case, choose a key spec associated with a signing algorithm that
        these users can support in their local applications."
        """
        key_id = create(kms, spec, usage)
        public_key = kms.get_public_key(KeyId=key_id)["PublicKey"]

        for algorithm in SPECS[spec][usage]:
            signature = kms.sign(KeyId=key_id, Message=MESSAGE, SigningAlgorithm=algorithm)[
                "Signature"
            ]
            assert verifies_outside(public_key, algorithm, MESSAGE, signature)
            assert not verifies_outside(public_key, algorithm, MESSAGE + b"!", signature)

    @every_encrypting_key
    def test_outside_of_control(self, kms, spec, usage):
        """
        "When you download the public key of an asymmetric KMS key, you can use it outside of AWS
        KMS. But it is no longer subject to the security controls that protect the KMS key in AWS
        KMS."

        Whoever has it encrypts to a disabled key.
        """
        key_id = create(kms, spec, usage)
        public_key = kms.get_public_key(KeyId=key_id)["PublicKey"]
        algorithm = SPECS[spec][usage][-1]
        chosen = {"KeyId": key_id, "EncryptionAlgorithm": algorithm}
        kms.disable_key(KeyId=key_id)
        within = refusal(kms.encrypt, Plaintext=MESSAGE, **chosen)

        blob = encrypt_outside(public_key, algorithm, MESSAGE)
        kms.enable_key(KeyId=key_id)

        assert ("DisabledException", f"{key_id} is disabled.") == within
        assert MESSAGE == kms.decrypt(CiphertextBlob=blob, **chosen)["Plaintext"]

    @every_encrypting_key
    def test_decrypting_with_a_signing_key(self, kms, spec, usage):
        """
        "The Decrypt operation fails if the data was encrypted under a public key from a KMS key
        with a key usage of SIGN_VERIFY."
        """
        key_id = create(kms, spec, "SIGN_VERIFY")
        public_key = kms.get_public_key(KeyId=key_id)["PublicKey"]

        for algorithm in SPECS[spec][usage]:
            assert wrong_usage(key_id, "SIGN_VERIFY", "Decrypt") == refusal(
                kms.decrypt,
                KeyId=key_id,
                CiphertextBlob=encrypt_outside(public_key, algorithm, MESSAGE),
                EncryptionAlgorithm=algorithm,
            )

    @pytest.mark.parametrize("region", REGIONS)
    @pytest.mark.parametrize("spec", ["RSA_2048", "RSA_3072", "RSA_4096"])
    @pytest.mark.parametrize(
        "scheme",
        [
            padding.PKCS1v15(),
            padding.OAEP(padding.MGF1(hashes.SHA512()), hashes.SHA512(), None),
            padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA256(), None),
            padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), b"label"),
        ],
        ids=["PKCS #1 v1.5", "SHA-512", "two hashes", "label"],
    )
    def test_decrypting_another_algorithm(self, kms, spec, scheme):
        """
        "It will also fail if it was encrypted by using an algorithm that AWS KMS does not support
        for the key spec you selected."
        """
        key_id = create(kms, spec, "ENCRYPT_DECRYPT")
        public_key = load_der_public_key(kms.get_public_key(KeyId=key_id)["PublicKey"])
        blob = public_key.encrypt(MESSAGE, scheme)

        for algorithm in OAEP:
            assert INVALID_CIPHERTEXT == refusal(
                kms.decrypt, KeyId=key_id, CiphertextBlob=blob, EncryptionAlgorithm=algorithm
            )

    @every_asymmetric_key
    def test_information_to_share(self, kms, spec, usage):
        """
        "The AWS KMS console and the GetPublicKey response provide the information that you must
        include when you share the public key."
        """
        answer = kms.get_public_key(KeyId=create(kms, spec, usage))

        assert (spec, usage, SPECS[spec][usage]) == (
            answer["KeySpec"],
            answer["KeyUsage"],
            answer[LISTS[usage]],
        )

    @every_hmac_key
    def test_mac_algorithm(self, kms, spec, usage):
        """
        "When you create an HMAC key in AWS KMS, AWS KMS creates and protects your key material and
        ensures that you use the correct MAC algorithms for your key."
        """
        key_id = create(kms, spec, usage)
        others = {"HMAC_SHA_224", "HMAC_SHA_256", "HMAC_SHA_384", "HMAC_SHA_512"}

        for algorithm in others - {*SPECS[spec][usage]}:
            request = {"KeyId": key_id, "Message": MESSAGE, "MacAlgorithm": algorithm}
            assert wrong_algorithm(algorithm, spec) == refusal(kms.generate_mac, **request)
            assert wrong_algorithm(algorithm, spec) == refusal(
                kms.verify_mac, Mac=bytes(32), **request
            )


class TestSelectingTheUsage:
    """The page's section "Selecting the key usage"."""

    @every_key
    def test_one_usage(self, kms, spec, usage):
        """
        "Each KMS key has only one key usage."
        """
        metadata = describe(kms, create(kms, spec, usage))

        assert usage == metadata["KeyUsage"]
        assert [LISTS[usage]] == [name for name in metadata if name.endswith("Algorithms")]

    @pytest.mark.parametrize(
        ("region", "spec", "usage"),
        [
            pytest.param(region, spec, usage, id=f"{region}-{spec}-{usage}")
            for spec in SPECS
            for usage in USAGES
            for region in regions_of(spec)
        ],
    )
    def test_table(self, kms, spec, usage):
        """
        "Valid key usage for KMS key types": "symmetric encryption KMS keys can be used only for
        encryption and decryption. HMAC KMS keys can be used only for generating and verifying HMAC
        codes. Elliptic curve (ECC) KMS keys can be used only for signing and verification."

        The refusal is that of wire-facts C16.
        """
        if usage in SPECS[spec]:
            assert usage == describe(kms, create(kms, spec, usage))["KeyUsage"]
        else:
            assert invalid(f"KeyUsage {usage} is not compatible with KeySpec {spec}") == refusal(
                kms.create_key, KeySpec=spec, KeyUsage=usage
            )

    @pytest.mark.parametrize(
        ("region", "spec"),
        [
            pytest.param(region, spec, id=f"{region}-{spec}")
            for spec in SPECS
            for region in regions_of(spec)
        ],
    )
    def test_decision(self, kms, spec):
        """
        "You need to make a key usage decision only for RSA KMS keys."

        Even so, KMS wants to be told, but for symmetric encryption keys (wire-facts C13).
        """
        if spec == "SYMMETRIC_DEFAULT":
            created = kms.create_key(KeySpec=spec)["KeyMetadata"]
            assert "ENCRYPT_DECRYPT" == created["KeyUsage"]
        else:
            assert invalid(
                "You must specify a KeyUsage value for all KMS keys except for symmetric encryption"
                " keys."
            ) == refusal(kms.create_key, KeySpec=spec)


class TestSelectingTheSpec:
    """The page's section "Selecting the key spec"."""

    @every_key
    def test_wrong_spec(self, kms, kms_mock, spec, usage):
        """
        "If you've selected the wrong key spec, delete the KMS key, and create a new one."
        """
        key_id = create(kms, spec, usage)
        kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)

        kms_mock.clock.advance(days=7)

        assert [] == kms.list_keys()["Keys"]
        assert "Enabled" == describe(kms, create(kms, spec, usage))["KeyState"]

    @every_key
    def test_customer_master_key_spec(self, kms, spec, usage):
        """
        "The CustomerMasterKeySpec parameter of the CreateKey operation is deprecated. Instead, use
        the KeySpec parameter. The response of the CreateKey and DescribeKey operations includes a
        KeySpec and CustomerMasterKeySpec member with the same value."
        """
        created = kms.create_key(CustomerMasterKeySpec=spec, KeyUsage=usage)["KeyMetadata"]

        for metadata in (created, describe(kms, created["KeyId"])):
            assert (spec, spec) == (metadata["KeySpec"], metadata["CustomerMasterKeySpec"])

    @every_key
    def test_algorithms(self, kms, spec, usage):
        """
        "The key spec determines whether the KMS key is symmetric or asymmetric, the type of key
        material in the KMS key, and the encryption algorithms, signing algorithms, or message
        authentication code (MAC) algorithms that AWS KMS supports for the KMS key."
        """
        metadata = describe(kms, create(kms, spec, usage))

        assert SPECS[spec][usage] == metadata[LISTS[usage]]

    @pytest.mark.parametrize(
        ("region", "spec", "usage"),
        [key for key in SIGNING if key.values[1].startswith("ECC")],
    )
    def test_elliptic_curves(self, kms, spec, usage):
        """
        "ECC_NIST_P256 (secp256r1) ECC_NIST_P384 (secp384r1) ECC_NIST_P521 (secp521r1)";
        "ECC_SECG_P256K1 (secp256k1), commonly used for cryptocurrency."
        """
        public_key = kms.get_public_key(KeyId=create(kms, spec, usage))["PublicKey"]

        assert CURVES[spec] == load_der_public_key(public_key).curve.name

    @pytest.mark.parametrize(
        ("region", "spec", "usage"), [key for key in ASYMMETRIC if key.values[1].startswith("RSA")]
    )
    def test_rsa_key_specs(self, kms, spec, usage):
        """
        "RSA key specs (encryption and decryption -or- signing and verification)": "RSA_2048",
        "RSA_3072", "RSA_4096"
        """
        public_key = kms.get_public_key(KeyId=create(kms, spec, usage))["PublicKey"]

        assert spec == f"RSA_{load_der_public_key(public_key).key_size}"

    @pytest.mark.parametrize("region", ["us-east-1"])
    @pytest.mark.parametrize("usage", SPECS["SM2"])
    def test_sm2_elsewhere(self, kms, usage):
        """
        "The SM2 key spec is available only in China Regions."

        The refusal is that of wire-facts C17.
        """
        assert (
            "UnsupportedOperationException",
            "KeySpec SM2 is not supported in this Region",
        ) == refusal(kms.create_key, KeySpec="SM2", KeyUsage=usage)

    def test_specs(self):
        """
        "AWS KMS supports the following key specs for KMS keys"
        """
        assert SPECS.keys() <= {*MODEL.shape_for("KeySpec").enum}
