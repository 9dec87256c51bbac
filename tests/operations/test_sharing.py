"""Keys shared by AWS RAM: how KMS lists them, and their second policy (rules RAM-1 to 12)."""

import json

import pytest

from tests.operations.refusals import at_most, invalid, one_of, violation
from tests.todays_client import todays_client
from tests.vocabulary import (
    ACCOUNT,
    OTHER_ACCOUNT,
    REGION,
    call_as,
    create_key,
    harmless_refusal,
    members,
    refusal,
)

OWN = ["SELF"]
SHARED = ["OTHER_ACCOUNTS_VIA_RAM"]
BOTH = [*OWN, *SHARED]
THIRD_ACCOUNT = "345678901234"
PATTERN = r"Member must satisfy regular expression pattern: [\w]+"
INVALID_MARKER = ("InvalidMarkerException", "Could not deserialize marker")


@pytest.fixture
def theirs(kms_mock):
    """Four keys of another account, in the order of their ARNs; ours knows of none yet."""
    return make_in(OTHER_ACCOUNT, kms_mock, count=4)


def make_in(account_id, kms_mock, count=1, region=REGION):
    """Make keys in an account that has no client here, and return their ARNs, sorted."""
    return sorted(
        call_as(account_id, kms_mock, "CreateKey", region)["KeyMetadata"]["Arn"]
        for _ in range(count)
    )


def list_in(account_id, kms_mock, **request):
    """List keys as another account does."""
    answer = call_as(account_id, kms_mock, "ListKeys", **request)
    return [key["KeyArn"] for key in answer["Keys"]]


def pages(kms, **request):
    """Follow the markers, and return the ARNs of each page."""
    found = []
    while True:
        page = kms.list_keys(**request)
        found.append([key["KeyArn"] for key in page["Keys"]])
        assert page["Truncated"] is ("NextMarker" in page)
        if not page["Truncated"]:
            return found
        request["Marker"] = page["NextMarker"]


