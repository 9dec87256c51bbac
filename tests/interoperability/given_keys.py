"""KMS keys whose private key a test knows: imported, or put in where KMS imports none."""

from typing import TYPE_CHECKING, Any

from pytest_kmsmock._kms.crypto.material import load_private_key
from tests.operations.importer import FOREVER, prepare
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


def give_material(mock: "KmsMock", key_arn: str, private_key: object) -> None:
    """Replace the material of a key; there is no other way to know that of an ML-DSA key."""
    region = mock._service.world.account(ACCOUNT).region(REGION)
    family = region.keys[key_arn.rpartition("/")[2]].family
    family.versions[0].material = load_private_key(family.spec, private_key)
