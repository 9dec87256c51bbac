"""An example that does not do what its page says is found out."""

import textwrap

import pytest
from sybil import Sybil
from sybil.example import SybilFailure

from tests.docs.example_runs import Blocks, Project


def evaluate(pytester, page):
    path = pytester.path / "page.md"
    path.write_text(textwrap.dedent(page), encoding="utf-8")
    for example in Sybil([Blocks(Project(pytester))]).parse(path).examples():
        example.evaluate()


PASSES = """
    ```python
    # test_it.py
    def test_it(kms):
        assert kms.list_keys()["Keys"] == []
    ```
"""
FAILS = PASSES.replace("== []", "== [1]")
OUTPUT = """
    ```console
    $ pytest -q
    ...
    1 passed in 3.33s
    ```
"""


@pytest.mark.sweep(5)
@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (FAILS, "<ExitCode.OK: 0> expected, got <ExitCode.TESTS_FAILED: 1>"),
        (
            f"    <!-- fails -->{PASSES}",
            "<ExitCode.TESTS_FAILED: 1> expected, got <ExitCode.OK: 0>",
        ),
        (
            PASSES + OUTPUT.replace("1 passed", "2 passed"),
            "not in the output, or not in this place: 2 passed in 0.00s",
        ),
        (
            "```python\nkms.list_keys()\n```\n",
            "the block neither names its file in the first line, nor has a test",
        ),
        ("```console\n$ echo hi\nhi\n```\n", "only the output of pytest can be shown"),
    ],
    ids=["fails", "passes", "output", "fragment", "command"],
)
def test_wrong_example(pytester, page, reason):
    """A wrong example is told by its page, its line and what is wrong with it."""
    with pytest.raises(SybilFailure) as caught:
        evaluate(pytester, page)

    assert reason == caught.value.result


def test_right_example(pytester):
    """A test that passes, output that it has, and a test that fails as its page says, are right."""
    evaluate(pytester, PASSES + OUTPUT)
    evaluate(pytester, textwrap.dedent(f"    <!-- fails -->{FAILS}"))


def test_comment_far_from_its_block(pytester):
    """A comment that says how to run a block, and stands above none, is a mistake."""
    with pytest.raises(AssertionError, match="stands right above it"):
        evaluate(pytester, "<!-- fails -->\n\nSome text.\n")
