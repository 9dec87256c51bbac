"""The one exception that is an answer of AWS, and a builder per recurring sentence."""


class KmsError(Exception):
    """
    An error answer of AWS KMS: raised anywhere in the engine, encoded by the service.

    *message* is None where AWS sends no message member at all (wire-facts W4, W5).
    The HTTP status is not kept here: the service model has it.
    """

    def __init__(self, code: str, message: str | None = None) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.code if self.message is None else f"{self.code}: {self.message}"


def validation(message: str) -> KmsError:
    return KmsError("ValidationException", message)


def not_found(message: str) -> KmsError:
    return KmsError("NotFoundException", message)


def key_not_found(key_arn: str) -> KmsError:
    return not_found(f"Key '{key_arn}' does not exist")


def alias_not_found(alias_arn: str) -> KmsError:
    return not_found(f"Alias {alias_arn} is not found.")


def already_exists(message: str) -> KmsError:
    return KmsError("AlreadyExistsException", message)


def invalid_state(message: str) -> KmsError:
    return KmsError("KMSInvalidStateException", message)


def unsupported(message: str | None = None) -> KmsError:
    return KmsError("UnsupportedOperationException", message)


def invalid_origin(key_arn: str, origin: str) -> KmsError:
    return unsupported(f"{key_arn} origin is {origin} which is not valid for this operation.")


def invalid_key_usage(message: str) -> KmsError:
    return KmsError("InvalidKeyUsageException", message)


def incompatible_algorithm(algorithm: str, key_spec: str) -> KmsError:
    return invalid_key_usage(f"Algorithm {algorithm} is incompatible with key spec {key_spec}.")


def invalid_ciphertext() -> KmsError:
    return KmsError("InvalidCiphertextException")


def incorrect_key() -> KmsError:
    return KmsError(
        "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.",
    )


def limit_exceeded(message: str) -> KmsError:
    return KmsError("LimitExceededException", message)


def access_denied(message: str) -> KmsError:
    return KmsError("AccessDeniedException", message)


def unrecognized_client() -> KmsError:
    # AWS's text for every service; its status is WIRE-9's.
    return KmsError(
        "UnrecognizedClientException", "The security token included in the request is invalid."
    )


def malformed_policy(message: str | None = None) -> KmsError:
    """
    Return the refusal of a policy; without a message, unless AWS's own was seen (wire-facts V27).
    """
    return KmsError("MalformedPolicyDocumentException", message)


def invalid_grant_token() -> KmsError:
    # Text never recorded (assumed).
    return KmsError("InvalidGrantTokenException", "Invalid grant token")


def dry_run() -> KmsError:
    return KmsError(
        "DryRunOperationException",
        "The request would have succeeded, but the DryRun option is set.",
    )
