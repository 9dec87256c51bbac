"""KMS as the installed botocore describes it: operations, shapes, errors, partitions."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from botocore.loaders import Loader
from botocore.utils import parse_timestamp

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
        "UnknownOperationException": 404,
        "InternalFailure": 500,
        "ServiceUnavailable": 503,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shape:
    """
    One shape of the model, with the shapes it is made of.

    *type* is the model's word: structure, list, map, string, blob, timestamp, boolean, integer.
    *parts* are the member of a list, the key and value of a map. *min* and *max* limit a number's
    value and anything else's length.
    """

    name: str
    type: str
    members: Mapping[str, "Shape"] = field(default_factory=lambda: MappingProxyType({}))
    required: frozenset[str] = frozenset()
    parts: Mapping[str, "Shape"] = field(default_factory=lambda: MappingProxyType({}))
    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    is_sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OperationModel:
    """One operation of the model; *output* is None where the answer has no body at all."""

    name: str
    input: Shape
    output: Shape | None
    error_codes: tuple[str, ...]
    documentation: str

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
        KeyError: If the installed botocore does not know it.
    """
    described = _service()["operations"][name]
    output = described.get("output")
    return OperationModel(
        name=name,
        input=_shape(described["input"]["shape"]),
        output=None if output is None else _shape(output["shape"]),
        error_codes=tuple(error["shape"] for error in described["errors"]),
        documentation=described["documentation"],
    )


@cache
def operation_names() -> tuple[str, ...]:
    return tuple(_service()["operations"])


def enum_values(shape_name: str) -> tuple[str, ...]:
    """
    List what the enum *shape_name* allows, in the model's order.

    Raises:
        KeyError: If the installed botocore has no such shape.
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


def client_timestamp(epoch_seconds: float) -> datetime:
    """Return the moment as a client of the installed botocore gets it: in local time."""
    if time.daylight or epoch_seconds < 0:
        # The stubs have strings in mind; botocore's JSON parser hands over numbers.
        return parse_timestamp(epoch_seconds)  # type: ignore[arg-type]
    # Where clocks are never put back it comes to this, at a tenth of the time.
    moment = datetime.fromtimestamp(epoch_seconds)  # noqa: DTZ006 - its zone is put in below
    return moment.replace(tzinfo=_local_zone(time.timezone))


@cache
def _local_zone(offset: int) -> tzinfo | None:
    """Return the zone object that botocore puts into datetimes, where *offset* is the local one."""
    epoch: datetime = parse_timestamp(0.0)  # type: ignore[arg-type]  # see client_timestamp()
    return epoch.tzinfo


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

    From partitions.json: endpoints.json, which names services too, lags behind with new Regions.

    Raises:
        KeyError: If botocore has no such partition.
    """
    regions = _partitions()[partition]["regions"]
    return tuple(name for name in regions if not name.endswith("-global"))


def dns_suffix_of(partition: str) -> str:
    """
    Return what the host names of *partition* end in: "amazonaws.com", "amazonaws.com.cn", …

    Raises:
        KeyError: If botocore has no such partition.
    """
    return str(_partitions()[partition]["outputs"]["dnsSuffix"])


@cache
def _partitions() -> Mapping[str, Mapping[str, Any]]:
    return {
        partition["id"]: partition for partition in Loader().load_data("partitions")["partitions"]
    }


@cache
def _service() -> Mapping[str, Any]:
    # The loader's parts instead of load_service_model(), which first lists the directory of every
    # AWS service: 6 ms instead of 16 to 60. They honour AWS_DATA_PATH and ~/.aws/models alike.
    loader = Loader()
    version = max(loader.list_api_versions("kms", "service-2"))
    service: Mapping[str, Any] = loader.load_data(f"kms/{version}/service-2")
    return service


@cache
def _shape(name: str) -> Shape:
    # Shapes of our own, not botocore.model's: those resolve each reference anew at every access.
    described = _service()["shapes"][name]
    return Shape(
        name=name,
        type=described["type"],
        members=MappingProxyType(
            {
                member: _shape(reference["shape"])
                for member, reference in described.get("members", {}).items()
            }
        ),
        required=frozenset(described.get("required", ())),
        parts=MappingProxyType(
            {
                role: _shape(described[role]["shape"])
                for role in ("member", "key", "value")
                if role in described
            }
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
        for name, shape in _service()["shapes"].items()
        if shape.get("exception")
    }
