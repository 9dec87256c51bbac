"""Modules that are imported when they are first needed, and stay the same ever after."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Final

# A module of theirs must not exist twice: its classes would be two, too.
_KEPT: Final[dict[str, ModuleType]] = {}
_PACKAGES: Final = ("pytest_kmsmock", "cryptography")


@contextmanager
def lazily() -> Iterator[None]:
    """
    Let an import in this block find what earlier ones have found.

    A test may have made them within `patch.dict(sys.modules, ...)`, which takes them out of
    `sys.modules` at its end.
    """
    for name, module in tuple(_KEPT.items()):  # copies, for other threads import too
        sys.modules.setdefault(name, module)
    before = len(sys.modules)
    yield
    if len(sys.modules) != before or not _KEPT:
        for name, module in tuple(sys.modules.items()):
            if name.partition(".")[0] in _PACKAGES and not _is_half_done(module):
                _KEPT.setdefault(name, module)


def _is_half_done(module: ModuleType | None) -> bool:
    # Another thread is importing it, and may fail to: then it must not come back. Nor must the None
    # by which a test forbids an import.
    return module is None or getattr(module.__spec__, "_initializing", False)
