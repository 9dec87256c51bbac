"""Pages of lists: limits, markers, and what may change between two pages."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3
import pytest

from tests.vocabulary import REGION, create_key, members, refusal

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

# The longest keys that tags may have, of characters that take the most bytes.
LONG_KEYS: Final = [f"{number:02}{'𐐀' * 126}" for number in range(7)]


@dataclass(frozen=True, kw_only=True)
class List:
    """An operation that lists, and what it lists."""

    method: str
    result: str
    entry: Callable[[Any], str]
    fill: Callable[["KMSClient"], tuple[dict[str, Any], list[str]]]

    def call(self, kms: "KMSClient") -> Callable[..., Any]:
        return getattr(kms, self.method)

    def names(self, response: dict[str, Any]) -> list[str]:
        """Return what a page lists, by name."""
        return [self.entry(entry) for entry in response[self.result]]


def fill_keys(kms: "KMSClient") -> tuple[dict[str, Any], list[str]]:
    """Make seven of what is listed; return the request's members, and the names in order."""
    return {}, sorted(create_key(kms).rpartition("/")[2] for _ in range(7))


def fill_aliases(kms: "KMSClient") -> tuple[dict[str, Any], list[str]]:
    names = [f"alias/{letter}" for letter in "cab"]
    for name in names:
        kms.create_alias(AliasName=name, TargetKeyId=create_key(kms))
    services = ("acm", "ebs", "rds", "redshift", "s3")
    return {}, sorted([*names, *(f"alias/aws/{service}" for service in services)])


def fill_aliases_of_a_key(kms: "KMSClient") -> tuple[dict[str, Any], list[str]]:
    key_id = create_key(kms)
    names = [f"alias/{letter}" for letter in "gabdfec"]
    for name in names:
        kms.create_alias(AliasName=name, TargetKeyId=key_id)
    return {"KeyId": key_id}, sorted(names)


def fill_tags(kms: "KMSClient") -> tuple[dict[str, Any], list[str]]:
    tags = [{"TagKey": key, "TagValue": ""} for key in reversed(LONG_KEYS)]
    return {"KeyId": create_key(kms, Tags=tags)}, LONG_KEYS


def fill_policies(kms: "KMSClient") -> tuple[dict[str, Any], list[str]]:
    return {"KeyId": create_key(kms)}, ["default"]


LISTS: Final = {
    "ListKeys": List(
        method="list_keys", result="Keys", entry=lambda entry: entry["KeyId"], fill=fill_keys
    ),
    "ListAliases": List(
        method="list_aliases",
        result="Aliases",
        entry=lambda entry: entry["AliasName"],
        fill=fill_aliases,
    ),
    "ListAliases of a key": List(
        method="list_aliases",
        result="Aliases",
        entry=lambda entry: entry["AliasName"],
        fill=fill_aliases_of_a_key,
    ),
    "ListResourceTags": List(
        method="list_resource_tags",
        result="Tags",
        entry=lambda entry: entry["TagKey"],
        fill=fill_tags,
    ),
    "ListKeyPolicies": List(
        method="list_key_policies",
        result="PolicyNames",
        entry=lambda entry: entry,
        fill=fill_policies,
    ),
}
EVERY_LIST: Final = pytest.mark.parametrize("listing", LISTS.values(), ids=LISTS.keys())


def pages_of(call: Callable[..., Any], **request: Any) -> Iterator[dict[str, Any]]:
    """Page by hand, as AWS's documentation says."""
    while True:
        page = call(**request)
        yield page
        if not page["Truncated"]:
            return
        request["Marker"] = page["NextMarker"]


@EVERY_LIST
@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 50])
def test_pages(kms, listing, limit):
    """Each page is full but the last; NextMarker is there if Truncated is true (PAGE-1, PAGE-2)."""
    request, names = listing.fill(kms)

    pages = list(pages_of(listing.call(kms), Limit=limit, **request))

    expected = [names[start : start + limit] for start in range(0, len(names), limit)]
    assert expected == [listing.names(page) for page in pages]
    assert [True] * (len(expected) - 1) + [False] == [page["Truncated"] for page in pages]
    assert [page["Truncated"] for page in pages] == ["NextMarker" in page for page in pages]


@EVERY_LIST
def test_list_without_a_limit(kms, listing):
    """A short list is one page by default, without a marker (wire-facts P8, T1; PAGE-2)."""
    request, names = listing.fill(kms)

    answered = members(listing.call(kms)(**request))

    assert names == listing.names(answered)
    assert {listing.result, "Truncated"} == answered.keys()
    assert answered["Truncated"] is False


