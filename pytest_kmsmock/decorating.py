"""How a mock is put around functions of every kind, and around the tests of a class."""

import inspect
import sys
import unittest
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, Protocol

import wrapt

from pytest_kmsmock.options import OPTIONS, Options

if TYPE_CHECKING:
    from pytest_kmsmock.activation import Activation
    from pytest_kmsmock.stack import Purpose

# For pytest: a failure is shown up to the test's own line.
__tracebackhide__ = True


class Begin(Protocol):
    """Makes what starts or joins a mock: as a context manager, or by start and stop."""

    def __call__(self, purpose: "Purpose" = "code", /) -> "Activation": ...


def decorate(wrapped: Any, options: Options, begin: Begin) -> Any:
    """
    Put a mock around *wrapped*, which keeps its name, signature and kind.

    Args:
        begin: Called once per call, or per test of a class.

    Raises:
        TypeError: For what can't be decorated, with what to do instead.
    """
    if isinstance(wrapped, type):
        return decorate_class(wrapped, options, begin)
    refuse_others(wrapped)
    # A built-in function has no place for it, and is no test.
    with suppress(AttributeError):
        setattr(wrapped, OPTIONS, options)
    return EnclosedFunction(wrapped, choose_wrapper(wrapped, begin))


def refuse_others(wrapped: Any) -> None:
    if type(wrapped).__name__ == "FixtureFunctionDefinition" or hasattr(
        wrapped, "_pytestfixturefunction"
    ):
        raise TypeError(
            f"mock_kms can't decorate the fixture {wrapped.__name__!r}: "
            "put @pytest.fixture above @mock_kms"
        )
    if isinstance(wrapped, property):
        raise TypeError("mock_kms can't decorate a property: decorate its getter")
    if inspect.iscoroutine(wrapped) or inspect.isgenerator(wrapped) or inspect.isasyncgen(wrapped):
        raise TypeError(
            f"mock_kms can't decorate the result of {wrapped.__name__}(): decorate the function"
        )
    if not callable(wrapped) and not isinstance(wrapped, (staticmethod, classmethod)):
        raise TypeError(
            f"mock_kms can't decorate {wrapped!r}: it decorates functions and classes, and its "
            "options are keywords, as in mock_kms(region_name='eu-west-1')"
        )


if TYPE_CHECKING:
    FunctionWrapper = wrapt.FunctionWrapper[..., Any]
else:
    FunctionWrapper = wrapt.FunctionWrapper  # no generic class before wrapt 2


class EnclosedFunction(FunctionWrapper):
    """A decorated function, which is pickled by its name, as functions are."""

    def __reduce_ex__(self, protocol: object) -> str:
        return str(self.__qualname__)


def choose_wrapper(wrapped: Any, begin: Begin) -> Callable[..., Any]:
    """Return the wrapper, in wrapt's form, of the kind that *wrapped* is."""

    def call(function: Any, instance: object, args: Any, kwargs: Any) -> Any:
        with begin():
            result = function(*args, **kwargs)
        # A function that hands on a coroutine has not run its body yet.
        return finish(result) if inspect.iscoroutine(result) else result

    async def finish(coroutine: Awaitable[Any]) -> Any:
        with begin():
            return await coroutine

    async def call_async(function: Any, instance: object, args: Any, kwargs: Any) -> Any:
        with begin():
            return await function(*args, **kwargs)

    def generate(
        function: Any, instance: object, args: Any, kwargs: Any
    ) -> Generator[Any, Any, Any]:
        with begin():
            return (yield from function(*args, **kwargs))

    async def generate_async(
        function: Any, instance: object, args: Any, kwargs: Any
    ) -> AsyncGenerator[Any, Any]:
        with begin():
            async with aclosing(function(*args, **kwargs)) as generator:
                resume = generator.asend(None)
                while True:
                    try:
                        item = await resume
                    except StopAsyncIteration:
                        return
                    try:
                        resume = generator.asend((yield item))
                    except GeneratorExit:
                        raise
                    except BaseException as error:  # noqa: BLE001 - thrown in, so handed on
                        resume = generator.athrow(error)

    function = getattr(wrapped, "__func__", wrapped)
    if inspect.iscoroutinefunction(function):
        return call_async
    if inspect.isasyncgenfunction(function):
        return generate_async
    if inspect.isgeneratorfunction(function):
        return generate
    return call


