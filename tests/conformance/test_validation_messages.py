"""Every constraint of every request, in AWS's words: as recorded, and as the model implies."""

import json
import re
from base64 import b64encode
from pathlib import Path

import pytest

from pytest_kmsmock._kms.errors import KmsError
from pytest_kmsmock._kms.wire import codec, validation
from tests.conformance.service_model import MODEL

OPERATIONS = MODEL.operation_names
DATA = Path(__file__).parent / "data" / "validation_messages.json"

# Sentences that AWS was seen to send; {"bytes": n} in the parameters stands for n zero bytes,
# "enum" for the shape whose values the message lists.
RECORDED = json.loads(DATA.read_text(encoding="utf-8"))


def values_of_enum(name):
    """List an enum as AWS prints it: as recorded, then what the model has beyond."""
    messages = [entry["message"] for entry in RECORDED if entry.get("enum") == name]
    seen = re.search(r"enum value set: \[(.*)\]", messages[0])[1].split(", ") if messages else []
    return seen + [value for value in MODEL.shape_for(name).enum if value not in seen]


def refusal_of(operation_name, request):
    """Return code and message of the error that *request* gets."""
    with pytest.raises(KmsError) as refused:
        validation.validate(operation_name, request)
    return refused.value.code, refused.value.message


def name_entry(entry):
    return f"{entry['source']}-{entry['operation']}"


@pytest.mark.parametrize("entry", RECORDED, ids=name_entry)
def test_recorded(entry):
    """A request that AWS was seen to refuse gets the same answer to the letter."""
    sent = {
        name: b64encode(bytes(value["bytes"])).decode() if isinstance(value, dict) else value
        for name, value in entry["params"].items()
    }
    expected = entry["message"]
    if "enum" in entry:
        printed = ", ".join(values_of_enum(entry["enum"]))
        expected = re.sub(r"enum value set: \[.*\]", f"enum value set: [{printed}]", expected)
    request = codec.decode(entry["operation"], json.dumps(sent).encode())

    assert (entry["code"], expected) == refusal_of(entry["operation"], request)


# From here on the sentences are built anew from the service model, to be compared with ours.

SAMPLES = {
    "AccountIdType": "123456789012",
    "AliasNameType": "alias/app",
    "BackingKeyIdType": "0" * 64,
    "CloudHsmClusterIdType": "cluster-1a2b3c4d5e6".replace("1", "7"),
    "GrantConstraintSourceArnType": "arn:aws:s3:us-east-1:123456789012:bucket",
    "GrantNameType": "grant",
    "KeyIdType": "1234abcd-12ab-34cd-56ef-1234567890ab",
    "KeyMaterialDescriptionType": "material of March",
    "MarkerType": "marker",
    "PolicyNameType": "default",
    "PolicyType": "{}",
    "PrincipalIdType": "arn:aws:iam::123456789012:root",
    "RegionType": "eu-central-1",
    "ServicePrincipalType": "s3.amazonaws.com",
    "XksKeyIdType": "key-1",
    "XksProxyAuthenticationAccessKeyIdType": "A" * 20,
    "XksProxyAuthenticationRawSecretAccessKeyType": "a" * 43,
    "XksProxyUriEndpointType": "https://xks.example.com",
    "XksProxyUriPathType": "/kms/xks/v1",
    "XksProxyVpcEndpointServiceNameType": "com.amazonaws.vpce.us-east-1.vpce-svc-0a1",
}
PATTERNS = {"KeyIdType": r"^\p{ASCII}+$"}
PRINTED_AS = {"DataKeySpec": "KeySpec"}
MAXIMA = {
    "ListAliases": 100,
    "ListGrants": 100,
    "ListRetirableGrants": 100,
    "ListResourceTags": 50,
}
REQUIRED = {"Decrypt": ["CiphertextBlob"], "ReEncrypt": ["CiphertextBlob"]}
MUST_NOT_BE_NULL = "Member must not be null"


def sample(shape):
    """Return the least that *shape* allows."""
    limits = shape.metadata
    match shape.type_name:
        case "structure":
            return {name: sample(shape.members[name]) for name in limits.get("required", ())}
        case "list":
            return [sample(shape.member)] * limits.get("min", 0)
        case "map":
            return {}
        case "integer":
            return limits["min"]
        case "blob":
            return bytes(limits["min"])
        case "boolean":
            return True
        case "string" if "enum" in limits:
            return limits["enum"][0]
        case "string" if "pattern" in limits:
            assert shape.name in SAMPLES, f"give SAMPLES a string that fits {shape.name}"
    return SAMPLES.get(shape.name, "a" * limits.get("min", 1))


def demands_of(operation, shape):
    """List what *shape* demands: (the sentence, does a value satisfy it?), in AWS's order."""
    limits = shape.metadata
    word, size = ("value", int) if shape.type_name == "integer" else ("length", len)
    most, least = limits.get("max"), limits.get("min")
    if shape.name == "LimitType":
        most = MAXIMA.get(operation, most)
    demands = []
    if most is not None:
        sentence = f"Member must have {word} less than or equal to {most}"
        demands.append((sentence, lambda value: size(value) <= most))
    if least is not None:
        sentence = f"Member must have {word} greater than or equal to {least}"
        demands.append((sentence, lambda value: size(value) >= least))
    if pattern := limits.get("pattern", PATTERNS.get(shape.name)):
        sentence = f"Member must satisfy regular expression pattern: {pattern}"
        ours = pattern.replace(r"\p{ASCII}", r"[\x00-\x7f]")
        demands.append((sentence, lambda value: re.fullmatch(ours, value, re.ASCII)))
    if "enum" in limits:
        printed = ", ".join(values_of_enum(PRINTED_AS.get(shape.name, shape.name)))
        sentence = f"Member must satisfy enum value set: [{printed}]"
        demands.append((sentence, lambda value: value in limits["enum"]))
    return demands


