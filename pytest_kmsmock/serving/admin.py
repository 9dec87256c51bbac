"""What a test in another language needs besides KMS: keys, calls, the clock, faults, as JSON."""

import ipaddress
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias
from urllib.parse import parse_qs

from pytest_kmsmock._kms.wire import model
from pytest_kmsmock.serving.http11 import Request, Response
from pytest_kmsmock.workbench.calls.showing import Display, part

if TYPE_CHECKING:
    from pytest_kmsmock._kms.wire.model import Shape
    from pytest_kmsmock.workbench.calls.record import Call, Calls
    from pytest_kmsmock.workbench.clock import MockClock
    from pytest_kmsmock.workbench.faults.planning import Fault
    from pytest_kmsmock.workbench.keys.handle import KeyHandle

# What a planned fault takes here, as `KmsMock.fail()` and `KmsMock.delay()`; a function can't come.
FAILURE: Final = ("operation", "error", "message", "lost", "times", "after")
DELAY: Final = ("operation", "seconds", "times", "after")

Reach: TypeAlias = Literal["loopback", "all"]
Answer: TypeAlias = Mapping[str, Any]


class Mock(Protocol):
    """A mock, as its test sees it."""

    @property
    def account_id(self) -> str: ...

    @property
    def region_name(self) -> str: ...

    @property
    def clock(self) -> "MockClock": ...

    @property
    def calls(self) -> "Calls": ...

    def reset(self) -> None: ...

    # In full, mypy's way of saying that its arguments are nobody's business here.
    def create_key(self, *args: Any, **arguments: Any) -> "KeyHandle": ...

    def fail(self, *args: Any, **arguments: Any) -> "Fault": ...

    def delay(self, *args: Any, **arguments: Any) -> "Fault": ...