class TestListKeys:
    """Whose keys ListKeys lists."""

    @pytest.mark.parametrize("owners", [{}, {"ResourceOwners": OWN}], ids=["none", "SELF"])
    def test_own(self, kms, kms_mock, theirs, owners):
        """By default, and with SELF, the caller's own keys are listed alone (rules RAM-1)."""
        ours = create_key(kms)
        kms_mock.share_key(theirs[0], ACCOUNT)

        assert [[ours]] == pages(kms, **owners)

    def test_shared(self, kms, kms_mock, theirs):
        """With OTHER_ACCOUNTS_VIA_RAM alone, those that others share now, by ARN (rules RAM-2)."""
        create_key(kms)
        kms_mock.share_key(theirs[2], ACCOUNT)
        kms_mock.share_key(theirs[0], ACCOUNT)
        kms_mock.share_key(theirs[1], THIRD_ACCOUNT)

        answer = members(kms.list_keys(ResourceOwners=SHARED))

        assert {
            "Keys": [
                {"KeyId": arn.rpartition("/")[2], "KeyArn": arn} for arn in (theirs[0], theirs[2])
            ],
            "Truncated": False,
        } == answer

    def test_nothing_shared(self, kms, theirs):
        """Where nothing is shared, nothing is listed, own keys neither (rules RAM-2)."""
        create_key(kms)

        assert [[]] == pages(kms, ResourceOwners=SHARED)

    def test_another_region(self, kms, kms_mock):
        """A key is listed in its own Region only (rules RAM-2)."""
        (far,) = make_in(OTHER_ACCOUNT, kms_mock, region="eu-west-1")
        kms_mock.share_key(far, ACCOUNT)

        assert [[]] == pages(kms, ResourceOwners=SHARED)
        assert [[far]] == pages(todays_client(kms_mock, "eu-west-1"), ResourceOwners=SHARED)

    def test_several_accounts(self, kms, kms_mock, theirs):
        """Keys of several accounts are listed together."""
        (third,) = make_in(THIRD_ACCOUNT, kms_mock)
        for arn in (third, theirs[3]):
            kms_mock.share_key(arn, ACCOUNT)

        assert [sorted([theirs[3], third])] == pages(kms, ResourceOwners=SHARED)

    @pytest.mark.parametrize("owners", [BOTH, BOTH[::-1]], ids=["own first", "shared first"])
    @pytest.mark.parametrize("limit", [1, 2, 100])
    def test_both(self, kms, kms_mock, theirs, owners, limit):
        """In either order own keys come first, and no page has keys of both kinds (rules RAM-3)."""
        ours = sorted(create_key(kms) for _ in range(3))
        for arn in theirs:
            kms_mock.share_key(arn, ACCOUNT)

        found = pages(kms, ResourceOwners=owners, Limit=limit)

        assert [*ours, *theirs] == [arn for page in found for arn in page]
        assert all({*page} <= {*ours} or {*page} <= {*theirs} for page in found)
        assert all(len(page) <= limit for page in found)

    def test_both_without_own_keys(self, kms, kms_mock, theirs):
        """Without own keys the first page has none, though more is to come (rules RAM-4)."""
        kms_mock.share_key(theirs[0], ACCOUNT)

        assert [[], [theirs[0]]] == pages(kms, ResourceOwners=BOTH)

    def test_both_with_nothing_shared(self, kms):
        """Where nothing is shared, the last own key is the last."""
        ours = create_key(kms)

        assert [[ours]] == pages(kms, ResourceOwners=BOTH)

    def test_key_that_is_deleted(self, kms, kms_mock):
        """A shared key that is deleted is listed no more."""
        key = kms_mock.create_key()
        kms_mock.share_key(key, OTHER_ACCOUNT)
        before = list_in(OTHER_ACCOUNT, kms_mock, ResourceOwners=SHARED)
        kms.schedule_key_deletion(KeyId=key.arn, PendingWindowInDays=7)
        kms_mock.clock.advance(days=8)

        assert [key.arn] == before
        assert [] == list_in(OTHER_ACCOUNT, kms_mock, ResourceOwners=SHARED)

    @pytest.mark.parametrize(
        ("first", "then"),
        [
            (OWN, SHARED),
            (OWN, BOTH),
            (SHARED, OWN),
            (SHARED, BOTH),
            (BOTH, OWN),
            (BOTH, SHARED),
        ],
        ids="+".join,
    )
    def test_marker_of_other_owners(self, kms, kms_mock, theirs, first, then):
        """A marker belongs to its ResourceOwners (rules RAM-5)."""
        for _ in range(2):
            create_key(kms)
        for arn in theirs:
            kms_mock.share_key(arn, ACCOUNT)
        marker = kms.list_keys(ResourceOwners=first, Limit=1)["NextMarker"]

        assert INVALID_MARKER == refusal(kms.list_keys, ResourceOwners=then, Marker=marker)

    def test_marker_of_the_same_owners(self, kms):
        """To say SELF, or both in another order, is to say the same (assumed)."""
        for _ in range(2):
            create_key(kms)
        marker = kms.list_keys(Limit=1)["NextMarker"]
        other = kms.list_keys(Limit=1, ResourceOwners=BOTH)["NextMarker"]

        assert 1 == len(kms.list_keys(ResourceOwners=OWN, Marker=marker)["Keys"])
        assert 1 == len(kms.list_keys(ResourceOwners=BOTH[::-1], Marker=other)["Keys"])

    def test_key_that_comes_between_two_pages(self, kms, kms_mock, theirs):
        """What is shared between two calls is listed, and nothing twice."""
        for arn in (theirs[1], theirs[3]):
            kms_mock.share_key(arn, ACCOUNT)
        page = kms.list_keys(ResourceOwners=SHARED, Limit=1)
        kms_mock.share_key(theirs[2], ACCOUNT)
        kms_mock.share_key(theirs[0], ACCOUNT)

        rest = pages(kms, ResourceOwners=SHARED, Marker=page["NextMarker"])

        assert [theirs[1]] == [key["KeyArn"] for key in page["Keys"]]
        assert [[theirs[2], theirs[3]]] == rest

    def test_unknown_owner(self, kms):
        """There are two kinds of owners."""
        assert violation(
            "Value '[FOO]' at 'resourceOwners'",
            "Member must satisfy constraint: [" + one_of("[SELF, OTHER_ACCOUNTS_VIA_RAM]") + "]",
        ) == refusal(kms.list_keys, ResourceOwners=["FOO"])

    def test_too_many_owners(self, kms):
        """Two at most are named."""
        assert violation("Value '[SELF, SELF, SELF]' at 'resourceOwners'", at_most(2)) == refusal(
            kms.list_keys, ResourceOwners=OWN * 3
        )


