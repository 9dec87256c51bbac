"""What a caller does to import key material, with `cryptography` alone."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)

from tests.operations.refusals import invalid
from tests.vocabulary import create_key, members, refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from types_boto3_kms import KMSClient

# A wrapping algorithm, and the spec of the key that wraps.
Wrapping: TypeAlias = tuple[str, str]

HASHES = {"SHA_1": hashes.SHA1, "SHA_256": hashes.SHA256}
OAEP = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
KEY_WRAP = ["RSA_AES_KEY_WRAP_SHA_1", "RSA_AES_KEY_WRAP_SHA_256"]
WRAPPING_SPECS = ["RSA_2048", "RSA_3072", "RSA_4096"]
# The key specs of which material can be imported outside China, each with a usage.
USAGES = {
    "SYMMETRIC_DEFAULT": "ENCRYPT_DECRYPT",
    "HMAC_224": "GENERATE_VERIFY_MAC",
    "HMAC_256": "GENERATE_VERIFY_MAC",
    "HMAC_384": "GENERATE_VERIFY_MAC",
    "HMAC_512": "GENERATE_VERIFY_MAC",
    "RSA_2048": "SIGN_VERIFY",
    "RSA_3072": "SIGN_VERIFY",
    "RSA_4096": "SIGN_VERIFY",
    "ECC_NIST_P256": "SIGN_VERIFY",
    "ECC_NIST_P384": "SIGN_VERIFY",
    "ECC_NIST_P521": "SIGN_VERIFY",
    "ECC_SECG_P256K1": "SIGN_VERIFY",
    "ECC_NIST_EDWARDS25519": "SIGN_VERIFY",
}
FOREVER = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
NEW = {"ImportType": "NEW_KEY_MATERIAL"}
EXISTING = {"ImportType": "EXISTING_KEY_MATERIAL"}
CURVES = {
    "ECC_NIST_P256": ec.SECP256R1(),
    "ECC_NIST_P384": ec.SECP384R1(),
    "ECC_NIST_P521": ec.SECP521R1(),
    "ECC_SECG_P256K1": ec.SECP256K1(),
}


@cache
def make_rsa_key(bits: int) -> rsa.RSAPrivateKey:
    """Make an RSA key once: a large one takes a second."""
    return rsa.generate_private_key(65537, bits)


def make_pair(spec: str) -> tuple[bytes, bytes]:
    """Make a key pair of *spec*: private key as DER PKCS#8, public key as DER SPKI."""
    if spec.startswith("RSA"):
        key: Any = make_rsa_key(int(spec.removeprefix("RSA_")))
    elif spec == "ECC_NIST_EDWARDS25519":
        key = ed25519.Ed25519PrivateKey.generate()
    else:
        key = ec.generate_private_key(CURVES[spec])
    return (
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    )


def wrap(public_key: bytes, algorithm: str, material: bytes) -> bytes:
    """Wrap *material* as the guide says: OAEP, or OAEP of an AES key followed by AES key wrap."""
    key = load_der_public_key(public_key)
    assert isinstance(key, rsa.RSAPublicKey)
    scheme, _, digest = algorithm.partition("_SHA_")
    chosen = HASHES[f"SHA_{digest}"]
    oaep = padding.OAEP(padding.MGF1(chosen()), chosen(), None)
    if scheme == "RSAES_OAEP":
        return key.encrypt(material, oaep)
    aes_key = os.urandom(32)
    return key.encrypt(aes_key, oaep) + keywrap.aes_key_wrap_with_padding(aes_key, material)


def get_parameters(
    kms: "KMSClient",
    key_id: str,
    algorithm: str = "RSAES_OAEP_SHA_256",
    spec: str = "RSA_2048",
) -> dict[str, Any]:
    return members(
        kms.get_parameters_for_import(
            KeyId=key_id, WrappingAlgorithm=algorithm, WrappingKeySpec=spec
        )
    )


