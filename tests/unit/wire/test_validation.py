"""What validation does beyond the single constraints, which tests/conformance covers."""

import pytest

from pytest_kmsmock._kms.errors import KmsError
from pytest_kmsmock._kms.wire import validation
from pytest_kmsmock._kms.wire.model import Shape, enum_values, operation

NOT_NULL = "failed to satisfy constraint: Member must not be null"


def refusal_of(operation_name, request):
    """Return code and message of the error that *request* gets."""
    with pytest.raises(KmsError) as refused:
        validation.validate(operation_name, request)
    return refused.value.code, refused.value.message


def refusal(*violations):
    """Build code and message of the error with these violations."""
    plural = "s" if len(violations) > 1 else ""
    message = f"{len(violations)} validation error{plural} detected: {'; '.join(violations)}"
    return "ValidationException", message


def explain(shape, value):
    """List the violations of *value* at the path "it"."""
    return list(validation.validator_of(shape).explain(value, "it"))


def string(**limits):
    return Shape(name="Text", type="string", **limits)


def test_validate_in_the_order_of_the_model():
    """All violations come in one error, in the order of the model's members (order assumed)."""
    length = "failed to satisfy constraint: Member must have length greater than or equal to 1"
    pattern = "failed to satisfy constraint: Member must satisfy regular expression pattern:"

    assert refusal(
        f"Value '' at 'aliasName' {length}",
        f"Value '' at 'aliasName' {pattern} ^[a-zA-Z0-9:/_-]+$",
        f"Value '' at 'targetKeyId' {length}",
        rf"Value '' at 'targetKeyId' {pattern} ^\p{{ASCII}}+$",
    ) == refusal_of("UpdateAlias", {"TargetKeyId": "", "AliasName": ""})


@pytest.mark.parametrize("operation_name", ["Decrypt", "ReEncrypt"])
def test_validate_missing_ciphertext(operation_name):
    """The ciphertext is required (wire-facts E21) though the model calls it optional."""
    request = {"DestinationKeyId": "a"} if operation_name == "ReEncrypt" else {}
    expected = refusal(f"Value null at 'ciphertextBlob' {NOT_NULL}")
    ignored = {"DryRunModifiers": ["IGNORE_CIPHERTEXT"]}

    assert expected == refusal_of(operation_name, request)
    assert expected == refusal_of(operation_name, {**request, "DryRun": True})
    assert expected == refusal_of(operation_name, {**request, "DryRun": False, **ignored})


@pytest.mark.parametrize("operation_name", ["Decrypt", "ReEncrypt"])
def test_validate_ignored_ciphertext(operation_name):
    """A dry run that ignores the ciphertext may leave it out (rules DRY-5)."""
    request = {"DryRun": True, "DryRunModifiers": ["IGNORE_CIPHERTEXT"]}
    if operation_name == "ReEncrypt":
        request["DestinationKeyId"] = "a"

    assert validation.validate(operation_name, request) is None


def test_validate_ignored_ciphertext_still_checked():
    """A ciphertext that a dry run ignores must still fit the model."""
    request = {"DryRun": True, "DryRunModifiers": ["IGNORE_CIPHERTEXT"], "CiphertextBlob": b""}

    assert refusal(
        "Value at 'ciphertextBlob' failed to satisfy constraint:"
        " Member must have length greater than or equal to 1"
    ) == refusal_of("Decrypt", request)


def test_validate_key_id_outside_ascii():
    """A key identifier is ASCII, which the model does not say (wire-facts I21)."""
    assert refusal(
        "Value 'alias/clé' at 'keyId' failed to satisfy constraint:"
        r" Member must satisfy regular expression pattern: ^\p{ASCII}+$"
    ) == refusal_of("DescribeKey", {"KeyId": "alias/clé"})


@pytest.mark.parametrize(
    ("operation_name", "maximum"),
    [
        pytest.param("ListAliases", 100, id="ListAliases (Q-42)"),
        pytest.param("ListGrants", 100, id="ListGrants (Q-43)"),
        pytest.param("ListRetirableGrants", 100, id="ListRetirableGrants (Q-44)"),
        pytest.param("ListKeys", 1000, id="ListKeys (Q-45)"),
        pytest.param("ListKeyPolicies", 1000, id="ListKeyPolicies (Q-46)"),
        pytest.param("ListKeyRotations", 1000, id="ListKeyRotations (Q-47)"),
        pytest.param("ListResourceTags", 50, id="ListResourceTags (Q-48)"),
        pytest.param("DescribeCustomKeyStores", 1000, id="DescribeCustomKeyStores (Q-49)"),
    ],
)
def test_validate_limit(operation_name, maximum):
    """A page has at most the documented number of entries, though the model allows 1000."""
    required = {"KeyId": "a", "RetiringPrincipal": "a"}
    members = operation(operation_name).input.members
    request = {name: value for name, value in required.items() if name in members}

    assert validation.validate(operation_name, {**request, "Limit": maximum}) is None
    assert refusal(
        f"Value '{maximum + 1}' at 'limit' failed to satisfy"
        f" constraint: Member must have value less than or equal to {maximum}"
    ) == refusal_of(operation_name, {**request, "Limit": maximum + 1})


