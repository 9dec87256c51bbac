"""The repository as a stranger finds it: its commands, its promises and its pages hold together."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from pytest_kmsmock._kms.crypto.specs import SPECS
from pytest_kmsmock._kms.operations import all_operations

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest brings it where the standard library lacks it

REPOSITORY = Path(__file__).parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))

FOLDERS = (".github", "docs", "examples", "pytest_kmsmock", "tests", "tools")
SUFFIXES = {".ini", ".md", ".py", ".toml", ".txt", ".yml"}
FILES = [
    REPOSITORY / ".ci/run",
    *(path for path in sorted(REPOSITORY.glob("*.*")) if path.suffix in SUFFIXES),
    *(
        path
        for folder in FOLDERS
        for path in sorted((REPOSITORY / folder).rglob("*"))
        if path.suffix in SUFFIXES
    ),
]
PAGES = [path for path in FILES if path.suffix == ".md"]
DECISIONS = sorted((REPOSITORY / "docs/adr").glob("0*.md"))


def text_of(name: str | Path) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def name_of(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def code_blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", text_of(page))


def test_readme_gives_two_commands():
    """The README gives two commands for a fresh machine, each in one line."""
    commands = [block.strip() for block in code_blocks("README.md", "sh")]

    assert 2 == len(commands)
    assert [] == [command for command in commands if "\n" in command]


@pytest.mark.parametrize("command", code_blocks("README.md", "sh"), ids=["examples", "tests"])
def test_ci_runs_the_command_of_the_readme(command):
    """CI runs both commands of the README, to the letter."""
    assert command.strip() in text_of(".ci/run").splitlines()


def test_first_example_is_short():
    """The README opens with an example of about ten lines."""
    assert len(code_blocks("README.md", "python")[0].splitlines()) <= 10


def test_run_time_dependencies():
    """The package needs four others at run time, from a lower bound on and without an upper one."""
    bounds = [
        re.fullmatch(r"([\w-]+)>=[\d.]+", line) for line in PROJECT["project"]["dependencies"]
    ]

    assert ["botocore", "cryptography", "pytest", "wrapt"] == [
        bound and bound[1] for bound in bounds
    ]


@pytest.mark.parametrize("page", ["README.md", "docs/index.md", "docs/versions.md"])
def test_lower_bounds_in_prose(page):
    """The README and the site name the lower bound of each run-time dependency."""
    text = text_of(page)
    bounds = [line.split(">=") for line in PROJECT["project"]["dependencies"]]

    assert [] == [
        bound for bound in bounds if not re.search(r"\b{}`?[ |]+{}\b".format(*bound), text)
    ]


def test_plugin_is_registered():
    """pytest finds the plugin by its entry point."""
    (entry_point,) = metadata.entry_points(group="pytest11", name="kmsmock")

    assert "pytest_kmsmock.plugin" == entry_point.value


def test_version_stands_in_one_place():
    """The version is written once, and the installed package has it."""
    version = PROJECT["project"]["version"]

    repeated = [name_of(path) for path in FILES if f'"{version}"' in text_of(path)]

    assert version == metadata.version("pytest-kmsmock")
    assert ["pyproject.toml"] == repeated


def test_licence():
    """The licence is the full text of Apache-2.0, and the package says so."""
    lines = text_of("LICENSE").strip().splitlines()

    assert "Apache-2.0" == PROJECT["project"]["license"]
    assert ["Apache License", "Version 2.0, January 2004"] == [line.strip() for line in lines[:2]]
    assert "limitations under the License." == lines[-1].strip()


def test_ci_tests_each_python():
    """The workflow's matrix, the classifiers and the lower bound name the same Pythons."""
    prefix = "Programming Language :: Python :: 3."
    classifiers = PROJECT["project"]["classifiers"]
    pythons = [f"3.{line.removeprefix(prefix)}" for line in classifiers if line.startswith(prefix)]

    matrix = re.search(r"python: \[(.*)\]", text_of(".github/workflows/ci.yml"))

    assert matrix is not None
    assert pythons == re.findall(r'"([\d.]+)"', matrix[1])
    assert f">={pythons[0]}" == PROJECT["project"]["requires-python"]


