"""The layers of docs/architecture.md: imports go down, and the picture of the tree is true."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "pytest_kmsmock"

# From the top down; those in one row do not know each other.
LAYERS = [
    ["pytest_kmsmock.__main__", "pytest_kmsmock.plugin"],
    ["pytest_kmsmock.activation"],
    ["pytest_kmsmock.mock"],
    ["pytest_kmsmock.decorating", "pytest_kmsmock.serving"],
    ["pytest_kmsmock.stack", "pytest_kmsmock.story"],
    ["pytest_kmsmock.workbench"],
    ["pytest_kmsmock.interception"],
    ["pytest_kmsmock.options"],
    ["pytest_kmsmock._kms.service"],
    ["pytest_kmsmock._kms.operations"],
    ["pytest_kmsmock._kms.rules"],
    ["pytest_kmsmock._kms.access"],
    ["pytest_kmsmock._kms.domain"],
    ["pytest_kmsmock._kms.crypto", "pytest_kmsmock._kms.wire"],
    ["pytest_kmsmock._kms.errors", "pytest_kmsmock._kms.lazily", "pytest_kmsmock._kms.locking"],
]
# The same within a room.
INTERCEPTION = [
    ["pytest_kmsmock.interception.hooks"],
    ["pytest_kmsmock.interception.seams"],
    ["pytest_kmsmock.interception.errors"],
    [
        "pytest_kmsmock.interception.exchange",
        "pytest_kmsmock.interception.outside",
        "pytest_kmsmock.interception.retrying",
        "pytest_kmsmock.interception.sessions",
    ],
]
WORKBENCH = [
    ["pytest_kmsmock.workbench.bench"],
    [
        "pytest_kmsmock.workbench.calls",
        "pytest_kmsmock.workbench.enclave",
        "pytest_kmsmock.workbench.faults",
        "pytest_kmsmock.workbench.key_stores",
        "pytest_kmsmock.workbench.keys",
        "pytest_kmsmock.workbench.principals",
        "pytest_kmsmock.workbench.refusals",
        "pytest_kmsmock.workbench.strictness",
    ],
    [
        "pytest_kmsmock.workbench.clock",
        "pytest_kmsmock.workbench.error_names",
        "pytest_kmsmock.workbench.subject",
    ],
    [
        "pytest_kmsmock.workbench.caller",
        "pytest_kmsmock.workbench.place",
        "pytest_kmsmock.workbench.warned",
        "pytest_kmsmock.workbench.wording",
    ],
]
ROOMS = [LAYERS, INTERCEPTION, WORKBENCH]
ROOM_IDS = ["package", "interception", "workbench"]
# Without logic, and so above all layers: the public API, and the mark of a package.
ABOVE = ["pytest_kmsmock", "pytest_kmsmock._kms"]

IMPORTERS = {
    "botocore": [
        "pytest_kmsmock.interception",
        "pytest_kmsmock._kms.wire.clients",
    ],
    "cryptography": ["pytest_kmsmock._kms.crypto"],
    "pytest": ["pytest_kmsmock.plugin"],
}


def module_name(path: Path) -> str:
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def place_of(module: str, layers: list[list[str]] = LAYERS) -> tuple[int, str] | None:
    for depth, row in enumerate(layers):
        for member in row:
            if is_within(module, member):
                return depth, member
    return None


@cache
def imports_of(module: str) -> tuple[tuple[int, str], ...]:
    """Return line and name of what a module imports when it runs, inside functions too."""
    return tuple(find_imports(module))


def find_imports(module: str) -> Iterator[tuple[int, str]]:
    path = MODULES[module]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in when_running(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            if node.level:
                parents = package.split(".")
                source = ".".join([*parents[: len(parents) - node.level + 1], *source.split(".")])
                source = source.rstrip(".")
            for alias in node.names:
                name = f"{source}.{alias.name}"
                yield node.lineno, name if name in MODULES else source


def when_running(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from when_running(child)


def test_every_module_has_a_layer():
    """Each module of the package belongs to a layer."""
    homeless = [name for name in MODULES if name not in ABOVE and place_of(name) is None]

    assert [] == homeless, "give it a place in LAYERS, in pyproject.toml and in the architecture"


@pytest.mark.parametrize("layers", ROOMS, ids=ROOM_IDS)
def test_every_layer_exists(layers):
    """Each layer is a module or a package."""
    assert [] == [member for row in layers for member in row if member not in MODULES]


@pytest.mark.sweep(3)
@pytest.mark.parametrize("layers", ROOMS, ids=ROOM_IDS)
def test_imports_go_down(layers):
    """A module imports from its own part of its layer and from the layers below it."""
    upward = []
    for module, path in MODULES.items():
        own = place_of(module, layers)
        for line, imported in imports_of(module) if own is not None else ():
            place = place_of(imported, layers)
            if layers is LAYERS and place is None and is_within(imported, "pytest_kmsmock"):
                upward.append(f"{path.relative_to(REPOSITORY)}:{line} imports {imported}")
            if place is not None and not (place[0] > own[0] or place[1] == own[1]):
                upward.append(f"{path.relative_to(REPOSITORY)}:{line} imports {imported}")

    assert [] == upward


def test_no_two_modules_import_each_other():
    """No circle of imports, not even one that is closed inside a function."""
    graph = {
        module: {name for _, name in imports_of(module) if name in MODULES} - {*ABOVE}
        for module in MODULES
    }

    circle = find_circle(graph)

    assert [] == circle


def find_circle(graph: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return []


def test_face_is_small():
    """At most ten modules lie directly in the package: what it does has rooms."""
    assert len([*PACKAGE.glob("*.py")]) <= 10


@pytest.mark.parametrize(
    "package", [name for name, path in MODULES.items() if path.name == "__init__.py"]
)
def test_each_room_says_what_lives_there(package):
    """The first line of a package is one sentence: what lives there, and what may not."""
    docstring = ast.get_docstring(ast.parse(MODULES[package].read_text(encoding="utf-8")))

    assert docstring is not None
    assert docstring.splitlines()[0].endswith(".")


@pytest.mark.parametrize("library", IMPORTERS)
def test_library_has_few_importers(library):
    """botocore, cryptography and pytest are each imported in the places made for it, only."""
    importers = {
        module
        for module in MODULES
        for _, imported in imports_of(module)
        if is_within(imported, library)
    }

    strangers = {
        module
        for module in importers
        if not any(is_within(module, place) for place in IMPORTERS[library])
    }

    assert importers
    assert set() == strangers


def test_families_of_operations_do_not_import_each_other():
    """No family of operations imports another."""
    operations = "pytest_kmsmock._kms.operations"
    families = [name for name in MODULES if name.startswith(f"{operations}.")]

    entangled = [
        f"{family} imports {imported}"
        for family in families
        for _, imported in imports_of(family)
        if is_within(imported, operations)
    ]

    assert families
    assert [] == entangled


def test_tree_in_the_architecture():
    """The tree in docs/architecture.md shows every room, and the modules of two floors."""
    text = (REPOSITORY / "docs/architecture.md").read_text(encoding="utf-8")
    tree = text.partition("<!-- tree: begin -->")[2].partition("<!-- tree: end -->")[0]
    shown, folders = set(), {0: REPOSITORY}
    for indent, name in re.findall(r"(?m)^( *)([\w.]+)", tree):
        path = folders[len(indent)] / name
        folders[len(indent) + 4] = path
        shown.add(module_name(path))

    expected = {
        name for name, path in MODULES.items() if name.count(".") <= 2 or path.name == "__init__.py"
    }

    assert expected == shown
