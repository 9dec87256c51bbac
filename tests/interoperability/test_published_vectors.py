"""Published test vectors through the API: what it says of each is what its publisher says."""

import hashlib
from functools import cache

import pytest
from botocore.exceptions import ParamValidationError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.interoperability.given_keys import (
    create_imported_key,
    give_private_key,
    give_public_key,
    give_secret,
)
from tests.libraries import needs_external_mu
from tests.todays_client import todays_client
from tests.unit.crypto.vectors import folder_of, in_steps, nist
from tests.unit.crypto.vectors import wycheproof as read_wycheproof
from tests.vocabulary import create_key

wycheproof = cache(read_wycheproof)

RSA_SIGNATURES = [
    (f"RSA_{size}", f"RSASSA_PKCS1_V1_5_SHA_{bits}", f"rsa_signature_{size}_sha{bits}_test")
    for size in (2048, 3072, 4096)
    for bits in (256, 384, 512)
]
PSS_SIGNATURES = [
    (f"RSA_{size}", f"RSASSA_PSS_SHA_{bits}", f"rsa_pss_{size}_sha{bits}_mgf1_{bits // 8}_test")
    for size, bits in [(2048, 256), (2048, 384), (3072, 256), (4096, 256), (4096, 384), (4096, 512)]
]
OTHER_SIGNATURES = [
    ("ECC_NIST_P256", "ECDSA_SHA_256", "ecdsa_secp256r1_sha256_test"),
    ("ECC_NIST_P384", "ECDSA_SHA_384", "ecdsa_secp384r1_sha384_test"),
    ("ECC_NIST_P521", "ECDSA_SHA_512", "ecdsa_secp521r1_sha512_test"),
    ("ECC_SECG_P256K1", "ECDSA_SHA_256", "ecdsa_secp256k1_sha256_test"),
    ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512", "ed25519_test"),
    ("ML_DSA_44", "ML_DSA_SHAKE_256", "mldsa_44_verify_test"),
    ("ML_DSA_65", "ML_DSA_SHAKE_256", "mldsa_65_verify_test"),
    ("ML_DSA_87", "ML_DSA_SHAKE_256", "mldsa_87_verify_test"),
]
CURVES = {
    "ECC_NIST_P256": ("secp256r1", 32),
    "ECC_NIST_P384": ("secp384r1", 48),
    "ECC_NIST_P521": ("secp521r1", 66),
}


def public_key_of(case):
    if "publicKeyDer" in case.group:
        return load_der_public_key(case.octets("publicKeyDer"))
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(case.group["publicKey"]["pk"]))


def is_reached(case):
    """Tell whether there is a key, and message and signature have lengths that Verify takes."""
    if "IncorrectPublicKeyLength" in case.flags:
        return False
    return 1 <= len(case.octets("msg")) <= 4096 and 1 <= len(case.octets("sig")) <= 6144


def verdict(kms, **request):
    """Tell whether Verify accepts; what else it could answer is raised."""
    try:
        return kms.verify(**request)["SignatureValid"]
    except kms.exceptions.KMSInvalidSignatureException:
        return False


@pytest.mark.sweep(5)
@in_steps
@pytest.mark.parametrize(
    ("spec", "algorithm", "name"),
    [
        pytest.param(*row, id=f"{row[0]}-{row[1]}")
        for row in (*RSA_SIGNATURES, *PSS_SIGNATURES, *OTHER_SIGNATURES)
    ],
)
def test_verify(kms, kms_mock, spec, algorithm, name, step):
    """Verify accepts Wycheproof's valid signatures and refuses the others, as RAW and DIGEST."""
    key_arn = create_key(kms, KeySpec=spec, KeyUsage="SIGN_VERIFY")
    found, expected = {}, {}
    for case in filter(is_reached, wycheproof(f"Signature/{name}")[::step]):
        give_public_key(kms_mock, key_arn, public_key_of(case))
        chosen = {"KeyId": key_arn, "SigningAlgorithm": algorithm, "Signature": case.octets("sig")}
        message = case.octets("msg")
        verdicts = {verdict(kms, Message=message, **chosen)}
        if not algorithm.startswith(("ED25519", "ML_DSA")):
            digest = hashlib.new(f"sha{algorithm[-3:]}", message).digest()
            verdicts.add(verdict(kms, Message=digest, MessageType="DIGEST", **chosen))
        found[case.number] = verdicts
        # Keys of small order are "acceptable"; so are PKCS #1 encodings without the NULL, which
        # are refused. KMS signs with an empty context only (rules SIG-7).
        valid = case.result in ("valid", "acceptable" if spec.startswith("ECC") else "valid")
        expected[case.number] = {valid and not case.test.get("ctx")}

    assert expected == found
    assert {True, False} == set().union(*found.values())