def test_pull_request_has_five_boxes():
    """A pull request is asked for test, docs, changelog, differences and AWS source."""
    boxes = re.findall(r"(?m)^- \[ \] \*\*(.*?)\*\*", text_of(".github/pull_request_template.md"))

    assert ["Test", "Docs", "Changelog", "Differences", "AWS source"] == boxes


def test_bug_report_asks_for_the_call_and_both_answers():
    """A bug report is asked for the call, what AWS answers, what we answer, and versions."""
    fields = re.findall(r"(?m)^ +id: (\w+)$", text_of(".github/ISSUE_TEMPLATE/bug_report.yml"))

    assert ["call", "aws", "ours", "versions"] == fields


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    """Each link from a page to a file of the repository finds it."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text_of(page))

    assert [] == [link for link in links if not (page.parent / link).exists()]


def test_readme_counts_operations_and_key_specs():
    """The README counts right: operations that are served, and key specs that have a row."""
    counts = re.search(r"All (\d+) operations and (\d+) key specs", text_of("README.md"))

    assert counts is not None
    assert (str(len(all_operations())), str(len(SPECS))) == counts.groups()


def test_every_page_is_in_the_index():
    """docs/index.md leads to every page beside it."""
    linked = re.findall(r"\]\((.*?)\)", text_of("docs/index.md"))
    pages = {path.name for path in (REPOSITORY / "docs").glob("*.md")}

    assert {"index.md"} == pages - set(linked)


def test_decisions_are_numbered_and_listed():
    """Decisions are numbered without a gap, and their list has each under its title."""
    titles = [text_of(path).splitlines()[0].removeprefix("# ") for path in DECISIONS]
    listed = re.findall(r"(?m)^\| \[(\d{4})\]\((.*?)\) \| (.*?) \|$", text_of("docs/adr/README.md"))

    assert [f"{number:04}" for number in range(1, len(DECISIONS) + 1)] == [n for n, _, _ in listed]
    assert [path.name for path in DECISIONS] == [file for _, file, _ in listed]
    assert titles == [f"{number}: {title}" for number, _, title in listed]


@pytest.mark.parametrize("decision", DECISIONS, ids=name_of)
def test_decision_has_its_four_parts(decision):
    """A decision has a date, and says context, decision, consequences and evidence, shortly."""
    text = text_of(decision)

    assert re.search(r"(?m)^\d{4}-\d\d-\d\d, (accepted|superseded by \d{4})$", text)
    assert ["Context", "Decision", "Consequences", "Evidence"] == re.findall(
        r"(?m)^\*\*(\w+)\.\*\*", text
    )
    assert len(text.splitlines()) <= 24


def test_no_path_of_a_machine():
    """No file names a path that exists on somebody's machine only."""
    homes = re.compile(r"(?<![\w.])/(?:home|root|Users|work|tmp)/\w")

    assert [] == [name_of(path) for path in FILES if homes.search(text_of(path))]


TESTS = sorted(
    path for folder in ("tests", "examples") for path in (REPOSITORY / folder).rglob("test_*.py")
)


def collect_tests(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from collect_tests(node.body)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
            "test"
        ):
            yield node


@pytest.mark.sweep(7)
@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_every_test_says_its_sentence(path):
    """The docstring of a test is the sentence that it proves."""
    tests = collect_tests(ast.parse(text_of(path)).body)

    assert [] == [
        f"{test.name}, line {test.lineno}" for test in tests if not ast.get_docstring(test)
    ]


@pytest.mark.slow
def test_aiobotocore_is_imported_in_one_place():
    """No test module fails to be collected where aiobotocore is not, beside today's botocore."""
    importers = [
        name_of(path)
        for path in TESTS
        if "aiobotocore" in text_of(path)
        for node in ast.parse(text_of(path)).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        and re.match(r"(from|import) aiobotocore\b", ast.unparse(node))
    ]

    assert [] == importers, "take AioSession and needs_aiobotocore from tests/aio.py"
