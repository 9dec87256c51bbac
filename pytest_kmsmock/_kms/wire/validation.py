"""The constraints of the service model on requests, refused in AWS's sentences."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial, reduce
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from pytest_kmsmock._kms import errors
from pytest_kmsmock._kms.wire import model
from pytest_kmsmock._kms.wire.model import Shape

Accepts: TypeAlias = Callable[[Any], object]  # by the truth of what it returns
Explain: TypeAlias = Callable[[Any, str], Iterator[str]]


def validate(operation_name: str, request: dict[str, Any]) -> None:
    """
    Check *request*, as `codec.decode()` returns it.

    Raises:
        KmsError: ValidationException with every violation (wire-facts W13), in the order of the
            model's members (assumed).
    """
    validator = _validator(operation_name)
    if validator.accepts(request):
        return
    violations = list(validator.explain(request, ""))
    plural = "s" if len(violations) > 1 else ""
    raise errors.validation(
        f"{len(violations)} validation error{plural} detected: {'; '.join(violations)}"
    )


# What the service enforces beyond the model.
# Shape -> pattern: wire-facts I21 shows it for GetPublicKey's KeyId.
_PATTERNS: Final[Mapping[str, str]] = MappingProxyType({"KeyIdType": r"^\p{ASCII}+$"})
# Structure and member -> maximum: documented, the refusal was never recorded (quotas,
#
_MAXIMA: Final[Mapping[tuple[str, str], int]] = MappingProxyType(
    {
        ("ListAliasesRequest", "Limit"): 100,
        ("ListGrantsRequest", "Limit"): 100,
        ("ListRetirableGrantsRequest", "Limit"): 100,
        ("ListResourceTagsRequest", "Limit"): 50,
    }
)
# Operations that need their CiphertextBlob (wire-facts E21) but for a dry run that ignores it
# (rules DRY-5), which the model cannot say.
_NEED_CIPHERTEXT: Final = frozenset({"Decrypt", "ReEncrypt"})

# Shape -> what the service's enum knows and the model does not (wire-facts V26). It is not printed:
# the list in G3 lacks it.
_UNMODELED_VALUES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"SigningAlgorithmSpec": ("SYMMETRIC_DEFAULT",)}
)

# The order in which AWS was seen to print an enum, where it is not the model's. What a newer model
# adds follows at the end.
_PRINTED_ENUMS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "EncryptionAlgorithmSpec": (  # wire-facts E4
            "RSAES_OAEP_SHA_1",
            "RSAES_OAEP_SHA_256",
            "SM2PKE",
            "SYMMETRIC_DEFAULT",
        ),
        "SigningAlgorithmSpec": (  # wire-facts G3
            "RSASSA_PSS_SHA_256",
            "RSASSA_PSS_SHA_384",
            "RSASSA_PSS_SHA_512",
            "RSASSA_PKCS1_V1_5_SHA_256",
            "RSASSA_PKCS1_V1_5_SHA_384",
            "RSASSA_PKCS1_V1_5_SHA_512",
            "ECDSA_SHA_256",
            "ECDSA_SHA_384",
            "ECDSA_SHA_512",
            "ED25519_SHA_512",
            "ED25519_PH_SHA_512",
            "SM2DSA",
            "ML_DSA_SHAKE_256",
        ),
        "MacAlgorithmSpec": (  # wire-facts G32
            "HMAC_SHA_384",
            "HMAC_SHA_256",
            "HMAC_SHA_224",
            "HMAC_SHA_512",
        ),
        "KeySpec": (  # wire-facts D3; that CreateKey prints it in this order too is inferred (X13)
            "RSA_2048",
            "RSA_3072",
            "RSA_4096",
            "ECC_NIST_P256",
            "ECC_NIST_P384",
            "ECC_NIST_P521",
            "ECC_SECG_P256K1",
            "ECC_NIST_EDWARDS25519",
            "SYMMETRIC_DEFAULT",
            "HMAC_224",
            "HMAC_256",
            "HMAC_384",
            "HMAC_512",
            "SM2",
            "ML_DSA_44",
            "ML_DSA_65",
            "ML_DSA_87",
        ),
    }
)
# GenerateDataKey takes AES_256 and AES_128, but prints the specs of KMS keys (wire-facts D3).
_PRINTED_AS: Final[Mapping[str, str]] = MappingProxyType({"DataKeySpec": "KeySpec"})


def printed_enum(shape: Shape) -> tuple[str, ...]:
    """List the values of an enum as AWS does in a refusal."""
    name = _PRINTED_AS.get(shape.name, shape.name)
    modeled = shape.enum if name == shape.name else model.enum_values(name)
    seen = _PRINTED_ENUMS.get(name, ())
    return seen + tuple(value for value in modeled if value not in seen)


class Constraint(NamedTuple):
    """What a value must be, and how AWS says so."""

    accepts: Accepts
    sentence: str


class Validator(NamedTuple):
    """The check of a shape: *accepts* is quick; what it refuses, *explain* words."""

    accepts: Accepts
    explain: Explain


@cache
def _validator(operation_name: str) -> Validator:
    shape = model.operation(operation_name).input
    modeled = _for_structure(shape)
    if operation_name not in _NEED_CIPHERTEXT:
        return modeled
    strict = _for_structure(shape._replace(required=shape.required | {"CiphertextBlob"}))

    def choose(request: dict[str, Any]) -> Validator:
        modifiers = request.get("DryRunModifiers", ())
        return modeled if request.get("DryRun") and "IGNORE_CIPHERTEXT" in modifiers else strict

    return Validator(
        accepts=lambda request: strict.accepts(request) or choose(request).accepts(request),
        explain=lambda request, path: choose(request).explain(request, path),
    )


def validator_of(shape: Shape) -> Validator:
    """Compile the check of *shape*; `validate()` keeps those of whole inputs."""
    return _CONTAINER_VALIDATORS.get(shape.type, _for_scalar)(shape)


def _for_structure(shape: Shape) -> Validator:
    validators = {
        name: validator_of(_tighten(shape, name, member)) for name, member in shape.members.items()
    }
    checks = {name: validator.accepts for name, validator in validators.items()}
    required = shape.required

    def accepts(value: dict[str, Any]) -> bool:
        if not required <= value.keys():
            return False
        for name, item in value.items():  # noqa: SIM110 - half the time of all() with a generator
            if not checks[name](item):
                return False
        return True

    def explain(value: dict[str, Any], path: str) -> Iterator[str]:
        for name, validator in validators.items():
            member_path = f"{path}.{_wire_name(name)}" if path else _wire_name(name)
            if name in value:
                yield from validator.explain(value[name], member_path)
            elif name in required:
                yield _violation(shape.members[name], None, member_path, _NOT_NULL)

    return Validator(accepts=accepts, explain=explain)


def _tighten(structure: Shape, name: str, member: Shape) -> Shape:
    maximum = _MAXIMA.get((structure.name, name), member.max)
    pattern = member.pattern or _PATTERNS.get(member.name)
    return member._replace(max=maximum, pattern=pattern)


def _wire_name(member: str) -> str:
    return member[0].lower() + member[1:]


def _for_list(shape: Shape) -> Validator:
    element = shape.parts["member"]
    own = _constraints_of(shape)
    has_length = _conjunction(shape, own)
    inner = validator_of(element)

    def accepts(value: list[Any]) -> object:
        return has_length(value) and None not in value and all(map(inner.accepts, value))

    def explain(value: list[Any], path: str) -> Iterator[str]:
        yield from _violations(shape, own, value, path)
        if element.type in _CONTAINER_VALIDATORS:
            for number, item in enumerate(value, start=1):  # 1-based: wire-facts T7
                item_path = f"{path}.{number}.member"
                if item is None:
                    yield _violation(element, None, item_path, _NOT_NULL)
                else:
                    yield from inner.explain(item, item_path)
        elif (broken := _broken_parts(element, value)) is not None:
            yield _violation(shape, value, path, f"Member must satisfy constraint: {broken}")

    return Validator(accepts=accepts, explain=explain)


def _for_map(shape: Shape) -> Validator:
    """Check a map of scalars, which is the only kind that KMS has."""
    key, item = shape.parts["key"], shape.parts["value"]
    own = _constraints_of(shape)
    has_length = _conjunction(shape, own)
    is_key, is_item = _for_scalar(key).accepts, _for_scalar(item).accepts

    def accepts(value: dict[str, Any]) -> object:
        items = value.values()
        return (
            has_length(value)
            and None not in items
            and all(map(is_key, value))
            and all(map(is_item, items))
        )

    def explain(value: dict[str, Any], path: str) -> Iterator[str]:
        yield from _violations(shape, own, value, path)
        if (broken := _broken_parts(key, value)) is not None:
            yield _violation(shape, value, path, f"Map keys must satisfy constraint: {broken}")
        if (broken := _broken_parts(item, value.values())) is not None:
            yield _violation(shape, value, path, f"Map value must satisfy constraint: {broken}")

    return Validator(accepts=accepts, explain=explain)


def _for_scalar(shape: Shape) -> Validator:
    constraints = _constraints_of(shape)
    return Validator(
        accepts=_conjunction(shape, constraints), explain=partial(_violations, shape, constraints)
    )


_CONTAINER_VALIDATORS: Final[Mapping[str, Callable[[Shape], Validator]]] = MappingProxyType(
    {"structure": _for_structure, "list": _for_list, "map": _for_map}
)


def _constraints_of(shape: Shape) -> tuple[Constraint, ...]:
    """List what *shape* itself demands: length before pattern, as in wire-facts I21."""
    quantity, measure = ("value", int) if shape.type == "integer" else ("length", len)
    constraints = []
    most, least = shape.max, shape.min
    if most is not None:
        constraints.append(
            Constraint(
                accepts=lambda value: measure(value) <= most,
                sentence=f"Member must have {quantity} less than or equal to {most}",
            )
        )
    if least is not None:
        constraints.append(
            Constraint(
                accepts=lambda value: measure(value) >= least,
                sentence=f"Member must have {quantity} greater than or equal to {least}",
            )
        )
    if shape.pattern is not None:
        constraints.append(
            Constraint(
                accepts=_matcher(shape.pattern),
                sentence=f"Member must satisfy regular expression pattern: {shape.pattern}",
            )
        )
    if shape.enum:
        constraints.append(
            Constraint(
                accepts=frozenset(
                    (*shape.enum, *_UNMODELED_VALUES.get(shape.name, ()))
                ).__contains__,
                sentence=f"Member must satisfy enum value set: [{', '.join(printed_enum(shape))}]",
            )
        )
    return tuple(constraints)


def _conjunction(shape: Shape, constraints: Iterable[Constraint]) -> Accepts:
    """Return one check for all *constraints* of a shape, of few calls: each request is checked."""
    tests = [constraint.accepts for constraint in constraints]
    if (least := shape.min) is not None and (most := shape.max) is not None:
        tests[:2] = [
            (lambda value: least <= value <= most)
            if shape.type == "integer"
            else (lambda value: least <= len(value) <= most)
        ]
    return reduce(_both, tests) if tests else lambda value: True


def _both(first: Accepts, second: Accepts) -> Accepts:
    return lambda value: first(value) and second(value)


def _matcher(java_pattern: str) -> Accepts:
    try:
        fullmatch = re.compile(_JAVA_TOKEN.sub(_translate, java_pattern), re.ASCII).fullmatch
    except re.error:
        # A newer model may say what Python's `re` cannot, as \p{L}. Better unchecked than a KMS
        # that fails every call of the operation; a conformance test watches for it.
        return lambda value: True
    return fullmatch


# The model's patterns are Java's and match the whole value; \d, \s and \w are ASCII there. What
# Python says in another way, or means otherwise:
_JAVA_CONSTRUCTS: Final[Mapping[str, str]] = MappingProxyType(
    {r"\p{ASCII}": r"[\x00-\x7F]", ".": r"[^\n\r\x85\u2028\u2029]"}
)
_JAVA_TOKEN: Final = re.compile(r"\\p\{\w+\}|\\.|\[(?:\\.|[^\]\\])*\]|\.")


def _translate(token: re.Match[str]) -> str:
    return _JAVA_CONSTRUCTS.get(token[0], token[0])


def _violations(
    shape: Shape, constraints: Iterable[Constraint], value: Any, path: str
) -> Iterator[str]:
    for constraint in constraints:
        if not constraint.accepts(value):
            yield _violation(shape, value, path, constraint.sentence)


def _broken_parts(part: Shape, values: Iterable[Any]) -> str | None:
    """
    List all that the scalars in a container must satisfy, or None if they do.

    Other JSON services of AWS name the container and every constraint; assumed of KMS.
    """
    constraints = _constraints_of(part)
    accepts = _conjunction(part, constraints)
    demands = [constraint.sentence for constraint in constraints]
    if None in values:
        return f"[{', '.join([*demands, _NOT_NULL])}]"
    return None if all(map(accepts, values)) else f"[{', '.join(demands)}]"


def _violation(shape: Shape, value: Any, path: str, demand: str) -> str:
    if shape.name == _POLICY and isinstance(value, str):
        value = _BEYOND_LATIN_1.sub("?", value)
    if shape.is_sensitive or (shape.type == "blob" and value is not None):
        subject = "Value"  # never printed: wire-facts W15, W17
    elif value is None:
        subject = "Value null"
    else:
        subject = f"Value '{_print(value)}'"
    return f"{subject} at '{path}' failed to satisfy constraint: {demand}"


# Policies are Latin-1, and are echoed so (wire-facts V15).
_POLICY: Final = "PolicyType"
_BEYOND_LATIN_1: Final = re.compile(r"[^\x00-\xff]")


def _print(value: Any) -> str:
    """Write a value as Java's toString does."""
    match value:
        case list():
            return f"[{', '.join(map(_print, value))}]"
        case dict():
            return f"{{{', '.join(f'{key}={_print(item)}' for key, item in value.items())}}}"
        case None:
            return "null"
        case _:
            return str(value)


_NOT_NULL: Final = "Member must not be null"
