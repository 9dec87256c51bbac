"""`mock_kms` around functions of every kind: the mock is there while the body runs, not longer."""

import asyncio
import functools
import inspect
import pickle
import sys
from contextlib import contextmanager

import pytest

from pytest_kmsmock import KmsMock, mock_kms
from pytest_kmsmock.mock import ACTIVE
from tests.vocabulary import create_key

client = KmsMock().client()
Answer = tuple[int, str]


def look() -> Answer:
    """Make a key, and tell how many there are and in which account."""
    arn = create_key(client)
    return len(client.list_keys()["Keys"]), arn.split(":")[4]


@mock_kms
def function(first: int, *, second: str = "b") -> Answer:
    """Docstring."""
    return look()


@mock_kms
async def coroutine(first: int, *, second: str = "b") -> Answer:
    """Docstring."""
    await asyncio.sleep(0)
    return look()


@mock_kms
def generator(first: int, *, second: str = "b"):
    """Docstring."""
    yield look()


@mock_kms
async def asynchronous_generator(first: int, *, second: str = "b"):
    """Docstring."""
    await asyncio.sleep(0)
    yield look()


def run_coroutine(function, *args):
    return asyncio.run(function(*args))


def run_generator(function, *args):
    [answer] = function(*args)
    return answer


def run_asynchronous_generator(function, *args):
    async def run():
        return [answer async for answer in function(*args)]

    [answer] = asyncio.run(run())
    return answer


def call(function, *args):
    return function(*args)


KINDS = pytest.mark.parametrize(
    ("decorated", "run"),
    [
        (function, call),
        (coroutine, run_coroutine),
        (generator, run_generator),
        (asynchronous_generator, run_asynchronous_generator),
    ],
    ids=["function", "coroutine", "generator", "asynchronous-generator"],
)
KEYWORDS = {"region_name": "eu-west-1", "account_id": "111122223333"}


@KINDS
def test_bare(decorated, run):
    """Each call has a fresh KMS, and nothing is left of it afterwards."""
    answers = [run(decorated, 1), run(decorated, 1)]

    assert [(1, "123456789012")] * 2 == answers
    assert ACTIVE.current is None


@KINDS
@pytest.mark.parametrize("keywords", [{}, KEYWORDS], ids=["no-options", "options"])
def test_called(decorated, run, keywords):
    """`mock_kms(...)` decorates as `mock_kms` does, with its options."""
    answer = run(mock_kms(**keywords)(decorated.__wrapped__), 1)

    assert (1, keywords.get("account_id", "123456789012")) == answer


@KINDS
def test_inside_a_mock(decorated, run):
    """A decorated function joins the mock that is active when it is called."""
    with mock_kms():
        create_key(client)
        answer = run(decorated, 1)

    assert (2, "123456789012") == answer


@KINDS
def test_signature(decorated, run):
    """Name, docstring, signature and kind are those of the function."""
    original = decorated.__wrapped__
    kinds = (
        inspect.isfunction,
        inspect.iscoroutinefunction,
        inspect.isgeneratorfunction,
        inspect.isasyncgenfunction,
    )

    assert original.__name__ == decorated.__name__
    assert "Docstring." == decorated.__doc__
    assert inspect.signature(original) == inspect.signature(decorated)
    assert [kind(original) for kind in kinds] == [kind(decorated) for kind in kinds]


@KINDS
def test_pickle(decorated, run):
    """A decorated function is pickled by its name, as any function of a module is."""
    assert decorated is pickle.loads(pickle.dumps(decorated))


def test_error_in_a_function():
    """An error leaves the function as it is, and no mock behind."""

    @mock_kms
    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert ACTIVE.current is None


def test_function_that_returns_a_coroutine():
    """A function that hands on a coroutine has its mock while that one runs."""

    @mock_kms
    def hand_on():
        return coroutine.__wrapped__(1)

    assert (1, "123456789012") == asyncio.run(hand_on())


def test_partial():
    """A partial of an `async def` is a coroutine function all the same."""
    decorated = mock_kms(functools.partial(coroutine.__wrapped__, 1))

    assert (1, "123456789012") == asyncio.run(decorated())


def test_built_in_function():
    """A function that takes no attributes is decorated too."""
    assert [1, 2] == mock_kms(sorted)([2, 1])


class Methods:
    @mock_kms
    def method(self, value):
        return self, value, look()

    @mock_kms
    @classmethod
    def class_method(cls, value):
        return cls, value, look()

    @mock_kms
    @staticmethod
    def static_method(value):
        return None, value, look()

    @classmethod
    @mock_kms
    def class_method_above(cls, value):
        return cls, value, look()

    @staticmethod
    @mock_kms
    async def coroutine(value):
        return None, value, look()


def test_methods():
    """Methods of every kind are decorated, above and below `classmethod` and `staticmethod`."""
    methods = Methods()
    answer = (1, "123456789012")

    assert (methods, "a", answer) == methods.method("a")
    assert (Methods, "a", answer) == methods.class_method("a")
    assert (None, "a", answer) == methods.static_method("a")
    assert (Methods, "a", answer) == Methods.class_method_above("a")
    assert (None, "a", answer) == asyncio.run(Methods.coroutine("a"))


