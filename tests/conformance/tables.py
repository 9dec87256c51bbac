"""AWS's tables of key states and key types, cell by cell, as the data files have them."""

import csv
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("data")
BESIDE_THE_CELLS = ("operation", "notes", "source")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """What a cell says: `ok` or an error's code, and the footnotes beside it."""

    word: str
    footnotes: tuple[str, ...]
    is_unsure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell; no alternative at all stands for a dash."""

    operation: str
    column: str
    alternatives: tuple[Alternative, ...]

    @property
    def id(self) -> str:
        return f"{self.operation}-{self.column}"

    @property
    def is_dash(self) -> bool:
        return not self.alternatives

    @property
    def is_unsure(self) -> bool:
        return any(alternative.is_unsure for alternative in self.alternatives)


def read_cells(name: str) -> list[Cell]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return [
            Cell(operation=row["operation"], column=column, alternatives=read_cell(text))
            for row in csv.DictReader(file)
            for column, text in row.items()
            if column not in BESIDE_THE_CELLS
        ]


def read_cell(text: str) -> tuple[Alternative, ...]:
    if text == "-":
        return ()
    return tuple(read_alternative(part) for part in text.split(" or "))


def read_alternative(text: str) -> Alternative:
    match = re.fullmatch(r"(ok|\w+Exception)(\?)?((?: ?\[\w+\])*)", text)
    if match is None:
        raise ValueError(f"not understood: {text!r}")
    return Alternative(
        word=match[1],
        footnotes=tuple(re.findall(r"\[(\w+)\]", match[3])),
        is_unsure=match[2] is not None,
    )


def read_json(name: str) -> Any:
    return json.loads((DATA / name).read_text(encoding="utf-8"))