def test_validate_data_key_spec():
    """A data key spec is AES_128 or AES_256, though neither is printed (wire-facts D3)."""
    assert validation.validate("GenerateDataKey", {"KeyId": "a", "KeySpec": "AES_128"}) is None
    assert validation.validate("GenerateDataKey", {"KeyId": "a", "KeySpec": "AES_256"}) is None


@pytest.mark.parametrize(
    ("operation_name", "request_", "violation"),
    [
        pytest.param(
            "TagResource",
            {"KeyId": "a", "Tags": [{"TagKey": "a", "TagValue": "b"}, None]},
            f"Value null at 'tags.2.member' {NOT_NULL}",
            id="structure",
        ),
        pytest.param(
            "UntagResource",
            {"KeyId": "a", "TagKeys": ["a", None]},
            "Value '[a, null]' at 'tagKeys' failed to satisfy constraint: Member must satisfy"
            " constraint: [Member must have length less than or equal to 128, Member must have"
            " length greater than or equal to 1, Member must not be null]",
            id="string in a list",
        ),
        pytest.param(
            "Encrypt",
            {"KeyId": "a", "Plaintext": b"a", "EncryptionContext": {"a": "b", "c": None}},
            "Value '{a=b, c=null}' at 'encryptionContext' failed to satisfy constraint: Map value"
            " must satisfy constraint: [Member must not be null]",
            id="string in a map",
        ),
    ],
)
def test_validate_null_inside(operation_name, request_, violation):
    """A null inside a list or a map is refused (assumed)."""
    assert refusal(violation) == refusal_of(operation_name, request_)


def test_explain_scalars_in_a_map():
    """A map's keys and values are refused together, each kind with all its demands (assumed)."""
    shape = Shape(
        name="Texts",
        type="map",
        max=1,
        parts={"key": string(max=3, pattern="[a-z]+"), "value": string(min=1)},
    )
    head = "Value '{a=b, C=}' at 'it' failed to satisfy constraint:"
    of_key = (
        "Member must have length less than or equal to 3,"
        " Member must satisfy regular expression pattern: [a-z]+"
    )
    of_value = "Member must have length greater than or equal to 1"

    assert [
        f"{head} Member must have length less than or equal to 1",
        f"{head} Map keys must satisfy constraint: [{of_key}]",
        f"{head} Map value must satisfy constraint: [{of_value}]",
    ] == explain(shape, {"a": "b", "C": ""})
    assert not validation.validator_of(shape).accepts({"a": "b", "C": ""})
    assert not validation.validator_of(shape).accepts({"A": "b"})
    assert not validation.validator_of(shape).accepts({"a": ""})
    assert validation.validator_of(shape).accepts({"a": "b"})


@pytest.mark.parametrize(
    ("pattern", "value", "is_accepted"),
    [
        pytest.param("[a-z]+", "ab", True, id="match"),
        pytest.param("[a-z]+", "abC", False, id="whole value"),
        pytest.param("^[a-z]+$", "ab\n", False, id="$ before a final line feed"),
        pytest.param("^a|bc$", "ab", False, id="alternatives"),
        pytest.param(r"\w+", "é", False, id=r"\w is ASCII"),
        pytest.param(r"\d+", "\N{ARABIC-INDIC DIGIT ONE}", False, id=r"\d is ASCII"),
        pytest.param(r"\s+", "\N{NO-BREAK SPACE}", False, id=r"\s is ASCII"),
        pytest.param(r"[\u0020-\u00FF]+", "é", True, id="escaped range"),
        pytest.param(r"[\u0020-\u00FF]+", "€", False, id="outside the escaped range"),
        pytest.param(r"\p{ASCII}+", "~", True, id=r"\p{ASCII}"),
        pytest.param(r"\p{ASCII}+", "é", False, id=r"outside \p{ASCII}"),
        pytest.param("a.c", "a\N{LINE SEPARATOR}c", False, id="line ends are no dot"),
        pytest.param("a.c", "abc", True, id="dot"),
        pytest.param(r"a\.c", "abc", False, id="escaped dot"),
        pytest.param("a[.]c", "abc", False, id="dot in a class"),
        pytest.param(r"a[\].]c", "abc", False, id="dot after an escaped bracket"),
        pytest.param(r"[\p{L}]+", "1", True, id="untranslatable, unchecked"),
    ],
)
def test_pattern(pattern, value, is_accepted):
    """A pattern means what it means in Java, for the whole value."""
    assert is_accepted == bool(validation.validator_of(string(pattern=pattern)).accepts(value))


def test_printed_enum_of_a_newer_model():
    """Values that AWS was not yet seen to print come last, in the model's order."""
    known = enum_values("MacAlgorithmSpec")
    shape = Shape(name="MacAlgorithmSpec", type="string", enum=("NEW_B", *known, "NEW_A"))

    assert (
        "HMAC_SHA_384",
        "HMAC_SHA_256",
        "HMAC_SHA_224",
        "HMAC_SHA_512",
        "NEW_B",
        "NEW_A",
    ) == validation.printed_enum(shape)
    assert validation.validator_of(shape).accepts("NEW_A")


def test_printed_enum_never_seen():
    """An enum that AWS was never seen to print comes in the model's order (assumed)."""
    shape = Shape(name="KeyUsageType", type="string", enum=("B", "A"))

    assert ("B", "A") == validation.printed_enum(shape)
