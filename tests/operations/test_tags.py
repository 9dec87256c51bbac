"""TagResource, UntagResource, ListResourceTags, and the tags of CreateKey."""

from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.vocabulary import create_key, harmless_refusal, members

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

DUPLICATE: Final = ("TagException", "Duplicate tag keys")
RESERVED: Final = ("TagException", "Tags beginning with aws: are reserved")


def tags(**values: str) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in values.items()]


def numbered(count: int, value: str = "") -> list[dict[str, str]]:
    return [{"TagKey": f"{number:02}", "TagValue": value} for number in range(count)]


def tags_of(kms: "KMSClient", key_id: str) -> list[dict[str, str]]:
    return kms.list_resource_tags(KeyId=key_id)["Tags"]


def call(kms: "KMSClient", method: str) -> tuple[Any, dict[str, Any]]:
    """Return one of the two operations that take tags, and what else it needs."""
    if method == "create_key":
        return kms.create_key, {}
    return kms.tag_resource, {"KeyId": create_key(kms, Tags=tags(old="value"))}


BOTH: Final = pytest.mark.parametrize("method", ["create_key", "tag_resource"])


def test_list_resource_tags_of_a_key_without_tags(kms):
    """A key has no tags unless it is given some (wire-facts T1; rules KEY-1)."""
    assert {"Tags": [], "Truncated": False} == members(
        kms.list_resource_tags(KeyId=create_key(kms))
    )


def test_create_key_with_tags(kms):
    """The tags of a new key are listed, and not part of its metadata (C21, T1; KEY-10, TAG-4)."""
    metadata = kms.create_key(Tags=tags(Purpose="Test", CostCenter="87654"))["KeyMetadata"]

    assert "Tags" not in metadata
    assert {"Tags": tags(CostCenter="87654", Purpose="Test"), "Truncated": False} == members(
        kms.list_resource_tags(KeyId=metadata["KeyId"])
    )


@pytest.mark.parametrize("identify", ["KeyId", "Arn"])
def test_tag_resource(kms, identify):
    """Tags are added and overwritten by key, with nothing in answer (rules TAG-1)."""
    key = kms.create_key(Tags=tags(a="1", b="2"))["KeyMetadata"]

    answered = members(kms.tag_resource(KeyId=key[identify], Tags=tags(b="new", c="3")))

    assert {} == answered
    assert tags(a="1", b="new", c="3") == tags_of(kms, key["KeyId"])


@pytest.mark.parametrize("identify", ["KeyId", "Arn"])
def test_untag_resource(kms, identify):
    """Tags are taken away by key; one that is not there does not matter (rules TAG-2)."""
    key = kms.create_key(Tags=tags(a="1", b="2", c="3"))["KeyMetadata"]

    answered = members(kms.untag_resource(KeyId=key[identify], TagKeys=["b", "none", "c", "b"]))

    assert {} == answered
    assert tags(a="1") == tags_of(kms, key["KeyId"])


def test_no_tags_at_all(kms):
    """Empty lists are valid and change nothing."""
    key_id = create_key(kms, Tags=[])
    kms.tag_resource(KeyId=key_id, Tags=tags(a="1"))

    kms.tag_resource(KeyId=key_id, Tags=[])
    kms.untag_resource(KeyId=key_id, TagKeys=[])

    assert tags(a="1") == tags_of(kms, key_id)


def test_tags_of_related_keys(kms, kms_mock):
    """Related multi-Region keys have their own tags each (rules TAG-6)."""
    key_id = create_key(kms, MultiRegion=True, Tags=tags(a="1")).rpartition("/")[2]
    kms.replicate_key(KeyId=key_id, ReplicaRegion="eu-west-1")
    replica = kms_mock.client("eu-west-1")

    replica.tag_resource(KeyId=key_id, Tags=tags(b="2"))

    assert tags(a="1") == tags_of(kms, key_id)
    assert tags(b="2") == tags_of(replica, key_id)


def test_tags_differ_by_case(kms):
    """Keys and values are case-sensitive (rules TAG-1)."""
    key_id = create_key(kms, Tags=tags(App="X", app="x"))

    kms.untag_resource(KeyId=key_id, TagKeys=["APP", "App"])

    assert tags(app="x") == tags_of(kms, key_id)


@BOTH
@pytest.mark.parametrize(
    "tag",
    [
        {"TagKey": "k", "TagValue": ""},
        {"TagKey": "k" * 128, "TagValue": "v" * 256},
        {"TagKey": "ключ_1 é", "TagValue": "значение ½ 值\u3000_.:/=+-@"},
        {"TagKey": "aws", "TagValue": "aws:x"},
        {"TagKey": "my:aws:tag", "TagValue": ""},
    ],
    ids=["empty value", "longest", "letters of any script", "aws", "aws: inside"],
)
def test_valid_tags(kms, method, tag):
    """Keys have up to 128 characters, values up to 256 or none (quotas Q-8, Q-9; rules TAG-5)."""
    function, request = call(kms, method)

    answered = function(Tags=[tag], **request)

    key_id = request.get("KeyId") or answered["KeyMetadata"]["KeyId"]
    assert tag in tags_of(kms, key_id)


INVALID: Final = ("TagException", "Invalid tag")


