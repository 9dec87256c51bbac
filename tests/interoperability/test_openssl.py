"""The openssl program: it verifies, encrypts, derives and reads keys."""

import os

import pytest

from tests.operations.signing_schemes import ECDSA_SCHEMES, ED25519, RSA_SCHEMES, each
from tests.unit.crypto.openssl import OpenSSL, needs_openssl
from tests.vocabulary import create_key

pytestmark = needs_openssl

MESSAGE = b"attack at dawn"
PAIR_SPECS = [
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "ECC_NIST_P256",
    "ECC_NIST_P384",
    "ECC_NIST_P521",
    "ECC_SECG_P256K1",
    "ECC_NIST_EDWARDS25519",
]


@pytest.fixture
def openssl(tmp_path):
    """The program, in a folder of the test's own."""
    openssl = OpenSSL(tmp_path)
    openssl.write("message", MESSAGE)
    return openssl


def write_public_key(kms, openssl, key_arn):
    openssl.write("public.der", kms.get_public_key(KeyId=key_arn)["PublicKey"])


@pytest.mark.sweep(7)
@each(RSA_SCHEMES + ECDSA_SCHEMES)
def test_sign(kms, openssl, scheme):
    """`openssl dgst` verifies what Sign makes with RSA and ECDSA, of a message or its digest."""
    key_arn = scheme.create_key(kms)
    write_public_key(kms, openssl, key_arn)
    openssl.write("signature", scheme.sign(kms, key_arn, MESSAGE))
    padding = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]

    output = openssl(
        *("dgst", f"-sha{scheme.algorithm[-3:]}", "-keyform", "DER", "-verify", "public.der"),
        *(padding if "PSS" in scheme.algorithm else []),
        *("-signature", "signature", "message"),
    )

    assert b"Verified OK\n" == output


def test_sign_ed25519(kms, openssl):
    """`openssl pkeyutl` verifies what Sign makes with Ed25519."""
    key_arn = ED25519.create_key(kms)
    write_public_key(kms, openssl, key_arn)
    openssl.write("signature", ED25519.sign(kms, key_arn, MESSAGE))

    output = openssl(
        *("pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", "public.der"),
        *("-sigfile", "signature", "-in", "message"),
    )

    assert b"Signature Verified Successfully\n" == output


@pytest.mark.parametrize(
    ("algorithm", "hash_name"), [("RSAES_OAEP_SHA_1", "sha1"), ("RSAES_OAEP_SHA_256", "sha256")]
)
@pytest.mark.parametrize("spec", ["RSA_2048", "RSA_3072", "RSA_4096"])
def test_decrypt(kms, openssl, spec, algorithm, hash_name):
    """What `openssl pkeyutl` encrypts to the public key, Decrypt opens (wire-facts E13)."""
    key_arn = create_key(kms, KeySpec=spec, KeyUsage="ENCRYPT_DECRYPT")
    write_public_key(kms, openssl, key_arn)
    openssl(
        *("pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", "public.der"),
        *("-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", f"rsa_oaep_md:{hash_name}"),
        *("-pkeyopt", f"rsa_mgf1_md:{hash_name}", "-in", "message", "-out", "blob"),
    )

    decrypted = kms.decrypt(
        KeyId=key_arn, CiphertextBlob=openssl.read("blob"), EncryptionAlgorithm=algorithm
    )

    assert MESSAGE == decrypted["Plaintext"]


@pytest.mark.sweep(7)
@pytest.mark.parametrize("spec", PAIR_SPECS)
def test_generate_data_key_pair(kms, openssl, spec):
    """The program finds the private key sound, and its public key to be the one answered."""
    pair = kms.generate_data_key_pair(KeyId=create_key(kms), KeyPairSpec=spec)
    openssl.write("private.der", pair["PrivateKeyPlaintext"])

    openssl("pkey", "-inform", "DER", "-in", "private.der", "-check", "-noout")
    public_key = openssl(
        *("pkey", "-inform", "DER", "-in", "private.der", "-pubout", "-outform", "DER")
    )

    assert pair["PublicKey"] == public_key


@pytest.mark.parametrize(
    ("spec", "curve"),
    [("ECC_NIST_P256", "P-256"), ("ECC_NIST_P384", "P-384"), ("ECC_NIST_P521", "P-521")],
)
def test_derive_shared_secret(kms, openssl, spec, curve):
    """`openssl pkeyutl -derive` comes to the same secret, as the guide's example has it."""
    key_arn = create_key(kms, KeySpec=spec, KeyUsage="KEY_AGREEMENT")
    write_public_key(kms, openssl, key_arn)
    openssl(
        *("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}"),
        *("-outform", "DER", "-out", "own.der"),
    )
    own_public_key = openssl(
        *("pkey", "-inform", "DER", "-in", "own.der", "-pubout", "-outform", "DER")
    )
    secret = openssl(
        *("pkeyutl", "-derive", "-keyform", "DER", "-inkey", "own.der"),
        *("-peerform", "DER", "-peerkey", "public.der"),
    )

    answer = kms.derive_shared_secret(
        KeyId=key_arn, KeyAgreementAlgorithm="ECDH", PublicKey=own_public_key
    )

    assert secret == answer["SharedSecret"]


def test_data_key_as_a_key_of_openssl(kms, openssl):
    """A data key encrypts a file with `openssl enc`, as the examples of AWS do."""
    data_key = kms.generate_data_key(KeyId=create_key(kms), KeySpec="AES_256")
    iv = os.urandom(16).hex()
    cipher = ["enc", "-aes-256-cbc", "-iv", iv, "-K"]
    openssl(*cipher, data_key["Plaintext"].hex(), "-in", "message", "-out", "sealed")

    again = kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"]

    assert MESSAGE == openssl(*cipher, again.hex(), "-d", "-in", "sealed")
