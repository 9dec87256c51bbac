"""Ciphertexts: what they are bound to, and that whatever was touched is refused."""

import base64

import pytest

from pytest_kmsmock import mock_kms
from tests.operations.key_kinds import ENCRYPTING_RSA
from tests.operations.refusals import (
    CONTEXT_WITH_RSA,
    INCORRECT_KEY,
    INVALID_CIPHERTEXT,
    hidden_ciphertext,
    invalid,
)
from tests.vocabulary import create_key, refusal

OAEP = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
OAEP_LIMITS = [  # RFC 8017, 7.1.1
    pytest.param(spec, algorithm, limit, id=f"{spec}-{algorithm}")
    for spec, algorithm, limit in [
        ("RSA_2048", "RSAES_OAEP_SHA_1", 214),
        ("RSA_2048", "RSAES_OAEP_SHA_256", 190),
        ("RSA_3072", "RSAES_OAEP_SHA_1", 342),
        ("RSA_3072", "RSAES_OAEP_SHA_256", 318),
        ("RSA_4096", "RSAES_OAEP_SHA_1", 470),
        ("RSA_4096", "RSAES_OAEP_SHA_256", 446),
    ]
]


def encrypt(kms, key_id, **more):
    return kms.encrypt(KeyId=key_id, Plaintext=b"attack at dawn", **more)["CiphertextBlob"]


def context(pairs):
    return {} if pairs is None else {"EncryptionContext": pairs}


