"""Words for people: what was probably meant, how often, and how a method is called."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def refuse_unknown(name: object, known: Iterable[str], claim: str) -> None:
    """
    Raises:
        TypeError: Unless *name* is a string.
        ValueError: Unless it is one of *known*: the *claim*, with the nearest of them.
    """
    if not isinstance(name, str):
        raise TypeError(f"{claim} {name!r}: a name is a string")
    names = tuple(known)
    if name not in names:
        raise ValueError(f"{claim} {name!r}{suggest(name, names)}")


def check_number(name: str, value: object, least: int, reason: str) -> None:
    """
    Raises:
        TypeError: Unless *value* is a whole number.
        ValueError: Unless it is at least *least*, for that *reason*.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name}={value!r} is not a whole number")
    if value < least:
        raise ValueError(f"{name}={value} is too small: {reason}")


def suggest(name: str, known: Iterable[str]) -> str:
    """Ask for the nearest of *known*, in whatever case or part; ask nothing if none is near."""
    import difflib  # noqa: PLC0415 - 1 ms, for an error only

    wanted, spelled = simplify(name), {simplify(one): one for one in known}
    near = [wanted]
    if wanted not in spelled:
        near = difflib.get_close_matches(wanted, spelled, cutoff=0.75)
        near += [one for one in spelled if wanted in one and one not in near and len(wanted) > 3]
    quoted = [repr(spelled[one]) for one in near[:3]]
    if not quoted:
        return ""
    listed = " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
    return f": did you mean {listed}?"


def say_times(number: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number} times")


def simplify(name: str) -> str:
    return name.lower().replace("_", "")


def explained(function: Callable[P, R]) -> Callable[P, R]:
    """Let a call that does not fit the signature of *function* be told what does."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        __tracebackhide__ = True
        try:
            return function(*args, **kwargs)
        except TypeError:
            refuse_call(function, args, kwargs)
            raise

    return call


def refuse_call(
    function: Callable[..., object], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """
    Raises:
        TypeError: If *function*, a method, can't be called so, with what to write instead.
    """
    __tracebackhide__ = True
    import inspect  # noqa: PLC0415 - 5 ms, for an error only

    signature = inspect.signature(function)
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        pass
    else:
        return
    owner, _, name = function.__qualname__.rpartition(".")
    name = owner if name == "__init__" else name
    parameters = list(signature.parameters.values())[1:]
    named = [one.name for one in parameters if one.kind is not inspect.Parameter.VAR_KEYWORD]
    positional = [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
    for keyword in kwargs:
        if keyword not in named and len(named) == len(parameters):
            raise TypeError(
                f"{name}() has no argument {keyword!r}{suggest(keyword, named)}"
                f" (it takes {', '.join(named) or 'none'})"
            ) from None
    if len(args) - 1 > len(positional):
        count = len(positional)
        by_name = [one for one in named if one not in positional] or ["name"]
        listed = f" ({', '.join(positional)})" if positional else ""
        raise TypeError(
            f"{name}() takes {count or 'no'} argument{'s' * (count != 1)} by position{listed}:"
            f" name the others, as in {by_name[0]}=..."
        ) from None
    raise TypeError(f"{name}() lacks an argument: it takes {', '.join(named)}") from None