@pytest.mark.sweep(7)
@BOTH
@pytest.mark.parametrize(
    "text",
    ["Me & My Team", "a,b", "a#b", "50%", "(x)", "a;b", "a'b", 'a"b', "a|b", "a~b", "🔑", "a\tb"],
    ids=ascii,
)
@pytest.mark.parametrize("member", ["TagKey", "TagValue"])
def test_other_characters(kms, method, member, text):
    """Tags have letters, digits, spaces and _ . : / = + - @ alone (wire-facts V14)."""
    function, request = call(kms, method)
    tag = {"TagKey": "key", "TagValue": "value", member: text}

    assert INVALID == harmless_refusal(function, Tags=[*tags(a="1"), tag], **request)


def test_other_characters_in_tags_of_a_replica(kms):
    """A replica's tags are looked at like others (wire-facts V14)."""
    key_id = create_key(kms, MultiRegion=True)

    assert INVALID == harmless_refusal(
        kms.replicate_key, KeyId=key_id, ReplicaRegion="eu-west-1", Tags=tags(owner="Me & you")
    )


@BOTH
def test_duplicate_keys(kms, method):
    """A key may come once in a request (wire-facts T4, T10; quotas Q-10)."""
    function, request = call(kms, method)

    assert DUPLICATE == harmless_refusal(
        function, Tags=[*tags(a="1", b="2"), *tags(a="1")], **request
    )


@BOTH
@pytest.mark.parametrize("key", ["aws:cost", "AWS:cost", "aWs:", "aws:"])
def test_reserved_keys(kms, method, key):
    """Keys that begin with aws: are AWS's, in any case (wire-facts T6, T10; rules TAG-5)."""
    function, request = call(kms, method)

    assert RESERVED == harmless_refusal(
        function, Tags=[*tags(a="1"), {"TagKey": key, "TagValue": ""}], **request
    )


def test_create_key_with_too_many_tags(kms):
    """A new key has at most 50 tags (wire-facts T5; quotas Q-7)."""
    assert ("TagException", "Too many tags") == harmless_refusal(kms.create_key, Tags=numbered(51))


def test_create_key_with_fifty_tags(kms):
    """It may have 50 (quotas Q-7)."""
    assert numbered(50) == tags_of(kms, create_key(kms, Tags=numbered(50)))


def test_tag_resource_with_too_many_tags(kms):
    """A key never has more than 50 tags, old and new (quotas Q-7; the text is assumed)."""
    key_id = create_key(kms, Tags=numbered(49))

    assert ("LimitExceededException", "Too many tags") == harmless_refusal(
        kms.tag_resource, KeyId=key_id, Tags=tags(a="", b="")
    )


def test_tag_resource_of_a_key_with_fifty_tags(kms):
    """Only what is new counts: fifty may be overwritten (quotas Q-7)."""
    key_id = create_key(kms, Tags=numbered(50))

    kms.tag_resource(KeyId=key_id, Tags=numbered(50, "new"))

    assert numbered(50, "new") == tags_of(kms, key_id)


TOO_LONG: Final = {
    "key": (
        [{"TagKey": "k" * 129, "TagValue": ""}],
        f"Value '{'k' * 129}' at 'tags.1.member.tagKey' failed to satisfy constraint: Member must"
        " have length less than or equal to 128",
    ),
    "value of the second": (
        [*tags(a="1"), {"TagKey": "k", "TagValue": "v" * 257}],
        f"Value '{'v' * 257}' at 'tags.2.member.tagValue' failed to satisfy constraint: Member must"
        " have length less than or equal to 256",
    ),
    "key, among duplicates": (
        [{"TagKey": "k" * 129, "TagValue": ""}, *tags(a="1"), *tags(a="2")],
        f"Value '{'k' * 129}' at 'tags.1.member.tagKey' failed to satisfy constraint: Member must"
        " have length less than or equal to 128",
    ),
}


@BOTH
@pytest.mark.parametrize(("wrong", "violation"), TOO_LONG.values(), ids=TOO_LONG.keys())
def test_tags_too_long(kms, method, wrong, violation):
    """What is too long is a ValidationException (wire-facts T7, T10; quotas Q-8, Q-9)."""
    function, request = call(kms, method)

    assert (
        "ValidationException",
        f"1 validation error detected: {violation}",
    ) == harmless_refusal(function, Tags=wrong, **request)


def test_tag_with_an_empty_key(unchecked_kms):
    """A key has at least one character (quotas Q-8)."""
    assert (
        "ValidationException",
        "1 validation error detected: Value '' at 'tags.1.member.tagKey' failed to satisfy"
        " constraint: Member must have length greater than or equal to 1",
    ) == harmless_refusal(
        unchecked_kms.tag_resource,
        KeyId=create_key(unchecked_kms),
        Tags=[{"TagKey": "", "TagValue": ""}],
    )


def test_tag_without_a_value(unchecked_kms):
    """A value may be empty, but not missing (wire-facts W14)."""
    assert (
        "ValidationException",
        "1 validation error detected: Value null at 'tags.1.member.tagValue' failed to satisfy"
        " constraint: Member must not be null",
    ) == harmless_refusal(
        unchecked_kms.tag_resource, KeyId=create_key(unchecked_kms), Tags=[{"TagKey": "a"}]
    )


def test_untag_resource_with_a_key_too_long(kms):
    """A key that no tag can have is refused (quotas Q-8; the text is assumed)."""
    key = "k" * 129

    assert (
        "ValidationException",
        f"1 validation error detected: Value '[{key}]' at 'tagKeys' failed to satisfy constraint:"
        " Member must satisfy constraint: [Member must have length less than or equal to 128,"
        " Member must have length greater than or equal to 1]",
    ) == harmless_refusal(
        kms.untag_resource, KeyId=create_key(kms, Tags=tags(a="1")), TagKeys=[key]
    )
