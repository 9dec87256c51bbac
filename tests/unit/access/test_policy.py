"""Whatever a policy says, it is kept as it is or refused as AWS would."""

import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_kmsmock import mock_kms
from pytest_kmsmock._kms.access.policy import read_policy
from pytest_kmsmock._kms.errors import KmsError
from tests.unit.access.policy_documents import (
    any_json,
    good_policies,
    near_policies,
)
from tests.vocabulary import create_key, stored_policy

# What the service model lets a policy contain (quotas Q-36).
ALLOWED_TEXT = re.compile(r"[\t\n\r\x20-\xff]+")
REFUSALS = ("MalformedPolicyDocumentException", "LimitExceededException")


def check(text: str) -> str:
    policy = read_policy({"Policy": text})
    assert policy is not None
    return policy


def check_or_refuse(text: str) -> str | None:
    """Return the policy as AWS lays it out, or None if it is refused as AWS refuses policies."""
    try:
        return check(text)
    except KmsError as refused:
        code, message = refused.code, refused.message

    assert code in REFUSALS
    assert message != ""
    return None


@given(st.text() | st.text('{}[]",:\\u0123456789truefalsn ', min_size=1))
@example("[" * 30_000)
@example('{"Version":' * 3_000)
@example("9" * 30_000)
@settings(deadline=None)
def test_any_text(text):
    """Text that is no policy is refused, and nothing else happens (rules POL-11)."""
    assert check_or_refuse(text) is None


@pytest.mark.slow
@given(any_json | near_policies)
@settings(deadline=None, max_examples=150)
def test_any_document(document):
    """Any JSON is refused, or kept: JSON-equal, in characters that may be put again (P3, Q-36)."""
    kept = check_or_refuse(json.dumps(document))

    if kept is not None:
        assert document == json.loads(kept)
        assert ALLOWED_TEXT.fullmatch(kept)


@given(good_policies)
@settings(deadline=None, max_examples=75)
def test_good_policy(document):
    """A well-formed policy comes back equal, and its layout is final (wire-facts P2, P3)."""
    kept = check(json.dumps(document))

    assert document == json.loads(kept)
    assert kept == check(kept)


@pytest.mark.slow
@given(near_policies | good_policies, st.booleans())
@settings(deadline=None, max_examples=50)
def test_any_document_through_a_client(document, bypass):
    """A client gets an answer of AWS to any document, and a refused one changes nothing."""
    with mock_kms(isolated=True) as mock:
        kms = mock.client()
        key_id = create_key(kms)
        expected = json.loads(kms.get_key_policy(KeyId=key_id)["Policy"])

        try:
            kms.put_key_policy(
                KeyId=key_id, Policy=json.dumps(document), BypassPolicyLockoutSafetyCheck=bypass
            )
            expected = document
        except kms.exceptions.MalformedPolicyDocumentException:
            pass  # and nothing has changed

        assert expected == stored_policy(key_id)
