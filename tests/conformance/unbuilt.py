"""What a test may do about an operation that is not built yet: nothing but meet its refusal."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from pytest_kmsmock._kms.rules.operation import REGISTRY


@contextmanager
def unless_unbuilt() -> Iterator[None]:
    """End a test early at an operation that is not built, and only there."""
    try:
        yield
    except NotImplementedError as refused:
        named = re.fullmatch(r"pytest-kmsmock does not serve (\w+) yet", str(refused))

        assert named is not None
        assert named[1] not in REGISTRY
