"""Whether something was called, and what to say if it was not: the nearest call, and all others."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Final

from pytest_kmsmock._kms.wire import model
from pytest_kmsmock.workbench.calls.record import KEPT, Call, Calls, check_operation
from pytest_kmsmock.workbench.calls.showing import Display, input_of, part
from pytest_kmsmock.workbench.wording import check_number, say_times, suggest

LISTED: Final = 20

# For pytest: a test that fails is shown up to its own line.
__tracebackhide__ = True


def check_called(
    calls: Calls, operation: str, times: int | None, expected: Mapping[str, Any]
) -> None:
    """
    Raises:
        AssertionError: Unless there was such a call or, with *times*, exactly as many.
        TypeError: For a parameter that the operation does not take.
        ValueError: For an operation that KMS does not have, or a number that can't be.
    """
    refuse_nonsense(operation, expected, own="; assert_called() itself takes times=...")
    if times is not None:
        check_number("times", times, 1, "assert_not_called() asks for none")
    made = list(calls._of(operation))
    matching = [call for call in made if matches(call, expected)]
    if len(matching) == times or (times is None and matching):
        return
    if calls.is_cut:
        raise too_many()
    asked = describe(operation, expected)
    if not made:
        claim = f"{operation} was not called."
    elif not matching:
        claim = f"{operation} was called {say_times(len(made))}, but not {asked}."
    else:
        claim = f"{operation} was called {say_times(len(matching))}{asked and f' {asked}'}, not"
        claim += f" {say_times(times or 1)}."
    others = [call for call in made if call not in matching]
    too_few = len(matching) < (times or 1)
    raise AssertionError(
        "\n".join(
            [
                claim,
                *(show_nearest(others, expected) if others and too_few else ()),
                *show_all(calls, matching),
            ]
        )
    )


def check_not_called(calls: Calls, operation: str, unexpected: Mapping[str, Any]) -> None:
    """
    Raises:
        AssertionError: If there was such a call.
        TypeError: For a parameter that the operation does not take.
        ValueError: For an operation that KMS does not have.
    """
    refuse_nonsense(operation, unexpected)
    matching = [call for call in calls._of(operation) if matches(call, unexpected)]
    if matching:
        asked = describe(operation, unexpected)
        claim = f"{operation} was called {say_times(len(matching))}{asked and f' {asked}'},"
        claim += " and should not have been."
        raise AssertionError("\n".join([claim, *show_all(calls, matching)]))
    if calls.is_cut:
        raise too_many()


def refuse_nonsense(operation: str, parameters: Mapping[str, Any], own: str = "") -> None:
    """
    Refuse what KMS does not have; *own* says what else could have been meant.

    Raises:
        TypeError, ValueError: See `check_called`.
    """
    check_operation(operation)
    known = model.operation(operation).input.members
    for name in parameters:
        if name not in known:
            # All parameters of KMS begin with a capital letter.
            hint = suggest(name, known) or (own if name[:1].islower() else "")
            raise TypeError(f"{operation} has no parameter {name!r}{hint}")


def too_many() -> ValueError:
    return ValueError(
        f"there were more calls than the {KEPT:,} that are kept: forget those before the ones that"
        " you want to count, with kms_mock.calls.reset()"
    )


def matches(call: Call, expected: Mapping[str, Any]) -> bool:
    return all(accepts(wanted, call.parameters.get(name)) for name, wanted in expected.items())


def accepts(wanted: Any, given: Any) -> bool:
    """Compare a parameter with what it should equal, or should make a function say yes to."""
    if wanted == given:
        return True
    return given is not None and is_predicate(wanted) and bool(wanted(given))


def is_predicate(wanted: Any) -> bool:
    # A class is called to make something of it, and not to ask.
    return callable(wanted) and not isinstance(wanted, type)


def describe(operation: str, expected: Mapping[str, Any]) -> str:
    """Describe what was asked for: "with EncryptionContext={'tenant': '7'}"."""
    if not expected:
        return ""
    display, shape = Display(), input_of(operation)
    return "with " + ", ".join(
        f"{name}={write_wanted(wanted) or display.write(wanted, part(shape, name))}"
        for name, wanted in expected.items()
    )


def write_wanted(wanted: Any) -> str:
    if not is_predicate(wanted):
        return ""
    return f"<accepted by {getattr(wanted, '__name__', repr(wanted)).strip('<>')}>"


def show_nearest(calls: Sequence[Call], expected: Mapping[str, Any]) -> Iterator[str]:
    """Show what the most similar of *calls* (the latest of them) has unlike *expected*."""
    nearest = max(reversed(calls), key=lambda call: likeness(call, expected))
    yield f"The {'nearest call' if len(calls) > 1 else 'difference'} (- expected, + called):"
    # What is alike is written alike, and what is not is not, even if it is secret.
    display, shape = Display(tell_apart=True), input_of(nearest.operation)
    for name, wanted in expected.items():
        given, its_shape = nearest.parameters.get(name), part(shape, name)
        if accepts(wanted, given):
            wanted_lines = given_lines = list(display.spread(name, given, its_shape))
        else:
            by_function = write_wanted(wanted)
            wanted_lines = (
                [f"{name}={by_function}"]
                if by_function
                else list(display.spread(name, wanted, its_shape))
            )
            given_lines = list(display.spread(name, given, its_shape))
        yield from contrast(wanted_lines, given_lines)


def contrast(wanted: list[str], given: list[str]) -> Iterator[str]:
    """Write a diff of lines, all of it."""
    for kind, first, last, start, end in SequenceMatcher(None, wanted, given).get_opcodes():
        if kind == "equal":
            yield from (f"    {line}" for line in wanted[first:last])
        else:
            yield from (f"  - {line}" for line in wanted[first:last])
            yield from (f"  + {line}" for line in given[start:end])


def likeness(call: Call, expected: Mapping[str, Any]) -> float:
    return sum(liken(wanted, call.parameters.get(name)) for name, wanted in expected.items())


def liken(wanted: Any, given: Any) -> float:
    """Return 1 for what is accepted, and less the less alike two values are."""
    if accepts(wanted, given):
        return 1
    match wanted, given:
        case dict(), dict():
            alike = wanted.items() & given.items() if is_flat(wanted) and is_flat(given) else ()
            return 0.9 * len(alike) / max(len(wanted), len(given), 1)
        case str(), str():
            return 0.5 * SequenceMatcher(None, wanted, given).ratio()
        case _:
            return 0


def is_flat(members: Mapping[str, Any]) -> bool:
    return all(isinstance(item, str) for item in members.values())


def show_all(calls: Calls, marked: Sequence[Call]) -> Iterator[str]:
    """List what was called, the latest if it was much, and mark those that were meant."""
    if not calls:
        yield "Nothing was called."
        return
    yield "What was called:"
    if len(calls) > LISTED:
        yield f"    ({len(calls) - LISTED} earlier calls)"
    for call in calls[-LISTED:]:
        yield f"  {'>' if call in marked else ' '} {call.summarise()}"
