"""Importing key material in the China Regions: SM2, SM4, and wrappings of their own."""

import os
from itertools import product

import pytest

from tests.operations.importer import (
    FOREVER,
    KEY_WRAP,
    OAEP,
    USAGES,
    WRAPPING_SPECS,
    ask_for_offers,
    expected_offers,
    get_parameters,
    import_material,
    prepare,
    state_of,
)
from tests.operations.refusals import INVALID_CIPHERTEXT
from tests.unit.crypto.openssl import OpenSSL, needs_openssl
from tests.vocabulary import create_key, refusal

SM2PKE = ("SM2PKE", "SM2")
ALL_USAGES = {**USAGES, "SM2": "SIGN_VERIFY"}
ALGORITHMS = [*OAEP, *KEY_WRAP, "RSAES_PKCS1_V1_5", "SM2PKE"]
PAIRS = list(product(ALGORITHMS, [*WRAPPING_SPECS, "SM2"]))


@pytest.fixture
def cn(kms_mock):
    """A client in Beijing."""
    return kms_mock.client("cn-north-1")


@pytest.fixture
def openssl(tmp_path):
    return OpenSSL(tmp_path)


def create_external(kms, spec):
    return create_key(kms, KeySpec=spec, KeyUsage=ALL_USAGES[spec], Origin="EXTERNAL")


def make_material(openssl, *algorithm):
    """Let `openssl` make a private key: return it as DER PKCS#8, and its public key."""
    openssl("genpkey", *algorithm, "-out", "private.pem")
    openssl(
        *("pkcs8", "-topk8", "-nocrypt", "-outform", "der"),
        *("-in", "private.pem", "-out", "material.bin"),
    )
    openssl("pkey", "-in", "private.pem", "-pubout", "-outform", "der", "-out", "public.bin")
    return openssl.read("material.bin"), openssl.read("public.bin")


def make_sm2(openssl):
    return make_material(openssl, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:sm2")


def wrap_with_sm2pke(openssl, public_key, material):
    openssl.write("wrapping.bin", public_key)
    openssl.write("material.bin", material)
    openssl(
        *("pkeyutl", "-encrypt", "-in", "material.bin", "-out", "wrapped.bin"),
        *("-inkey", "wrapping.bin", "-keyform", "DER", "-pubin"),
    )
    return openssl.read("wrapped.bin")


def wrappings_of(spec):
    """List the pairs of algorithm and wrapping key spec that the guide allows in China."""
    rsa_oaep = {
        (algorithm, wrapping_spec) for algorithm in OAEP for wrapping_spec in WRAPPING_SPECS
    }
    if spec == "ECC_NIST_P521":
        rsa_oaep -= set(product(OAEP, ["RSA_2048"]))
    if spec.startswith("RSA"):
        return {SM2PKE}
    if spec == "ECC_NIST_EDWARDS25519" or not spec.startswith(("ECC", "SM2")):
        return rsa_oaep
    return {SM2PKE, *rsa_oaep}


@pytest.mark.parametrize("spec", ALL_USAGES)
def test_get_parameters_for_import_in_china(cn, spec):
    """
    In China SM2PKE takes the place of RSA_AES_KEY_WRAP (rules IMP-2, IMP-3, IMP-4; text assumed).
    """
    key_arn = create_external(cn, spec)

    assert expected_offers(spec, PAIRS, wrappings_of(spec)) == ask_for_offers(cn, key_arn, PAIRS)


def test_import_key_material_of_sm4(cn):
    """A symmetric key of China has 16 bytes of material."""
    key_arn = create_external(cn, "SYMMETRIC_DEFAULT")
    import_material(cn, key_arn, os.urandom(16))

    blob = cn.encrypt(KeyId=key_arn, Plaintext=b"x")["CiphertextBlob"]

    assert b"x" == cn.decrypt(CiphertextBlob=blob)["Plaintext"]


def test_import_key_material_of_aes_in_china(cn):
    """Material of 32 bytes is for other Regions (rules IMP-7)."""
    key_arn = create_external(cn, "SYMMETRIC_DEFAULT")
    request = prepare(cn, key_arn, os.urandom(32))

    assert ("IncorrectKeyMaterialException", "") == refusal(
        cn.import_key_material, **request, **FOREVER
    )


@needs_openssl
@pytest.mark.parametrize("algorithm", OAEP)
def test_import_key_material_of_sm2(cn, openssl, algorithm):
    """An SM2 private key goes through OAEP, and KMS shows its public key (rules IMP-3)."""
    material, public_key = make_sm2(openssl)
    key_arn = create_external(cn, "SM2")
    request = prepare(cn, key_arn, material, algorithm)

    cn.import_key_material(**request, **FOREVER)

    assert public_key == cn.get_public_key(KeyId=key_arn)["PublicKey"]


@pytest.mark.sweep(5)
@needs_openssl
@pytest.mark.parametrize(
    ("spec", "algorithm"),
    [
        ("SM2", ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:sm2")),
        ("ECC_NIST_P256", ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")),
        ("ECC_NIST_P521", ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521")),
        ("RSA_2048", ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")),
    ],
    ids=["SM2", "P256", "P521", "RSA"],
)
def test_import_key_material_by_sm2pke(cn, openssl, spec, algorithm):
    """What `openssl` wrapped for the SM2 wrapping key is imported (rules IMP-2, IMP-3)."""
    material, public_key = make_material(openssl, *algorithm)
    key_arn = create_external(cn, spec)
    parameters = get_parameters(cn, key_arn, *SM2PKE)

    cn.import_key_material(
        KeyId=key_arn,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=wrap_with_sm2pke(openssl, parameters["PublicKey"], material),
        **FOREVER,
    )

    assert public_key == cn.get_public_key(KeyId=key_arn)["PublicKey"]


@needs_openssl
def test_import_key_material_of_another_curve(cn, openssl):
    """A P-256 private key is not one of SM2 (rules IMP-7)."""
    material, _ = make_material(openssl, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    key_arn = create_external(cn, "SM2")
    request = prepare(cn, key_arn, material)

    assert ("IncorrectKeyMaterialException", "") == refusal(
        cn.import_key_material, **request, **FOREVER
    )


@pytest.mark.parametrize("length", [1, 16, 256])
def test_import_key_material_in_no_sm2pke(cn, length):
    """SM2PKE has no fixed size, so that garbage of any length is just not a ciphertext (IMP-7)."""
    key_arn = create_external(cn, "SM2")
    parameters = get_parameters(cn, key_arn, *SM2PKE)

    assert INVALID_CIPHERTEXT == refusal(
        cn.import_key_material,
        KeyId=key_arn,
        ImportToken=parameters["ImportToken"],
        EncryptedKeyMaterial=bytes(length),
        **FOREVER,
    )
    assert "PendingImport" == state_of(cn, key_arn)
