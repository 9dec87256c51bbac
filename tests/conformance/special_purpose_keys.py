"""The keys of the page "Special-purpose keys", and how they are used within KMS and outside."""

import os
from typing import TYPE_CHECKING

import gmalg
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.operations.importer import FOREVER, get_parameters, wrap
from tests.vocabulary import create_key, refusal

if TYPE_CHECKING:
    pass

CHINA = ["cn-north-1", "cn-northwest-1"]
REGIONS = ["us-east-1", *CHINA]
NEIGHBOURS = {
    "us-east-1": "eu-west-1",
    "cn-north-1": "cn-northwest-1",
    "cn-northwest-1": "cn-north-1",
}
MESSAGE = b"attack at dawn"
OAEP = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
RSA_SIGNING = [
    f"RSASSA_{padding_}_SHA_{bits}"
    for padding_ in ("PKCS1_V1_5", "PSS")
    for bits in (256, 384, 512)
]
# The page's key specs, each with its key usages and the algorithms for each usage.
SPECS = {
    "SYMMETRIC_DEFAULT": {"ENCRYPT_DECRYPT": ["SYMMETRIC_DEFAULT"]},
    "HMAC_224": {"GENERATE_VERIFY_MAC": ["HMAC_SHA_224"]},
    "HMAC_256": {"GENERATE_VERIFY_MAC": ["HMAC_SHA_256"]},
    "HMAC_384": {"GENERATE_VERIFY_MAC": ["HMAC_SHA_384"]},
    "HMAC_512": {"GENERATE_VERIFY_MAC": ["HMAC_SHA_512"]},
    "RSA_2048": {"ENCRYPT_DECRYPT": OAEP, "SIGN_VERIFY": RSA_SIGNING},
    "RSA_3072": {"ENCRYPT_DECRYPT": OAEP, "SIGN_VERIFY": RSA_SIGNING},
    "RSA_4096": {"ENCRYPT_DECRYPT": OAEP, "SIGN_VERIFY": RSA_SIGNING},
    "ECC_NIST_P256": {"SIGN_VERIFY": ["ECDSA_SHA_256"]},
    "ECC_NIST_P384": {"SIGN_VERIFY": ["ECDSA_SHA_384"]},
    "ECC_NIST_P521": {"SIGN_VERIFY": ["ECDSA_SHA_512"]},
    "ECC_SECG_P256K1": {"SIGN_VERIFY": ["ECDSA_SHA_256"]},
    "SM2": {"ENCRYPT_DECRYPT": ["SM2PKE"], "SIGN_VERIFY": ["SM2DSA"]},
}
USAGES = ["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC"]
LISTS = {
    "ENCRYPT_DECRYPT": "EncryptionAlgorithms",
    "SIGN_VERIFY": "SigningAlgorithms",
    "GENERATE_VERIFY_MAC": "MacAlgorithms",
}
CURVES = {
    "ECC_NIST_P256": "secp256r1",
    "ECC_NIST_P384": "secp384r1",
    "ECC_NIST_P521": "secp521r1",
    "ECC_SECG_P256K1": "secp256k1",
}


def regions_of(spec):
    return CHINA if spec == "SM2" else REGIONS


# Every spec, with each of its usages, in every Region that has it.
KEYS = [
    pytest.param(region, spec, usage, id=f"{region}-{spec}-{usage}")
    for spec, usages in SPECS.items()
    for usage in usages
    for region in regions_of(spec)
]
ASYMMETRIC = [key for key in KEYS if not key.values[1].startswith(("SYMMETRIC", "HMAC"))]
ENCRYPTING = [key for key in ASYMMETRIC if key.values[2] == "ENCRYPT_DECRYPT"]
SIGNING = [key for key in ASYMMETRIC if key.values[2] == "SIGN_VERIFY"]
HMAC = [key for key in KEYS if key.values[1].startswith("HMAC")]
SECRET = [key for key in KEYS if key.values[1].startswith(("SYMMETRIC", "HMAC"))]
every_key = pytest.mark.parametrize(("region", "spec", "usage"), KEYS)
every_asymmetric_key = pytest.mark.parametrize(("region", "spec", "usage"), ASYMMETRIC)
every_encrypting_key = pytest.mark.parametrize(("region", "spec", "usage"), ENCRYPTING)
every_signing_key = pytest.mark.parametrize(("region", "spec", "usage"), SIGNING)
every_hmac_key = pytest.mark.parametrize(("region", "spec", "usage"), HMAC)
every_secret_key = pytest.mark.parametrize(("region", "spec", "usage"), SECRET)
every_region = pytest.mark.parametrize("region", REGIONS)


def create(kms, spec, usage, **members):
    return create_key(kms, KeySpec=spec, KeyUsage=usage, **members)