@pytest.mark.sweep(5)
@pytest.mark.parametrize("size", [2048, 3072, 4096])
def test_sign_pkcs1_v1_5(kms, size):
    """With imported keys Sign makes Wycheproof's PKCS #1 v1.5 signatures (rules SIG-14)."""
    hashes = {"SHA-256": 256, "SHA-384": 384, "SHA-512": 512}
    cases = [
        case
        for case in wycheproof(f"Signature/rsa_pkcs1_{size}_sig_gen_test")
        if case.group["sha"] in hashes and case.test["msg"]
    ]
    keys = {
        pkcs8: create_imported_key(
            kms, bytes.fromhex(pkcs8), KeySpec=f"RSA_{size}", KeyUsage="SIGN_VERIFY"
        )
        for pkcs8 in {case.group["privateKeyPkcs8"] for case in cases}
    }

    found = {
        case.number: kms.sign(
            KeyId=keys[case.group["privateKeyPkcs8"]],
            Message=case.octets("msg"),
            SigningAlgorithm=f"RSASSA_PKCS1_V1_5_SHA_{hashes[case.group['sha']]}",
        )["Signature"]
        for case in cases
    }

    assert {case.number: case.octets("sig") for case in cases} == found


@in_steps
def test_sign_ed25519(kms, kms_mock, step):
    """Sign makes the Ed25519 signatures of its authors (rules SIG-12)."""
    path = folder_of("cryptography_vectors") / "asymmetric" / "Ed25519" / "sign.input"
    key_arn = create_key(kms, KeySpec="ECC_NIST_EDWARDS25519", KeyUsage="SIGN_VERIFY")
    found, expected = [], []
    # The first message is empty, which the API does not take.
    for line in path.read_text().split()[1::step]:
        seed_and_public, _, message, signed = map(bytes.fromhex, line.split(":")[:4])
        give_private_key(kms_mock, key_arn, seed_and_public[:32])
        answer = kms.sign(KeyId=key_arn, Message=message, SigningAlgorithm="ED25519_SHA_512")
        found.append(answer["Signature"] + message)
        expected.append(signed)

    assert expected == found


@pytest.mark.sweep(5)
@pytest.mark.parametrize(
    ("size", "algorithm", "name"),
    [
        (2048, "RSAES_OAEP_SHA_1", "rsa_oaep_2048_sha1_mgf1sha1_test"),
        (2048, "RSAES_OAEP_SHA_256", "rsa_oaep_2048_sha256_mgf1sha256_test"),
        (3072, "RSAES_OAEP_SHA_256", "rsa_oaep_3072_sha256_mgf1sha256_test"),
        (4096, "RSAES_OAEP_SHA_256", "rsa_oaep_4096_sha256_mgf1sha256_test"),
    ],
)
def test_decrypt_oaep(kms, size, algorithm, name):
    """With imported keys Decrypt opens Wycheproof's valid ciphertexts without a label (E13)."""
    cases = [case for case in wycheproof(f"Cipher/{name}") if case.test["ct"]]
    (pkcs8,) = {case.octets("privateKeyPkcs8") for case in cases}
    key_arn = create_imported_key(kms, pkcs8, KeySpec=f"RSA_{size}", KeyUsage="ENCRYPT_DECRYPT")

    found = {case.number: decrypt(kms, key_arn, algorithm, case.octets("ct")) for case in cases}

    assert {
        case.number: case.octets("msg")
        if case.result == "valid" and not case.test["label"]
        else None
        for case in cases
    } == found


def decrypt(kms, key_arn, algorithm, blob):
    """Return the plaintext, or None if the ciphertext is invalid; all else is raised."""
    try:
        return kms.decrypt(KeyId=key_arn, CiphertextBlob=blob, EncryptionAlgorithm=algorithm)[
            "Plaintext"
        ]
    except kms.exceptions.InvalidCiphertextException:
        return None


