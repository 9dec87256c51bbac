"""The facade over the service model against botocore's own, and the model against the tool."""

import botocore.session
import pytest
from botocore.model import ServiceModel

from pytest_kmsmock._kms.wire import model
from tests.conformance.service_model import INSTALLED, MODEL, restore
from tools.service_model import describe

SESSION = botocore.session.Session()
PARTITIONS = SESSION.get_available_partitions()
REGIONS = [
    region for partition in PARTITIONS for region in SESSION.get_available_regions("kms", partition)
]


def describe_ours(shape):
    """Spell out one of our shapes as plain values."""
    return {
        "name": shape.name,
        "type": shape.type,
        "members": [(name, describe_ours(member)) for name, member in shape.members.items()],
        "required": sorted(shape.required),
        "parts": {role: describe_ours(part) for role, part in shape.parts.items()},
        "limits": (shape.min, shape.max, shape.pattern, list(shape.enum), shape.is_sensitive),
    }


def describe_theirs(shape):
    """Spell out one of botocore's shapes in the same way."""
    roles = {"list": ("member",), "map": ("key", "value")}.get(shape.type_name, ())
    members = getattr(shape, "members", {})
    metadata = shape.metadata
    return {
        "name": shape.name,
        "type": shape.type_name,
        "members": [(name, describe_theirs(member)) for name, member in members.items()],
        "required": sorted(metadata.get("required", ())),
        "parts": {role: describe_theirs(getattr(shape, role)) for role in roles},
        "limits": (
            metadata.get("min"),
            metadata.get("max"),
            metadata.get("pattern"),
            list(metadata.get("enum", ())),
            metadata.get("sensitive", False),
        ),
    }


def test_operation_names():
    """The operations are those of the model."""
    assert tuple(MODEL.operation_names) == model.operation_names()


@pytest.mark.parametrize("name", MODEL.operation_names)
def test_operation(name):
    """An operation has the model's input, output and errors."""
    theirs = MODEL.operation_model(name)
    ours = model.operation(name)

    assert name == ours.name
    assert describe_theirs(theirs.input_shape) == describe_ours(ours.input)
    assert (theirs.output_shape and describe_theirs(theirs.output_shape)) == (
        ours.output and describe_ours(ours.output)
    )
    assert tuple(shape.name for shape in theirs.error_shapes) == ours.error_codes


@pytest.mark.sweep(7)
@pytest.mark.parametrize("name", INSTALLED.operation_names)
def test_tool_loses_nothing(name):
    """What the tool would carry of the installed botocore's model is all that we go by in it."""
    theirs = INSTALLED.operation_model(name)
    carried = ServiceModel(restore(describe()), "kms").operation_model(name)

    assert describe_theirs(theirs.input_shape) == describe_theirs(carried.input_shape)
    assert (theirs.output_shape and describe_theirs(theirs.output_shape)) == (
        carried.output_shape and describe_theirs(carried.output_shape)
    )
    assert [shape.name for shape in theirs.error_shapes] == [
        shape.name for shape in carried.error_shapes
    ]


def test_operation_unknown():
    """An operation that KMS does not have raises KeyError."""
    with pytest.raises(KeyError, match=r"^'MakeCoffee'$"):
        model.operation("MakeCoffee")


def test_operation_is_paginated():
    """The paginated operations are those with a paginator in botocore."""
    client_side = SESSION.get_component("data_loader").load_service_model("kms", "paginators-1")
    found = {name for name in model.operation_names() if model.operation(name).is_paginated}

    assert set(client_side["pagination"]) == found


@pytest.mark.parametrize(
    ("name", "has_dry_run", "takes_grant_tokens"),
    [
        ("Encrypt", True, True),
        ("DescribeKey", False, True),
        ("RevokeGrant", True, False),
        ("CreateKey", False, False),
    ],
)
def test_operation_traits(name, has_dry_run, takes_grant_tokens):
    """DryRun and GrantTokens are known from the input's members."""
    operation = model.operation(name)

    assert (has_dry_run, takes_grant_tokens) == (
        operation.has_dry_run,
        operation.takes_grant_tokens,
    )


def test_enum_values():
    """An enum's values come in the model's order."""
    assert tuple(MODEL.shape_for("KeyUsageType").enum) == model.enum_values("KeyUsageType")


FAULTS = {"DependencyTimeoutException", "KMSInternalException", "KeyUnavailableException"}


@pytest.mark.parametrize("code", [shape.error_code for shape in MODEL.error_shapes])
def test_status_of_modeled_errors(code):
    """A modelled error is a 400, but for three that are the service's fault (wire-facts W21)."""
    assert model.is_modeled_error(code)
    assert (500 if code in FAULTS else 400) == model.status_of(code)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("AccessDeniedException", 400),
        ("ThrottlingException", 400),
        ("ValidationException", 400),
        ("SerializationException", 400),
        ("UnrecognizedClientException", 403),
        ("IncompleteSignature", 403),
        ("ExpiredTokenException", 403),
        ("UnknownOperationException", 400),
        ("InternalFailure", 500),
        ("ServiceUnavailable", 503),
    ],
)
def test_status_of_unmodeled_errors(code, status):
    """Common errors have their own status; AccessDeniedException's is 400 (wire-facts W3)."""
    assert not model.is_modeled_error(code)
    assert status == model.status_of(code)


@pytest.mark.parametrize("region", REGIONS)
def test_partition_of_known_regions(region):
    """A Region that botocore lists is in botocore's partition."""
    assert SESSION.get_partition_for_region(region) == model.partition_of(region)


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-mars-1", "aws"),
        ("cn-mars-1", "aws-cn"),
        ("us-gov-mars-1", "aws-us-gov"),
        ("us-iso-mars-1", "aws-iso"),
        ("us-isob-mars-1", "aws-iso-b"),
        ("narnia", "aws"),
        ("", "aws"),
    ],
)
def test_partition_of_unknown_regions(region, partition):
    """An unknown Region goes by the form of its name, and to aws if that tells nothing."""
    assert partition == model.partition_of(region)


def test_partition_of_pseudo_regions():
    """A partition's global pseudo-Region is in it, though its name has no Region's form."""
    assert "aws-cn" == model.partition_of("aws-cn-global")


@pytest.mark.parametrize("partition", PARTITIONS)
def test_regions_of(partition):
    """The Regions of a partition are all in it, and none is global."""
    found = model.regions_of(partition)

    assert {partition} == {model.partition_of(region) for region in found}
    assert [] == [region for region in found if region.endswith("-global")]


@pytest.mark.parametrize(
    ("partition", "suffix"),
    [
        ("aws", "amazonaws.com"),
        ("aws-us-gov", "amazonaws.com"),
        ("aws-cn", "amazonaws.com.cn"),
    ],
)
def test_dns_suffix_of(partition, suffix):
    """A partition has its own domain."""
    assert suffix == model.dns_suffix_of(partition)


@pytest.mark.parametrize("ask", [model.regions_of, model.dns_suffix_of])
def test_partition_unknown(ask):
    """A partition that does not exist raises KeyError."""
    with pytest.raises(KeyError, match=r"^'aws-mars'$"):
        ask("aws-mars")