def use(kms, key_id, spec, usage, *, other=None):
    """
    Use a key with all algorithms that the page has for it, there and back.

    The way back goes through *other*, if there is another client.
    """
    other = other or kms
    for algorithm in SPECS[spec][usage]:
        if usage == "ENCRYPT_DECRYPT":
            chosen = {"KeyId": key_id, "EncryptionAlgorithm": algorithm}
            blob = kms.encrypt(Plaintext=MESSAGE, **chosen)["CiphertextBlob"]
            assert MESSAGE == other.decrypt(CiphertextBlob=blob, **chosen)["Plaintext"]
        elif usage == "SIGN_VERIFY":
            chosen = {"KeyId": key_id, "SigningAlgorithm": algorithm, "Message": MESSAGE}
            signature = kms.sign(**chosen)["Signature"]
            assert other.verify(Signature=signature, **chosen)["SignatureValid"]
        else:
            chosen = {"KeyId": key_id, "MacAlgorithm": algorithm, "Message": MESSAGE}
            mac = kms.generate_mac(**chosen)["Mac"]
            assert other.verify_mac(Mac=mac, **chosen)["MacValid"]


def misuse(kms, key_id, usage):
    """Ask a key for what keys of that usage do, with an algorithm that some of them have."""
    operations = {
        "ENCRYPT_DECRYPT": (
            kms.encrypt,
            {"Plaintext": MESSAGE, "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"},
        ),
        "SIGN_VERIFY": (kms.sign, {"Message": MESSAGE, "SigningAlgorithm": "ECDSA_SHA_256"}),
        "GENERATE_VERIFY_MAC": (
            kms.generate_mac,
            {"Message": MESSAGE, "MacAlgorithm": "HMAC_SHA_256"},
        ),
    }
    function, request = operations[usage]
    return refusal(function, KeyId=key_id, **request)


OPERATIONS = {
    "ENCRYPT_DECRYPT": "Encrypt",
    "SIGN_VERIFY": "Sign",
    "GENERATE_VERIFY_MAC": "GenerateMac",
}


def make_material(kms, spec):
    """Make material of *spec* outside of a key: bytes, or the private key of a data key pair."""
    if spec == "SYMMETRIC_DEFAULT":
        return os.urandom(16 if kms.meta.region_name in CHINA else 32)
    if spec.startswith("HMAC"):
        return os.urandom(int(spec[-3:]) // 8)
    pair = kms.generate_data_key_pair(KeyId=create_key(kms), KeyPairSpec=spec)
    return pair["PrivateKeyPlaintext"]


def import_anything(kms, key_id, spec, material):
    """Import material in a wrapping that its spec has in the client's Region."""
    algorithm, wrapping = "RSAES_OAEP_SHA_256", "RSA_3072"
    if spec.startswith("RSA"):
        in_china = kms.meta.region_name in CHINA
        algorithm, wrapping = (
            ("SM2PKE", "SM2") if in_china else ("RSA_AES_KEY_WRAP_SHA_256", "RSA_2048")
        )
    parameters = get_parameters(kms, key_id, algorithm, wrapping)
    if algorithm == "SM2PKE":
        wrapped = encrypt_outside(parameters["PublicKey"], algorithm, material)
    else:
        wrapped = wrap(parameters["PublicKey"], algorithm, material)
    kms.import_key_material(
        KeyId=key_id,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=wrapped,
        **FOREVER,
    )


def encrypt_outside(public_key, algorithm, plaintext):
    """Encrypt as somebody does who has the public key and no AWS account."""
    if algorithm == "SM2PKE":
        made = gmalg.SM2(pk=public_key[-65:]).encrypt(plaintext)
        point = integer(made[1:33]) + integer(made[33:65])
        return tlv(0x30, point + tlv(4, made[65:97]) + tlv(4, made[97:]))
    chosen = {"RSAES_OAEP_SHA_1": hashes.SHA1, "RSAES_OAEP_SHA_256": hashes.SHA256}[algorithm]
    oaep = padding.OAEP(padding.MGF1(chosen()), chosen(), None)
    return load_der_public_key(public_key).encrypt(plaintext, oaep)


def integer(octets):
    number = int.from_bytes(octets, "big")
    return tlv(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def tlv(tag, content):
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def verifies_outside(public_key, algorithm, message, signature):
    """Verify as somebody does who has the public key and no AWS account."""
    if algorithm == "SM2DSA":
        r, s = (part.to_bytes(32, "big") for part in decode_dss_signature(signature))
        return gmalg.SM2(uid=b"1234567812345678", pk=public_key[-65:]).verify(message, r, s)
    chosen = getattr(hashes, f"SHA{algorithm[-3:]}")()
    key = load_der_public_key(public_key)
    try:
        if algorithm.startswith("ECDSA"):
            key.verify(signature, message, ec.ECDSA(chosen))
        elif "PSS" in algorithm:
            pss = padding.PSS(padding.MGF1(chosen), chosen.digest_size)
            key.verify(signature, message, pss, chosen)
        else:
            key.verify(signature, message, padding.PKCS1v15(), chosen)
    except InvalidSignature:
        return False
    return True
