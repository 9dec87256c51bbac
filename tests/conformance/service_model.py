"""AWS's own description of KMS, as botocore reads it: the oracle for names and shapes."""

from typing import Final

from botocore.loaders import Loader
from botocore.model import ServiceModel

MODEL: Final = ServiceModel(Loader().load_service_model("kms", "service-2"), "kms")


def names_a_key(operation: str) -> bool:
    """Tell whether a request can name a key, by an identifier or by an alias."""
    members = MODEL.operation_model(operation).input_shape.members.values()
    return any(member.name in ("KeyIdType", "AliasNameType") for member in members)
