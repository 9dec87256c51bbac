"""
The description of KMS that the engine carries, made of the newest botocore's.

`python -m tools.service_model` writes pytest_kmsmock/_kms/wire/kms.json from the installed
botocore; tests/conformance/test_model.py tells when a newer one has more to say.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import botocore
from botocore.loaders import Loader

from pytest_kmsmock._kms.wire import model

CARRIED: Final = Path(model.__file__).with_name("kms.json")

# What the engine goes by in a shape, beside its type and what it is made of.
KEPT: Final = (
    "required",
    "min",
    "max",
    "pattern",
    "enum",
    "sensitive",
    "exception",
    "fault",
)


def describe() -> dict[str, Any]:
    """Describe KMS, and AWS's partitions, as the installed botocore does: in kms.json's form."""
    # Without ~/.aws/models and AWS_DATA_PATH, for this machine's description is not AWS's.
    loader = Loader([Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    service = loader.load_service_model("kms", "service-2")
    partitions = loader.load_data("partitions")["partitions"]
    return {
        "botocore": botocore.__version__,
        "operations": {
            name: describe_operation(operation) for name, operation in service["operations"].items()
        },
        "shapes": {name: describe_shape(shape) for name, shape in service["shapes"].items()},
        "partitions": {
            partition["id"]: {
                "dnsSuffix": partition["outputs"]["dnsSuffix"],
                "regionRegex": partition["regionRegex"],
                "regions": sorted(partition["regions"]),
            }
            for partition in partitions
        },
    }


def describe_operation(operation: Mapping[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"input": operation["input"]["shape"]}
    if "output" in operation:
        described["output"] = operation["output"]["shape"]
    described["errors"] = [error["shape"] for error in operation["errors"]]
    return described


def describe_shape(shape: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the documentation, and write a name where the model writes a reference."""
    described = {"type": shape["type"]} | {name: shape[name] for name in KEPT if name in shape}
    if "members" in shape:
        described["members"] = {
            name: reference["shape"] for name, reference in shape["members"].items()
        }
    if parts := {name: shape[name]["shape"] for name in model.PARTS if name in shape}:
        described["parts"] = parts
    return described


def render(description: Mapping[str, Any]) -> str:
    """Write *description* as JSON, an entry a line, so that people can read what has changed."""
    sections = []
    for name, content in description.items():
        if isinstance(content, dict):
            entries = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items())
            written = "{\n" + ",\n".join(entries) + "\n}"
        else:
            written = json.dumps(content)
        sections.append(f"{json.dumps(name)}: {written}")
    return "{\n" + ",\n".join(sections) + "\n}\n"


def main() -> None:
    described_by = model.described_by()
    if model.version_of(botocore.__version__) < model.version_of(described_by):
        sys.exit(f"kms.json is of botocore {described_by}, this is {botocore.__version__} only")
    CARRIED.write_text(render(describe()), encoding="utf-8")


if __name__ == "__main__":
    main()
