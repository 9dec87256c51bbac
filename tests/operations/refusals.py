"""The refusals that cryptographic operations share, as code and message."""

from tests.vocabulary import ACCOUNT, REGION

UNKNOWN_KEY = "00000000-0000-4000-8000-000000000000"
UNKNOWN_KEY_REFUSAL = (
    "NotFoundException",
    f"Key 'arn:aws:kms:{REGION}:{ACCOUNT}:key/{UNKNOWN_KEY}' does not exist",
)

INVALID_CIPHERTEXT = ("InvalidCiphertextException", "")
INCORRECT_KEY = (
    "IncorrectKeyException",
    "The key ID in the request does not identify a CMK that can perform this operation.",
)

CONTEXT_WITH_RSA = (
    "ValidationException",
    "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs.",
)

ENCRYPTION_ALGORITHMS = "[RSAES_OAEP_SHA_1, RSAES_OAEP_SHA_256, SM2PKE, SYMMETRIC_DEFAULT]"
AT_LEAST_ONE = "Member must have length greater than or equal to 1"
NOT_NULL = "Member must not be null"


def at_most(length: int) -> str:
    return f"Member must have length less than or equal to {length}"


def one_of(values: str) -> str:
    return f"Member must satisfy enum value set: {values}"


def violation(subject: str, constraint: str) -> tuple[str, str]:
    """Return the refusal of a request of the wrong shape; *subject* ends with the member."""
    return (
        "ValidationException",
        f"1 validation error detected: {subject} failed to satisfy constraint: {constraint}",
    )


def invalid(message: str) -> tuple[str, str]:
    return "ValidationException", message


def wrong_usage(key_arn: str, usage: str, operation: str) -> tuple[str, str]:
    """Return the refusal of a key that was made for another usage (wire-facts E8, G10)."""
    return (
        "InvalidKeyUsageException",
        f"{key_arn} key usage is {usage} which is not valid for {operation}.",
    )


def wrong_algorithm(algorithm: str, spec: str) -> tuple[str, str]:
    """Return the refusal of an algorithm of another key spec (wire-facts E6, G11, G34)."""
    return (
        "InvalidKeyUsageException",
        f"Algorithm {algorithm} is incompatible with key spec {spec}.",
    )


def hidden_ciphertext(operation: str) -> tuple[str, str]:
    """Return the answer about a ciphertext whose key is not there to be seen (wire-facts E26)."""
    return (
        "AccessDeniedException",
        f"User: arn:aws:iam::{ACCOUNT}:user/kmsmock is not authorized to perform: kms:{operation}"
        " on the resource associated with this ciphertext because the resource does not exist in"
        " this Region, no resource-based policies allow access, or a resource-based policy"
        " explicitly denies access",
    )
