"""
The decision: from what is asked, the policies and the grants to allowed or denied.

It knows no world and no pipeline; what a request has of condition keys it asks of `Values`.
Order and layers: AZ44 to AZ47, AZ50 to AZ81, AZ95, AZ96.
"""

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple, TypeAlias

from pytest_kmsmock._kms.access import grants as rules_of_grants
from pytest_kmsmock._kms.access.conditions import Values
from pytest_kmsmock._kms.access.documents import Policy, Reach, Statement
from pytest_kmsmock._kms.access.grants import NO_USE, GrantUse
from pytest_kmsmock._kms.domain.grants import Grant
from pytest_kmsmock._kms.domain.principals import Principal

Layer: TypeAlias = Literal[
    "scp",
    "rcp",
    "resource",
    "identity",
    "boundary",
    "session",
    "endpoint",
    "cross-account",  # the operation serves the key's own account alone
    "missing",  # there is no such key
]
Kind: TypeAlias = Literal["implicit", "explicit"]

Levels: TypeAlias = tuple[tuple[Policy, ...], ...]

_SERVICE_LINKED: Final = ":role/aws-service-role/"


class Limits(NamedTuple):
    """The policies around a request, all but the resource's own."""

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None  # None: no session policy limits the caller
    service_control: Levels = ()
    resource_control: Levels = ()
    endpoint: Policy | None = None


class Question(NamedTuple):
    """
    One permission that an operation asks for.

    *resource* is what policies match: the ARN of a key or an alias, or `*`. *account_id* owns it.
    *has_policy* tells a key, whose policy decides, from what identity policies alone give.
    *is_aws_managed* keys are out of resource control policies' reach (AZ69). *retires* is the grant
    to be retired. The last three are for the message: whether the key is known by a ciphertext
    alone, whether the resource is left out (AZ30), and whether other accounts are always refused
    (AZ78).
    """

    action: str
    resource: str
    account_id: str
    has_policy: bool = False
    is_aws_managed: bool = False
    retires: Grant | None = None
    is_by_ciphertext: bool = False
    is_unnamed: bool = False
    is_for_own_account: bool = False


class Case(NamedTuple):
    """All that one decision depends on."""

    question: Question
    principal: Principal
    values: Values
    limits: Limits = Limits()
    key_policies: tuple[Policy, ...] = ()
    grants: tuple[Grant, ...] = ()
    use: GrantUse = NO_USE

    @property
    def is_own(self) -> bool:
        """Whether caller and resource are of one account; a service has none of its own."""
        principal = self.principal
        return principal.kind == "Service" or principal.account_id == self.question.account_id


class Verdict(NamedTuple):
    """The answer; *policy* and *statement* are those that deny explicitly, or that allow."""

    allowed: bool
    kind: Kind | None = None
    layer: Layer | None = None
    policy: Policy | None = None
    statement: Statement | None = None


class Route(NamedTuple):
    """What must allow, too, where a key policy or a grant names the caller in a certain way."""

    identity: bool = False
    boundary: bool = False
    session: bool = False


FREE: Final = Route()
BY_IDENTITY: Final = Route(identity=True, boundary=True, session=True)
BY_ROLE: Final = Route(boundary=True, session=True)
BY_FEDERATING_USER: Final = Route(session=True)

ALLOWED: Final = Verdict(True)


def evaluate(case: Case) -> Verdict:
    """Decide, and tell the one reason that AWS would show (AZ44)."""
    question, limits = case.question, case.limits
    scps: Levels = ()
    if limits.service_control or limits.resource_control:
        scps, rcps = control_policies(case)
        for level in scps:
            if (denied := find_denial(level, case, "scp")) is not None:
                return denied
        for level in rcps:
            if (denied := find_denial(level, case, "rcp")) is not None:
                return denied
    reach = Reach.NOT
    if question.has_policy and question.retires is None:
        denied = find_denial(case.key_policies, case, "resource")
        if denied is not None:
            return denied
        reach = policy_reach(case)
    route = find_route(case, reach)
    denied = find_denial(limits.identity, case, "identity")
    if denied is None and limits.boundary is not None:
        denied = find_denial((limits.boundary,), case, "boundary")
    # A session policy's denial is shown only where the key would be allowed (AZ46).
    if denied is None and limits.session and route is not None:
        denied = find_denial(limits.session, case, "session")
    if denied is None and limits.endpoint is not None:
        denied = find_denial((limits.endpoint,), case, "endpoint")
    if denied is not None:
        return denied
    gap = find_gap(case, scps, route)
    return ALLOWED if gap is None else Verdict(False, "implicit", gap)


