"""Keys in external key stores: the external key behind each, and encryption by both."""

import pytest

from pytest_kmsmock._kms.crypto.envelope import parse, unseal
from pytest_kmsmock._kms.crypto.errors import DecryptionFailed
from tests.operations.key_store_requests import (
    CALLS,
    OTHER_CREDENTIAL,
    PROXY_TROUBLES,
    PUBLIC,
    SERVICE_TROUBLES,
    URI,
    VPC,
    connect,
    create_connected_store,
    create_key_in_store,
    create_store,
    cryptographic_calls,
)
from tests.operations.refusals import (
    INCORRECT_KEY,
    INVALID_CIPHERTEXT,
    at_most,
    hidden_ciphertext,
    violation,
)
from tests.vocabulary import create_key, describe, refusal

KIND = "EXTERNAL_KEY_STORE"
NO_SUCH_KEY = (
    "The external key store proxy rejected the request because it could not find the external key."
)
DISABLED_KEY = (
    "The external key store proxy rejected the request because the external key is not enabled in"
    " the external key manager."
)
WRONG_USAGE = (
    "The external key store proxy rejected the request because the external key does not support"
    " the requested operation."
)
BAD_CIPHERTEXT = (
    "The external key store proxy rejected the request because the specified ciphertext or"
    " additional authenticated data is corrupted, missing, or otherwise invalid."
)


@pytest.fixture
def proxy(kms_mock):
    """The external key manager, with its proxy, behind the store."""
    return kms_mock.external_key_manager(URI)


@pytest.fixture
def store_id(kms):
    return create_connected_store(kms, KIND)


@pytest.fixture
def key_arn(kms, store_id):
    """A KMS key on the external key "external-key"."""
    return create_key_in_store(kms, KIND, store_id)


def encrypt(kms, key_arn, **members):
    return kms.encrypt(KeyId=key_arn, Plaintext=b"secret", **members)["CiphertextBlob"]


def in_use(message):
    """Return the refusal to use a key whose store does not do its part (rules CKS-16)."""
    return "KMSInvalidStateException", message


class TestCreating:
    """Which external keys can be the material of a KMS key (rules CKS-18)."""

    def refuse_key(self, kms, store_id, key_id="external-key"):
        refused = refusal(kms.create_key, Origin=KIND, CustomKeyStoreId=store_id, XksKeyId=key_id)

        assert [] == kms.list_keys()["Keys"]

        return refused

    def test_missing(self, kms, proxy, store_id):
        """An external key must exist (wire-facts K9)."""
        proxy.delete_key("external-key")

        assert ("XksKeyNotFoundException", NO_SUCH_KEY) == self.refuse_key(kms, store_id)

    @pytest.mark.parametrize("spec", ["AES_128", "RSA_2048"])
    def test_spec(self, kms, proxy, store_id, spec):
        """An external key is an AES-256 key (wire-facts K10)."""
        proxy.add_key("external-key", spec=spec)

        assert (
            "XksKeyInvalidConfigurationException",
            "The key spec of the external key must be AES_256. The key spec of specified external"
            f" key is {spec}.",
        ) == self.refuse_key(kms, store_id)

    def test_disabled(self, kms, proxy, store_id):
        """An external key is enabled (wire-facts K10)."""
        proxy.disable_key("external-key")

        assert (
            "XksKeyInvalidConfigurationException",
            "The status of the external key must be ENABLED. The status of specified external key"
            " is DISABLED.",
        ) == self.refuse_key(kms, store_id)

    @pytest.mark.parametrize(
        ("usages", "shown"),
        [
            (["ENCRYPT"], "ENCRYPT"),
            (["DECRYPT"], "DECRYPT"),
            (["SIGN", "VERIFY"], "SIGN, VERIFY"),
        ],
        ids=["encrypts", "decrypts", "signs"],
    )
    def test_usage(self, kms, proxy, store_id, usages, shown):
        """An external key encrypts and decrypts (wire-facts K10)."""
        proxy.add_key("external-key", usages=usages)

        assert (
            "XksKeyInvalidConfigurationException",
            "The key usage of the external key must include ENCRYPT and DECRYPT. The key use of"
            f" specified external key is {shown}.",
        ) == self.refuse_key(kms, store_id)

    def test_more_usages(self, kms, proxy, store_id):
        """An external key may do more than encrypt and decrypt (wire-facts K10)."""
        proxy.add_key("external-key", usages=["ENCRYPT", "DECRYPT", "WRAP"])

        assert "Enabled" == describe(kms, create_key_in_store(kms, KIND, store_id))["KeyState"]

    def test_in_use(self, kms, store_id, key_arn):
        """An external key is behind one KMS key of a store (quotas Q-40; text assumed)."""
        expected = (
            "XksKeyAlreadyInUseException",
            "The external key external-key is already associated with a KMS key.",
        )
        request = {"Origin": KIND, "CustomKeyStoreId": store_id, "XksKeyId": "external-key"}

        assert expected == refusal(kms.create_key, **request)
        kms.schedule_key_deletion(KeyId=key_arn)
        assert expected == refusal(kms.create_key, **request)

    @pytest.mark.parametrize("trouble", PROXY_TROUBLES)
    def test_proxy(self, kms, proxy, store_id, trouble):
        """A proxy that fails stops the making of keys (wire-facts K13; code assumed for others)."""
        proxy.refuse(trouble)

        assert (
            "CustomKeyStoreInvalidStateException",
            PROXY_TROUBLES[trouble][0],
        ) == self.refuse_key(kms, store_id)

    @pytest.mark.parametrize("key_id", ["a", "Key-1_x.2", "k" * 128])
    def test_id(self, kms, store_id, key_id):
        """The id of an external key has 1 to 128 characters (quotas Q-40)."""
        key_arn = create_key_in_store(kms, KIND, store_id, XksKeyId=key_id)

        assert {"Id": key_id} == describe(kms, key_arn)["XksKeyConfiguration"]

    @pytest.mark.parametrize(
        ("key_id", "constraint"),
        [
            ("k" * 129, at_most(128)),
            ("a/b", "Member must satisfy regular expression pattern: ^[a-zA-Z0-9-_.]+$"),
        ],
        ids=["long", "slash"],
    )
    def test_id_that_cannot_be(self, kms, store_id, key_id, constraint):
        """Other ids are refused (quotas Q-40)."""
        assert violation(f"Value '{key_id}' at 'xksKeyId'", constraint) == self.refuse_key(
            kms, store_id, key_id
        )


