"""The section "KMS calls" of a failing test's report, and the notes on its exception."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_kmsmock.interception.errors import add_note
from pytest_kmsmock.story.notes import Case, explain, explain_other_process

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.world import World
    from pytest_kmsmock.story.past import Past
    from pytest_kmsmock.workbench.calls.record import Call

SHOWN: Final = 30  # calls: the last ones
LONG: Final = 240  # characters of a call that was granted
NOTE: Final = "pytest-kmsmock: "
ELSEWHERE: Final = -1  # in the place of the number of a call that was made in another process


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """
    The calls that reached a mock, and what is known of those that failed.

    *earlier* counts those that a mock of wider scope had before the test; they are not shown.
    """

    calls: "tuple[Call, ...]"
    earlier: int
    world: "World"
    past: "Past | None"
    mock: object
    secrets: bool = False

    def knows(self, failure: BaseException) -> bool:
        """Tell whether one of the calls led to *failure*."""
        return any(find_call(self.calls, one) is not None for one in chain_of(failure))

    def annotate(self, failure: BaseException) -> "dict[int, list[str]]":
        """
        Add to each exception of a chain what is known of its call, and return that by the call.

        The exception stays as it is but for its notes (PEP 678), which Python shows from 3.11 on.
        """
        told: dict[int, list[str]] = {}
        for exception in chain_of(failure):
            index = find_call(self.calls, exception)
            if index is None:
                note = explain_other_process(exception)
                if note is not None:
                    told.setdefault(ELSEWHERE, []).append(note)
                    add_note(exception, f"{NOTE}{note}")
                continue
            told[index] = self._explain(self.calls[index])
            for note in told[index]:
                add_note(exception, f"{NOTE}{note}")
        return told

    def write(self, told: "dict[int, list[str]]") -> str:
        """Write the calls a line each; under those that raised, what is known about them."""
        # Where nothing raised, perhaps somebody has caught the error: it may still be the cause.
        explained = told or {
            index: self._explain(call)
            for index, call in enumerate(self.calls)
            if index >= self.earlier and call.error is not None
        }
        return "\n".join(self._lines(explained, raised={*told}))

    def _lines(self, told: "dict[int, list[str]]", raised: set[int]) -> Iterator[str]:
        calls = self.calls
        first = max(self.earlier, len(calls) - SHOWN)
        if first > self.earlier:
            yield (
                f"({first - self.earlier} earlier calls are not shown: kms_mock.calls.show() "
                "has them)"
            )
        width = len(str(len(calls) - self.earlier))
        for index in range(first, len(calls)):
            mark = ">" if index in raised else " "
            number = index - self.earlier + 1
            yield f"{mark} {number:>{width}} {self._show(calls[index])}"
            for note in told.get(index, ()):
                for line in note.splitlines():
                    yield f"  {'':>{width}}   {line}"
        if first == len(calls):
            yield "none"
        yield from told.get(ELSEWHERE, ())

    def _show(self, call: "Call") -> str:
        text = call.show(secrets=self.secrets)
        if call.error is not None or len(text) <= LONG:
            return text
        return f"{text[:LONG].rpartition(', ')[0]}, …"

    def _explain(self, call: "Call") -> list[str]:
        return explain(
            Case(
                call=call,
                calls=self.calls,
                world=self.world,
                past=self.past,
                mock=self.mock,
                secrets=self.secrets,
            )
        )


def chain_of(failure: BaseException) -> Iterator[BaseException]:
    """Yield an exception, and those that led to it: by `raise ... from`, by handling, in groups."""
    waiting, seen = [failure], set[int]()
    while waiting:
        exception = waiting.pop(0)
        if id(exception) in seen:
            continue
        seen.add(id(exception))
        yield exception
        waiting += getattr(exception, "exceptions", ())  # of a group
        waiting += [one for one in (exception.__cause__, exception.__context__) if one is not None]


def find_call(calls: "Sequence[Call]", exception: BaseException) -> int | None:
    """Find the call that raised *exception*: by the request id, or the error of the connection."""
    response: Any = getattr(exception, "response", None)
    metadata = response.get("ResponseMetadata", {}) if isinstance(response, dict) else {}
    request_id = metadata.get("RequestId")
    name = type(exception).__name__
    for index in reversed(range(len(calls))):
        call = calls[index]
        if request_id is not None:
            if call.request_id == request_id:
                return index
        elif call.error is not None and call.error.status is None and call.error.code == name:
            return index
    return None
