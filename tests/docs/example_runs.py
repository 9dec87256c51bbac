"""
The examples of a page as files of one small project, which pytest runs.

A Python block that begins with a comment such as `# test_app.py` is that file, and so are blocks
of settings. One that has tests but no name is a test file of its own. A test file is run when it is
met, and passes. A `console` block runs pytest, and has lines of its output; `...` stands for others
and for the rest of a line.

What is meant otherwise is said in a comment above the block: `<!-- fails -->`,
`<!-- without the plugin -->`, or `<!-- not run: the reason -->`; or what of KMS the block needs,
`<!-- needs Encapsulate -->` or `<!-- needs ListKeys.ResourceOwners -->`: it is left out where the
installed botocore lacks that.
"""

import importlib
import pkgutil
import re
import shlex
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import boto3  # noqa: F401 - see below
import cryptography.x509  # noqa: F401 - see below
import pytest
from sybil import Document, Example, Region
from sybil.parsers.markdown.lexers import DirectiveInHTMLCommentLexer, FencedCodeBlockLexer

import pytest_kmsmock
from pytest_kmsmock._kms.crypto.errors import Unavailable
from tests.aio import AioSession
from tests.conformance.service_model import INSTALLED
from tests.libraries import has_older_asyncio

# What a run of pytest in this process is the first to import is forgotten at its end.
for module in pkgutil.walk_packages(pytest_kmsmock.__path__, "pytest_kmsmock."):
    if AioSession is not None or not module.name.endswith("_async"):
        with suppress(Unavailable):  # what an older library is missing
            importlib.import_module(module.name)

LANGUAGES: Final = "python|ini|toml|console"
MEANINGS: Final = "fails|without the plugin|not run|needs [\\w.]+"
NAME: Final = re.compile(r"# ([\w/-]+\.(?:py|ini|toml))\n")
TEST: Final = re.compile(r"(?m)^ *(?:async )?def test_")
DURATION: Final = re.compile(r"in \d+\.\d\ds")

# Other machines stay out of reach. What would take its time in each run, or leave traces, is left
# out.
OPTIONS: Final = (
    "--allow-hosts=127.0.0.1",
    "--allow-unix-socket",
    "-pno:cacheprovider",
    "-pno:hypothesispytest",
    "-pno:randomly",
    "-Werror",
    "-Wignore:The configuration option",
)


class Blocks:
    """Finds the blocks of a page, each with what the comment above it says."""

    def __init__(self, project: "Project") -> None:
        self._project = project

    def __call__(self, document: Document) -> Iterable[Region]:
        meanings = {
            region.end: region.lexemes["directive"]
            for region in DirectiveInHTMLCommentLexer(MEANINGS)(document)
        }
        for region in FencedCodeBlockLexer(LANGUAGES)(document):
            above = document.text[: region.start].removesuffix("\n").removesuffix("-->")
            region.lexemes["meaning"] = meanings.pop(len(above), None)
            region.parsed = region.lexemes["source"]
            region.evaluator = self._project.evaluate
            yield region
        assert not meanings, "a comment that says how to run a block stands right above it"


class Project:
    """The folder that the blocks of a page fill, and the runs of pytest in it."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self._pytester = pytester
        self._left_out: list[str] = []  # modules that need what is not installed
        pytester.makeini("[pytest]")

    def evaluate(self, example: Example) -> str | None:
        """Do what a block stands for; return what is wrong, if something is."""
        language, source = example.region.lexemes["language"], str(example.parsed)
        named = NAME.match(source)
        if self._is_left_out(source):
            if named is not None:
                self._left_out.append(Path(named[1]).stem)
            return None
        if language == "console":
            return self._compare(source)
        if language == "python":
            compile(source, f"{example.path}:{example.line}", "exec")
        if named is None and (language != "python" or not TEST.search(source)):
            return "the block neither names its file in the first line, nor has a test"
        path = self._pytester.path / (named[1] if named else f"test_line_{example.line}.py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
        return self._run(path, example.region.lexemes["meaning"])

    def _is_left_out(self, source: str) -> bool:
        """Tell a block that needs what is not installed, or another block that does."""
        needed = [rf"(from|import|^\$ pytest) {module}\b" for module in self._left_out]
        if AioSession is None:
            needed.append("import aiobotocore")
        if has_older_asyncio:  # it leaves a loop open, which is a warning
            needed.append("pytest.mark.asyncio")
        return any(re.search(need, source) for need in needed)

    def _run(self, path: Path, meaning: str | None) -> str | None:
        if meaning == "not run" or not path.name.startswith("test_"):
            return None
        if meaning is not None and meaning.startswith("needs ") and not has(meaning[6:]):
            return None
        if meaning == "without the plugin":
            # A run in this process would find our hooks in botocore already.
            result = self._pytester.runpytest_subprocess(*OPTIONS, "-pno:kmsmock", path)
        else:
            result = self._pytester.runpytest_inprocess(*OPTIONS, path)
        expected = pytest.ExitCode.TESTS_FAILED if meaning == "fails" else pytest.ExitCode.OK
        return None if result.ret == expected else f"{expected!r} expected, got {result.ret!r}"

    def _compare(self, source: str) -> str | None:
        command, _, shown = source.partition("\n")
        program, *arguments = shlex.split(command.removeprefix("$ "))
        if program != "pytest":
            others = [line for line in shown.splitlines() if not line.startswith("$ ")]
            return "only the output of pytest can be shown" if others else None
        result = self._pytester.runpytest_inprocess(*OPTIONS, *arguments)
        printed = iter([*map(neutral, result.outlines), *map(neutral, result.errlines)])
        for line in filter(None, map(neutral, shown.splitlines())):
            start, cut, _ = line.partition("...")
            if not any(its == line or (cut and its.startswith(start)) for its in printed):
                return f"not in the output, or not in this place: {line}"
        return None


def has(need: str) -> bool:
    """Tell whether the installed botocore knows an operation, or a member of its request."""
    operation, _, member = need.partition(".")
    if operation not in INSTALLED.operation_names:
        return False
    return not member or member in INSTALLED.operation_model(operation).input_shape.members


def neutral(line: str) -> str:
    """Take out what differs from run to run: durations, indents, bars as wide as the terminal."""
    return " ".join(re.sub(r"[=_]{3,}", "===", DURATION.sub("in 0.00s", line)).split())