class TestCiphertext:
    """The blob of a symmetric key, and what it is bound to."""

    def test_shape(self, kms):
        """
        A blob is 152 bytes longer than a short plaintext, begins AQICAH, and names its key in 32
        bytes that are the same every time (wire-facts E34).
        """
        key_arn = create_key(kms)
        first, second = (encrypt(kms, key_arn) for _ in range(2))
        other = encrypt(kms, create_key(kms))

        assert len(b"attack at dawn") + 152 == len(first)
        assert base64.b64encode(first).startswith(b"AQICAH")
        assert first[:37] == second[:37]
        assert first[:5] == other[:5]
        assert first[5:37] != other[5:37]

    def test_never_twice(self, kms):
        """The same plaintext never gives the same blob (rules ENC-5)."""
        key_arn = create_key(kms)

        assert 20 == len({encrypt(kms, key_arn) for _ in range(20)})

    @pytest.mark.parametrize("length", [1, 4095, 4096])
    def test_plaintext_sizes(self, kms, length):
        """Up to 4096 bytes are encrypted, into what Decrypt accepts."""
        plaintext = bytes(length)
        blob = kms.encrypt(KeyId=create_key(kms), Plaintext=plaintext)["CiphertextBlob"]

        assert plaintext == kms.decrypt(CiphertextBlob=blob)["Plaintext"]

    @pytest.mark.parametrize(
        ("given", "asked"),
        [
            pytest.param({"a": "1", "b": "2"}, {"b": "2", "a": "1"}, id="order"),
            pytest.param({}, None, id="empty-absent"),
            pytest.param(None, {}, id="absent-empty"),
            pytest.param({"tenant": "Zoë 🙂"}, {"tenant": "Zoë 🙂"}, id="beyond ASCII"),
            pytest.param({"": ""}, {"": ""}, id="empty strings"),
        ],
    )
    def test_equal_contexts(self, kms, given, asked):
        """The order of the pairs does not matter, and none is none (rules ENC-7, ENC-8)."""
        blob = encrypt(kms, create_key(kms), **context(given))

        decrypted = kms.decrypt(CiphertextBlob=blob, **context(asked))

        assert b"attack at dawn" == decrypted["Plaintext"]

    @pytest.mark.parametrize(
        ("given", "asked"),
        [
            pytest.param({"a": "1"}, {"a": "2"}, id="value"),
            pytest.param({"a": "1"}, {"b": "1"}, id="key"),
            pytest.param({"a": "1"}, {"A": "1"}, id="case of a key"),
            pytest.param({"a": "x"}, {"a": "X"}, id="case of a value"),
            pytest.param({"a": "1"}, {"a": "1 "}, id="space"),
            pytest.param({"a": "1"}, {"a": "1", "b": "2"}, id="more"),
            pytest.param({"a": "1", "b": "2"}, {"a": "1"}, id="less"),
            pytest.param({"a": "1"}, None, id="missing"),
            pytest.param(None, {"a": "1"}, id="unasked"),
            pytest.param({"ab": "c"}, {"a": "bc"}, id="border of key and value"),
            pytest.param({"a": "bc", "d": "e"}, {"a": "b", "cd": "e"}, id="border of pairs"),
            pytest.param({"a": "b"}, {"b": "a"}, id="swapped"),
            pytest.param({"": "a"}, {"a": ""}, id="empty key or value"),
            pytest.param({"\u00e9": "1"}, {"e\u0301": "1"}, id="normal form"),
        ],
    )
    def test_other_context(self, kms, given, asked):
        """A context that differs at all is refused, as E14 says, without a message."""
        blob = encrypt(kms, create_key(kms), **context(given))

        assert INVALID_CIPHERTEXT == refusal(kms.decrypt, CiphertextBlob=blob, **context(asked))

    @pytest.mark.parametrize(
        "damage",
        [
            pytest.param(lambda blob: b"AAAA", id="garbage"),
            pytest.param(lambda blob: b"\0", id="one byte"),
            pytest.param(lambda blob: bytes(6144), id="longest"),
            pytest.param(lambda blob: blob[:-1], id="truncated"),
            pytest.param(lambda blob: blob[:40], id="beheaded"),
            pytest.param(lambda blob: blob[1:], id="first byte gone"),
            pytest.param(lambda blob: blob + b"\0", id="appended"),
            pytest.param(lambda blob: blob + blob, id="twice"),
            pytest.param(base64.b64encode, id="base64 once more"),
            pytest.param(lambda blob: blob[:-1] + bytes([blob[-1] ^ 1]), id="last bit"),
            pytest.param(lambda blob: b"\1\2\3" + blob[3:], id="said to be a data key"),
        ],
    )
    @pytest.mark.parametrize("named", [False, True], ids=["without KeyId", "with KeyId"])
    def test_damaged_blob(self, kms, damage, named):
        """A blob that was touched is refused without a message (wire-facts E14, W4)."""
        key_arn = create_key(kms)
        blob = damage(encrypt(kms, key_arn))
        key_id = {"KeyId": key_arn} if named else {}

        assert INVALID_CIPHERTEXT == refusal(kms.decrypt, CiphertextBlob=blob, **key_id)

    def test_blob_of_another_kms(self, kms):
        """The blob of a key that is not here is answered as one that is hidden (wire-facts E26)."""
        with mock_kms(isolated=True):
            blob = encrypt(kms, create_key(kms))

        assert hidden_ciphertext("Decrypt") == refusal(kms.decrypt, CiphertextBlob=blob)

    def test_blob_of_another_region(self, kms, kms_mock):
        """A blob does not decrypt in another Region (wire-facts E26)."""
        blob = encrypt(kms, create_key(kms))
        elsewhere = kms_mock.client(region_name="eu-west-1")

        assert hidden_ciphertext("Decrypt") == refusal(elsewhere.decrypt, CiphertextBlob=blob)

    def test_blob_of_a_deleted_key(self, kms, kms_mock):
        """Once its key is deleted a blob is lost (wire-facts E26, rules DEL-12)."""
        key_arn = create_key(kms)
        blob = encrypt(kms, key_arn)
        kms.schedule_key_deletion(KeyId=key_arn, PendingWindowInDays=7)
        kms_mock.clock.advance(days=8)

        assert hidden_ciphertext("Decrypt") == refusal(kms.decrypt, CiphertextBlob=blob)

    def test_alias_that_moved(self, kms):
        """An alias that points elsewhere since is the wrong key (rules ENC-12)."""
        kms.create_alias(AliasName="alias/app", TargetKeyId=create_key(kms))
        blob = encrypt(kms, "alias/app")
        kms.update_alias(AliasName="alias/app", TargetKeyId=create_key(kms))

        assert INCORRECT_KEY == refusal(kms.decrypt, KeyId="alias/app", CiphertextBlob=blob)
        assert b"attack at dawn" == kms.decrypt(CiphertextBlob=blob)["Plaintext"]