@pytest.mark.sweep(5)
@in_steps
@pytest.mark.parametrize("spec", CURVES)
def test_derive_shared_secret(kms, kms_mock, spec, step):
    """DeriveSharedSecret agrees with Wycheproof, and refuses its bad public keys (G38, G41)."""
    curve, length = CURVES[spec]
    key_arn = create_key(kms, KeySpec=spec, KeyUsage="KEY_AGREEMENT")
    wrong = []
    cases = [case for case in wycheproof(f"Protocol/ecdh_{curve}_test") if case.test["public"]]
    for case in cases[::step]:
        scalar = int(case.test["private"], 16).to_bytes(length, "big")
        give_private_key(kms_mock, key_arn, scalar)
        secret = case.octets("shared")
        expected = {"valid": {secret}, "invalid": {None}, "acceptable": {secret, None}}
        if derive(kms, key_arn, case.octets("public")) not in expected[case.result]:
            wrong.append(case.number)

    assert [] == wrong


def derive(kms, key_arn, public_key):
    """Return the secret, None if the public key is refused with an empty message."""
    try:
        return kms.derive_shared_secret(
            KeyId=key_arn, KeyAgreementAlgorithm="ECDH", PublicKey=public_key
        )["SharedSecret"]
    except kms.exceptions.ClientError as refused:
        error = refused.response["Error"]
        assert ("ValidationException", "") == (error["Code"], error["Message"])
        return None


@in_steps
@pytest.mark.parametrize("size", [512, 768, 1024])
def test_decapsulate(kms_mock, size, step):
    """Decapsulate tells Wycheproof's secrets, and refuses its ciphertexts of a wrong length."""
    kms = todays_client(kms_mock)
    key_arn = create_key(kms, KeySpec=f"ML_KEM_{size}", KeyUsage="ENCAPSULATE_DECAPSULATE")
    cases = [
        case for case in wycheproof(f"Protocol/mlkem_{size}_test") if len(case.octets("seed")) == 64
    ]
    found, expected = {}, {}
    for case in cases[::step]:
        give_private_key(kms_mock, key_arn, case.octets("seed"))
        found[case.number] = decapsulate(kms, key_arn, case.octets("c"))
        expected[case.number] = case.octets("K") if case.result == "valid" else None

    assert expected == found
    assert {type(None), bytes} == {type(secret) for secret in found.values()}


def decapsulate(kms, key_arn, blob):
    """Return the secret; None if the blob has a wrong length, which its shape or KMS refuses."""
    try:
        return kms.decapsulate(
            KeyId=key_arn, EncapsulationAlgorithm="ML_KEM", SharedSecretCiphertextBlob=blob
        )["SharedSecret"]
    except (kms.exceptions.InvalidCiphertextException, ParamValidationError):
        return None


@pytest.mark.parametrize("bits", [224, 256, 384, 512])
def test_generate_mac(kms, kms_mock, bits):
    """GenerateMac computes RFC 4231's MACs, whole where the RFC cuts one short (rules MAC-2)."""
    chosen = {
        "KeyId": create_key(kms, KeySpec=f"HMAC_{bits}", KeyUsage="GENERATE_VERIFY_MAC"),
        "MacAlgorithm": f"HMAC_SHA_{bits}",
    }
    found, expected = [], []
    for record in nist(f"HMAC/rfc-4231-sha{bits}.txt"):
        secret, message, mac = (bytes.fromhex(record[name]) for name in ("key", "msg", "md"))
        give_secret(kms_mock, chosen["KeyId"], secret)
        found.append(kms.generate_mac(Message=message, **chosen)["Mac"][: len(mac)])
        expected.append(mac)

    assert expected == found
    assert len(expected) >= 6


@needs_external_mu
@in_steps
@pytest.mark.parametrize("level", [44, 65, 87])
def test_verify_external_mu(kms, kms_mock, level, step):
    """Verify accepts Wycheproof's ML-DSA signatures by the mu that it gives (rules SIG-8)."""
    key_arn = create_key(kms, KeySpec=f"ML_DSA_{level}", KeyUsage="SIGN_VERIFY")
    cases = [
        case
        for case in wycheproof(f"Signature/mldsa_{level}_sign_seed_test")
        if case.result == "valid"
    ][::step]
    found = {}
    for case in cases:
        give_private_key(kms_mock, key_arn, case.octets("privateSeed"))
        found[case.number] = verdict(
            kms,
            KeyId=key_arn,
            Message=case.octets("mu"),
            MessageType="EXTERNAL_MU",
            SigningAlgorithm="ML_DSA_SHAKE_256",
            Signature=case.octets("sig"),
        )

    assert dict.fromkeys(found, True) == found
    assert len(cases) == len(found)
