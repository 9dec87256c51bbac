"""The list of condition keys is AWS's, and each can have as many values as AWS says."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from pytest_kmsmock._kms.access.all_keys import find_key, is_many

FILE: Final = Path(__file__).parents[1] / "conformance" / "data" / "conditions.csv"


def rows() -> Iterator[tuple[str, bool]]:
    with FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name = row["condition_key"].replace("<n>", "0")
            yield (
                name.partition("<")[0] + ("x" if "<" in name else ""),
                row["cardinality"] == "multi",
            )


ROWS: Final = list(rows())


@pytest.mark.sweep(5)
@pytest.mark.parametrize(("name", "is_multi"), ROWS, ids=[name for name, _ in ROWS])
def test_key_is_known(name, is_multi):
    """Each condition key of AWS's tables is known, with its number of values."""
    assert find_key(name.lower()) is not None
    assert is_multi == is_many(name.lower())


def test_unknown_key():
    """A key that there is not is not known, nor the beginning of a kind alone."""
    assert [None, None] == [find_key("kms:tenant"), find_key("kms:encryptioncontext:")]
