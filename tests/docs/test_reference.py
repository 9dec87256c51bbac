"""The reference is complete, and the examples of public docstrings are run."""

import inspect
import os
import re
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from doctest import ELLIPSIS, IGNORE_EXCEPTION_DETAIL
from functools import partial
from pathlib import Path

import pytest
from sybil import Document, Lexeme, Region
from sybil.evaluators.doctest import DocTestEvaluator
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.abstract.doctest import DocTestStringParser

import pytest_kmsmock
from pytest_kmsmock import mock_kms
from tests.docs.example_runs import OPTIONS

REFERENCE = Path(__file__).parents[2] / "docs/reference"
BLOCK = re.compile(r"\n\n((?: {4}.*(?:\n|\Z)|\n)+)")

parse_doctests = DocTestStringParser(DocTestEvaluator(ELLIPSIS | IGNORE_EXCEPTION_DETAIL))
evaluate_python = PythonEvaluator()


def collect_docstrings() -> Iterator[tuple[str, str]]:
    """Find what is public by its name, with its docstring: what is exported, and its members."""
    for name in pytest_kmsmock.__all__:
        exported = getattr(pytest_kmsmock, name)
        yield name, inspect.getdoc(exported) or ""
        if inspect.isclass(exported):
            for its_name, member in inspect.getmembers(exported):
                if not its_name.startswith("_") and member.__doc__:
                    yield f"{name}.{its_name}", inspect.getdoc(member) or ""


def parse_examples(document: Document) -> Iterator[Region]:
    """Find the doctests of a docstring, and the code in it that is indented below a blank line."""
    for block in BLOCK.finditer(document.text):
        if block[1].lstrip().startswith(">>>"):
            for region in parse_doctests(block[1], document.path):
                region.adjust(Region(block.start(1), block.end(1)), Lexeme(block[1], 0, 0))
                yield region
        else:
            source = Lexeme(textwrap.dedent(block[1]), 0, 0)
            yield Region(block.start(1), block.end(1), source, evaluate_python)


DOCSTRINGS = [(name, text) for name, text in collect_docstrings() if BLOCK.search(text)]


@pytest.mark.sweep(3)
@pytest.mark.parametrize(("name", "docstring"), DOCSTRINGS, ids=[name for name, _ in DOCSTRINGS])
def test_examples_of_a_docstring(name, docstring, kms, kms_mock):
    """The examples of a docstring do what it says, on a KMS with one key and a ciphertext."""
    key_id = kms_mock.create_key().key_id
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"hi")["CiphertextBlob"]
    kms_mock.calls.reset()
    document = Document(docstring, name)
    for region in parse_examples(document):
        document.add(region)
    document.namespace.update(
        {exported: getattr(pytest_kmsmock, exported) for exported in pytest_kmsmock.__all__},
        blob=blob,
        key_id=key_id,
        kms=kms,
        kms_mock=kms_mock,
        os=os,
        partial=partial,
        pytest=pytest,
        timedelta=timedelta,
        ThreadPoolExecutor=ThreadPoolExecutor,
    )

    for example in document.examples():
        example.evaluate()


def test_docstrings_have_examples():
    """The handle's docstrings, at least, have examples to run."""
    assert {"KmsMock.create_key", "KmsMock.fail", "Calls", "mock_kms"} <= dict(DOCSTRINGS).keys()


def first_column(page: str) -> list[str]:
    return re.findall(r"(?m)^\| (`.*?) \|", (REFERENCE / page).read_text(encoding="utf-8"))


def names_in(cells: list[str]) -> set[str]:
    return {name for cell in cells for name in re.findall(r"`([\w-]+)", cell)}


def test_every_option(pytester):
    """The page of options has every ini option, and every option of the command line."""
    lines = pytester.runpytest_inprocess(*OPTIONS, "--help").outlines
    options = {line.split()[0] for line in lines if re.match(r" +(kmsmock_|--kmsmock-)", line)}

    assert {name.partition("=")[0] for name in options} | {"-p"} == names_in(
        first_column("options.md")
    )


def test_every_keyword():
    """The page of fixtures has every fixture, and every keyword of the marker and the decorator."""
    with pytest.raises(TypeError) as caught:
        mock_kms(unknown=True)
    keywords = re.findall(r"\w+", str(caught.value).partition("(it takes ")[2])

    wider = {f"{scope}_kms_mock" for scope in ("class", "module", "package", "session")}
    assert {"kms", "kms_mock", "kms_server", *wider, *keywords} == names_in(
        first_column("fixtures.md")
    )


def test_every_exported_name():
    """The page of the API has every name that is exported."""
    page = (REFERENCE / "api.md").read_text(encoding="utf-8")
    documented = re.findall(r"(?m)^### `(\w+)`", page)

    assert set() == set(pytest_kmsmock.__all__) - set(documented)


# What signatures on that page may name without a word: what Python and its libraries define.
KNOWN_TYPES = {"False", "None", "True"} | {"AssertionError", "Exception", "RuntimeError"}
KNOWN_TYPES |= {"AbstractContextManager", "Any", "Callable", "Collection", "Final", "Iterable"}
KNOWN_TYPES |= {"Literal", "Mapping", "PathLike", "Pattern", "Session", "Unpack"}


def test_every_type_in_a_signature():
    """The page of the API says what each name in a signature is."""
    page = (REFERENCE / "api.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"(?m)^### `(\w+)`", page))
    explained = set(re.findall(r"(?m)^- `([A-Z]\w+)`: ", page.partition("## Types")[2]))
    signatures = re.findall(r"(?ms)^```py\n((?:async def|def|class|\w+:) .*?)^```", page)
    named = {
        name
        for signature in signatures
        for name in re.findall(r"\b[A-Z]\w*[a-z]\w*", re.sub(r'"[^"]*"', "", signature))
    }

    assert set() == named - documented - explained - KNOWN_TYPES
    assert set() == explained - named


@pytest.mark.slow
def test_page_of_the_api():
    """The page of the API is as the code would write it today."""
    pytest.importorskip("griffe", reason="it is in the group docs")
    from tools.reference import PAGE, render_reference

    committed = PAGE.read_text(encoding="utf-8")

    assert render_reference() == committed, "stale: run `python -m tools.reference`"