class TestRsaCiphertext:
    """RSA blobs name no key: whatever does not open is an invalid ciphertext."""

    @pytest.mark.parametrize(("spec", "algorithm", "limit"), OAEP_LIMITS)
    def test_plaintext_sizes(self, kms, spec, algorithm, limit):
        """OAEP takes so many bytes and not one more (wire-facts E9, rules ENC-4)."""
        key_arn = create_key(kms, KeySpec=spec, KeyUsage="ENCRYPT_DECRYPT")
        chosen = {"KeyId": key_arn, "EncryptionAlgorithm": algorithm}
        plaintext = bytes(range(256)) * 2
        blob = kms.encrypt(Plaintext=plaintext[:limit], **chosen)["CiphertextBlob"]

        assert plaintext[:limit] == kms.decrypt(CiphertextBlob=blob, **chosen)["Plaintext"]
        assert invalid(
            f"Algorithm {algorithm} and key spec {spec} cannot encrypt data larger than"
            f" {limit} bytes."
        ) == refusal(kms.encrypt, Plaintext=plaintext[: limit + 1], **chosen)

    @pytest.mark.parametrize(
        "damage",
        [
            pytest.param(lambda blob: b"AAAA", id="garbage"),
            pytest.param(lambda blob: bytes(256), id="zero"),
            pytest.param(lambda blob: b"\xff" * 256, id="beyond the modulus"),
            pytest.param(lambda blob: blob[:-1], id="truncated"),
            pytest.param(lambda blob: blob + b"\0", id="appended"),
            pytest.param(lambda blob: b"\0" + blob, id="zero before"),
            pytest.param(lambda blob: blob[:-1] + bytes([blob[-1] ^ 1]), id="last bit"),
            pytest.param(lambda blob: bytes(6144), id="longest"),
        ],
    )
    @pytest.mark.parametrize("algorithm", OAEP)
    def test_damaged_blob(self, kms, damage, algorithm):
        """A blob that was touched is refused without a message (wire-facts E14)."""
        chosen = {"KeyId": create_key(kms, **ENCRYPTING_RSA), "EncryptionAlgorithm": algorithm}
        blob = kms.encrypt(Plaintext=b"hi", **chosen)["CiphertextBlob"]

        assert INVALID_CIPHERTEXT == refusal(kms.decrypt, CiphertextBlob=damage(blob), **chosen)

    def test_another_key_or_hash(self, kms):
        """Another RSA key or hash does not open it (rules ENC-14)."""
        key_arn, other = (create_key(kms, **ENCRYPTING_RSA) for _ in range(2))
        sha1, sha256 = OAEP
        blob = encrypt(kms, key_arn, EncryptionAlgorithm=sha256)

        assert INVALID_CIPHERTEXT == refusal(
            kms.decrypt, KeyId=other, CiphertextBlob=blob, EncryptionAlgorithm=sha256
        )
        assert INVALID_CIPHERTEXT == refusal(
            kms.decrypt, KeyId=key_arn, CiphertextBlob=blob, EncryptionAlgorithm=sha1
        )

    def test_decrypt_without_a_key_id(self, kms):
        """Under an RSA algorithm Decrypt needs the KeyId (wire-facts E20)."""
        blob = encrypt(kms, create_key(kms, **ENCRYPTING_RSA), EncryptionAlgorithm=OAEP[0])

        assert invalid("KeyId must not be null") == refusal(
            kms.decrypt, CiphertextBlob=blob, EncryptionAlgorithm=OAEP[0]
        )

    def test_decrypt_without_an_algorithm(self, kms):
        """
        Without an algorithm an RSA blob is a malformed one, not one under a key of another spec.

        wire-facts E16: the blob is read before algorithm and spec are compared.
        """
        key_arn = create_key(kms, **ENCRYPTING_RSA)
        blob = encrypt(kms, key_arn, EncryptionAlgorithm=OAEP[0])

        assert INVALID_CIPHERTEXT == refusal(kms.decrypt, KeyId=key_arn, CiphertextBlob=blob)

    def test_empty_context(self, kms):
        """An empty encryption context is none, so RSA bears it (wire-facts E11: non-empty)."""
        chosen = {
            "KeyId": create_key(kms, **ENCRYPTING_RSA),
            "EncryptionAlgorithm": OAEP[1],
            "EncryptionContext": {},
        }
        blob = kms.encrypt(Plaintext=b"hi", **chosen)["CiphertextBlob"]

        assert b"hi" == kms.decrypt(CiphertextBlob=blob, **chosen)["Plaintext"]

    def test_context(self, kms):
        """An encryption context with an asymmetric key is refused (wire-facts E11)."""
        chosen = {
            "KeyId": create_key(kms, **ENCRYPTING_RSA),
            "EncryptionAlgorithm": OAEP[1],
            "EncryptionContext": {"a": "1"},
        }

        assert CONTEXT_WITH_RSA == refusal(kms.encrypt, Plaintext=b"hi", **chosen)
        assert CONTEXT_WITH_RSA == refusal(kms.decrypt, CiphertextBlob=bytes(256), **chosen)
