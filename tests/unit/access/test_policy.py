"""Whatever a policy says, it is kept as it is or refused as AWS would."""

import json
import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_kmsmock import mock_kms
from pytest_kmsmock._kms.access.policy import read_policy
from pytest_kmsmock._kms.errors import KmsError
from tests.unit.access.policy_documents import (
    ACCOUNT,
    KEY_ARN,
    any_json,
    good_policies,
    near_policies,
)
from tests.vocabulary import create_key

# What the service model lets a policy contain (quotas Q-36).
ALLOWED_TEXT = re.compile(r"[\t\n\r\x20-\xff]+")
REFUSALS = ("MalformedPolicyDocumentException", "LimitExceededException")


def check(text: str, *, bypass: bool = False) -> str:
    request = {"Policy": text, "BypassPolicyLockoutSafetyCheck": bypass}
    policy = read_policy(request, ACCOUNT, key_arn=KEY_ARN)
    assert policy is not None
    return policy


def check_or_refuse(text: str, *, bypass: bool) -> str | None:
    """Return the policy as AWS lays it out, or None if it is refused as AWS refuses policies."""
    try:
        return check(text, bypass=bypass)
    except KmsError as refused:
        code, message = refused.code, refused.message

    assert code in REFUSALS
    assert message != ""
    return None


@given(st.text() | st.text('{}[]",:\\u0123456789truefalsn ', min_size=1), st.booleans())
@example("[" * 30_000, False)
@example('{"Version":' * 3_000, False)
@example("9" * 30_000, False)
@settings(deadline=None)
def test_any_text(text, bypass):
    """Text that is no policy is refused, and nothing else happens (rules POL-11)."""
    assert check_or_refuse(text, bypass=bypass) is None


@given(any_json | near_policies, st.booleans())
@settings(deadline=None, max_examples=150)
def test_any_document(document, bypass):
    """Any JSON is refused, or kept: JSON-equal, in characters that may be put again (P3, Q-36)."""
    kept = check_or_refuse(json.dumps(document), bypass=bypass)

    if kept is not None:
        assert document == json.loads(kept)
        assert ALLOWED_TEXT.fullmatch(kept)


@given(good_policies)
@settings(deadline=None, max_examples=75)
def test_good_policy(document):
    """A well-formed policy comes back equal, and its layout is final (wire-facts P2, P3)."""
    kept = check(json.dumps(document), bypass=True)

    assert document == json.loads(kept)
    assert kept == check(kept, bypass=True)


@given(good_policies)
@settings(deadline=None, max_examples=75)
def test_lockout_check_does_not_mind_the_order(document):
    """Whether a policy locks out does not depend on the order of its statements (rules POL-13)."""
    turned = {**document, "Statement": document["Statement"][::-1]}

    passed = [
        check_or_refuse(json.dumps(one), bypass=False) is not None for one in (document, turned)
    ]

    assert passed[0] is passed[1]


@given(good_policies, st.sampled_from(["*", {"AWS": ACCOUNT}]))
@settings(deadline=None, max_examples=100)
def test_denying_all_locks_out(document, everybody):
    """No Allow holds out against a Deny of everything to everybody (rules POL-13, AUTH-1)."""
    denial: dict[str, Any] = {
        "Effect": "Deny",
        "Principal": everybody,
        "Action": "*",
        "Resource": "*",
    }
    document["Statement"].append(denial)

    with pytest.raises(KmsError) as refused:
        check(json.dumps(document))

    assert (
        "MalformedPolicyDocumentException",
        "The new key policy will not allow you to update the key policy in the future.",
    ) == (refused.value.code, refused.value.message)


@given(near_policies | good_policies)
@settings(deadline=None, max_examples=50)
def test_any_document_through_a_client(document):
    """A client gets an answer of AWS to any document, and a refused one changes nothing."""
    with mock_kms(isolated=True) as mock:
        kms = mock.client()
        key_id = create_key(kms)
        expected = json.loads(kms.get_key_policy(KeyId=key_id)["Policy"])

        try:
            kms.put_key_policy(KeyId=key_id, Policy=json.dumps(document))
            expected = document
        except kms.exceptions.MalformedPolicyDocumentException:
            pass  # and nothing has changed

        assert expected == json.loads(kms.get_key_policy(KeyId=key_id)["Policy"])
