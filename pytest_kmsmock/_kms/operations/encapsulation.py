"""Key encapsulation: Encapsulate, Decapsulate."""

from pytest_kmsmock._kms.crypto.errors import DecryptionFailed
from pytest_kmsmock._kms.crypto.specs import ENCAPSULATE_DECAPSULATE
from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.errors import invalid_ciphertext
from pytest_kmsmock._kms.rules.context import Context, RequestMembers, ResponseMembers
from pytest_kmsmock._kms.rules.operation import key_use, operation
from pytest_kmsmock._kms.rules.requirements import Usage
from pytest_kmsmock._kms.rules.states import USABLE

ENCAPSULATION_USE = key_use(
    Usage(ENCAPSULATE_DECAPSULATE), USABLE, aliases=True, cross_account=True
)


@operation("Encapsulate", ENCAPSULATION_USE)
def encapsulate(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_Encapsulate.html"""
    secret, ciphertext = key.material.drawing_from(ctx.world.source).encapsulate()
    return {
        "KeyId": key.arn,
        "SharedSecret": secret,
        "SharedSecretCiphertextBlob": ciphertext,
        "EncapsulationAlgorithm": request["EncapsulationAlgorithm"],
    }


@operation("Decapsulate", ENCAPSULATION_USE)
def decapsulate(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_Decapsulate.html"""
    try:
        secret = key.material.decapsulate(request["SharedSecretCiphertextBlob"])
    except DecryptionFailed:
        # Only of a wrong length: a foreign or altered blob has a secret too, as the page says.
        raise invalid_ciphertext() from None
    return {
        "KeyId": key.arn,
        "SharedSecret": secret,
        "EncapsulationAlgorithm": request["EncapsulationAlgorithm"],
    }
