"""The registry against the service model, and the model against what we know of it."""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import botocore
import pytest
from botocore import xform_name
from botocore.model import Shape, StructureShape

from pytest_kmsmock._kms import service
from pytest_kmsmock._kms.domain.world import World
from pytest_kmsmock._kms.errors import KmsError
from pytest_kmsmock._kms.operations import FAMILIES, all_operations
from pytest_kmsmock._kms.wire.model import version_of
from tests.conformance.service_model import DESCRIPTION, MODEL
from tests.conformance.tables import read_json
from tests.vocabulary import ACCOUNT, REGION
from tools.service_model import CARRIED, describe, render

CENSUS: Final = read_json("model_census.json")

# What to do about something that the census does not know; the census gets it last.
ADVICE: Final = {
    "operations": (
        "the model has operations that nobody here has thought of. Write each in"
        " pytest_kmsmock/_kms/operations/, with a row in both tables of AWS (key-states.csv,"
        " operations-by-key-type.csv) and a minimal request, then add it to model_census.json."
    ),
    "members": (
        "the model has members that nobody here has thought of: a request's would be ignored, an"
        " answer's is missing. Serve each, or say in docs/differences.md that we do not, then add"
        " it to model_census.json."
    ),
    "enums": (
        "the model has enum values that nobody here has thought of. A key spec or an algorithm"
        " needs a row in pytest_kmsmock/_kms/crypto/specs.py and in key-specs.csv, any other value"
        " its meaning where its operation is; then add it to model_census.json."
    ),
    "errors": (
        "the model has errors that nobody here has thought of. Raise each where AWS does, then add"
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
    """List all that a caller of KMS can see of the model that we carry, by kind."""
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
def test_nothing_new_in_the_model(kind: str) -> None:
    """The model has no operation, member, enum value or error that we never thought of."""
    assert [] == sorted(take_census()[kind] - set(CENSUS[kind])), ADVICE[kind]


def facts_of(description: Mapping[str, Any]) -> Iterator[str]:
    """Spell out a description in kms.json's form, a line for each thing that may change."""
    for name, operation in description["operations"].items():
        yield f"{name} answers with {operation.get('output')}"
        yield from (f"{name} raises {code}" for code in operation["errors"])
    for name, shape in description["shapes"].items():
        for trait, value in shape.items():
            match value:
                case dict():
                    yield from (f"{name}.{member}: {of}" for member, of in value.items())
                case list():
                    yield from (f"{name}: {trait} {entry}" for entry in value)
                case _:
                    yield f"{name}: {trait} {value}"
    for name, partition in description["partitions"].items():
        yield from (f"{region} is a Region of {name}" for region in partition["regions"])


def test_news_of_botocore() -> None:
    """
    The installed botocore knows nothing that our description does not have.

    That it does is no fault of a change at hand: it is reported, and red where the weekly run asks
    for it. Then run `python -m tools.service_model` beside it.
    """
    if version_of(botocore.__version__) < version_of(DESCRIPTION["botocore"]):
        pytest.skip(f"botocore {botocore.__version__} is older than our description")
    news = sorted({*facts_of(describe())} - {*facts_of(DESCRIPTION)})
    if news and os.environ.get("KMSMOCK_NEWS") != "red":
        pytest.skip(f"botocore {botocore.__version__} has news: {'; '.join(news)}")

    assert [] == news


def test_description_is_as_the_tool_writes_it() -> None:
    """Nobody has changed kms.json by hand, as far as its form tells, and its botocore's content."""
    assert render(DESCRIPTION) == CARRIED.read_text(encoding="utf-8")
    if botocore.__version__ == DESCRIPTION["botocore"]:
        assert describe() == DESCRIPTION


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


@pytest.mark.parametrize("name", [*MODEL.operation_names, "BrewCoffee"])
def test_operation_that_is_not_built(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operation that is not built, or newer, raises an error that names it."""
    monkeypatch.setattr(service, "find_operation", {}.get)
    request = service.Request(operation=name, region=REGION, account_id=ACCOUNT, body=b"{")
    expected = re.escape(f"pytest-kmsmock does not serve {name} yet")

    with pytest.raises(NotImplementedError, match=f"^{expected}$"):
        service.Service(World()).respond(request)


def test_operation_that_is_newer_is_not_refused_either() -> None:
    """A planned error does not hide that an operation is newer than our description."""
    request = service.Request(operation="BrewCoffee", region=REGION, account_id=ACCOUNT, body=b"{}")

    with pytest.raises(
        NotImplementedError, match=r"^pytest-kmsmock does not serve BrewCoffee yet$"
    ):
        service.Service(World()).refuse(request, KmsError("ThrottlingException"))
