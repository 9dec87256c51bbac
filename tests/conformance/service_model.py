"""KMS as AWS describes it: today's, in botocore's own form, and the installed botocore's."""

import json
from collections.abc import Mapping
from typing import Any, Final

from botocore.loaders import Loader
from botocore.model import ServiceModel

from pytest_kmsmock._kms.operations import all_operations
from tools.service_model import CARRIED

INSTALLED: Final = ServiceModel(Loader().load_service_model("kms", "service-2"), "kms")


def restore(description: Mapping[str, Any]) -> dict[str, Any]:
    """Bring a description in kms.json's form back into that of botocore's documents."""

    def refer(entry: Mapping[str, Any]) -> dict[str, Any]:
        """Write a reference where kms.json has a shape's name."""
        roles = ("input", "output")
        restored = {
            name: {"shape": value} if name in roles else value for name, value in entry.items()
        }
        for name in ("members", "parts"):
            references = {key: {"shape": value} for key, value in entry.get(name, {}).items()}
            restored |= {name: references} if name == "members" else references
        return restored

    operations = {
        name: {
            "name": name,
            "http": {"method": "POST", "requestUri": "/"},
            **refer(operation),
            "errors": [{"shape": code} for code in operation["errors"]],
        }
        for name, operation in description["operations"].items()
    }
    shapes = {
        name: shape if shape["type"] in ("string", "blob", "integer") else refer(shape)
        for name, shape in description["shapes"].items()
    }
    return {"metadata": INSTALLED.metadata, "operations": operations, "shapes": shapes}


DESCRIPTION: Final = json.loads(CARRIED.read_text(encoding="utf-8"))
TODAYS: Final = restore(DESCRIPTION)
# The oracle for names and shapes.
MODEL: Final = ServiceModel(TODAYS, "kms")

# What is built, and what of it a client of the installed botocore can call.
OPERATIONS: Final = [name for name in MODEL.operation_names if name in all_operations()]
CALLABLE: Final = [name for name in OPERATIONS if name in INSTALLED.operation_names]


def names_a_key(operation: str) -> bool:
    """Tell whether a request can name a key, by an identifier or by an alias."""
    members = MODEL.operation_model(operation).input_shape.members.values()
    return any(member.name in ("KeyIdType", "AliasNameType") for member in members)
