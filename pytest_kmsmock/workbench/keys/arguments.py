"""What a test may give for a key or a ciphertext, and what it is told if it errs."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from pytest_kmsmock._kms.access.forms import read_document
from pytest_kmsmock._kms.domain.identifiers import ALIAS_PREFIX
from pytest_kmsmock._kms.wire.model import operation
from pytest_kmsmock.workbench.warned import KmsPolicyWarning, warn

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.keys import Key
    from pytest_kmsmock._kms.wire.model import Shape

# What Encrypt takes (https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html).
LONGEST_PLAINTEXT: Final = 4096

# The JSON type of a member -> what Python has for it, and how to call that.
TYPES: Final[Mapping[str, tuple[type | tuple[type, ...], str]]] = {
    "string": (str, "a string"),
    "boolean": (bool, "True or False"),
    "integer": (int, "a whole number"),
    "list": ((list, tuple), "a list"),
    "map": (Mapping, "a mapping"),
    "structure": (Mapping, "a mapping"),
}


def read_request(members: Mapping[str, Any], tags: object) -> dict[str, Any]:
    """
    Make the request of CreateKey that a test means.

    Raises:
        TypeError: For a value of a type that no client takes.
    """
    request = dict(members)
    if tags is not None:
        request["Tags"] = read_tags(tags)
    if isinstance(request.get("Policy"), Mapping):
        request["Policy"] = json.dumps(request["Policy"])
    for name, value in request.items():
        check_type(name, value, operation("CreateKey").input.members[name])
    return request


def warn_of_policy(text: str | None) -> None:
    """Warn of unknown actions and condition keys; what is malformed, CreateKey refuses."""
    try:
        problems = () if text is None else read_document(text, "key")[1]
    except ValueError:
        return
    for problem in problems:
        warn(problem, KmsPolicyWarning)


def read_tags(tags: object) -> list[Any]:
    if isinstance(tags, Mapping):
        for part in (*tags, *tags.values()):
            if not isinstance(part, str):
                raise TypeError(f"tags: {part!r} is not a string, and keys and values are")
        return [{"TagKey": name, "TagValue": value} for name, value in tags.items()]
    if isinstance(tags, (list, tuple)):
        return list(tags)
    raise TypeError(
        f"tags={tags!r} is neither a mapping, as in tags={{'team': 'orders'}}, nor a list as"
        " CreateKey takes it"
    )


def check_type(name: str, value: object, shape: "Shape") -> None:
    """
    Raises:
        TypeError: Unless *value* is what a client takes for the member *name*.
    """
    wanted, words = TYPES[shape.type]
    if not isinstance(value, wanted) or (shape.type == "integer" and isinstance(value, bool)):
        raise TypeError(f"{name}={value!r} is not {words}")
    if shape.type == "list" and isinstance(value, Sequence):
        for item in value:
            check_type(f"an item of {name}", item, shape.parts["member"])
    if shape.type == "structure" and isinstance(value, Mapping):
        for member, its_value in value.items():
            if member not in shape.members:
                raise TypeError(f"{name} has no member {member!r}: {', '.join(shape.members)}")
            check_type(f"{member} of {name}", its_value, shape.members[member])


def read_alias(alias: object) -> str | None:
    """
    Return the whole name of an alias that may be given without `alias/`.

    Raises:
        TypeError: Unless it is one string.
    """
    if alias is None:
        return None
    if not isinstance(alias, str):
        raise TypeError(
            f"alias={alias!r} is not a string: give one name, and make others by create_alias() of"
            " a client"
        )
    return alias if alias.startswith(ALIAS_PREFIX) else ALIAS_PREFIX + alias


def read_form(material: object) -> object:
    """Return *material*, as bytes in whatever form of bytes it is."""
    return bytes(material) if isinstance(material, (bytearray, memoryview)) else material


def read_bytes(name: str, value: object) -> bytes:
    """
    Raises:
        TypeError: Unless *value* is bytes of some kind.
    """
    if not isinstance(value, (bytes, bytearray, memoryview)):
        hint = ": encode() it, or decode it if it is base64" if isinstance(value, str) else ""
        raise TypeError(f"{name} is not bytes, but {type(value).__name__}{hint}")
    return bytes(value)


def read_context(context: object) -> dict[str, str]:
    """
    Raises:
        TypeError: Unless *context* maps strings to strings, or is None.
    """
    if context is None:
        return {}
    if not isinstance(context, Mapping) or not all(
        isinstance(part, str) for part in (*context, *context.values())
    ):
        raise TypeError(
            f"encryption_context={context!r} is not a mapping of strings to strings, as in"
            " {'tenant': '7'}"
        )
    return dict(context)


def check_plaintext(key: "Key", plaintext: bytes) -> None:
    """
    Raises:
        ValueError: If KMS could not have encrypted *plaintext* under *key*.
    """
    family = key.family
    if family.usage != "ENCRYPT_DECRYPT":
        raise ValueError(
            f"{key.arn} is for {family.usage}, and has no ciphertexts: take a key for"
            " ENCRYPT_DECRYPT"
        )
    if not 1 <= len(plaintext) <= LONGEST_PLAINTEXT:
        raise ValueError(
            f"a plaintext has 1 to {LONGEST_PLAINTEXT} bytes, as Encrypt takes it, not"
            f" {len(plaintext)}"
        )