def decorate_class(cls: type, options: Options, begin: Begin) -> type:
    """
    Give each test of *cls* a mock, set-up and tear-down included; the class stays what it is.

    What the class sets up for all its tests happens in a mock, too, and each test begins with a
    copy of that. A TestCase does it by itself. A class in pytest's style leaves it to the plugin,
    because only pytest knows when the set-up of one of its tests begins.
    """
    if issubclass(cls, unittest.TestCase):
        for name in ("run", "debug"):
            enclose_method(cls, name, options, begin)
        enclose_set_up(cls, options, begin)
    elif "pytest_kmsmock.plugin" not in sys.modules:
        raise TypeError(
            f"mock_kms can't decorate {cls.__name__!r}: the tests of a class that is no "
            "unittest.TestCase need the plugin kmsmock, which is not loaded; "
            "decorate its methods instead"
        )
    setattr(cls, OPTIONS, options)
    return cls


def enclose_method(cls: type, name: str, options: Options, begin: Begin) -> None:
    own = vars(cls).get(name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        run = getattr(super(cls, self), name) if own is None else own.__get__(self)
        if getattr(type(self), OPTIONS) is not options:
            # The subclass is decorated itself: it has begun already, in its own way.
            return run(*args, **kwargs)
        from pytest_kmsmock.workbench.faults.planning import UnfiredFaults  # noqa: PLC0415 - see KmsMock._open

        try:
            with begin("test"):
                return run(*args, **kwargs)
        except UnfiredFaults:
            # A runner of unittest hands `run` a result, and counts on it to raise nothing.
            result = args[0] if args else kwargs.get("result")
            if result is None:
                raise
            result.addError(self, sys.exc_info())
            return result

    method.__name__ = name
    method.__qualname__ = f"{cls.__qualname__}.{name}"
    setattr(cls, name, EnclosedMethod(method))


def enclose_set_up(cls: type[unittest.TestCase], options: Options, begin: Begin) -> None:
    own = vars(cls).get("setUpClass")

    def set_up_class(current: Any) -> None:
        set_up = super(cls, current).setUpClass if own is None else own.__get__(None, current)
        if getattr(current, OPTIONS) is options and has_own_set_up(current):
            activation = begin("set-up")
            current.addClassCleanup(activation.stop)
            activation.start()
        set_up()

    set_up_class.__name__ = "setUpClass"
    set_up_class.__qualname__ = f"{cls.__qualname__}.setUpClass"
    cls.setUpClass = EnclosedSetUp(set_up_class, is_own=own is not None)  # type: ignore[assignment]  # it is a method, too


def has_own_set_up(cls: type) -> bool:
    """Tell whether a TestCase sets up anything for the class (in Django also by setUpTestData)."""
    methods = [vars(owner).get("setUpClass") for owner in cls.__mro__]
    methods = methods[: -len(unittest.TestCase.__mro__)]
    return any(getattr(method, "is_own", method is not None) for method in methods)


class EnclosedMethod:
    """
    A method that a class was given.

    It is no function for those who decorate each function of a class. moto does: it would start
    around `run`, and so no longer begin afresh in each `setUp`.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self._function.__get__(instance, owner)


class EnclosedSetUp(EnclosedMethod):
    """The same for `setUpClass`; *is_own* says whether the class had one of its own before."""

    def __init__(self, function: Callable[..., Any], *, is_own: bool) -> None:
        super().__init__(function)
        self.is_own = is_own

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return super().__get__(owner)