class TestPolicies:
    """The policy named AWS_RAM."""

    @pytest.fixture
    def key_arn(self, kms):
        return create_key(kms)

    def test_get(self, kms, kms_mock, key_arn):
        """A shared key has a second policy, which names the accounts (rules RAM-7, RAM-8)."""
        kms_mock.share_key(key_arn, OTHER_ACCOUNT, actions=["kms:Decrypt", "kms:DescribeKey"])
        kms_mock.share_key(key_arn, THIRD_ACCOUNT, actions=("kms:Encrypt",))

        answer = members(kms.get_key_policy(KeyId=key_arn, PolicyName="AWS_RAM"))

        assert "AWS_RAM" == answer.pop("PolicyName")
        assert {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"},
                    "Action": actions,
                    "Resource": key_arn,
                }
                for account_id, actions in (
                    (OTHER_ACCOUNT, ["kms:Decrypt", "kms:DescribeKey"]),
                    (THIRD_ACCOUNT, ["kms:Encrypt"]),
                )
            ],
        } == json.loads(answer.pop("Policy"))
        assert {} == answer

    def test_get_of_a_key_that_is_not_shared(self, kms, key_arn):
        """A key that is not shared has none (rules RAM-8, wire-facts V9)."""
        assert ("NotFoundException", "No such policy exists") == refusal(
            kms.get_key_policy, KeyId=key_arn, PolicyName="AWS_RAM"
        )

    def test_default_stays(self, kms, kms_mock, key_arn):
        """The key's own policy is as it was, with and without its name."""
        before = members(kms.get_key_policy(KeyId=key_arn))
        kms_mock.share_key(key_arn, OTHER_ACCOUNT)

        assert before == members(kms.get_key_policy(KeyId=key_arn))
        assert before == members(kms.get_key_policy(KeyId=key_arn, PolicyName="default"))

    def test_list(self, kms, kms_mock, key_arn):
        """It is listed while the key is shared (rules RAM-9; the order is assumed)."""
        before = kms.list_key_policies(KeyId=key_arn)["PolicyNames"]
        kms_mock.share_key(key_arn, OTHER_ACCOUNT)
        shared = kms.list_key_policies(KeyId=key_arn)["PolicyNames"]
        kms_mock.unshare_key(key_arn, OTHER_ACCOUNT)

        assert ["default"] == before == kms.list_key_policies(KeyId=key_arn)["PolicyNames"]
        assert ["AWS_RAM", "default"] == shared

    def test_list_by_pages(self, kms, kms_mock, key_arn):
        """Two names make two pages of one."""
        kms_mock.share_key(key_arn, OTHER_ACCOUNT)
        first = kms.list_key_policies(KeyId=key_arn, Limit=1)
        second = kms.list_key_policies(KeyId=key_arn, Limit=1, Marker=first["NextMarker"])

        assert (["AWS_RAM"], True) == (first["PolicyNames"], first["Truncated"])
        assert (["default"], False) == (second["PolicyNames"], second["Truncated"])

    @pytest.mark.parametrize("is_shared", [False, True], ids=["not shared", "shared"])
    @pytest.mark.parametrize("bypass", [False, True], ids=["checked", "bypassed"])
    def test_put(self, kms, kms_mock, key_arn, is_shared, bypass):
        """Nobody but RAM puts it (rules RAM-10)."""
        if is_shared:
            kms_mock.share_key(key_arn, OTHER_ACCOUNT)
        policy = kms.get_key_policy(KeyId=key_arn)["Policy"]

        assert invalid("The AWS_RAM policy can only be managed by the RAM service") == (
            harmless_refusal(
                kms.put_key_policy,
                KeyId=key_arn,
                PolicyName="AWS_RAM",
                Policy=policy,
                BypassPolicyLockoutSafetyCheck=bypass,
            )
        )

    def test_lockout(self, kms, kms_mock, key_arn):
        """What RAM allows keeps nobody from locking himself out (rules RAM-11)."""
        kms_mock.share_key(key_arn, OTHER_ACCOUNT, actions=["kms:PutKeyPolicy"])
        nobody = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                    "Action": "kms:DescribeKey",
                    "Resource": "*",
                }
            ],
        }

        assert (
            "MalformedPolicyDocumentException",
            "The new key policy will not allow you to update the key policy in the future.",
        ) == harmless_refusal(kms.put_key_policy, KeyId=key_arn, Policy=json.dumps(nobody))

    @pytest.mark.parametrize("is_shared", [False, True], ids=["not shared", "shared"])
    @pytest.mark.parametrize("name", ["A", "AWS_RAM2", "_0", "n" * 128])
    def test_other_name(self, kms, kms_mock, key_arn, is_shared, name):
        """A name of 1 to 128 letters, digits and underscores is of the right shape (RAM-12)."""
        if is_shared:
            kms_mock.share_key(key_arn, OTHER_ACCOUNT)
        policy = kms.get_key_policy(KeyId=key_arn)["Policy"]

        assert ("NotFoundException", "No such policy exists") == harmless_refusal(
            kms.get_key_policy, KeyId=key_arn, PolicyName=name
        )
        assert ("AlreadyExistsException", "Only one policy per key is supported") == (
            harmless_refusal(kms.put_key_policy, KeyId=key_arn, PolicyName=name, Policy=policy)
        )

    @pytest.mark.parametrize(
        ("name", "constraint"),
        [
            ("n" * 129, at_most(128)),
            ("AWS-RAM", PATTERN),
            ("AWS RAM", PATTERN),
            ("AWS_RAM\n", PATTERN),
            ("AWS_RÄM", PATTERN),
        ],
        ids=["too long", "hyphen", "space", "line end", "umlaut"],
    )
    def test_name_of_another_shape(self, kms, kms_mock, key_arn, name, constraint):
        """Any other name is refused before KMS looks for the policy (RAM-12)."""
        kms_mock.share_key(key_arn, OTHER_ACCOUNT)
        policy = kms.get_key_policy(KeyId=key_arn)["Policy"]
        expected = violation(f"Value '{name}' at 'policyName'", constraint)

        assert expected == harmless_refusal(kms.get_key_policy, KeyId=key_arn, PolicyName=name)
        assert expected == harmless_refusal(
            kms.put_key_policy, KeyId=key_arn, PolicyName=name, Policy=policy
        )

    def test_replica(self, kms, kms_mock):
        """A replica is not shared because its primary is: a policy is no shared property."""
        primary = create_key(kms, MultiRegion=True)
        kms_mock.share_key(primary, OTHER_ACCOUNT)
        kms.replicate_key(KeyId=primary, ReplicaRegion="eu-west-1")
        europe = kms_mock.client("eu-west-1")
        replica = primary.replace(REGION, "eu-west-1")

        assert ["default"] == europe.list_key_policies(KeyId=replica)["PolicyNames"]
