"""What holds for any plaintext, message and context, and for anything that was changed in one."""

from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.operations.key_kinds import AGREEING_P256, ENCRYPTING_RSA, HMAC_256
from tests.operations.refusals import INCORRECT_KEY, INVALID_CIPHERTEXT, hidden_ciphertext, invalid
from tests.operations.signing_schemes import ED25519PH, SCHEMES, each
from tests.vocabulary import create_key, refusal

# All examples of a test may share its KMS: none of them changes a key.
in_one_kms = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

INVALID_SIGNATURE = ("KMSInvalidSignatureException", "")

# Where a symmetric ciphertext names its key (wire-facts E34).
KEY_NAME = range(5, 37)

plaintexts = st.binary(min_size=1, max_size=4096)
contexts = st.dictionaries(st.text(), st.text(), max_size=5)
ONE_OF_EACH = {
    scheme.algorithm: scheme for scheme in reversed(SCHEMES) if scheme.message_type == "RAW"
}
VERIFIED = [*ONE_OF_EACH.values(), ED25519PH]


@dataclass(frozen=True)
class Change:
    """One change, drawn without a look at what it changes, which is another thing every time."""

    kind: str
    place: int
    byte: int

    def make(self, original: bytes) -> bytes:
        place = self.place % len(original)
        before, byte, after = original[:place], original[place], original[place + 1 :]
        match self.kind:
            case "flip a bit":
                return before + bytes([byte ^ 1 << self.byte % 8]) + after
            case "insert":
                return before + bytes([self.byte, byte]) + after
            case "drop" if len(original) > 1:
                return before + after
            case "cut off" if before:
                return before
            case _:
                return original + bytes([self.byte])


changes = st.builds(
    Change,
    st.sampled_from(["flip a bit", "insert", "drop", "cut off", "append"]),
    st.integers(0, 9999),
    st.integers(0, 255),
)


@st.composite
def context_changes(draw, original):
    """Draw another context: a pair more or less, another key, another value."""
    changed = dict(original)
    if original and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(original)))
        value = changed.pop(name)
        if draw(st.booleans()):
            changed[draw(st.text())] = value
    else:
        changed[draw(st.sampled_from([*original, draw(st.text())]))] = draw(st.text())
    assume(changed != original)
    return changed


@pytest.fixture
def key_arn(kms):
    """A symmetric key for all examples of a test."""
    return create_key(kms)


@in_one_kms
@given(plaintext=plaintexts, context=contexts)
def test_decrypt_what_was_encrypted(kms, key_arn, plaintext, context):
    """Any plaintext comes back under any context, whatever the order of its pairs."""
    blob = kms.encrypt(KeyId=key_arn, Plaintext=plaintext, EncryptionContext=context)
    backwards = dict(reversed(context.items()))

    decrypted = kms.decrypt(CiphertextBlob=blob["CiphertextBlob"], EncryptionContext=backwards)

    assert plaintext == decrypted["Plaintext"]


@in_one_kms
@given(change=changes, plaintext=plaintexts, context=contexts)
def test_decrypt_a_changed_blob(kms, key_arn, change, plaintext, context):
    """
    One change anywhere makes a blob invalid, or one of another key if it hits the key's name.

    wire-facts E14, E17, E26.
    """
    blob = kms.encrypt(KeyId=key_arn, Plaintext=plaintext, EncryptionContext=context)[
        "CiphertextBlob"
    ]
    changed = change.make(blob)
    still_a_ciphertext = len(changed) == len(blob) and any(
        changed[place] != blob[place] for place in KEY_NAME
    )

    assert (hidden_ciphertext("Decrypt") if still_a_ciphertext else INVALID_CIPHERTEXT) == refusal(
        kms.decrypt, CiphertextBlob=changed, EncryptionContext=context
    )
    assert (INCORRECT_KEY if still_a_ciphertext else INVALID_CIPHERTEXT) == refusal(
        kms.decrypt, KeyId=key_arn, CiphertextBlob=changed, EncryptionContext=context
    )


@in_one_kms
@given(data=st.data(), context=contexts)
def test_decrypt_with_a_changed_context(kms, key_arn, data, context):
    """One change of the context makes the ciphertext invalid (wire-facts E14, rules ENC-10)."""
    blob = kms.encrypt(KeyId=key_arn, Plaintext=b"hi", EncryptionContext=context)

    assert INVALID_CIPHERTEXT == refusal(
        kms.decrypt,
        CiphertextBlob=blob["CiphertextBlob"],
        EncryptionContext=data.draw(context_changes(context)),
    )


