"""Key policies: GetKeyPolicy, PutKeyPolicy, ListKeyPolicies."""

from typing import Final

from pytest_kmsmock._kms.access.facts import KeyMoment
from pytest_kmsmock._kms.access.policy import policy_of, read_policy
from pytest_kmsmock._kms.access.sharing import RAM_POLICY_NAME, ram_policy
from pytest_kmsmock._kms.domain.changes import change
from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.domain.paging import page
from pytest_kmsmock._kms.errors import already_exists, not_found, validation
from pytest_kmsmock._kms.rules.context import Context, RequestMembers, ResponseMembers
from pytest_kmsmock._kms.rules.lockout import check_lockout
from pytest_kmsmock._kms.rules.operation import key_use, operation

POLICY_NAME: Final = "default"  # a key has this one, and AWS_RAM if it is shared (rules RAM-7)


@operation("GetKeyPolicy", key_use())
def get_key_policy(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html"""
    name = request.get("PolicyName", POLICY_NAME)
    policy: str | None = None
    if name == POLICY_NAME:
        policy = policy_of(key)
    elif name == RAM_POLICY_NAME:
        policy = ram_policy(key)
    if policy is None:
        raise not_found("No such policy exists")  # wire-facts V9
    return {"Policy": policy, "PolicyName": name}


@operation("PutKeyPolicy", key_use())
def put_key_policy(ctx: Context, request: RequestMembers, key: Key) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html"""
    name = request.get("PolicyName", POLICY_NAME)
    if name == RAM_POLICY_NAME:  # rules RAM-10; that the sentence has no full stop is assumed
        raise validation("The AWS_RAM policy can only be managed by the RAM service")
    if name != POLICY_NAME:
        raise already_exists("Only one policy per key is supported")  # wire-facts V10
    policy = read_policy(request)
    check_lockout(ctx, request, policy, KeyMoment.of(key))
    change(key, policy=policy)


@operation("ListKeyPolicies", key_use())
def list_key_policies(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyPolicies.html"""
    # In this order (rules RAM-9; assumed).
    names = [RAM_POLICY_NAME, POLICY_NAME] if key.shares else [POLICY_NAME]
    shown, paging = page("ListKeyPolicies", request, names, default_limit=100)
    return {"PolicyNames": list(shown), **paging}
