"""The registry against the service model, and the model against what we know of it."""

import re
from collections.abc import Iterator
from typing import Final

import pytest
from botocore import xform_name
from botocore.model import Shape, StructureShape

from pytest_kmsmock._kms import service
from pytest_kmsmock._kms.domain.world import World
from pytest_kmsmock._kms.operations import FAMILIES, all_operations
from tests.conformance.service_model import MODEL
from tests.conformance.tables import read_json
from tests.vocabulary import ACCOUNT, REGION

CENSUS: Final = read_json("model_census.json")

# What to do about something that the census does not know; the census gets it last.
ADVICE: Final = {
    "operations": (
        "botocore has operations that nobody here has thought of. Write each in"
        " pytest_kmsmock/_kms/operations/, with a row in both tables of AWS (key-states.csv,"
        " operations-by-key-type.csv) and a minimal request, then add it to model_census.json."
    ),
    "members": (
        "botocore has members that nobody here has thought of: a request's would be ignored, an"
        " answer's is missing. Serve each, or say in docs/differences.md that we do not, then add"
        " it to model_census.json."
    ),
    "enums": (
        "botocore has enum values that nobody here has thought of. A key spec or an algorithm"
        " needs a row in pytest_kmsmock/_kms/crypto/specs.py and in key-specs.csv, any other value"
        " its meaning where its operation is; then add it to model_census.json."
    ),
    "errors": (
        "botocore has errors that nobody here has thought of. Raise each where AWS does, then add"
        " it to model_census.json."
    ),
}


def shapes_in(shape: Shape | None) -> Iterator[Shape]:
    """Yield a shape and those that it is made of; no shape of KMS contains itself."""
    if shape is None:
        return
    yield shape
    for name in ("member", "key", "value"):
        yield from shapes_in(getattr(shape, name, None))
    for member in getattr(shape, "members", {}).values():
        yield from shapes_in(member)


def take_census() -> dict[str, set[str]]:
    """List all that a caller of KMS can see of the installed model, by kind."""
    operations = [MODEL.operation_model(name) for name in MODEL.operation_names]
    shapes = {
        shape.name: shape
        for operation in operations
        for root in (operation.input_shape, operation.output_shape)
        for shape in shapes_in(root)
    }
    return {
        "operations": set(MODEL.operation_names),
        "members": {
            f"{shape.name}.{member}"
            for shape in shapes.values()
            if isinstance(shape, StructureShape)
            for member in shape.members
        },
        "enums": {
            f"{name}.{value}"
            for name, shape in shapes.items()
            for value in getattr(shape, "enum", ())
        },
        "errors": {error.name for operation in operations for error in operation.error_shapes},
    }


@pytest.mark.parametrize("kind", ADVICE)
def test_nothing_new_in_botocore(kind: str) -> None:
    """The installed botocore has no operation, member, enum value or error that we never met."""
    assert [] == sorted(take_census()[kind] - set(CENSUS[kind])), ADVICE[kind]


def test_every_operation_is_registered() -> None:
    """What is served are operations of the model."""
    assert set() == all_operations().keys() - set(MODEL.operation_names)


def test_every_operation_is_found_in_its_family() -> None:
    """What the table of families says of a module is what that module registers."""
    registered: dict[str, list[str]] = {}
    for name, operation in all_operations().items():
        family = operation.perform.__module__.rpartition(".")[2]
        registered.setdefault(family, []).append(name)

    assert {family: list(names) for family, names in FAMILIES.items()} == registered


@pytest.mark.parametrize("name", all_operations())
def test_name_of_function(name: str) -> None:
    """The function that performs an operation has its name in snake case."""
    assert xform_name(name) == all_operations()[name].perform.__name__


@pytest.mark.parametrize("name", MODEL.operation_names)
def test_operation_that_is_not_built(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operation that is not built raises an error that names it, whatever is asked of it."""
    monkeypatch.setattr(service, "find_operation", {}.get)
    request = service.Request(operation=name, region=REGION, account_id=ACCOUNT, body=b"{")
    expected = re.escape(f"pytest-kmsmock does not serve {name} yet")

    with pytest.raises(NotImplementedError, match=f"^{expected}$"):
        service.Service(World()).respond(request)
