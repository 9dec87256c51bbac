"""
KMS as its newest model describes it: operations, shapes, errors, partitions.

The description is this package's own (kms.json, which tools/service_model.py makes of botocore's):
whatever botocore a test has, it meets the same KMS.
"""

import json
import pkgutil
import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

# The roles in which a list and a map name the shapes that they are made of.
PARTS: Final = ("member", "key", "value")

# Common errors of every AWS service, which no model lists (rules WIRE-9, WIRE-11; wire-facts W3,
# N10). What is neither here nor modelled is a 400.
_UNMODELED_STATUS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "AccessDeniedException": 400,
        "ThrottlingException": 400,
        "ValidationException": 400,
        "UnrecognizedClientException": 403,
        "IncompleteSignature": 403,
        "ExpiredTokenException": 403,
        "UnknownOperationException": 400,
        "InternalFailure": 500,
        "ServiceUnavailable": 503,
    }
)


_NO_SHAPES: Final[Mapping[str, "Shape"]] = MappingProxyType({})


class Shape(NamedTuple):
    """
    One shape of the model, with the shapes it is made of.

    *type* is the model's word: structure, list, map, string, blob, timestamp, boolean, integer.
    *parts* are the member of a list, the key and value of a map. *min* and *max* limit a number's
    value and anything else's length.
    """

    name: str
    type: str
    members: Mapping[str, "Shape"] = _NO_SHAPES
    required: frozenset[str] = frozenset()
    parts: Mapping[str, "Shape"] = _NO_SHAPES
    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    is_sensitive: bool = False


class OperationModel(NamedTuple):
    """One operation of the model; *output* is None where the answer has no body at all."""

    name: str
    input: Shape
    output: Shape | None
    error_codes: tuple[str, ...]

    @property
    def has_dry_run(self) -> bool:
        return "DryRun" in self.input.members

    @property
    def takes_grant_tokens(self) -> bool:
        return "GrantTokens" in self.input.members

    @property
    def is_paginated(self) -> bool:
        return "Marker" in self.input.members


@cache
def operation(name: str) -> OperationModel:
    """
    Describe the operation *name*.

    Raises:
        KeyError: If KMS has no such operation.
    """
    described = _description()["operations"][name]
    output = described.get("output")
    return OperationModel(
        name=name,
        input=_shape(described["input"]),
        output=None if output is None else _shape(output),
        error_codes=tuple(described["errors"]),
    )


@cache
def operation_names() -> tuple[str, ...]:
    return tuple(_description()["operations"])


def enum_values(shape_name: str) -> tuple[str, ...]:
    """
    List what the enum *shape_name* allows, in the model's order.

    Raises:
        KeyError: If the model has no such shape.
    """
    return _shape(shape_name).enum


def is_modeled_error(code: str) -> bool:
    """Say whether clients get an exception class, and a top-level `message`, for *code*."""
    return code in _modeled_status()


def error_codes() -> tuple[str, ...]:
    """List the codes of KMS's own errors, and of those that all services of AWS share."""
    return (*_modeled_status(), *_UNMODELED_STATUS)


def status_of(code: str) -> int:
    """Return the HTTP status of the error *code* (wire-facts W3, W6, W21; rules WIRE-8)."""
    return _modeled_status().get(code) or _UNMODELED_STATUS.get(code, 400)


@cache
def partition_of(region: str) -> str:
    """
    Name the partition of *region*: "aws", "aws-cn", "aws-us-gov", …

    An unknown Region goes by its name's form, and to "aws" if that fits none, as in botocore.
    """
    for name, partition in _partitions().items():
        if region in partition["regions"] or re.match(partition["regionRegex"], region):
            return name
    return "aws"


@cache
def regions_of(partition: str) -> tuple[str, ...]:
    """
    List the Regions of *partition*, without the likes of "aws-global".

    Raises:
        KeyError: If there is no such partition.
    """
    regions = _partitions()[partition]["regions"]
    return tuple(name for name in regions if not name.endswith("-global"))


@cache
def region_names() -> tuple[str, ...]:
    """List the Regions of all partitions."""
    return tuple(name for partition in _partitions() for name in regions_of(partition))


def dns_suffix_of(partition: str) -> str:
    """
    Return what the host names of *partition* end in: "amazonaws.com", "amazonaws.com.cn", …

    Raises:
        KeyError: If there is no such partition.
    """
    return str(_partitions()[partition]["dnsSuffix"])


def described_by() -> str:
    """Return the version of the botocore whose description this is."""
    return str(_description()["botocore"])


def version_of(text: str) -> tuple[int, ...]:
    """Read a version of botocore, "1.44.8", as numbers to compare."""
    return tuple(map(int, text.split(".")))


def _partitions() -> Mapping[str, Mapping[str, Any]]:
    partitions: Mapping[str, Mapping[str, Any]] = _description()["partitions"]
    return partitions


@cache
def _description() -> Mapping[str, Any]:
    data = pkgutil.get_data(__package__, "kms.json")
    assert data is not None, "kms.json is part of this package"
    description: Mapping[str, Any] = json.loads(data)
    return description


@cache
def _shape(name: str) -> Shape:
    described = _description()["shapes"][name]
    return Shape(
        name=name,
        type=described["type"],
        members=MappingProxyType(
            {
                member: _shape(shape_name)
                for member, shape_name in described.get("members", {}).items()
            }
        ),
        required=frozenset(described.get("required", ())),
        parts=MappingProxyType(
            {role: _shape(shape_name) for role, shape_name in described.get("parts", {}).items()}
        ),
        min=described.get("min"),
        max=described.get("max"),
        pattern=described.get("pattern"),
        enum=tuple(described.get("enum", ())),
        is_sensitive=described.get("sensitive", False),
    )


@cache
def _modeled_status() -> Mapping[str, int]:
    # No error of KMS has a wire code other than its shape's name (rules WIRE-10).
    return {
        name: 500 if shape.get("fault") else 400
        for name, shape in _description()["shapes"].items()
        if shape.get("exception")
    }
