"""The lockout check: whoever sets a key policy must be able to change it again."""

import json
from typing import Any, Final

import pytest

from tests.operations.key_policies import (
    ALLOWED,
    BOTH,
    CALLER,
    IAM,
    ROOT,
    but,
    lacking,
    malformed,
    policy,
    put,
    refused,
    without,
)
from tests.vocabulary import ACCOUNT, OTHER_ACCOUNT, REGION, create_key, stored_policy

LOCKED_OUT: Final = malformed(
    "The new key policy will not allow you to update the key policy in the future."
)
CONDITIONAL: Final = {"StringEquals": {"kms:CallerAccount": ACCOUNT}}
UNMET: Final = {"StringEquals": {"kms:CallerAccount": OTHER_ACCOUNT}}
ADMIN: Final = f"{IAM}:role/admin"
OTHER_ROOT: Final = f"arn:aws:iam::{OTHER_ACCOUNT}:root"
DENIED: Final = {**ALLOWED, "Effect": "Deny"}


def not_for(statement: dict[str, Any], principal: Any) -> dict[str, Any]:
    return lacking("Principal", statement, NotPrincipal={"AWS": principal})


CHANGEABLE: Final = {
    "by the account": policy(ALLOWED),
    "by the account's number": but(Principal={"AWS": ACCOUNT}),
    "by everybody": but(Principal="*"),
    "by the caller": but(Principal={"AWS": CALLER}),
    "by one of several": but(Principal={"AWS": [OTHER_ROOT, CALLER]}),
    "by all but another": policy(not_for(ALLOWED, OTHER_ROOT)),
    "by all but one of us": policy(not_for(ALLOWED, ADMIN)),
    "by this action": but(Action="kms:PutKeyPolicy"),
    "by this action among others": but(Action=["kms:Get*", "kms:Put*"]),
    "by a pattern": but(Action="kms:?utKey*cy"),
    "by a name in another case": but(Action="KMS:putkeypolicy"),
    "by all actions but another": without("Action", NotAction="kms:Encrypt"),
    "by all actions but none": without("Action", NotAction=[]),
    "under a condition": but(Condition=CONDITIONAL),
    "for all resources but another": without(
        "Resource", NotResource=f"arn:aws:kms:{REGION}:{ACCOUNT}:key/other"
    ),
    "for keys of the account": but(Resource=f"arn:aws:kms:*:{ACCOUNT}:key/*"),
    "though another action is denied": policy(ALLOWED, {**DENIED, "Action": "kms:Encrypt"}),
    "though all actions but this are denied": policy(
        ALLOWED,
        lacking("Action", DENIED, NotAction="kms:Put*"),
    ),
    "though another account is denied": policy(
        ALLOWED, {**DENIED, "Principal": {"AWS": OTHER_ROOT}}
    ),
    "though one of us is denied": policy(ALLOWED, {**DENIED, "Principal": {"AWS": ADMIN}}),
    "though denied under a condition that does not hold": policy(
        ALLOWED, {**DENIED, "Principal": "*", "Condition": UNMET}
    ),
    "though all but the caller and the account are denied": policy(
        ALLOWED, not_for(DENIED, [CALLER, ROOT])
    ),
    "by the caller, though all others are denied": policy(
        {**ALLOWED, "Principal": {"AWS": CALLER}}, not_for(DENIED, [CALLER, ROOT])
    ),
    "though another key is denied": policy(
        ALLOWED, {**DENIED, "Resource": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/other"}
    ),
}


@pytest.mark.sweep(7)
@BOTH
@pytest.mark.parametrize("document", CHANGEABLE.values(), ids=CHANGEABLE.keys())
def test_policy_that_can_be_changed(kms, method, document):
    """A policy passes that leaves PutKeyPolicy to the caller (AZ86; rules POL-13)."""
    put(kms, method, document)


UNCHANGEABLE: Final = {
    "by another of us alone": but(Principal={"AWS": ADMIN}),
    "by a session of another": but(
        Principal={"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/me"}
    ),
    "under a condition that does not hold": but(Condition=UNMET),
    "denied under a condition that holds": policy(
        ALLOWED, {**DENIED, "Principal": "*", "Condition": CONDITIONAL}
    ),
    "denied to all but another of us": policy(ALLOWED, not_for(DENIED, ADMIN)),
    "denied to all but the account, which does not spare its users": policy(
        ALLOWED, not_for(DENIED, ROOT)
    ),
    "by nobody": but(Action="kms:Encrypt"),
    "by no such action": but(Action="kms:PutKeyPolic"),
    "by no action": but(Action=[]),
    "by no key action": but(Action="s3:*"),
    "by all actions but this": without("Action", NotAction="kms:*Policy"),
    "without an action": without("Action"),
    "without a resource": without("Resource"),
    "by another account": but(Principal={"AWS": [OTHER_ACCOUNT, OTHER_ROOT]}),
    "by a service": but(Principal={"Service": "s3.amazonaws.com"}),
    "by all but us": policy(not_for(ALLOWED, ROOT)),
    "by all but everybody": policy(not_for(ALLOWED, "*")),
    "for another key": but(Resource=f"arn:aws:kms:{REGION}:{ACCOUNT}:key/other"),
    "for other keys": but(Resource=f"arn:aws:kms:*:{OTHER_ACCOUNT}:key/*"),
    "for no keys": without("Resource", NotResource="*"),
    "only denied": policy(DENIED),
    "denied to everybody": policy(ALLOWED, {**DENIED, "Principal": "*"}),
    "denied to everybody among others": policy(
        ALLOWED, {**DENIED, "Principal": {"AWS": [OTHER_ROOT, "*"]}}
    ),
    "denied to the account": policy(ALLOWED, DENIED),
    "denied to the one role": policy(
        {**ALLOWED, "Principal": {"AWS": ADMIN}}, {**DENIED, "Principal": {"AWS": [ADMIN]}}
    ),
    "denied to all but another account": policy(ALLOWED, not_for(DENIED, OTHER_ROOT)),
    "denied to all but another role": policy(
        {**ALLOWED, "Principal": {"AWS": ADMIN}}, not_for(DENIED, f"{IAM}:role/other")
    ),
}


@pytest.mark.sweep(7)
@BOTH
@pytest.mark.parametrize("document", UNCHANGEABLE.values(), ids=UNCHANGEABLE.keys())
def test_policy_that_could_not_be_changed(kms, method, document):
    """A policy that shuts the caller out is refused (wire-facts P5; AZ86; rules POL-13, ERR-17)."""
    assert LOCKED_OUT == refused(kms, method, json.dumps(document))


@pytest.mark.sweep(7)
@BOTH
@pytest.mark.parametrize("document", UNCHANGEABLE.values(), ids=UNCHANGEABLE.keys())
def test_bypassing_the_lockout_check(kms, method, document):
    """It passes if the request says so (wire-facts P7; rules POL-14)."""
    put(kms, method, document, BypassPolicyLockoutSafetyCheck=True)


@BOTH
def test_bypass_that_is_false(kms, method):
    """The check is made if the request does not say so (rules POL-14)."""
    document = json.dumps(policy(DENIED))

    assert LOCKED_OUT == refused(kms, method, document, BypassPolicyLockoutSafetyCheck=False)


@BOTH
def test_bypass_is_of_the_lockout_check_alone(kms, method):
    """A malformed policy is refused all the same (rules POL-14)."""
    document = json.dumps(but(Principal={"AWS": f"{IAM}:group/admins"}))

    assert malformed("Policy contains a statement with one or more invalid principals.") == refused(
        kms, method, document, BypassPolicyLockoutSafetyCheck=True
    )


def test_policy_for_this_very_key(kms):
    """A Resource may be the key's own ARN (rules POL-7)."""
    key_arn = create_key(kms)
    document = but(Resource=key_arn)

    kms.put_key_policy(KeyId=key_arn, Policy=json.dumps(document))

    assert document == stored_policy(key_arn)