@in_one_kms
@given(change=changes, plaintext=st.binary(min_size=1, max_size=190))
def test_decrypt_a_changed_rsa_blob(kms, rsa_key, change, plaintext):
    """One change makes an RSA ciphertext invalid, the original opens (wire-facts E14)."""
    blob = kms.encrypt(Plaintext=plaintext, **rsa_key)["CiphertextBlob"]

    assert plaintext == kms.decrypt(CiphertextBlob=blob, **rsa_key)["Plaintext"]
    assert INVALID_CIPHERTEXT == refusal(kms.decrypt, CiphertextBlob=change.make(blob), **rsa_key)


@pytest.fixture
def rsa_key(kms):
    return {
        "KeyId": create_key(kms, **ENCRYPTING_RSA),
        "EncryptionAlgorithm": "RSAES_OAEP_SHA_256",
    }


@in_one_kms
@given(blob=st.binary(min_size=1, max_size=6144))
def test_decrypt_anything(kms, key_arn, rsa_key, blob):
    """Whatever is no ciphertext is an invalid one (wire-facts E14)."""
    assert INVALID_CIPHERTEXT == refusal(kms.decrypt, CiphertextBlob=blob)
    assert INVALID_CIPHERTEXT == refusal(kms.decrypt, CiphertextBlob=blob, **rsa_key)
    assert INVALID_CIPHERTEXT == refusal(
        kms.re_encrypt, CiphertextBlob=blob, DestinationKeyId=key_arn
    )


@pytest.mark.sweep(7)
@in_one_kms
@each(VERIFIED)
@given(change=changes, message=st.binary(min_size=1, max_size=4095))
def test_verify(kms, signing_key, change, message, scheme):
    """Any message's signature verifies, and does not after one change of either (SIG-19)."""
    request = scheme.request(kms, signing_key, message)
    other = scheme.request(kms, signing_key, change.make(message))
    signature = kms.sign(**request)["Signature"]

    assert kms.verify(Signature=signature, **request)["SignatureValid"] is True
    assert INVALID_SIGNATURE == refusal(kms.verify, Signature=change.make(signature), **request)
    assert INVALID_SIGNATURE == refusal(kms.verify, Signature=signature, **other)


@pytest.fixture
def signing_key(kms, scheme):
    return scheme.create_key(kms)


@pytest.mark.sweep(7)
@in_one_kms
@each(VERIFIED)
@given(signature=st.binary(min_size=1, max_size=6144))
def test_verify_anything(kms, signing_key, signature, scheme):
    """Whatever is no signature is an invalid one (rules SIG-20)."""
    request = scheme.request(kms, signing_key, b"hi")

    assert INVALID_SIGNATURE == refusal(kms.verify, Signature=signature, **request)


@in_one_kms
@given(change=changes, message=plaintexts)
def test_verify_mac(kms, mac_key, change, message):
    """Any message's MAC verifies, and does not after one change (wire-facts G31)."""
    mac = kms.generate_mac(Message=message, **mac_key)["Mac"]

    assert kms.verify_mac(Mac=mac, Message=message, **mac_key)["MacValid"] is True
    assert ("KMSInvalidMacException", "") == refusal(
        kms.verify_mac, Mac=change.make(mac), Message=message, **mac_key
    )


@pytest.fixture
def mac_key(kms):
    return {"KeyId": create_key(kms, **HMAC_256), "MacAlgorithm": "HMAC_SHA_256"}


def spki(private_key):
    return private_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


PEER = spki(ec.generate_private_key(ec.SECP256R1()))


@in_one_kms
@given(public_key=changes.map(lambda change: change.make(PEER)) | st.binary(min_size=1))
def test_derive_with_anything(kms, agreeing_key, public_key):
    """What is no public key on the curve is refused without a word (wire-facts G41)."""
    assert invalid("") == refusal(kms.derive_shared_secret, PublicKey=public_key, **agreeing_key)


@pytest.fixture
def agreeing_key(kms):
    return {"KeyId": create_key(kms, **AGREEING_P256), "KeyAgreementAlgorithm": "ECDH"}
