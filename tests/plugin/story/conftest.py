"""What the tests of stories share: a past of their own."""

import pytest

from pytest_kmsmock.mock import ACTIVE


@pytest.fixture(autouse=True)
def _no_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the mocks of all other tests of the process, which notes would speak of."""
    monkeypatch.setattr(ACTIVE, "past", None)
