"""An exception from a signal while a mock starts or stops: all is as before, or as after."""

import inspect
import sys
import unittest
from collections.abc import Callable
from pathlib import Path

import pytest

import pytest_kmsmock
from pytest_kmsmock import KmsMock, mock_kms
from pytest_kmsmock.mock import ACTIVE

OURS = str(Path(pytest_kmsmock.__file__).parent)


class Interruption(BaseException):
    """What a signal's handler raises, such as that of a timeout."""


class Interrupter:
    """
    Raises once, at the moment with a given number.

    Python lets handlers of signals run when a function begins, and when a call has returned. These
    are the moments counted, as far as they lie in our code; but not in `__del__` and the like, and
    in generators that nobody needs any more: Python lets no exception out of them.
    """

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, frame, event: str, arg: object) -> None:
        place = frame.f_back if event == "return" else frame
        if event == "c_call" or place is None or not place.f_code.co_filename.startswith(OURS):
            return
        if frame.f_code.co_flags & inspect.CO_GENERATOR or is_in_finalizer(frame):
            return
        self.left -= 1
        if self.left == 0:
            raise Interruption


def is_in_finalizer(frame) -> bool:
    # `_remove` is what a WeakSet calls when one of its things is gone.
    while frame is not None and frame.f_code.co_name not in ("__del__", "_remove"):
        frame = frame.f_back
    return frame is not None


def interrupt(action: Callable[[], object], number: int) -> bool:
    """Tell whether *action* was interrupted, or over before it came to that."""
    interrupter = Interrupter(number)
    sys.setprofile(interrupter)
    try:
        action()
    except Interruption:
        return True
    finally:
        sys.setprofile(None)
    return False


def use_in_a_block() -> None:
    with mock_kms(outside="error"):
        pass


@mock_kms(outside="error")
def use_in_a_function() -> None:
    pass


@mock_kms(outside="error")
class UseInAClass(unittest.TestCase):
    __test__ = False

    def test(self) -> None:
        """Do nothing, in a mock."""


def use_in_a_class() -> None:
    UseInAClass("test").debug()


@pytest.fixture(autouse=True)
def _no_mock():
    """See to it that a failure does not reach the tests after it."""
    assert () == ACTIVE.turns
    use_in_a_block()  # imports are interrupted elsewhere
    yield
    for turn in ACTIVE.turns:
        turn.drop()


@pytest.mark.parametrize(
    "use", [use_in_a_block, use_in_a_function, use_in_a_class], ids=["with", "function", "class"]
)
def test_interrupted_mock(use):
    """Wherever it is interrupted, no mock is active afterwards, and the next one works."""
    left = []
    number = 1
    while interrupt(use, number):
        if ACTIVE.turns or ACTIVE.outside != "allow":
            left.append(number)
        number += 1

    assert [] == left
    assert number > 50
    with mock_kms() as mock:
        assert [] == mock.client().list_keys()["Keys"]


def test_interrupted_start_and_stop():
    """After an interruption `stop()` ends what has begun."""
    activation = mock_kms(outside="error")

    def use() -> None:
        activation.start()
        activation.stop()

    left = []
    number = 1
    while interrupt(use, number):
        activation.stop()
        if ACTIVE.turns or ACTIVE.outside != "allow":
            left.append(number)
        number += 1

    assert [] == left
    assert number > 50


def test_interrupted_start_of_a_handle():
    """A `start()` that was interrupted has not started, and is there to be called again."""
    mock = KmsMock()
    left = []
    number = 1
    while interrupt(mock.start, number):
        if ACTIVE.turns:
            left.append(number)
        number += 1
    mock.stop()

    assert [] == left
    assert number > 20


def test_interrupted_joining():
    """A mock that was to be joined stays, and nothing else does."""
    with mock_kms() as outer:
        before = ACTIVE.turns
        left = []
        number = 1
        while interrupt(use_in_a_block, number):
            if ACTIVE.turns != before or ACTIVE.outside != "allow":
                left.append(number)
            number += 1

        assert [] == left
        assert ACTIVE.current is outer
