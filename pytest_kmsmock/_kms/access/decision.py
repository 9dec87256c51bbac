"""May this principal do this with that key?"""

from typing import Final

from pytest_kmsmock._kms.access.principals import Principal
from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.errors import KmsError, access_denied

# What the account itself may do with an AWS managed key (rules KEY-25); the key's policy leaves
# everything else to the service that owns it.
_ON_AWS_MANAGED_KEYS: Final = frozenset(
    {
        "DescribeKey",
        "GetKeyLastUsage",
        "GetKeyPolicy",
        "GetKeyRotationStatus",
        "ListAliases",
        "ListGrants",
        "ListKeyPolicies",
        "ListKeyRotations",
        "ListResourceTags",
        "RevokeGrant",
    }
)


def authorise(principal: Principal, action: str, key: Key) -> None:
    """
    Refuse *action*, an IAM action name without its `kms:`, where *principal* may not do it.

    Raises:
        KmsError: AccessDeniedException.
    """
    if key.family.manager == "AWS" and action not in _ON_AWS_MANAGED_KEYS:
        raise denied_by_key_policy(principal, action, key.arn)


def denied_by_key_policy(principal: Principal, action: str, key_arn: str) -> KmsError:
    return access_denied(
        f"User: {principal.arn} is not authorized to perform: kms:{action} on resource: {key_arn}"
        f" because no resource-based policy allows the kms:{action} action"
    )


def denied_by_identity_policy(principal: Principal, action: str, resource: str) -> KmsError:
    """The answer where a key policy leaves it to IAM, or there is no key (wire-facts N2, N3)."""
    return access_denied(
        f"User: {principal.arn} is not authorized to perform: kms:{action} on resource: {resource}"
        f" because no identity-based policy allows the kms:{action} action"
    )


def denied_elsewhere(principal: Principal, action: str, resource: str) -> KmsError:
    """
    The answer about a key that the caller cannot see: another account's, or a ciphertext's.

    *resource* is how AWS words it: "this resource" (wire-facts I12) or "the resource associated
    with this ciphertext" (wire-facts E26).
    """
    return access_denied(
        f"User: {principal.arn} is not authorized to perform: kms:{action} on {resource}"
        " because the resource does not exist in this Region, no resource-based policies allow"
        " access, or a resource-based policy explicitly denies access"
    )
