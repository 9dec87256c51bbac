"""The lockout check of random policies: what must be so, whatever they say."""

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kmsmock import mock_kms
from tests.unit.access.policy_documents import ACCOUNT, good_policies
from tests.vocabulary import create_key, refusal

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

LOCKED_OUT = (
    "MalformedPolicyDocumentException",
    "The new key policy will not allow you to update the key policy in the future.",
)


@given(good_policies)
@settings(deadline=None, max_examples=15)
def test_lockout_check_does_not_mind_the_order(document):
    """Whether a policy locks out does not depend on the order of its statements (rules POL-13)."""
    turned = {**document, "Statement": document["Statement"][::-1]}

    with mock_kms(isolated=True) as mock:
        kms = mock.client()
        outcomes = [outcome(kms, one) for one in (document, turned)]

    assert outcomes[0] == outcomes[1]


def outcome(kms: "KMSClient", document: Any) -> Any:
    try:
        kms.create_key(Policy=json.dumps(document))
    except kms.exceptions.MalformedPolicyDocumentException as refused:
        return refused.response["Error"]
    return "made"


@given(good_policies, st.sampled_from(["*", {"AWS": ACCOUNT}]))
@settings(deadline=None, max_examples=15)
def test_denying_all_locks_out(document, everybody):
    """No Allow holds out against a Deny of everything to everybody (rules POL-13, AUTH-1)."""
    denial: dict[str, Any] = {
        "Effect": "Deny",
        "Principal": everybody,
        "Action": "*",
        "Resource": "*",
    }
    document["Statement"].append(denial)

    with mock_kms(isolated=True) as mock:
        kms = mock.client()
        key_id = create_key(kms)

        assert LOCKED_OUT == refusal(kms.put_key_policy, KeyId=key_id, Policy=json.dumps(document))
