"""The paginators of boto3: they stop after a number of items, and resume where they stopped."""

from functools import cache

import boto3
import pytest

from tests.vocabulary import create_key

COUNT = 7
ALICE = "arn:aws:iam::123456789012:user/alice"


@cache
def make_client():
    return boto3.session.Session().client("kms")


@pytest.fixture
def client(kms):
    """A client of boto3, whose session knew neither Region nor credentials."""
    return make_client()


def create_grant(client, key_arn):
    client.create_grant(
        KeyId=key_arn, GranteePrincipal=ALICE, RetiringPrincipal=ALICE, Operations=["Decrypt"]
    )


def fill_key_stores(client, clock):
    for number in range(COUNT):
        client.create_custom_key_store(
            CustomKeyStoreName=f"store-{number}",
            CustomKeyStoreType="EXTERNAL_KEY_STORE",
            XksProxyUriEndpoint=f"https://proxy-{number}.example.com",
            XksProxyUriPath="/kms/xks/v1",
            XksProxyConnectivity="PUBLIC_ENDPOINT",
            XksProxyAuthenticationCredential={
                "AccessKeyId": "ABCDEFGHIJKLMNOPQRST",
                "RawSecretAccessKey": "x" * 43,
            },
        )
    return {}


def fill_aliases(client, clock):
    key_arn = create_key(client)
    for number in range(COUNT):
        client.create_alias(AliasName=f"alias/app-{number}", TargetKeyId=key_arn)
    return {"KeyId": key_arn}


def fill_grants(client, clock):
    key_arn = create_key(client)
    for _ in range(COUNT):
        create_grant(client, key_arn)
    return {"KeyId": key_arn}


def fill_retirable_grants(client, clock):
    for _ in range(COUNT):
        create_grant(client, create_key(client))
    return {"RetiringPrincipal": ALICE}


def fill_policies(client, clock):
    return {"KeyId": create_key(client)}


def fill_rotations(client, clock):
    key_arn = create_key(client)
    for _ in range(COUNT):
        client.rotate_key_on_demand(KeyId=key_arn)
        clock.advance(hours=1)
    return {"KeyId": key_arn}


def fill_keys(client, clock):
    for _ in range(COUNT):
        create_key(client)
    return {}


def fill_tags(client, clock):
    tags = [{"TagKey": f"tag-{number}", "TagValue": ""} for number in range(COUNT)]
    return {"KeyId": create_key(client, Tags=tags)}


# paginator -> what fills its list and returns the request, what it lists, and how many
LISTS = {
    "describe_custom_key_stores": (fill_key_stores, "CustomKeyStores", COUNT),
    "list_aliases": (fill_aliases, "Aliases", COUNT),
    "list_grants": (fill_grants, "Grants", COUNT),
    "list_key_policies": (fill_policies, "PolicyNames", 1),
    "list_key_rotations": (fill_rotations, "Rotations", COUNT),
    "list_keys": (fill_keys, "Keys", COUNT),
    "list_resource_tags": (fill_tags, "Tags", COUNT),
    "list_retirable_grants": (fill_retirable_grants, "Grants", COUNT),
}


def test_no_paginator_is_forgotten(client):
    """These are all paginators that boto3 has for KMS."""
    operations = client.meta.method_to_api_mapping

    assert LISTS.keys() == {name for name in operations if client.can_paginate(name)}


@pytest.mark.parametrize("size", [1, 2, 50])
@pytest.mark.parametrize(("name", "listing"), LISTS.items(), ids=LISTS)
def test_stop_and_resume(client, kms_mock, name, listing, size):
    """Three items, then the rest by the paginator's own token, are all items once, in order."""
    fill, result, count = listing
    request = fill(client, kms_mock.clock)
    paginator = client.get_paginator(name)
    whole = paginator.paginate(**request).build_full_result()[result]
    first = paginator.paginate(
        PaginationConfig={"MaxItems": 3, "PageSize": size}, **request
    ).build_full_result()
    rest = []
    if "NextToken" in first:
        rest = paginator.paginate(
            PaginationConfig={"StartingToken": first["NextToken"], "PageSize": size}, **request
        ).build_full_result()[result]

    assert count == len(whole)
    assert whole == first[result] + rest