@pytest.mark.parametrize("name", ["list_keys", "list_aliases", "list_resource_tags"])
@pytest.mark.parametrize("size", [1, 3, None])
def test_boto3_paginators(kms, name, size):
    """boto3's own paginators see everything once, whatever the size of their pages."""
    listing = next(listing for listing in LISTS.values() if name == listing.method)
    request, names = listing.fill(kms)
    client = boto3.client("kms", region_name=REGION)

    pages = client.get_paginator(name).paginate(
        **request, PaginationConfig={} if size is None else {"PageSize": size}
    )

    assert names == [name for page in pages for name in listing.names(page)]


def test_boto3_paginator_of_key_policies(kms):
    """boto3 pages through the one policy name, too (wire-facts P8)."""
    pages = boto3.client("kms", region_name=REGION).get_paginator("list_key_policies")

    assert ["default"] == pages.paginate(KeyId=create_key(kms)).build_full_result()["PolicyNames"]


def test_default_limits(kms):
    """ListKeys gives 100 by default, ListAliases and ListResourceTags 50 (Q-42, Q-45, Q-48)."""
    tags = [{"TagKey": f"{number:02}", "TagValue": ""} for number in range(50)]
    keys = [create_key(kms, Tags=tags) for _ in range(101)]
    for number, key_id in enumerate(keys[:51]):
        kms.create_alias(AliasName=f"alias/{number}", TargetKeyId=key_id)

    assert 100 == len(kms.list_keys()["Keys"])
    assert 50 == len(kms.list_aliases()["Aliases"])
    assert members(kms.list_resource_tags(KeyId=keys[0])) == {"Tags": tags, "Truncated": False}


# --- limits -------------------------------------------------------------------------------------

# The greatest limit of each (quotas ).
GREATEST: Final = {
    "list_keys": 1000,
    "list_aliases": 100,
    "list_resource_tags": 50,
    "list_key_policies": 1000,
}


@EVERY_LIST
def test_greatest_limit(kms, listing):
    """The greatest limit is accepted (quotas Q-42, Q-45, Q-46, Q-48)."""
    request, names = listing.fill(kms)

    assert names == listing.names(listing.call(kms)(Limit=GREATEST[listing.method], **request))


@EVERY_LIST
def test_limit_too_great(kms, listing):
    """A greater one is refused (quotas Q-42, Q-45, Q-46, Q-48)."""
    request, _ = listing.fill(kms)
    greatest = GREATEST[listing.method]

    assert (
        "ValidationException",
        f"1 validation error detected: Value '{greatest + 1}' at 'limit' failed to satisfy"
        f" constraint: Member must have value less than or equal to {greatest}",
    ) == refusal(listing.call(kms), Limit=greatest + 1, **request)


@EVERY_LIST
@pytest.mark.parametrize("limit", [0, -1])
def test_limit_too_small(unchecked_kms, listing, limit):
    """A page has at least one place (quotas Q-42, Q-45, Q-46, Q-48)."""
    request, _ = listing.fill(unchecked_kms)

    assert (
        "ValidationException",
        f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint:"
        " Member must have value greater than or equal to 1",
    ) == refusal(listing.call(unchecked_kms), Limit=limit, **request)


# --- markers ------------------------------------------------------------------------------------


def foreign_marker(kms: "KMSClient", method: str) -> str:
    """Return a marker of another operation."""
    if method == "list_keys":
        return kms.list_aliases(Limit=1)["NextMarker"]
    create_key(kms)
    create_key(kms)
    return kms.list_keys(Limit=1)["NextMarker"]


def bad_marker_answer(method: str) -> tuple[str, str]:
    # ListKeyPolicies alone does not have the exception (rules PAGE-4).
    code = "ValidationException" if method == "list_key_policies" else "InvalidMarkerException"
    return code, "Could not deserialize marker"


@EVERY_LIST
def test_marker_of_another_operation(kms, listing):
    """A marker is good for the operation that gave it (rules PAGE-4; the text is assumed)."""
    request, _ = listing.fill(kms)
    marker = foreign_marker(kms, listing.method)

    assert bad_marker_answer(listing.method) == refusal(listing.call(kms), Marker=marker, **request)


GARBAGE: Final = {
    "one letter": "x",
    "a space": " ",
    "Latin-1": "ÿ",
    "the longest": "A" * 1024,
    "base64 of no text": b64encode(b"\xff\xfe").decode(),
    "base64 of no JSON": b64encode(b"{").decode(),
    "base64 of a deep list": b64encode(b"[" * 700).decode(),
    "base64 of another list": b64encode(b'["ListKeys"]').decode(),
    "base64 of an object": b64encode(b'{"ListKeys": "x"}').decode(),
    "base64 of numbers": b64encode(b'["ListKeys", 1]').decode(),
    "base64 of a long number": b64encode(b"9" * 700).decode(),
}