def test_generator_that_is_talked_to():
    """A decorated generator takes what is sent and thrown in, and returns its value."""

    @mock_kms
    def listen():
        heard = [(yield look())]
        try:
            yield
        except ValueError as error:
            heard.append(str(error))
        yield
        return heard

    def converse():
        result = yield from listen()
        yield result

    conversation = converse()
    first = next(conversation)
    conversation.send("sent")
    conversation.throw(ValueError("thrown"))

    assert (1, "123456789012") == first
    assert ["sent", "thrown"] == next(conversation)
    assert ACTIVE.current is None


def test_asynchronous_generator_that_is_talked_to():
    """So does a decorated asynchronous generator."""
    heard = []

    @mock_kms
    async def listen():
        heard.append((yield look()))
        try:
            yield
        except ValueError as error:
            heard.append(str(error))
        yield "last"

    async def converse():
        generator = listen()
        first = await generator.asend(None)
        await generator.asend("sent")
        last = await generator.athrow(ValueError("thrown"))
        rest = [item async for item in generator]
        return first, last, rest

    assert ((1, "123456789012"), "last", []) == asyncio.run(converse())
    assert ["sent", "thrown"] == heard
    assert ACTIVE.current is None


def test_generator_that_is_closed():
    """Closing a generator runs its clean-up within the mock, and then ends it."""
    cleaned = []

    @mock_kms
    def leave():
        try:
            yield
        finally:
            cleaned.append(look())

    running = leave()
    next(running)
    running.close()

    assert [(1, "123456789012")] == cleaned
    assert ACTIVE.current is None


def test_asynchronous_generator_that_is_closed():
    """So does closing an asynchronous generator."""
    cleaned = []

    @mock_kms
    async def leave():
        try:
            yield
        finally:
            await asyncio.sleep(0)
            cleaned.append(look())

    async def run():
        running = leave()
        await running.asend(None)
        await running.aclose()

    asyncio.run(run())

    assert [(1, "123456789012")] == cleaned
    assert ACTIVE.current is None


def test_error_in_an_asynchronous_generator():
    """What is thrown in and not caught leaves the generator, and no mock behind."""

    @mock_kms
    async def pass_on():
        yield

    async def run():
        running = pass_on()
        await running.asend(None)
        await running.athrow(ZeroDivisionError)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(run())

    assert ACTIVE.current is None


def test_context_manager_function():
    """Below `contextmanager`, the mock is there for the block."""

    @contextmanager
    @mock_kms
    def keys():
        yield create_key(client)

    with keys() as arn:
        listed = client.list_keys()["Keys"]

    assert [arn] == [key["KeyArn"] for key in listed]
    assert ACTIVE.current is None


@pytest.fixture
def fixture():
    pass


async def none():
    pass


def some():
    yield


UNDECORATABLE = {
    "fixture": (
        lambda: fixture,
        "mock_kms can't decorate the fixture 'fixture': put @pytest.fixture above @mock_kms",
    ),
    "property": (
        lambda: property(look),
        "mock_kms can't decorate a property: decorate its getter",
    ),
    "generator": (
        some,
        "mock_kms can't decorate the result of some(): decorate the function",
    ),
    "string": (
        lambda: "eu-west-1",
        "mock_kms can't decorate 'eu-west-1': it decorates functions and classes, and its options "
        "are keywords, as in mock_kms(region_name='eu-west-1')",
    ),
    "none": (
        lambda: None,
        "mock_kms can't decorate None: it decorates functions and classes, and its options are "
        "keywords, as in mock_kms(region_name='eu-west-1')",
    ),
}


@pytest.mark.parametrize("name", UNDECORATABLE)
def test_what_can_not_be_decorated(name):
    """What can't be decorated is a TypeError at once, and says what to do."""
    make, message = UNDECORATABLE[name]

    with pytest.raises(TypeError) as caught:
        mock_kms(make())

    assert message == str(caught.value)


def test_coroutine_that_can_not_be_decorated():
    """Nor can a coroutine, which is a call and no function."""
    called = none()

    with pytest.raises(TypeError) as caught:
        mock_kms(called)
    called.close()

    assert "mock_kms can't decorate the result of none(): decorate the function" == str(
        caught.value
    )


def test_class_without_the_plugin(monkeypatch):
    """A class in pytest's style can't have a mock where the plugin is not loaded."""
    monkeypatch.delitem(sys.modules, "pytest_kmsmock.plugin")

    with pytest.raises(TypeError) as caught:
        mock_kms(Methods)

    assert (
        "mock_kms can't decorate 'Methods': the tests of a class that is no unittest.TestCase need "
        "the plugin kmsmock, which is not loaded; decorate its methods instead"
    ) == str(caught.value)


def test_bare_and_called_at_once():
    """One decorates, or gives options and then decorates."""
    with pytest.raises(TypeError) as caught:
        mock_kms(look, region_name="eu-west-1")

    assert "mock_kms() takes options or, bare, the one thing to decorate; not both" == str(
        caught.value
    )
