"""Words for people: how often, which name was probably meant, and what is no number."""

from collections.abc import Iterable


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
        raise ValueError(f"{name}={value} can't be: {reason}")


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
