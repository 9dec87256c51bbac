"""KMS keys whose private key a test knows: imported, or put in where KMS imports none."""

from typing import TYPE_CHECKING, Any

from pytest_kmsmock._kms.crypto.materials.making import load_private_key
from tests.operations.importer import FOREVER, prepare
from tests.unit.crypto.vectors import PublicOnly
from tests.vocabulary import ACCOUNT, REGION, create_key

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

    from pytest_kmsmock import KmsMock


def create_imported_key(kms: "KMSClient", material: bytes, **members: Any) -> str:
    """
    Create a key with imported *material* and return its ARN.

    Private keys, which are DER PKCS#8, are wrapped by RSA_AES_KEY_WRAP, secret keys by RSAES_OAEP.
    """
    key_arn = create_key(kms, Origin="EXTERNAL", **members)
    secret = members.get("KeySpec", "SYMMETRIC").startswith(("SYMMETRIC", "HMAC"))
    algorithm = "RSAES_OAEP_SHA_256" if secret else "RSA_AES_KEY_WRAP_SHA_256"
    kms.import_key_material(**prepare(kms, key_arn, material, algorithm), **FOREVER)
    return key_arn


def give_private_key(mock: "KmsMock", key_arn: str, private_key: object) -> None:
    """Replace the key pair of a key, as importing cannot: ML-DSA, or hundreds in a row."""
    version = _version_of(mock, key_arn)
    version.material = load_private_key(version.material.spec, private_key)


def give_public_key(mock: "KmsMock", key_arn: str, public_key: Any) -> None:
    """Let a key verify with a public key whose private half nobody knows."""
    version = _version_of(mock, key_arn)
    version.material = type(version.material)(version.material.spec, lambda: PublicOnly(public_key))


def give_secret(mock: "KmsMock", key_arn: str, secret: bytes) -> None:
    """Replace the secret of an HMAC key; RFC 4231's have lengths that importing does not take."""
    version = _version_of(mock, key_arn)
    version.material = type(version.material)(version.material.spec, secret)


def _version_of(mock: "KmsMock", key_arn: str) -> Any:
    region = mock._service.world.account(ACCOUNT).region(REGION)
    return region.keys[key_arn.rpartition("/")[2]].family.versions[0]