class TestUsing:
    """What stops the use of a KMS key, and how KMS says so (wire-facts K6, rules CKS-16)."""

    @pytest.fixture(params=CALLS)
    def call(self, request, kms, key_arn):
        """Each use of the key, as a function that returns the refusal."""
        function, members = cryptographic_calls(kms, key_arn, encrypt(kms, key_arn))[request.param]
        return lambda: refusal(function, **members)

    @pytest.mark.sweep(7)
    @pytest.mark.parametrize("trouble", PROXY_TROUBLES)
    def test_proxy(self, proxy, call, trouble):
        """A proxy that fails is named in the message (wire-facts K11, K12, K13)."""
        proxy.refuse(trouble)

        assert in_use(PROXY_TROUBLES[trouble][0]) == call()

    def test_slow_proxy(self, proxy, call):
        """A proxy that takes too long has timed out."""
        proxy.slow_down(0.3)

        assert in_use(PROXY_TROUBLES["timed out"][0]) == call()

    def test_credential(self, proxy, call):
        """A proxy that got another credential does not know KMS any more (wire-facts K11)."""
        proxy.change_credential(*OTHER_CREDENTIAL.values())

        assert in_use(PROXY_TROUBLES["bad credential"][0]) == call()

    def test_deleted_key(self, proxy, call):
        """A deleted external key is not found (wire-facts K9)."""
        proxy.delete_key("external-key")

        assert in_use(NO_SUCH_KEY) == call()

    def test_disabled_key(self, proxy, call):
        """A disabled external key is not used (wire-facts K14)."""
        proxy.disable_key("external-key")

        assert in_use(DISABLED_KEY) == call()

    @pytest.mark.parametrize(
        ("usages", "call_name"),
        [(["DECRYPT"], "Encrypt"), (["ENCRYPT"], "Decrypt"), ([], "GenerateDataKey")],
    )
    def test_usage(self, kms, proxy, key_arn, usages, call_name):
        """An external key does what its usages allow (wire-facts K15)."""
        function, members = cryptographic_calls(kms, key_arn, encrypt(kms, key_arn))[call_name]
        proxy.delete_key("external-key")
        proxy.add_key("external-key", usages=usages)

        assert in_use(WRONG_USAGE) == refusal(function, **members)

    @pytest.mark.parametrize("trouble", SERVICE_TROUBLES)
    def test_endpoint_service(self, kms, proxy, trouble):
        """A store in a VPC depends on its VPC endpoint service."""
        store_id = create_store(kms, **VPC)
        connect(kms, store_id)
        key_arn = create_key_in_store(kms, KIND, store_id)
        proxy.refuse(trouble)

        assert in_use(SERVICE_TROUBLES[trouble][0]) == refusal(
            kms.encrypt, KeyId=key_arn, Plaintext=b"x"
        )

    def test_state(self, kms, proxy, key_arn):
        """What fails behind the store does not change the key's state."""
        proxy.switch_off()

        assert "Enabled" == describe(kms, key_arn)["KeyState"]

    def test_switched_on_again(self, kms, proxy, key_arn):
        """When the proxy is back, everything decrypts again."""
        blob = encrypt(kms, key_arn)
        proxy.switch_off()
        proxy.slow_down(1)
        proxy.disable_key("external-key")

        proxy.switch_on()
        proxy.enable_key("external-key")

        assert b"secret" == kms.decrypt(CiphertextBlob=blob)["Plaintext"]

    def test_dry_run(self, kms, proxy, key_arn):
        """A dry run meets what the call would meet (rules DRY-2; assumed)."""
        proxy.disable_key("external-key")

        assert in_use(DISABLED_KEY) == refusal(
            kms.encrypt, KeyId=key_arn, Plaintext=b"x", DryRun=True
        )