def bad_values(operation, shape):
    """Generate (what is wrong, a value with that wrong) for each constraint of *shape* itself."""
    limits, good = shape.metadata, sample(shape)
    if "max" in limits:
        is_number = shape.type_name == "integer"
        most = MAXIMA.get(operation, limits["max"]) if is_number else limits["max"]
        yield "too much", resize(shape, good, most + 1)
    if limits.get("min", 0) > 0:
        yield "too little", resize(shape, good, limits["min"] - 1)
    if "pattern" in limits or shape.name in PATTERNS:
        yield "pattern", "\u0100" + good[1:]
    if "enum" in limits:
        yield "enum", "FOO"


def resize(shape, good, size):
    match shape.type_name:
        case "integer":
            return size
        case "blob":
            return bytes(size)
        case "list":
            return [sample(shape.member)] * size
    return good.ljust(size, good[-1:] or "a")[:size]


def violation(shape, value, path, sentence):
    hidden = shape.metadata.get("sensitive") or (shape.type_name == "blob" and value is not None)
    if shape.name == "PolicyType" and value is not None:
        value = value.replace("\u0100", "?")  # wire-facts V15
    shown = "" if hidden else " null" if value is None else f" '{printed(value)}'"
    return f"Value{shown} at '{path}' failed to satisfy constraint: {sentence}"


def printed(value):
    return f"[{', '.join(value)}]" if isinstance(value, list) else str(value)


def lower_first(name):
    return name[:1].lower() + name[1:]


def breaches(operation, shape, path, place):
    """
    Generate a (title, request, violations) for each constraint in and below *shape*.

    *place* builds the request around a value of the shape.
    """
    for title, value in bad_values(operation, shape):
        broken = [
            violation(shape, value, path, sentence)
            for sentence, holds in demands_of(operation, shape)
            if not holds(value)
        ]
        yield f"{path}-{title}", place(value), broken
    if shape.type_name == "structure":
        yield from breaches_of_members(operation, shape, f"{path}." if path else "", place)
    elif shape.type_name == "list" and shape.member.type_name == "structure":
        item_path = f"{path}.1.member"
        yield from breaches(operation, shape.member, item_path, lambda value: place([value]))
    elif shape.type_name == "list":
        demands = ", ".join(sentence for sentence, _ in demands_of(operation, shape.member))
        for title, value in bad_values(operation, shape.member):
            sentence = f"Member must satisfy constraint: [{demands}]"
            broken = [violation(shape, [value], path, sentence)]
            yield f"{path}-member-{title}", place([value]), broken


def breaches_of_members(operation, shape, prefix, place):
    least = sample(shape)
    if not prefix:
        least.update(dict.fromkeys(REQUIRED.get(operation, ()), b"a"))
    for name, member in shape.members.items():
        path = prefix + lower_first(name)
        if name in least:
            without = {other: value for other, value in least.items() if other != name}
            missing = violation(member, None, path, MUST_NOT_BE_NULL)
            yield f"{path}-missing", place(without), [missing]
        yield from breaches(
            operation, member, path, lambda value, name=name: place({**least, name: value})
        )


BREACHES = [
    pytest.param(name, request, violations, id=f"{name}-{title}")
    for name in OPERATIONS
    for title, request, violations in breaches(
        name, MODEL.operation_model(name).input_shape, "", lambda value: value
    )
]


@pytest.mark.sweep(7)
@pytest.mark.parametrize(("name", "request_", "violations"), BREACHES)
def test_breach(name, request_, violations):
    """A request with one thing wrong is refused for it, in AWS's words."""
    plural = "s" if len(violations) > 1 else ""
    message = f"{len(violations)} validation error{plural} detected: {'; '.join(violations)}"

    assert ("ValidationException", message) == refusal_of(name, request_)


@pytest.mark.parametrize("name", OPERATIONS)
def test_sample(name):
    """A request with every member, each as small as the model allows, is accepted."""
    shape = MODEL.operation_model(name).input_shape
    request = {member: sample(shape.members[member]) for member in shape.members}

    assert validation.validate(name, request) is None


@pytest.mark.parametrize("name", OPERATIONS)
def test_member_names(name):
    """No member begins with two capitals, for which AWS's spelling was never seen."""
    pending, names = [MODEL.operation_model(name).input_shape], set()
    while pending:
        shape = pending.pop()
        names |= set(getattr(shape, "members", ()))
        pending += [*getattr(shape, "members", {}).values(), *parts_of(shape)]

    assert set() == {member for member in names if re.match("[A-Z]{2}|[^A-Z]", member)}


def parts_of(shape):
    return [shape.member] if shape.type_name == "list" else []
