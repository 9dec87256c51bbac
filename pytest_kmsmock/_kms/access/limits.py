"""The policies around a caller and a resource, compiled: all but the resource's own."""

from functools import lru_cache

from pytest_kmsmock._kms.access.documents import Policy, PolicyKind, compile_all, compile_document
from pytest_kmsmock._kms.access.evaluation import Limits
from pytest_kmsmock._kms.domain.principals import Principal
from pytest_kmsmock._kms.domain.world import ControlPolicies, Levels


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


def limits_of(principal: Principal, around: ControlPolicies) -> Limits:
    """Return what limits *principal* where these control policies are in force."""
    limits = own_limits(principal)
    if around.service:
        limits = limits._replace(service_control=compile_levels(around.service, "service control"))
    if around.resource:
        levels = compile_levels(around.resource, "resource control")
        limits = limits._replace(resource_control=levels)
    return limits


def compile_levels(levels: Levels, kind: PolicyKind) -> tuple[tuple[Policy, ...], ...]:
    return tuple(compile_all(level, kind) for level in levels)