def find_gap(case: Case, scps: Levels, route: Route | None) -> Layer | None:
    """Return the first layer that does not allow, where none denies; None if all do."""
    question, limits = case.question, case.limits
    for level in scps:
        if not permits(level, case):
            return "scp"
    if route is None:
        return "resource"
    if question.is_for_own_account and not case.is_own:
        return "cross-account"
    if route.identity and not permits(limits.identity, case):
        return "identity"
    if route.boundary and limits.boundary is not None and not permits((limits.boundary,), case):
        return "boundary"
    if route.session and limits.session is not None and not permits(limits.session, case):
        return "session"
    if limits.endpoint is not None and not permits((limits.endpoint,), case):
        return "endpoint"
    return None


def control_policies(case: Case) -> tuple[Levels, Levels]:
    """Return the levels of service and of resource control policies that are for the case."""
    question, principal, limits = case.question, case.principal, case.limits
    is_linked = _SERVICE_LINKED in (principal.issuer_arn or "")
    scps = () if is_linked or principal.kind == "Service" else limits.service_control
    is_out_of_reach = (  # AZ69
        is_linked
        or question.is_aws_managed
        or question.resource == "*"
        or question.action == "kms:RetireGrant"
    )
    return scps, () if is_out_of_reach else limits.resource_control


def applies(statement: Statement, case: Case) -> bool:
    """Tell whether a statement about the action is for this caller, resource and request."""
    return statement.reach(case.principal) is not Reach.NOT and fits(statement, case)


def fits(statement: Statement, case: Case) -> bool:
    """Tell whether a statement about the action and the caller is for resource and request."""
    return statement.covers(case.question.resource, case.values) and statement.holds(case.values)


def find_denial(policies: Iterable[Policy], case: Case, layer: Layer) -> Verdict | None:
    for policy in policies:
        for statement in policy.about(case.question.action).denying:
            if applies(statement, case):
                return Verdict(False, "explicit", layer, policy, statement)
    return None


def permits(policies: Iterable[Policy], case: Case) -> bool:
    return any(
        applies(statement, case)
        for policy in policies
        for statement in policy.about(case.question.action).allowing
    )


def policy_reach(case: Case) -> Reach:
    """Tell how closely the key's policies name the caller in what they allow him."""
    found = Reach.NOT
    for policy in case.key_policies:
        for statement in policy.about(case.question.action).allowing:
            reach = statement.reach(case.principal)
            if reach > found and fits(statement, case):
                found = reach
                if found is Reach.SELF:
                    return found
    return found


def grant_reach(case: Case) -> Reach:
    action = case.question.action
    return max(
        (rules_of_grants.allows(grant, case.principal, action, case.use) for grant in case.grants),
        default=Reach.NOT,
    )


def find_route(case: Case, reach: Reach) -> Route | None:
    """
    Return what must allow besides the resource; None where the resource does not let the caller in.

    A grant is taken as a key policy that names its grantee (AZ80, AZ96, AZ98: assumed).
    """
    question, principal = case.question, case.principal
    if question.retires is not None:
        return retirement_route(case, question.retires)
    if not question.has_policy:
        return FREE if principal.kind == "Account" else BY_IDENTITY
    if not case.is_own and reach is not Reach.NOT:
        # Both sides decide (AZ73 to AZ76), unless there is a grant.
        if principal.kind == "Account":
            return FREE
        granted = route_of(grant_reach(case), principal)
        return granted or BY_IDENTITY
    if reach is not Reach.SELF and case.grants:
        reach = max(reach, grant_reach(case))
    return route_of(reach, principal)


def route_of(reach: Reach, principal: Principal) -> Route | None:
    if reach is Reach.SELF:
        return FREE
    if reach is Reach.ROLE:
        return BY_FEDERATING_USER if principal.kind == "FederatedUser" else BY_ROLE
    return BY_IDENTITY if reach is Reach.ACCOUNT else None


def retirement_route(case: Case, grant: Grant) -> Route | None:
    """
    Return what must allow that the caller retires *grant* (AZ106).

    Key policies have no say in it (AZ107). An account may retire: the one in which the grant was
    made, and one that is the retiring principal.
    """
    principal = case.principal
    reach = rules_of_grants.retiring_reach(grant, principal)
    reach = max(reach, rules_of_grants.allows(grant, principal, case.question.action, case.use))
    if principal.kind != "Service" and principal.account_id == grant.issuing_account:
        reach = max(reach, Reach.SELF if principal.kind == "Account" else Reach.ACCOUNT)
    return route_of(reach, principal)
