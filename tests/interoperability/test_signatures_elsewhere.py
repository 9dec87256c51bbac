"""Signatures: what KMS signs others verify, and what they sign KMS verifies."""

from typing import Any

import pytest
from Crypto.Hash import SHA512
from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding

from tests.interoperability.given_keys import create_imported_key, give_private_key
from tests.libraries import mldsa
from tests.operations.signing_schemes import ED25519PH, ML_DSA_SCHEMES, SCHEMES, Scheme, each
from tests.vocabulary import create_key

MESSAGE = b"attack at dawn"
HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
IMPORTABLE = [scheme for scheme in SCHEMES if scheme not in ML_DSA_SCHEMES]


def parameters(algorithm: str) -> tuple[Any, ...]:
    """Return what `cryptography` wants to know of an algorithm besides key and message."""
    hashed = HASHES.get(algorithm[-3:])
    if algorithm.startswith("RSASSA_PKCS1_V1_5"):
        return padding.PKCS1v15(), hashed
    if algorithm.startswith("RSASSA_PSS"):
        return padding.PSS(padding.MGF1(hashed), salt_length=hashed.digest_size), hashed
    if algorithm.startswith("ECDSA"):
        return (ec.ECDSA(hashed),)
    return ()


def verify_elsewhere(scheme: Scheme, spki: bytes, signature: bytes, message: bytes) -> None:
    """
    Verify with another library; Ed25519ph's message are the bytes that KMS was sent (SIG-11).

    Raises:
        InvalidSignature: `cryptography` says so.
        ValueError: So does `pycryptodome`, which knows Ed25519ph.
    """
    if scheme is ED25519PH:
        sent = SHA512.new(scheme.prepare(message, spki))
        eddsa.new(ECC.import_key(spki), "rfc8032").verify(sent, signature)
        return
    public_key: Any = serialization.load_der_public_key(spki)
    public_key.verify(signature, message, *parameters(scheme.algorithm))


def sign_elsewhere(scheme: Scheme, pkcs8: bytes, message: bytes) -> bytes:
    if scheme is ED25519PH:
        sent = SHA512.new(scheme.prepare(message, b""))
        return eddsa.new(ECC.import_key(pkcs8), "rfc8032").sign(sent)
    private_key: Any = serialization.load_der_private_key(
        pkcs8, password=None, unsafe_skip_rsa_key_validation=True
    )
    return private_key.sign(message, *parameters(scheme.algorithm))


@pytest.mark.sweep(5)
@each(SCHEMES)
def test_sign_for_others(kms, scheme):
    """
    What Sign makes, another library verifies, with the public key of GetPublicKey.

    wire-facts G18, G20, G22, G23; rules SIG-7, SIG-10 to SIG-14.
    """
    key_arn = scheme.create_key(kms)
    spki = kms.get_public_key(KeyId=key_arn)["PublicKey"]
    signature = scheme.sign(kms, key_arn, MESSAGE)

    verify_elsewhere(scheme, spki, signature, MESSAGE)

    with pytest.raises((InvalidSignature, ValueError)):
        verify_elsewhere(scheme, spki, signature, MESSAGE + b".")


@pytest.mark.sweep(5)
@each(IMPORTABLE)
def test_verify_from_others(kms, scheme):
    """What another library signs with an imported key's private key, Verify accepts."""
    pair = kms.generate_data_key_pair(KeyId=create_key(kms), KeyPairSpec=scheme.spec)
    pkcs8 = pair["PrivateKeyPlaintext"]
    key_arn = create_imported_key(kms, pkcs8, KeySpec=scheme.spec, KeyUsage="SIGN_VERIFY")
    signature = sign_elsewhere(scheme, pkcs8, MESSAGE)

    verified = kms.verify(Signature=signature, **scheme.request(kms, key_arn, MESSAGE))

    assert verified["SignatureValid"] is True
    assert pair["PublicKey"] == kms.get_public_key(KeyId=key_arn)["PublicKey"]


@each(ML_DSA_SCHEMES)
def test_verify_ml_dsa_from_others(kms, kms_mock, scheme):
    """So it does for ML-DSA, whose keys cannot be imported (rules SIG-7, SIG-8)."""
    key_arn = scheme.create_key(kms)
    private_key = getattr(mldsa, f"{scheme.spec.replace('_', '')}PrivateKey").generate()
    give_private_key(kms_mock, key_arn, private_key)

    signature = private_key.sign(MESSAGE)

    verified = kms.verify(Signature=signature, **scheme.request(kms, key_arn, MESSAGE))

    assert verified["SignatureValid"] is True


@pytest.mark.parametrize("salt_length", [0, 20, padding.PSS.MAX_LENGTH], ids=["0", "20", "max"])
def test_verify_pss_with_another_salt(kms, salt_length):
    """A PSS salt is as long as the hash; AWS documents no other (rules SIG-14)."""
    pair = kms.generate_data_key_pair(KeyId=create_key(kms), KeyPairSpec="RSA_2048")
    private_key: Any = serialization.load_der_private_key(
        pair["PrivateKeyPlaintext"], password=None, unsafe_skip_rsa_key_validation=True
    )
    key_arn = create_imported_key(
        kms, pair["PrivateKeyPlaintext"], KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY"
    )
    other = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length)
    signature = private_key.sign(MESSAGE, other, hashes.SHA256())

    with pytest.raises(kms.exceptions.KMSInvalidSignatureException):
        kms.verify(
            KeyId=key_arn,
            Message=MESSAGE,
            SigningAlgorithm="RSASSA_PSS_SHA_256",
            Signature=signature,
        )


def test_verify_ed25519ph_of_the_message(kms):
    """
    Ed25519ph of a message is not what KMS signs, which hashes the digest once more (G18).
    """
    pair = kms.generate_data_key_pair(KeyId=create_key(kms), KeyPairSpec="ECC_NIST_EDWARDS25519")
    pkcs8 = pair["PrivateKeyPlaintext"]
    key_arn = create_imported_key(
        kms, pkcs8, KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY"
    )
    hashed_once = SHA512.new(MESSAGE)
    signature = eddsa.new(ECC.import_key(pkcs8), "rfc8032").sign(hashed_once)

    with pytest.raises(kms.exceptions.KMSInvalidSignatureException):
        kms.verify(Signature=signature, **ED25519PH.request(kms, key_arn, MESSAGE))
