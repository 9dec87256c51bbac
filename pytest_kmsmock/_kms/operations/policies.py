"""Key policies: GetKeyPolicy, PutKeyPolicy, ListKeyPolicies."""

from typing import Final

from pytest_kmsmock._kms.access.context import KeyMoment
from pytest_kmsmock._kms.access.policy import policy_of, read_policy
from pytest_kmsmock._kms.domain.changes import change
from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.domain.paging import page
from pytest_kmsmock._kms.errors import already_exists, not_found
from pytest_kmsmock._kms.rules.context import Context, RequestMembers, ResponseMembers
from pytest_kmsmock._kms.rules.lockout import check_lockout
from pytest_kmsmock._kms.rules.operation import key_use, operation

POLICY_NAME: Final = "default"  # a key has exactly this one (rules POL-1)


@operation("GetKeyPolicy", key_use())
def get_key_policy(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html"""
    if request.get("PolicyName", POLICY_NAME) != POLICY_NAME:
        raise not_found("No such policy exists")  # wire-facts V9
    return {"Policy": policy_of(key), "PolicyName": POLICY_NAME}


@operation("PutKeyPolicy", key_use())
def put_key_policy(ctx: Context, request: RequestMembers, key: Key) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html"""
    if request.get("PolicyName", POLICY_NAME) != POLICY_NAME:
        raise already_exists("Only one policy per key is supported")  # wire-facts V10
    policy = read_policy(request)
    check_lockout(ctx, request, policy, KeyMoment.of(key))
    change(key, policy=policy)


@operation("ListKeyPolicies", key_use())
def list_key_policies(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyPolicies.html"""
    names, paging = page("ListKeyPolicies", request, (POLICY_NAME,), default_limit=100)
    return {"PolicyNames": list(names), **paging}