class TestDoubleEncryption:
    """A ciphertext is KMS's own, encrypted once more by the external key (rules ENC-17)."""

    def test_without_the_external_key(self, kms, proxy, key_arn):
        """KMS can't open it without the external key, which nobody can make again."""
        blob = encrypt(kms, key_arn)
        proxy.delete_key("external-key")
        deleted = refusal(kms.decrypt, CiphertextBlob=blob)
        proxy.add_key("external-key")

        assert in_use(NO_SUCH_KEY) == deleted
        assert in_use(BAD_CIPHERTEXT) == refusal(kms.decrypt, CiphertextBlob=blob)

    def test_with_the_external_key_alone(self, kms, kms_mock, key_arn):
        """What the external key opens is a ciphertext of KMS, and nothing else."""
        blob = encrypt(kms, key_arn)
        (external_key,) = external_keys(kms_mock)
        family = family_of(kms_mock, key_arn)

        inner = unseal(parse(blob[38:]), external_key.material, None)

        assert b"secret" not in inner
        with pytest.raises(DecryptionFailed):
            unseal(parse(inner), external_key.material, None)
        assert b"secret" == unseal(parse(inner), family.versions[0].material.private_key(), None)

    def test_with_the_material_of_kms_alone(self, kms, kms_mock, key_arn):
        """What KMS has sealed can't be seen in what the external key made of it."""
        blob = encrypt(kms, key_arn)
        family = family_of(kms_mock, key_arn)

        with pytest.raises(DecryptionFailed):
            unseal(parse(blob[38:]), family.versions[0].material.private_key(), None)

    def test_of_another_kms_key(self, kms, store_id, key_arn):
        """A ciphertext opens under its own KMS key alone."""
        other = create_key_in_store(kms, KIND, store_id, XksKeyId="other-key")

        assert INCORRECT_KEY == refusal(
            kms.decrypt, CiphertextBlob=encrypt(kms, key_arn), KeyId=other
        )

    def test_under_the_name_of_another_kms_key(self, kms, store_id, key_arn):
        """A ciphertext that is made to name another KMS key does not open."""
        other = create_key_in_store(kms, KIND, store_id, XksKeyId="other-key")
        blob, theirs = encrypt(kms, key_arn), encrypt(kms, other)

        forged = theirs[:38] + blob[38:]

        assert in_use(BAD_CIPHERTEXT) == refusal(kms.decrypt, CiphertextBlob=forged)

    def test_after_the_kms_key_is_gone(self, kms, kms_mock, store_id, key_arn):
        """The same external key behind another KMS key opens nothing of the first (DEL-12)."""
        blob = encrypt(kms, key_arn)
        kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)
        kms_mock.clock.advance(days=7)
        other = create_key_in_store(kms, KIND, store_id)

        assert hidden_ciphertext("Decrypt") == refusal(kms.decrypt, CiphertextBlob=blob)
        assert INCORRECT_KEY == refusal(kms.decrypt, CiphertextBlob=blob, KeyId=other)

    def test_same_external_key_in_two_stores(self, kms, proxy, store_id, key_arn):
        """An external key may be behind keys of two stores, which can't open each other's."""
        proxy_elsewhere = {**PUBLIC, "XksProxyUriPath": "/two/kms/xks/v1"}
        other_store = create_store(kms, "other", **proxy_elsewhere)
        connect(kms, other_store)
        other = create_key_in_store(kms, KIND, other_store)

        assert INCORRECT_KEY == refusal(
            kms.decrypt, CiphertextBlob=encrypt(kms, key_arn), KeyId=other
        )

    @pytest.mark.parametrize(
        ("made", "opened"),
        [
            ({"a": "b"}, {}),
            ({}, {"a": "b"}),
            ({"a": "b"}, {"a": "c"}),
            ({"a": "bc"}, {"ab": "c"}),
        ],
        ids=["missing", "unasked for", "other value", "shifted"],
    )
    def test_encryption_context(self, kms, key_arn, made, opened):
        """The proxy gets the encryption context, and so refuses a wrong one (wire-facts K8)."""
        blob = encrypt(kms, key_arn, EncryptionContext=made)

        assert in_use(BAD_CIPHERTEXT) == refusal(
            kms.decrypt, CiphertextBlob=blob, EncryptionContext=opened
        )
        assert b"secret" == (kms.decrypt(CiphertextBlob=blob, EncryptionContext=made)["Plaintext"])

    @pytest.mark.parametrize("where", [40, 60, 100, 200, -1])
    def test_damaged(self, kms, key_arn, where):
        """The proxy refuses what the external key did not make (wire-facts K8)."""
        blob = bytearray(encrypt(kms, key_arn))
        blob[where] ^= 1

        assert in_use(BAD_CIPHERTEXT) == refusal(kms.decrypt, CiphertextBlob=bytes(blob))

    @pytest.mark.parametrize("change", [lambda blob: blob[:-1], lambda blob: blob + b"\0"])
    def test_cut_and_extended(self, kms, key_arn, change):
        """The proxy refuses what is too short or too long (wire-facts K8)."""
        assert in_use(BAD_CIPHERTEXT) == refusal(
            kms.decrypt, CiphertextBlob=change(encrypt(kms, key_arn))
        )

    @pytest.mark.parametrize("where", [0, 4, 37])
    def test_damaged_head(self, kms, key_arn, where):
        """What names no KMS key is no ciphertext of KMS (wire-facts E14)."""
        blob = bytearray(encrypt(kms, key_arn))
        blob[where] ^= 1

        assert INVALID_CIPHERTEXT == refusal(kms.decrypt, CiphertextBlob=bytes(blob))

    @pytest.mark.parametrize("where", [5, 36])
    def test_damaged_name(self, kms, key_arn, where):
        """What names an unknown KMS key looks like one that the caller may not see (E26)."""
        blob = bytearray(encrypt(kms, key_arn))
        blob[where] ^= 1

        assert hidden_ciphertext("Decrypt") == refusal(kms.decrypt, CiphertextBlob=bytes(blob))

    @pytest.mark.parametrize("length", [1, 5, 37, 38])
    def test_prefix(self, kms, key_arn, length):
        """A beginning of a ciphertext is refused, wherever it ends."""
        blob = encrypt(kms, key_arn)[:length]
        expected = in_use(BAD_CIPHERTEXT) if length == 38 else INVALID_CIPHERTEXT

        assert expected == refusal(kms.decrypt, CiphertextBlob=blob)

    def test_plain_ciphertext_under_its_name(self, kms, key_arn):
        """A ciphertext of an ordinary key is nothing to a key in a store."""
        ordinary = encrypt(kms, create_key(kms))

        assert INCORRECT_KEY == refusal(kms.decrypt, CiphertextBlob=ordinary, KeyId=key_arn)


def external_keys(kms_mock):
    """Reach for the external keys themselves, which no handle gives away."""
    return kms_mock._service.world.key_managers[URI].keys.values()


def family_of(kms_mock, key_arn):
    """Reach for the material that KMS has of its own."""
    _, _, _, region, account, _ = key_arn.split(":")
    keys = kms_mock._service.world.account(account).region(region).keys
    return keys[key_arn.rpartition("/")[2]].family
