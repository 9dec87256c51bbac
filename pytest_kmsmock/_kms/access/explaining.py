"""Explanations: what decided, and what kept each statement and grant from applying."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from pytest_kmsmock._kms.access import grants as rules_of_grants
from pytest_kmsmock._kms.access.documents import Policy, Reach, Statement
from pytest_kmsmock._kms.access.evaluation import (
    Case,
    Layer,
    Verdict,
    applies,
    control_policies,
    find_route,
    grant_reach,
    permits,
    policy_reach,
)
from pytest_kmsmock._kms.access.obstacles import obstacles_of, some_of, why_it_denies
from pytest_kmsmock._kms.domain.grants import Grant
from pytest_kmsmock._kms.domain.principals import Principal

if TYPE_CHECKING:
    from pytest_kmsmock._kms.access.decision import Answer

NAMES: Final[dict[Layer, str]] = {
    "scp": "service control policies",
    "rcp": "resource control policies",
    "resource": "key policy",
    "identity": "identity-based policies",
    "boundary": "permissions boundary",
    "session": "session policies",
    "endpoint": "VPC endpoint policy",
}


def explain(answers: Sequence["Answer"], hints: Sequence[str]) -> str:
    """Explain the permission that was refused, or else each that was given."""
    refused = [answer for answer in answers if not answer.verdict.allowed]
    lines: list[str] = []
    for case, verdict in refused or answers:
        lines += explain_allowed(case) if verdict.allowed else explain_denied(case, verdict)
    return "\n".join([*lines, *hints])


def explain_denied(case: Case, verdict: Verdict) -> list[str]:
    lines = [
        f"Denied: {who(case.principal)} may not do {case.question.action} on {where(case)}.",
        *reason(case, verdict),
    ]
    if verdict.kind == "explicit" or verdict.layer in ("missing", "cross-account"):
        return lines
    return [*lines, *details(case, verdict.layer), *missing(case, verdict.layer)]


def explain_allowed(case: Case) -> list[str]:
    start = f"Allowed: {who(case.principal)} may do {case.question.action} on {where(case)}."
    return [start, *(f"  {line}" for line in what_allowed(case))]


def who(principal: Principal) -> str:
    name = principal.arn
    if principal.kind == "AssumedRole":
        name += f" (a session of {principal.issuer_arn})"
    elif principal.kind == "FederatedUser":
        name += f" (federated by {principal.issuer_arn})"
    if principal.via:
        name += f", through {' and '.join(principal.via)}"
    return name


def where(case: Case) -> str:
    return case.question.resource


def reason(case: Case, verdict: Verdict) -> Iterator[str]:
    """Say in a sentence or two which layer decided."""
    action, layer = case.question.action, verdict.layer
    if verdict.kind == "explicit" and verdict.statement is not None and layer is not None:
        policy = which(case, layer, verdict.policy)
        yield f"A Deny decided: {verdict.statement.name} of {policy}. It beats whatever allows."
        yield from (f"  {line}" for line in why_it_denies(verdict.statement, case))
        return
    match layer:
        case "missing":
            if case.question.is_by_ciphertext:
                yield (
                    "There is no key here that made this ciphertext: it was deleted, or is in"
                    " another Region, or the ciphertext is another mock's."
                )
            else:
                yield (
                    f"There is no such key in account {case.question.account_id}; AWS does not tell"
                    " other accounts so."
                )
        case "cross-account":
            yield (
                f"{action} serves the key's own account alone, whatever policies allow; the key is"
                f" {case.question.account_id}'s, the caller {case.principal.account_id}'s."
            )
        case "scp":
            scps, _ = control_policies(case)
            level = next(n for n, level in enumerate(scps, 1) if not permits(level, case))
            yield (
                f"The service control policies decided: level {level} of {len(scps)} (from the"
                " organization's root down) allows nothing of the kind, and every level must."
            )
        case "resource" if case.question.retires is not None:
            yield (
                "The grant decided: it may be retired by its retiring principal, by its grantee if"
                " RetireGrant is among its operations, and by the account in which it was made."
                " Key policies have no say in this."
            )
        case "resource":
            yield (
                "The key policy decided: no statement of it allows this to the caller, and none"
                " leaves it to the caller's account; nor does a grant allow it."
            )
        case "identity":
            yield from identity_reason(case)
        case "boundary":
            yield (
                "The permissions boundary decided: what the other policies allow, it does not"
                " allow, too."
            )
        case "session":
            if not case.limits.session:
                yield (
                    "The session decided: it has no session policy, and a federated user may do"
                    " only what its session policies allow."
                )
            else:
                yield (
                    "The session policies decided: what the other policies allow, none of them"
                    " allows, too."
                )
        case "endpoint":
            yield "The policy of the VPC endpoint decided: it does not let this request through."


def identity_reason(case: Case) -> Iterator[str]:
    question, principal = case.question, case.principal
    if question.retires is not None:
        start = "The grant leaves it to the identity-based policies of the caller's account"
    elif not question.has_policy:
        start = "This permission is given by identity-based policies alone"
    elif not case.is_own:
        start = (
            f"The key policy lets account {principal.account_id} in, and the caller's own"
            " identity-based policies must allow it, too"
        )
    else:
        start = (
            "The key policy does not name the caller: it leaves it to the identity-based policies"
            f" of account {principal.account_id}"
        )
    match len(case.limits.identity):
        case 0:
            yield f"{start}; the caller has none."
        case 1:
            yield f"{start}; the one that there is does not."
        case count:
            yield f"{start}; none of the {count} does."


def details(case: Case, layer: Layer | None) -> Iterator[str]:
    """List, policy by policy, what would have had to apply, and why it did not."""
    question, limits = case.question, case.limits
    if question.retires is not None:
        yield from explain_retirement(case, question.retires)
        return
    if layer == "resource":
        for policy in case.key_policies:
            yield from explain_policy(case, "resource", policy, 0)
        yield from explain_grants(case)
    elif layer == "identity":
        for number, policy in enumerate(limits.identity, 1):
            yield from explain_policy(case, "identity", policy, number)
        if question.has_policy:
            for policy in case.key_policies:
                yield from explain_policy(case, "resource", policy, 0)
            yield from explain_grants(case)
    elif layer == "boundary" and limits.boundary is not None:
        yield from explain_policy(case, "boundary", limits.boundary, 0)
    elif layer == "session":
        for number, policy in enumerate(limits.session or (), 1):
            yield from explain_policy(case, "session", policy, number)
    elif layer == "endpoint" and limits.endpoint is not None:
        yield from explain_policy(case, "endpoint", limits.endpoint, 0)
    elif layer == "scp":
        scps, _ = control_policies(case)
        level = next(level for level in scps if not permits(level, case))
        for number, policy in enumerate(level, 1):
            yield from explain_policy(case, "scp", policy, number)


def missing(case: Case, layer: Layer | None) -> Iterator[str]:
    """Say what would allow it, where no statement comes close to that."""
    question, principal = case.question, case.principal
    if question.retires is not None or layer not in ("identity", "resource"):
        return
    for policy in (*case.limits.identity, *case.key_policies):
        for statement in policy.statements:
            if statement.allows and len(list(obstacles_of(statement, case))) == 1:
                return
    if layer == "identity":
        yield (
            f"Missing: an identity-based policy of the caller that allows {question.action} on"
            f" {question.resource}."
        )
    else:
        yield (
            f"Missing: a statement of the key policy that allows {question.action} to"
            f" {principal.issuer_arn or principal.arn}"
            + ("" if principal.kind == "Service" else ", or to its account")
            + "; or a grant."
        )


def which(case: Case, layer: Layer, policy: Policy | None) -> str:
    """Name a policy: the key policy, the second identity-based policy, one by its ARN."""
    if policy is not None and policy.arn is not None:
        return policy.arn
    if layer == "resource":
        is_shared = policy in case.key_policies[1:]
        return "the policy of the share (AWS_RAM)" if is_shared else "the key policy"
    if layer == "boundary":
        return "the permissions boundary"
    if layer == "endpoint":
        return "the VPC endpoint policy"
    numbers = {"identity": case.limits.identity, "session": case.limits.session or ()}
    for number, other in enumerate(numbers.get(layer, ()), 1):
        if other is policy:
            return f"{NAMES[layer].removesuffix('ies')}y {number}"
    return f"a {NAMES[layer].removesuffix('ies')}y"


def explain_policy(case: Case, layer: Layer, policy: Policy, number: int) -> Iterator[str]:
    title = which(case, layer, policy)
    if not number:
        title = title.removeprefix("the ")
    yield f"{title[0].upper()}{title[1:]}:"
    allowing = [statement for statement in policy.statements if statement.allows]
    if not allowing:
        yield "  no statement of it allows anything."
    for statement in allowing:
        yield f"  {statement.name} {explain_statement(statement, case)}"


def explain_statement(statement: Statement, case: Case) -> str:
    """Say what keeps an Allow from applying, or what it gives where that is not enough."""
    obstacles = list(obstacles_of(statement, case))
    if obstacles:
        return f"does not apply: {'; '.join(obstacles)}."
    reach = statement.reach(case.principal)
    if reach is Reach.ACCOUNT:
        return (
            f"applies, and leaves it to the identity-based policies of account"
            f" {case.principal.account_id}."
        )
    return "applies."


def explain_grants(case: Case) -> Iterator[str]:
    """Say of each grant on the key what it is missing; count those of other grantees."""
    others = 0
    lines = []
    for grant in case.grants:
        line = explain_grant(grant, case)
        if line is None:
            others += 1
        else:
            lines.append(f"  grant {short(grant)} {line}")
    if not case.grants:
        yield "Grants: the key has none."
        return
    yield "Grants:"
    yield from lines
    if others:
        is_one = others == 1
        yield (
            f"  {others} {'is' if is_one else 'are'} for"
            f" {'another grantee' if is_one else 'other grantees'}."
        )


def explain_grant(grant: Grant, case: Case) -> str | None:
    action = case.question.action
    name = action.removeprefix("kms:")
    if rules_of_grants.grantee_reach(grant, case.principal) is Reach.NOT:
        return None
    if name not in grant.operations:
        return f"is for the caller, and for {some_of(grant.operations)}, not for {name}."
    obstacle = rules_of_grants.obstacle(grant, case.principal, action, case.use)
    if obstacle is not None:
        return f"does not apply: {obstacle}."
    if rules_of_grants.grantee_reach(grant, case.principal) is Reach.ACCOUNT:
        return "names the caller's account, whose identity-based policies must allow it."
    return "applies."


def short(grant: Grant) -> str:
    name = f" ({grant.name})" if grant.name else ""
    return f"{grant.grant_id[:8]}…{name}"


def explain_retirement(case: Case, grant: Grant) -> Iterator[str]:
    retiring = grant.retiring_principal or grant.retiring_service_principal or "nobody"
    grantee = grant.grantee_principal or grant.grantee_service_principal
    has_operation = "has" if "RetireGrant" in grant.operations else "does not have"
    yield f"Grant {short(grant)}:"
    yield f"  its retiring principal is {retiring}."
    yield f"  its grantee is {grantee}, and it {has_operation} RetireGrant among its operations."
    yield f"  it was made in account {grant.issuing_account}."
    for number, policy in enumerate(case.limits.identity, 1):
        yield from explain_policy(case, "identity", policy, number)


def what_allowed(case: Case) -> Iterator[str]:
    """Say which statement or grant gave an allowed permission."""
    question, principal = case.question, case.principal
    reach = Reach.NOT
    if question.has_policy and question.retires is None:
        reach = policy_reach(case)
        for policy in case.key_policies:
            for statement in policy.about(question.action).allowing:
                is_it = statement.reach(principal) is reach
                if is_it and reach is not Reach.NOT and applies(statement, case):
                    name = f"S{statement.name[1:]} of {which(case, 'resource', policy)}"
                    yield from allowed_by_key(case, name, reach)
                    break
    is_by_grant = not question.retires and grant_reach(case) > reach
    if is_by_grant:
        for grant in case.grants:
            if rules_of_grants.allows(grant, principal, question.action, case.use):
                yield f"Grant {short(grant)} allows it to its grantee."
                break
    if question.retires is not None:
        yield f"Grant {short(question.retires)} may be retired by the caller."
    if not question.has_policy and principal.kind == "Account":
        yield "The root user may do whatever needs no key policy."
    route = find_route(case, reach)
    if route is not None and route.identity:
        for number, policy in enumerate(case.limits.identity, 1):
            for statement in policy.about(question.action).allowing:
                if applies(statement, case):
                    name = policy.arn or f"identity-based policy {number}"
                    yield f"{statement.name[0].upper()}{statement.name[1:]} of {name} allows it."
                    return
        yield "Nobody was asked: it is the test's own set-up, or access is off."


def allowed_by_key(case: Case, name: str, reach: Reach) -> Iterator[str]:
    if reach is Reach.ACCOUNT or not case.is_own:
        account_id = case.principal.account_id
        yield f"{name} leaves it to the identity-based policies of account {account_id}."
    elif reach is Reach.ROLE:
        yield f"{name} allows it to {case.principal.issuer_arn}."
    else:
        yield f"{name} allows it to the caller."
