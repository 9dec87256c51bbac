"""`mock_kms` in every form: what it decorates keeps its type, and what it starts is a `KmsMock`."""

import unittest
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from typing_extensions import assert_type

from pytest_kmsmock import KmsMock, mock_kms


@mock_kms
def bare(number: int, *, text: str = "") -> bytes:
    return text.encode() * number


@mock_kms()
def called(number: int, *, text: str = "") -> bytes:
    return text.encode() * number


@mock_kms(
    region_name="eu-west-1",
    account_id="111122223333",
    wire=True,
    unfired_faults="ignore",
    auto_create_keys=True,
    outside="error",
    caller="role/worker",
    access="warn",
    identities="moto",
    consistency="eventual",
    isolated=True,
)
def with_options(number: int, *, text: str = "") -> bytes:
    return text.encode() * number


def use_functions() -> None:
    assert_type(bare(1, text="a"), bytes)
    assert_type(called(1, text="a"), bytes)
    assert_type(with_options(1), bytes)
    bare("1")  # type: ignore[arg-type]
    called(1, txt="a")  # type: ignore[call-arg]


@mock_kms
async def coroutine(number: int) -> str:
    return str(number)


@mock_kms()
def generator(number: int) -> Iterator[int]:
    yield number


@mock_kms
async def async_generator(number: int) -> AsyncIterator[int]:
    yield number


async def use_other_kinds() -> None:
    assert_type(await coroutine(1), str)
    as_it_was: Callable[[int], Awaitable[str]] = coroutine
    assert_type(await as_it_was(1), str)
    for item in generator(1):
        assert_type(item, int)
    async for item in async_generator(1):
        assert_type(item, int)
    await coroutine("1")  # type: ignore[arg-type]


@pytest.fixture
@mock_kms
def key_id(tmp_path: Path) -> Iterator[str]:
    yield "key"
    tmp_path.rmdir()


@mock_kms
class TestClass:
    number: int = 1

    def test_method(self, text: str) -> bytes:
        return text.encode()


@mock_kms(account_id="111122223333")
class CaseTests(unittest.TestCase):
    @mock_kms
    def test_method(self) -> None:
        self.fail()


def use_classes() -> None:
    assert_type(TestClass().number, int)
    assert_type(TestClass().test_method("a"), bytes)
    assert_type(CaseTests("test_method"), CaseTests)
    cases: list[type[unittest.TestCase]] = [CaseTests]
    assert_type(cases, list[type[unittest.TestCase]])


def use_blocks() -> int:
    with mock_kms() as mock:
        assert_type(mock, KmsMock)
        # A block that swallowed errors would need another return after it.
        return 1


async def use_asynchronous_blocks() -> int:
    async with mock_kms(region_name="eu-west-1") as mock:
        assert_type(mock, KmsMock)
        return 1


def start_and_stop() -> None:
    activation = mock_kms(wire=True)
    assert_type(activation.start(), KmsMock)
    activation.stop()
    mock = KmsMock(region_name="eu-west-1", account_id="111122223333", wire=True)
    assert_type(mock.start(), KmsMock)
    mock.stop()


def misuse() -> None:
    mock_kms(regoin_name="eu-west-1")  # type: ignore[call-overload]
    mock_kms("eu-west-1")  # type: ignore[call-overload]
    mock_kms(account_id=111122223333)  # type: ignore[call-overload]
    KmsMock("eu-west-1")  # type: ignore[call-arg]
