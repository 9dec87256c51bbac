"""Signatures and public keys: Sign, Verify, GetPublicKey."""

from pytest_kmsmock._kms.crypto.algorithms import DIGEST, RAW, digest_length, message_types
from pytest_kmsmock._kms.crypto.specs import SIGN_VERIFY, Kind
from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.domain.metadata import describe_algorithms
from pytest_kmsmock._kms.errors import KmsError, incompatible_algorithm, validation
from pytest_kmsmock._kms.rules.context import Context, RequestMembers, ResponseMembers
from pytest_kmsmock._kms.rules.operation import key_use, operation
from pytest_kmsmock._kms.rules.requirements import ASYMMETRIC, Usage
from pytest_kmsmock._kms.rules.states import READABLE, USABLE

SIGNING_USE = key_use(Usage(SIGN_VERIFY), USABLE, aliases=True, cross_account=True)


@operation("Sign", SIGNING_USE)
def sign(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html"""
    algorithm, message, message_type = read_message(request, key)
    return {
        "KeyId": key.arn,
        "Signature": key.material.drawing_from(ctx.world.source).sign(
            algorithm, message, message_type
        ),
        "SigningAlgorithm": algorithm,
    }


@operation("Verify", SIGNING_USE)
def verify(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_Verify.html"""
    algorithm, message, message_type = read_message(request, key)
    if not key.material.verify(algorithm, message, message_type, request["Signature"]):
        raise KmsError("KMSInvalidSignatureException")  # never SignatureValid false (W5)
    return {"KeyId": key.arn, "SignatureValid": True, "SigningAlgorithm": algorithm}


# State before spec (wire-facts V24).
@operation("GetPublicKey", key_use(READABLE, ASYMMETRIC, aliases=True, cross_account=True))
def get_public_key(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html"""
    return {
        "KeyId": key.arn,
        "PublicKey": key.material.public_key(),
        **describe_algorithms(key),
    }


def read_message(request: RequestMembers, key: Key) -> tuple[str, bytes, str]:
    """
    Return algorithm, message and message type, which must fit each other and the key.

    Raises:
        KmsError: InvalidKeyUsageException (wire-facts G11), ValidationException (G12 to G19).
    """
    spec = key.family.spec
    algorithm: str = request["SigningAlgorithm"]
    message: bytes = request["Message"]
    message_type: str = request.get("MessageType", RAW)
    if algorithm not in spec.signing_algorithms:
        raise incompatible_algorithm(algorithm, spec.name)
    if message_type not in message_types(algorithm):
        # AWS names the key spec for ML-DSA and the algorithm for the others (G15, G16, G19).
        what = f"key spec {spec.name}" if spec.kind is Kind.ML_DSA else f"algorithm {algorithm}"
        raise validation(f"Message type {message_type} is incompatible with {what}.")
    if message_type != RAW and len(message) != digest_length(algorithm):
        what = "Digest" if message_type == DIGEST else "External mu"  # the latter assumed
        raise validation(f"{what} is invalid length for algorithm {algorithm}.")
    return algorithm, message, message_type
