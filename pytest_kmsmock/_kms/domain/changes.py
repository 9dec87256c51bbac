"""
Changes of a world that can be taken back, so that a call which is interrupted has changed nothing.

Anything may be raised at any step of a call: by a signal's handler (a timeout, Ctrl-C), for want of
stack or memory. So whatever changes what is in a world already does it by these functions. Each
notes first how it was, then changes it; to take a change back that was not made does no harm.
"""

import threading
from bisect import bisect_left, insort
from collections.abc import Callable, MutableMapping
from typing import Any, Final, TypeAlias, TypeVar

K = TypeVar("K")
V = TypeVar("V")

Step: TypeAlias = tuple[Callable[..., object], tuple[Any, ...]]


class _Notes(threading.local):
    """The notes of the call that a thread is in; None outside of calls."""

    steps: list[Step] | None = None


NOTES: Final = _Notes()


def note(undo: Callable[..., object], *arguments: Any) -> None:
    """Note how to take back what the caller is about to do."""
    if NOTES.steps is not None:
        NOTES.steps.append((undo, arguments))


def take_back(steps: list[Step]) -> None:
    """Undo *steps*, the last one first."""
    for undo, arguments in reversed(steps):
        undo(*arguments)


def whole(work: Callable[[], V]) -> V:
    """Do *work*: all of it, or nothing if it raises; a second interruption may come in between."""
    steps: list[Step] = []
    before = NOTES.steps
    NOTES.steps = steps
    try:
        done = work()
        if before is not None:
            before.extend(steps)  # a part of a greater whole
    except BaseException:
        take_back(steps)
        raise
    finally:
        NOTES.steps = before
    return done


def change(subject: object, **values: Any) -> None:
    """Set attributes of *subject*."""
    for name, value in values.items():
        change_one(subject, name, value)


def change_one(subject: object, name: str, value: object) -> None:
    """Set one attribute of *subject*: in each call, where keywords would cost more."""
    note(setattr, subject, name, getattr(subject, name))
    setattr(subject, name, value)


def put(mapping: MutableMapping[K, V], key: K, value: V) -> None:
    """Set an item of *mapping*, new or not."""
    if key in mapping:
        note(mapping.__setitem__, key, mapping[key])
    else:
        note(mapping.pop, key, None)
    mapping[key] = value


def drop(mapping: MutableMapping[K, V], key: K) -> V | None:
    """Take an item out of *mapping*, and return it; None where it is not there."""
    if key not in mapping:
        return None
    note(mapping.__setitem__, key, mapping[key])
    return mapping.pop(key)


def insert(ordered: list[str], value: str) -> None:
    """Put *value*, which is not there yet, in its place in a sorted list."""
    note(_remove, ordered, value)
    insort(ordered, value)


def remove(ordered: list[str], value: str) -> None:
    """Take *value* out of a sorted list."""
    note(_insert, ordered, value)
    _remove(ordered, value)


def replace(items: list[V], others: list[V]) -> None:
    """Let a short list have other items."""
    note(items.__setitem__, slice(None), items.copy())
    items[:] = others


def _insert(ordered: list[str], value: str) -> None:
    _remove(ordered, value)
    insort(ordered, value)


def _remove(ordered: list[str], value: str) -> None:
    place = bisect_left(ordered, value)
    if ordered[place : place + 1] == [value]:
        del ordered[place]