def prepare(
    kms: "KMSClient",
    key_id: str,
    material: bytes,
    algorithm: str = "RSAES_OAEP_SHA_256",
    spec: str = "RSA_2048",
) -> dict[str, Any]:
    """Get parameters and wrap *material*: return what ImportKeyMaterial needs besides an expiry."""
    parameters = get_parameters(kms, key_id, algorithm, spec)
    return {
        "KeyId": key_id,
        "ImportToken": parameters["ImportToken"],
        "EncryptedKeyMaterial": wrap(parameters["PublicKey"], algorithm, material),
    }


def import_material(kms: "KMSClient", key_id: str, material: bytes, **more: Any) -> dict[str, Any]:
    """Import *material*, which never expires unless *more* gives it a ValidTo."""
    expiry = {} if "ValidTo" in more else FOREVER
    request = prepare(kms, key_id, material)
    return members(kms.import_key_material(**request, **{**expiry, **more}))


def create_external(kms: "KMSClient", spec: str = "SYMMETRIC_DEFAULT") -> str:
    """Create a key that waits for material of *spec*, and return its ARN."""
    return create_key(kms, KeySpec=spec, KeyUsage=USAGES[spec], Origin="EXTERNAL")


def create_imported(kms: "KMSClient", material: bytes, **more: Any) -> str:
    """Create a symmetric key with imported material, and return its ARN."""
    key_arn = create_key(kms, Origin="EXTERNAL", **more)
    import_material(kms, key_arn, material)
    return key_arn


def state_of(kms: "KMSClient", key_id: str) -> str:
    return kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"]


def all_material(kms: "KMSClient", key_id: str) -> list[dict[str, Any]]:
    """List all materials of a key, as ListKeyRotations does."""
    return kms.list_key_rotations(KeyId=key_id, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]


def material_states(kms: "KMSClient", key_id: str) -> list[tuple[str, str]]:
    """List state and import state of each material of an imported key."""
    return [
        (entry["KeyMaterialState"], entry["ImportState"]) for entry in all_material(kms, key_id)
    ]


def refuse_import(kms: "KMSClient", key_id: str, material: bytes, **more: Any) -> tuple[str, str]:
    """Import what must be refused, and prove that the key's materials are what they were."""
    request = prepare(kms, key_id, material)
    before = all_material(kms, key_id), kms.describe_key(KeyId=key_id)["KeyMetadata"]

    refused = refusal(kms.import_key_material, **request, **{**FOREVER, **more})

    assert before == (all_material(kms, key_id), kms.describe_key(KeyId=key_id)["KeyMetadata"])

    return refused


def nothing_pending(key_arn: str) -> tuple[str, str]:
    """Return the refusal to rotate without pending material (wire-facts O14)."""
    return (
        "KMSInvalidStateException",
        f"No available key material pending rotation for the key: {key_arn}.",
    )


def key_id_of(key_arn: str) -> str:
    return key_arn.rpartition("/")[2]


def current_id(kms: "KMSClient", key_id: str) -> str:
    return kms.describe_key(KeyId=key_id)["KeyMetadata"]["CurrentKeyMaterialId"]


def ask_for_offers(
    kms: "KMSClient", key_id: str, pairs: "Iterable[Wrapping]"
) -> "dict[Wrapping, str | tuple[str, str]]":
    """Ask for each pair of wrapping algorithm and wrapping key spec: "offered", or a refusal."""
    return {pair: ask_for_offer(kms, key_id, pair) for pair in pairs}


def ask_for_offer(kms: "KMSClient", key_id: str, pair: Wrapping) -> str | tuple[str, str]:
    try:
        get_parameters(kms, key_id, *pair)
    except kms.exceptions.ClientError as error:
        refused = error.response["Error"]
        return refused["Code"], refused["Message"]
    return "offered"


def expected_offers(
    spec: str, pairs: "Iterable[Wrapping]", offered: "Collection[Wrapping]"
) -> "dict[Wrapping, str | tuple[str, str]]":
    """Return what `ask_for_offers()` should, if those *offered* are: wire-facts M4 for the rest."""
    return {
        pair: "offered"
        if pair in offered
        else invalid(
            f"Wrapping algorithm {pair[0]} and wrapping key spec {pair[1]} cannot be used to import"
            f" a {spec} key."
        )
        for pair in pairs
    }
