"""What a planned fault does to a request: fail, delay, hold it, or alter its answer."""

import copy
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from pytest_kmsmock._kms.access.decision import denied_elsewhere
from pytest_kmsmock._kms.domain.principals import Principal
from pytest_kmsmock._kms.errors import KmsError
from pytest_kmsmock._kms.wire import model
from pytest_kmsmock.interception.exchange import CONNECTION_ERRORS
from pytest_kmsmock.workbench.error_names import read_error_name
from pytest_kmsmock.workbench.wording import refuse_unknown, suggest

if TYPE_CHECKING:
    from pytest_kmsmock.workbench.calls.record import Call

# The connection fails once KMS has the request, and so may have done what it was asked.
FAILS_LATE: Final = ("ConnectionClosedError", "ReadTimeoutError")

# What AWS says where it always says the same (wire-facts N10).
MESSAGES: Final = {
    "ThrottlingException": "You have exceeded the rate at which you may call KMS."
    " Reduce the frequency of your calls."
}


class Failure(NamedTuple):
    """An error of AWS or of the connection; *lost* if KMS does first what it was asked."""

    error: str
    message: str | None
    lost: bool

    def describe(self) -> str:
        message = "" if self.message is None else f", message={self.message!r}"
        return f"{self.error!r}{message}{', lost=True' * self.lost}"


class Delay(NamedTuple):
    seconds: float

    def describe(self) -> str:
        return f"seconds={self.seconds:g}"


class Held(NamedTuple):
    """Let it wait; *limit* is for how long at the most, in real seconds."""

    limit: float

    def describe(self) -> str:
        return ""


# What a test makes of the members of an answer: the new ones, or those to replace.
Change: TypeAlias = "Callable[[dict[str, Any]], Mapping[str, Any] | None] | Mapping[str, Any]"


class Alteration(NamedTuple):
    """Let KMS do what it was asked, and tell the client something else."""

    operation: str
    change: Change

    def describe(self) -> str:
        if isinstance(self.change, Mapping):
            return f"change of {', '.join(map(str, self.change)) or 'nothing'}"
        return f"change={getattr(self.change, '__name__', repr(self.change))}"

    def apply(self, members: Mapping[str, Any]) -> dict[str, Any]:
        """
        Return the answer as the test wants it.

        Raises:
            TypeError, ValueError: For members that the operation's answer can't have.
        """
        answer = copy.deepcopy(dict(members))
        if isinstance(self.change, Mapping):
            answer |= self.change
        else:
            changed = self.change(answer)
            if changed is not None:  # else it has changed what it was given
                answer = dict(changed)
        answer = {name: value for name, value in answer.items() if value is not None}
        check_answer(self.operation, answer)
        return answer


Effect: TypeAlias = "Failure | Delay | Held | Alteration"

# model's word -> the types of Python that botocore gives for it
TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "blob": (bytes,),
    "boolean": (bool,),
    "integer": (int,),
    "list": (list, tuple),
    "long": (int,),
    "map": (dict,),
    "string": (str,),
    "structure": (dict,),
    "timestamp": (datetime,),
}


def check_answer(operation: str, answer: Mapping[str, Any]) -> None:
    """
    Raises:
        TypeError: For a value of another type than the output shape of *operation* says.
        ValueError: For a member that it does not have, with the nearest one.
    """
    output = model.operation(operation).output
    if output is None:
        raise ValueError(f"{operation} has no answer that could be changed")
    check_value(operation, answer, output)


def check_value(name: str, value: Any, shape: model.Shape) -> None:
    expected = TYPES[shape.type]
    is_one: bool = isinstance(value, expected)
    if not is_one or (isinstance(value, bool) and bool not in expected):
        raise TypeError(
            f"{name}={value!r} can't be in an answer: it is a {shape.type}, so give "
            f"{' or '.join(kind.__name__ for kind in expected)}"
        )
    match shape.type:
        case "structure":
            for member, item in value.items():
                if member not in shape.members:
                    raise ValueError(
                        f"{name} has no member {member!r}{suggest(str(member), shape.members)}"
                    )
                check_value(f"{name}.{member}", item, shape.members[member])
        case "list":
            for item in value:
                check_value(name, item, shape.parts["member"])
        case "map":
            for item in value.values():
                check_value(name, item, shape.parts["value"])
        case _:
            pass


def read_alteration(operation: object, change: object) -> Alteration:
    """
    Raises:
        TypeError, ValueError: See `KmsMock.alter`.
    """
    refuse_unknown(operation, model.operation_names(), "KMS has no operation")
    assert isinstance(operation, str)
    if not isinstance(change, Mapping) and not callable(change):
        raise TypeError(
            f"change={change!r} is neither a mapping of members nor a function of the answer"
        )
    if isinstance(change, Mapping):
        check_answer(
            operation, {name: value for name, value in change.items() if value is not None}
        )
    elif model.operation(operation).output is None:
        check_answer(operation, {})
    return Alteration(operation=operation, change=change)


def read_failure(error: object, message: str | None, *, lost: bool) -> Failure:
    """
    Read what is to go wrong; *error* is a code, a name of botocore, or an exception class.

    Raises:
        TypeError, ValueError: See `KmsMock.fail`.
    """
    name = read_error_name(error)
    if message is not None and not isinstance(message, str):
        raise TypeError(f"message={message!r} is not a string")
    if message is not None and name in CONNECTION_ERRORS:
        raise ValueError(f"{name} takes no message: botocore has its own for it")
    if lost and name not in FAILS_LATE and model.status_of(name) < 500:
        raise ValueError(
            f"lost=True can't be combined with {name}, where KMS does nothing: use "
            f"{' or '.join(FAILS_LATE)}, or an error of the server such as KMSInternalException"
        )
    return Failure(error=name, message=message, lost=lost)


def read_delay(seconds: object) -> Delay:
    """
    Raises:
        TypeError, ValueError: Unless *seconds* are a positive number.
    """
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        raise TypeError(f"seconds={seconds!r} is not a number")
    if not 0 < seconds < float("inf"):
        raise ValueError(f"seconds={seconds} is not a positive number of seconds")
    return Delay(seconds=seconds)


def read_held(limit: object) -> Held:
    """
    Raises:
        TypeError, ValueError: Unless *limit* is a positive number of seconds.
    """
    if not isinstance(limit, (int, float)) or isinstance(limit, bool):
        raise TypeError(f"limit={limit!r} is not a number")
    if not 0 < limit < float("inf"):
        raise ValueError(f"limit={limit} is not a positive number of seconds")
    return Held(limit=limit)


def default_error(code: str, call: "Call") -> KmsError:
    """Return the error as AWS words it, where its words do not depend on what is the matter."""
    if code == "AccessDeniedException":
        return denied_elsewhere(
            Principal(call.principal, call.account_id), call.operation, "this resource"
        )
    return KmsError(code, MESSAGES.get(code))