@pytest.mark.sweep(7)
@pytest.mark.parametrize("marker", GARBAGE.values(), ids=GARBAGE.keys())
@EVERY_LIST
def test_garbage_for_a_marker(kms, listing, marker):
    """What was never a marker is refused as one (rules PAGE-4; the text is assumed)."""
    request, _ = listing.fill(kms)

    assert bad_marker_answer(listing.method) == refusal(listing.call(kms), Marker=marker, **request)


def test_marker_with_something_in_between(kms):
    """A marker is passed on as it was given, or refused (rules PAGE-2, PAGE-4)."""
    fill_keys(kms)
    marker = kms.list_keys(Limit=1)["NextMarker"]

    assert bad_marker_answer("list_keys") == refusal(
        kms.list_keys, Marker=f"{marker[:8]}!{marker[8:]}"
    )


@EVERY_LIST
def test_marker_too_long(kms, listing):
    """A marker has at most 1,024 characters (quotas Q-50)."""
    request, _ = listing.fill(kms)
    marker = "A" * 1025

    assert (
        "ValidationException",
        f"1 validation error detected: Value '{marker}' at 'marker' failed to satisfy constraint:"
        " Member must have length less than or equal to 1024",
    ) == refusal(listing.call(kms), Marker=marker, **request)


@EVERY_LIST
def test_marker_of_other_characters(kms, listing):
    """A marker has characters from U+0020 to U+00FF (quotas Q-50)."""
    request, _ = listing.fill(kms)

    assert (
        "ValidationException",
        "1 validation error detected: Value 'Ā' at 'marker' failed to satisfy constraint: Member"
        r" must satisfy regular expression pattern: [\u0020-\u00FF]*",
    ) == refusal(listing.call(kms), Marker="Ā", **request)


@EVERY_LIST
def test_empty_marker(unchecked_kms, listing):
    """A marker is not empty (quotas Q-50)."""
    request, _ = listing.fill(unchecked_kms)

    assert (
        "ValidationException",
        "1 validation error detected: Value '' at 'marker' failed to satisfy constraint: Member"
        " must have length greater than or equal to 1",
    ) == refusal(listing.call(unchecked_kms), Marker="", **request)


@pytest.mark.parametrize("name", [name for name in LISTS if name != "ListKeyPolicies"])
def test_marker_can_be_used_again(kms, name):
    """The same marker leads to the same page (rules PAGE-2)."""
    listing = LISTS[name]
    request, names = listing.fill(kms)
    call = listing.call(kms)
    marker = call(Limit=1, **request)["NextMarker"]

    first = members(call(Limit=2, Marker=marker, **request))

    assert first == members(call(Limit=2, Marker=marker, **request))
    assert names[1:3] == listing.names(first)


# --- changes between two pages -------------------------------------------------------------------


def test_keys_deleted_between_pages(kms, kms_mock):
    """Nothing is left out or listed twice, though the last key of a page and others are gone."""
    _, names = fill_keys(kms)
    first = kms.list_keys(Limit=3)
    for key_id in (names[0], names[2], names[3]):
        kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    kms_mock.clock.advance(days=7)

    rest = kms.list_keys(Marker=first["NextMarker"])

    assert names[:3] == [key["KeyId"] for key in first["Keys"]]
    assert names[4:] == [key["KeyId"] for key in rest["Keys"]]


def test_all_further_keys_deleted_between_pages(kms, kms_mock):
    """A page may turn out to be empty (rules PAGE-3)."""
    _, names = fill_keys(kms)
    marker = kms.list_keys(Limit=3)["NextMarker"]
    for key_id in names[3:]:
        kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    kms_mock.clock.advance(days=7)

    assert {"Keys": [], "Truncated": False} == members(kms.list_keys(Marker=marker))


def test_aliases_changed_between_pages(kms):
    """Aliases that come or go do not move the others to another page."""
    request, _ = fill_aliases_of_a_key(kms)
    first = kms.list_aliases(Limit=3, **request)  # a, b, c
    for name in ("alias/a", "alias/c", "alias/e"):
        kms.delete_alias(AliasName=name)
    for name in ("alias/a1", "alias/d1"):
        kms.create_alias(AliasName=name, TargetKeyId=request["KeyId"])

    rest = kms.list_aliases(Marker=first["NextMarker"], **request)

    assert ["alias/d", "alias/d1", "alias/f", "alias/g"] == [
        alias["AliasName"] for alias in rest["Aliases"]
    ]


def test_tags_changed_between_pages(kms):
    """Tags that come or go do not move the others to another page."""
    request, names = fill_tags(kms)
    first = kms.list_resource_tags(Limit=3, **request)
    kms.untag_resource(TagKeys=[names[0], names[2], names[4]], **request)
    kms.tag_resource(Tags=[{"TagKey": "00", "TagValue": ""}], **request)

    rest = kms.list_resource_tags(Marker=first["NextMarker"], **request)

    assert [names[3], names[5], names[6]] == [tag["TagKey"] for tag in rest["Tags"]]