class NotServed(Exception):
    """A request that is answered with *status* and the reason."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason


class AdminFace:
    """
    The paths under `/_kmsmock/`.

    Args:
        mock: Whose.
        reach: "loopback" refuses clients on other machines; "all" does not.
    """

    def __init__(self, mock: Mock, reach: Reach = "loopback") -> None:
        self._mock = mock
        self._reach = reach
        self._faults: dict[int, Fault] = {}
        self._planned = 0

    def answer(self, target: str, request: Request, address: str) -> Response:
        """
        Args:
            target: What follows `/_kmsmock/` in the request's.
            address: The client's.
        """
        path, _, query = target.partition("?")
        try:
            self._refuse_strangers(request, address)
            perform = self._find(path, request.method)
            status, content = HTTPStatus.OK, perform(read_arguments(request, query))
        except NotServed as refused:
            status, content = refused.status, {"message": refused.reason}
        except (TypeError, ValueError) as mistake:
            status, content = HTTPStatus.BAD_REQUEST, {"message": str(mistake)}
        body = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
        return Response(status, headers, body)

    def _refuse_strangers(self, request: Request, address: str) -> None:
        # A page on the web must not reach it by the browser of who runs the tests.
        if "origin" in request.headers:
            raise NotServed(HTTPStatus.FORBIDDEN, "the admin face is not for web pages")
        if self._reach == "loopback" and not is_loopback(address):
            raise NotServed(
                HTTPStatus.FORBIDDEN,
                "the admin face answers this machine only, unless the server was started with "
                "--admin all",
            )

    def _find(self, path: str, method: str) -> "Callable[[dict[str, Any]], Answer]":
        paths = self._paths()
        if path not in paths:
            raise NotServed(HTTPStatus.NOT_FOUND, f"there is no {path!r}: {', '.join(paths)}")
        if method not in paths[path]:
            methods = " and ".join(paths[path])
            raise NotServed(HTTPStatus.METHOD_NOT_ALLOWED, f"{path} takes {methods}")
        return paths[path][method]

    def _paths(self) -> "dict[str, dict[str, Callable[[dict[str, Any]], Answer]]]":
        return {
            "health": {"GET": self._tell_health, "HEAD": self._tell_health},
            "reset": {"POST": self._reset},
            "keys": {"POST": self._create_key},
            "calls": {"GET": self._tell_calls, "DELETE": self._forget_calls},
            "clock": {"GET": self._tell_time, "POST": self._change_time},
            "faults": {
                "GET": self._tell_faults,
                "POST": self._plan_fault,
                "DELETE": self._cancel_faults,
            },
        }

    def _tell_health(self, _: dict[str, Any]) -> Answer:
        return {
            "server": "pytest-kmsmock",
            "region": self._mock.region_name,
            "account_id": self._mock.account_id,
        }

    def _reset(self, _: dict[str, Any]) -> Answer:
        self._faults.clear()
        self._mock.reset()
        return {}

    def _create_key(self, arguments: dict[str, Any]) -> Answer:
        key = self._mock.create_key(**read_material(arguments))
        return {"KeyId": key.key_id, "Arn": key.arn}

    def _tell_calls(self, arguments: dict[str, Any]) -> Answer:
        secrets = take_choice(arguments, "secrets", ("false", "true")) == "true"
        operation = arguments.pop("operation", None)
        refuse_rest(arguments, ("operation", "secrets"))
        calls = self._mock.calls if operation is None else self._mock.calls.of(operation)
        return {"calls": [describe_call(call, secrets=secrets) for call in calls]}

    def _forget_calls(self, arguments: dict[str, Any]) -> Answer:
        operation = arguments.pop("operation", None)
        refuse_rest(arguments, ("operation",))
        calls = self._mock.calls if operation is None else self._mock.calls.of(operation)
        calls.reset()
        return {}

    def _tell_time(self, _: dict[str, Any]) -> Answer:
        return {"now": self._mock.clock.now().isoformat()}

    def _change_time(self, arguments: dict[str, Any]) -> Answer:
        if len(arguments) != 1 or not arguments.keys() <= self._changes.keys():
            raise ValueError(f"give one of {', '.join(self._changes)}")
        ((name, value),) = arguments.items()
        self._changes[name](self._mock.clock, value)
        return self._tell_time({})

    _changes: Final[Mapping[str, "Callable[[MockClock, Any], None]"]] = {
        "advance": lambda clock, value: clock.advance(**read_duration(value)),
        "move_to": lambda clock, value: clock.move_to(read_moment(value)),
        "freeze": lambda clock, value: clock.freeze() if value else clock.unfreeze(),
    }

    def _plan_fault(self, arguments: dict[str, Any]) -> Answer:
        is_delay = "seconds" in arguments
        if "operation" not in arguments or not (is_delay or "error" in arguments):
            raise ValueError("a fault takes operation and error, or operation and seconds")
        known = DELAY if is_delay else FAILURE
        for name in arguments:
            if name not in known:
                raise ValueError(f"a fault has no {name!r}: it takes {', '.join(known)}")
        fault = (self._mock.delay if is_delay else self._mock.fail)(**arguments)
        self._planned += 1
        self._faults[self._planned] = fault
        return describe_fault(self._planned, fault)

    def _tell_faults(self, _: dict[str, Any]) -> Answer:
        return {"faults": [describe_fault(*item) for item in self._faults.items()]}

    def _cancel_faults(self, arguments: dict[str, Any]) -> Answer:
        chosen = arguments.pop("id", None)
        refuse_rest(arguments, ("id",))
        for number in [number for number in self._faults if chosen in (None, str(number))]:
            self._faults.pop(number).cancel()
        return {}


def is_loopback(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]").partition("%")[0]
    known = ipaddress.ip_address(host)
    mapped = known.ipv4_mapped if isinstance(known, ipaddress.IPv6Address) else None
    return (mapped or known).is_loopback


def read_arguments(request: Request, query: str) -> dict[str, Any]:
    """
    Read a query, or the JSON object of a POST.

    Raises:
        ValueError: If that is none.
    """
    if request.method != "POST":
        given = parse_qs(query, keep_blank_values=True)
        return {name: values[-1] for name, values in given.items()}
    try:
        arguments = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        raise ValueError("the body is not JSON") from None
    if not isinstance(arguments, dict):
        raise ValueError("the body is not a JSON object")
    return arguments


def read_material(arguments: dict[str, Any]) -> dict[str, Any]:
    """
    Let a key's material be PEM or base64, as in a seed file.

    Raises:
        ValueError: If it is neither.
    """
    material = arguments.get("material")
    if not isinstance(material, str) or "-----BEGIN" in material:
        return arguments
    from pytest_kmsmock.workbench.keys.known import decode_base64  # noqa: PLC0415 - 20 ms, if used

    return {**arguments, "material": decode_base64(material)}


def refuse_rest(arguments: Mapping[str, Any], known: tuple[str, ...]) -> None:
    if arguments:
        raise ValueError(f"it takes {', '.join(known)}, not {', '.join(arguments)}")


def take_choice(arguments: dict[str, Any], name: str, choices: tuple[str, ...]) -> str:
    value = arguments.pop(name, choices[0])
    if value not in choices:
        raise ValueError(f"{name} is {' or '.join(choices)}, not {value!r}")
    return str(value)


def read_duration(value: object) -> dict[str, Any]:
    if not isinstance(value, dict) or not value.keys() <= {"days", "hours", "minutes", "seconds"}:
        raise TypeError("advance takes days, hours, minutes and seconds, such as {'days': 1}")
    return value


def read_moment(text: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        raise ValueError("move_to takes a moment such as '2030-01-01T00:00:00+00:00'") from None
    return moment


def describe_fault(number: int, fault: "Fault") -> Answer:
    return {"id": number, "plan": fault._describe(), "fired": fault.fired}


def describe_call(call: "Call", *, secrets: bool) -> Answer:
    described = model.operation(call.operation)
    return {
        "operation": call.operation,
        "parameters": write(call.parameters, described.input, secrets=secrets),
        "region": call.region,
        "account_id": call.account_id,
        "principal": call.principal,
        "key_arn": call.key_arn,
        "time": call.time.isoformat(),
        "attempt": call.attempt,
        "response": write(call.response, described.output, secrets=secrets),
        "error": None
        if call.error is None
        else {
            "code": call.error.code,
            "message": call.error.message,
            "status": call.error.status,
        },
        "origin": None if call.origin is None else call.origin._asdict(),
    }


def write(value: Any, shape: "Shape | None", *, secrets: bool) -> Any:
    """Write *value* as KMS's JSON has it; what the model calls sensitive only by its length."""
    if shape is not None and shape.is_sensitive and not secrets:
        return Display().write(value, shape)
    match value:
        case bytes():
            return b64encode(value).decode()
        case datetime():
            return value.timestamp()
        case dict():
            return {
                name: write(item, part(shape, name), secrets=secrets)
                for name, item in value.items()
            }
        case list():
            return [write(item, part(shape), secrets=secrets) for item in value]
        case _:
            return value
