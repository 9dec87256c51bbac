"""What mocks held before: enough to recognise a key, an alias or a ciphertext that is gone."""

import os
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple
from weakref import ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_kmsmock._kms.domain.keys import Key
    from pytest_kmsmock._kms.domain.world import World
    from pytest_kmsmock.workbench.subject import TakenBy

# Of earlier mocks, and of the keys of each: what a run remembers must not grow with its length.
MOCKS: Final = 1_000
KEYS: Final = 1_000


class Remains(NamedTuple):
    """
    What is remembered of a mock that has ended, or of what `reset()` or `restore()` took from one.

    *test* is pytest's id of the test in or after which that was, None outside pytest; *aliases* and
    *keys* are ARNs, and *materials* says to which key a symmetric ciphertext belongs.
    """

    mock: "ref[object]"
    taken_by: "TakenBy | None"
    test: str | None
    keys: frozenset[str]
    aliases: frozenset[str]
    materials: "Mapping[bytes, str]"

    def was_taken_from(self, mock: object) -> bool:
        """Tell whether *mock*, which goes on, had it."""
        return self.taken_by is not None and self.mock() is mock


class Past:
    """What mocks held that have ended, or gone back, the latest last."""

    def __init__(self) -> None:
        self._ended: deque[Remains] = deque(maxlen=MOCKS)

    def remember(
        self, world: "World", *, mock: object, taken_by: "TakenBy | None", now: "World | None"
    ) -> None:
        """Keep what a world that is about to close would be recognised by, unless *now* has it."""
        keys = list(islice(keys_in(world), KEYS))
        left = () if now is None else tuple(keys_in(now))
        remains = Remains(
            mock=ref(mock),
            taken_by=taken_by,
            test=current_test(),
            keys=frozenset([key.arn for key in keys]) - {key.arn for key in left},
            aliases=frozenset(aliases_of(keys)).difference(aliases_of(left)),
            materials={
                version.material_id: key.arn
                for key in keys
                for version in key.family.versions
                if version.material_id is not None
                and (now is None or version.material_id not in now.materials)
            },
        )
        if remains.keys or remains.aliases or remains.materials:
            self._ended.append(remains)

    def of_key(self, key_id: str) -> "tuple[Remains, str] | None":
        """Find the latest mock that had a key of that id, and the key's ARN."""
        suffix = f":key/{key_id}"
        return next(
            (
                (ended, arn)
                for ended in reversed(self._ended)
                for arn in sorted(ended.keys)
                if arn.endswith(suffix)
            ),
            None,
        )

    def of_alias(self, alias_name: str) -> "tuple[Remains, str] | None":
        """Find the latest mock that had an alias of that name, and the alias's ARN."""
        suffix = f":{alias_name}"
        return next(
            (
                (ended, arn)
                for ended in reversed(self._ended)
                for arn in sorted(ended.aliases)
                if arn.endswith(suffix)
            ),
            None,
        )

    def of_material(self, material_id: bytes) -> "tuple[Remains, str] | None":
        """Find the latest mock that had this material, and the ARN of the key it belonged to."""
        return next(
            (
                (ended, ended.materials[material_id])
                for ended in reversed(self._ended)
                if material_id in ended.materials
            ),
            None,
        )


def keys_in(world: "World") -> "Iterator[Key]":
    for account in world.accounts.values():
        for region in account.regions.values():
            yield from region.keys.values()


def aliases_of(keys: "Iterable[Key]") -> "Iterator[str]":
    for key in keys:
        for alias in key.aliases.values():
            yield alias.arn


def current_test() -> str | None:
    """Return pytest's id of the test that runs, without the phase it is in."""
    running = os.environ.get("PYTEST_CURRENT_TEST")
    return None if running is None else running.rpartition(" (")[0]
