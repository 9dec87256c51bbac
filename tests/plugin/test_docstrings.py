"""The examples in the docstrings of what a test holds: each runs, in a KMS that is empty."""

import doctest
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

import pytest_kmsmock
from pytest_kmsmock.workbench.bench import Workbench
from tests.sockets import this_machine_allowed

FINDER = doctest.DocTestFinder(exclude_empty=True)
HELD = {name: getattr(pytest_kmsmock, name) for name in pytest_kmsmock.__all__}
HELD |= {subject.__name__: subject for subject in Workbench.__bases__}
EXAMPLES = [
    example
    for name, held in HELD.items()
    for example in FINDER.find(held, name)
    if example.examples
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example(kms, kms_mock, example):
    """An example does what it says."""
    said: list[str] = []
    names: dict[str, Any] = {
        "ThreadPoolExecutor": ThreadPoolExecutor,
        "kms": kms,
        "kms_mock": kms_mock,
        "os": os,
        "partial": partial,
        "timedelta": timedelta,
    }
    example.globs = names
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    with this_machine_allowed():  # that of a server makes one
        results = runner.run(example, out=said.append)

    assert (0, len(example.examples)) == (results.failed, results.attempted), "".join(said)


def test_every_method_has_an_example():
    """Calls, faults and strictness have an example in each of their methods."""
    shown = {example.name.rpartition(".")[2] for example in EXAMPLES}

    assert {
        "Calls",
        "Fault",
        "assert_called",
        "assert_not_called",
        "delay",
        "fail",
        "show",
        "strict",
    } <= shown
