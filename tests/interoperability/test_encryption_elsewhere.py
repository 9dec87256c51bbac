"""Ciphertexts, secrets and MACs: what others make KMS understands, and the reverse."""

import hmac
import os

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from tests.interoperability.given_keys import create_imported_key
from tests.vocabulary import create_key

MESSAGE = b"attack at dawn"
OAEP = {
    "RSAES_OAEP_SHA_1": padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None),
    "RSAES_OAEP_SHA_256": padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None),
}
CURVES = ["ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521"]

every_oaep = pytest.mark.parametrize("algorithm", OAEP)
every_rsa = pytest.mark.parametrize("spec", ["RSA_2048", "RSA_3072", "RSA_4096"])


def generate_pair(kms, spec):
    """Make a data key pair and return its private key: as PKCS#8, and loaded."""
    pair = kms.generate_data_key_pair(KeyId=create_key(kms), KeyPairSpec=spec)
    pkcs8 = pair["PrivateKeyPlaintext"]
    return pkcs8, load_der_private_key(pkcs8, None, unsafe_skip_rsa_key_validation=True)


@every_oaep
@every_rsa
def test_decrypt_from_others(kms, spec, algorithm):
    """
    What others encrypt to the public key, Decrypt opens (wire-facts E12, E13; rules ENC-15).
    """
    key_arn = create_key(kms, KeySpec=spec, KeyUsage="ENCRYPT_DECRYPT")
    public_key = load_der_public_key(kms.get_public_key(KeyId=key_arn)["PublicKey"])
    blob = public_key.encrypt(MESSAGE, OAEP[algorithm])

    decrypted = kms.decrypt(KeyId=key_arn, CiphertextBlob=blob, EncryptionAlgorithm=algorithm)

    assert MESSAGE == decrypted["Plaintext"]


@every_oaep
@every_rsa
def test_encrypt_for_others(kms, spec, algorithm):
    """What Encrypt makes, the owner of an imported key opens without KMS (rules ENC-15)."""
    pkcs8, private_key = generate_pair(kms, spec)
    key_arn = create_imported_key(kms, pkcs8, KeySpec=spec, KeyUsage="ENCRYPT_DECRYPT")

    blob = kms.encrypt(KeyId=key_arn, Plaintext=MESSAGE, EncryptionAlgorithm=algorithm)

    assert MESSAGE == private_key.decrypt(blob["CiphertextBlob"], OAEP[algorithm])


@every_oaep
def test_re_encrypt_from_others(kms, algorithm):
    """ReEncrypt takes what others encrypted, to a symmetric key with a context (ENC-20)."""
    key_arn = create_key(kms, KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    public_key = load_der_public_key(kms.get_public_key(KeyId=key_arn)["PublicKey"])
    blob = kms.re_encrypt(
        CiphertextBlob=public_key.encrypt(MESSAGE, OAEP[algorithm]),
        SourceKeyId=key_arn,
        SourceEncryptionAlgorithm=algorithm,
        DestinationKeyId=create_key(kms),
        DestinationEncryptionContext={"a": "1"},
    )["CiphertextBlob"]

    decrypted = kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "1"})

    assert MESSAGE == decrypted["Plaintext"]


@pytest.mark.parametrize(
    ("algorithm", "other"),
    [
        ("RSAES_OAEP_SHA_1", OAEP["RSAES_OAEP_SHA_256"]),
        ("RSAES_OAEP_SHA_256", OAEP["RSAES_OAEP_SHA_1"]),
        # What Java's "OAEPWithSHA-256AndMGF1Padding" makes.
        ("RSAES_OAEP_SHA_256", padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA256(), None)),
        ("RSAES_OAEP_SHA_256", padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), b"l")),
        ("RSAES_OAEP_SHA_1", padding.PKCS1v15()),
    ],
    ids=["SHA-256 for SHA-1", "SHA-1 for SHA-256", "MGF1 with SHA-1", "a label", "PKCS #1 v1.5"],
)
def test_decrypt_another_padding(kms, algorithm, other):
    """Another hash, MGF1 hash, label or padding is an invalid ciphertext (wire-facts E13)."""
    key_arn = create_key(kms, KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    public_key = load_der_public_key(kms.get_public_key(KeyId=key_arn)["PublicKey"])
    blob = public_key.encrypt(MESSAGE, other)

    with pytest.raises(kms.exceptions.InvalidCiphertextException):
        kms.decrypt(KeyId=key_arn, CiphertextBlob=blob, EncryptionAlgorithm=algorithm)


@pytest.mark.parametrize("spec", CURVES)
def test_derive_shared_secret_with_an_imported_key(kms, spec):
    """An imported key agrees on what its private key alone comes to (rules DSS-3, DSS-4)."""
    pkcs8, private_key = generate_pair(kms, spec)
    key_arn = create_imported_key(kms, pkcs8, KeySpec=spec, KeyUsage="KEY_AGREEMENT")
    peer = ec.generate_private_key(private_key.curve)
    spki = peer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    answer = kms.derive_shared_secret(KeyId=key_arn, KeyAgreementAlgorithm="ECDH", PublicKey=spki)

    assert private_key.exchange(ec.ECDH(), peer.public_key()) == answer["SharedSecret"]
    assert "EXTERNAL" == answer["KeyOrigin"]


@pytest.mark.parametrize("bits", [224, 256, 384, 512])
def test_generate_mac_with_an_imported_key(kms, bits):
    """A MAC is the HMAC of RFC 2104, as anyone with the key computes it (rules MAC-2)."""
    secret = os.urandom(bits // 8)
    key_arn = create_imported_key(
        kms, secret, KeySpec=f"HMAC_{bits}", KeyUsage="GENERATE_VERIFY_MAC"
    )
    chosen = {"KeyId": key_arn, "Message": MESSAGE, "MacAlgorithm": f"HMAC_SHA_{bits}"}
    expected = hmac.digest(secret, MESSAGE, f"sha{bits}")

    assert expected == kms.generate_mac(**chosen)["Mac"]
    assert kms.verify_mac(Mac=expected, **chosen)["MacValid"] is True


def test_data_key_as_an_envelope(kms):
    """A data key encrypts elsewhere; its blob, stored beside, brings it back (rules DK-3)."""
    context = {"file": "report.pdf"}
    data_key = kms.generate_data_key(
        KeyId=create_key(kms), KeySpec="AES_256", EncryptionContext=context
    )
    nonce = os.urandom(12)
    sealed = AESGCM(data_key["Plaintext"]).encrypt(nonce, MESSAGE, None)

    again = kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"], EncryptionContext=context)

    assert MESSAGE == AESGCM(again["Plaintext"]).decrypt(nonce, sealed, None)
