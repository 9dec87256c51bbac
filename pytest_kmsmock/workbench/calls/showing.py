"""How requests and answers are shown to people: blobs by their length, secrets not at all."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from pytest_kmsmock._kms.wire import model

if TYPE_CHECKING:
    from pytest_kmsmock._kms.wire.model import Shape

LONG: Final = 100  # characters
NOTHING: Final = ""


class Display:
    """
    Writes values as Python would, but for blobs and secrets.

    Args:
        secrets: Write what the service model calls sensitive, such as Plaintext.
        tell_apart: Write unequal values unequally, even if they are not shown.
    """

    def __init__(self, *, secrets: bool = False, tell_apart: bool = False) -> None:
        self._secrets = secrets
        self._hidden: dict[str, list[Any]] | None = {} if tell_apart else None

    def write(self, value: Any, shape: "Shape | None") -> str:
        """Write *value*, of that shape if the service model has one for it, in one line."""
        is_secret = shape is not None and shape.is_sensitive
        if is_secret and self._secrets:
            return repr(value)
        match value:
            case bytes():
                return self._hide(value, f"{len(value)}", "bytes")
            case _ if is_secret:
                return self._hide(value, NOTHING, "secret")
            case dict():
                items = (
                    f"{name!r}: {self.write(item, part(shape, name))}"
                    for name, item in value.items()
                )
                return f"{{{', '.join(items)}}}"
            case list():
                return f"[{', '.join(self.write(item, part(shape)) for item in value)}]"
            case datetime():
                return value.isoformat()
            case str() if len(value) > LONG and self._hidden is None:
                return repr(f"{value[: LONG - 1]}…")
            case _:
                return repr(value)

    def spread(self, name: str, value: Any, shape: "Shape | None") -> Iterator[str]:
        """Write *value* behind *name*, each item of a container in a line of its own."""
        match value:
            case dict() if value:
                yield f"{name}={{"
                for key, item in sorted(value.items(), key=lambda pair: str(pair[0])):
                    yield f"    {key!r}: {self.write(item, part(shape, key))},"
                yield "}"
            case list() if value:
                yield f"{name}=["
                for item in value:
                    yield f"    {self.write(item, part(shape))},"
                yield "]"
            case None:
                yield f"{name} is not given"
            case _:
                yield f"{name}={self.write(value, shape)}"

    def _hide(self, value: Any, length: str, what: str) -> str:
        words = [length, what]
        if self._hidden is not None:
            alike = self._hidden.setdefault(f"{length} {what}", [])
            if value not in alike:
                alike.append(value)
            words.insert(1, "other" if alike.index(value) else NOTHING)
        return f"<{' '.join(word for word in words if word)}>"


def part(shape: "Shape | None", name: object = None) -> "Shape | None":
    """Find the shape of a structure's member *name*, or of a map's or a list's items."""
    if shape is None:
        return None
    match shape.type:
        case "structure":
            return shape.members.get(str(name))
        case "map":
            return shape.parts["value"]
        case "list":
            return shape.parts["member"]
        case _:
            return None


def input_of(operation: str) -> "Shape":
    return model.operation(operation).input


def write_request(operation: str, parameters: Mapping[str, Any], display: Display) -> str:
    return f"{operation}({write_members(parameters, input_of(operation), display)})"


def write_response(operation: str, members: Mapping[str, Any], display: Display) -> str:
    return write_members(members, model.operation(operation).output, display)


def write_members(members: Mapping[str, Any], shape: "Shape | None", display: Display) -> str:
    return ", ".join(
        f"{name}={display.write(value, part(shape, name))}" for name, value in members.items()
    )
