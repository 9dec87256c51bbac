"""Message authentication codes: GenerateMac, VerifyMac."""

import hmac

from pytest_kmsmock._kms.crypto.specs import GENERATE_VERIFY_MAC
from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.errors import KmsError, incompatible_algorithm
from pytest_kmsmock._kms.rules.context import Context, RequestMembers, ResponseMembers
from pytest_kmsmock._kms.rules.operation import key_use, operation
from pytest_kmsmock._kms.rules.requirements import Usage
from pytest_kmsmock._kms.rules.states import USABLE

MAC_USE = key_use(Usage(GENERATE_VERIFY_MAC), USABLE, aliases=True, cross_account=True)


@operation("GenerateMac", MAC_USE)
def generate_mac(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html"""
    algorithm = read_algorithm(request, key)
    return {
        "KeyId": key.arn,
        "Mac": key.material.mac(algorithm, request["Message"]),
        "MacAlgorithm": algorithm,
    }


@operation("VerifyMac", MAC_USE)
def verify_mac(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_VerifyMac.html"""
    algorithm = read_algorithm(request, key)
    if not hmac.compare_digest(key.material.mac(algorithm, request["Message"]), request["Mac"]):
        raise KmsError("KMSInvalidMacException")  # without a message (wire-facts G31)
    return {"KeyId": key.arn, "MacValid": True, "MacAlgorithm": algorithm}


def read_algorithm(request: RequestMembers, key: Key) -> str:
    """
    Return the algorithm, which must be the key's (wire-facts G34).

    Raises:
        KmsError: InvalidKeyUsageException.
    """
    algorithm: str = request["MacAlgorithm"]
    if algorithm not in key.family.spec.mac_algorithms:
        raise incompatible_algorithm(algorithm, key.family.spec.name)
    return algorithm
