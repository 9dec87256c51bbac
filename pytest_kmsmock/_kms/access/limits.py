"""The policies around a caller and a resource, compiled: all but the resource's own."""

from functools import lru_cache

from pytest_kmsmock._kms.access.documents import Policy, PolicyKind, compile_all, compile_document
from pytest_kmsmock._kms.access.evaluation import Limits
from pytest_kmsmock._kms.domain.principals import Principal
from pytest_kmsmock._kms.domain.world import Levels, World


@lru_cache(maxsize=1024)
def own_limits(principal: Principal) -> Limits:
    """Return the limits that come with a caller, who is known by being the same object."""
    session = principal.session_policies
    return Limits(
        identity=compile_all(principal.policies, "identity"),
        boundary=None
        if principal.boundary is None
        else compile_document(principal.boundary, "boundary"),
        session=None if session is None else compile_all(session, "session"),
        endpoint=None
        if principal.endpoint_policy is None
        else compile_document(principal.endpoint_policy, "endpoint"),
    )


def limits_of(principal: Principal, world: World, account_id: str) -> Limits:
    """Return what limits *principal* at a resource of *account_id*."""
    limits = own_limits(principal)
    own, other = world.accounts.get(principal.account_id), world.accounts.get(account_id)
    if own is not None and own.service_control_policies:
        levels = own.service_control_policies
        limits = limits._replace(service_control=compile_levels(levels, "service control"))
    if other is not None and other.resource_control_policies:
        levels = other.resource_control_policies
        limits = limits._replace(resource_control=compile_levels(levels, "resource control"))
    return limits


def compile_levels(levels: Levels, kind: PolicyKind) -> tuple[tuple[Policy, ...], ...]:
    return tuple(compile_all(level, kind) for level in levels)
