"""Who may do what an operation asks for; the decision is kept for whoever asks why."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple, TypeAlias

from pytest_kmsmock._kms.access.decision import AccessDenied, Answer, Decision
from pytest_kmsmock._kms.access.facts import KeyMoment
from pytest_kmsmock._kms.domain.world import NO_CONTROL, ControlPolicies
from pytest_kmsmock._kms.lazily import lazily
from pytest_kmsmock._kms.rules.asking import Ask, Asked, note
from pytest_kmsmock._kms.rules.context import Context, RequestMembers

# Of what is plainly allowed the answer is made when somebody looks at the decision.
Answered: TypeAlias = Asked | Answer
# So is the decision itself, but for a refusal: of one permission, as nearly always, or of some.
Decided: TypeAlias = Decision | Answered | tuple[Answered, ...]


def authorise(ctx: Context, request: RequestMembers, asks: Iterable[Ask], same_key: bool) -> None:
    """
    Ask for each permission until one is refused; the decision goes into the context.

    Raises:
        AccessDenied: If one is refused, unless the mock only warns, or is told not to ask.
    """
    answered: tuple[Answered, ...] = ()
    world, region, principal = ctx.world, ctx.region, ctx.principal
    for ask in asks:
        account_id = region.account_id if ask.key is None else ask.key.family.account_id
        control_policies = world.control_policies(principal.account_id, account_id)
        asked = note(ctx, request, ask, account_id, control_policies, same_key)
        if is_clear(ctx, ask, account_id, control_policies):
            answered += (asked,)
            continue
        answer = cases().decide(asked, request)
        answered += (answer,)
        if not answer.verdict.allowed:
            refused = refuse(ctx, answered, hints_for(ctx))
            if ctx.access.mode == "enforce" or is_never_allowed(answer):
                raise refused
            ctx.outcome.warn(refused.decision.explain())
            return
    ctx.outcome.decided = answered[0] if len(answered) == 1 else answered


def refuse(ctx: Context, answered: tuple[Answered, ...], hints: tuple[str, ...]) -> AccessDenied:
    """Let the decision go into the context, and return the error that it means."""
    decision = ctx.outcome.decided = Decision(answers_of, answered, hints)
    return AccessDenied(decision)


def is_clear(ctx: Context, ask: Ask, account_id: str, control_policies: ControlPolicies) -> bool:
    """
    Tell whether it is allowed without a look at any policy.

    An administrator may do everything with a key that leaves everything to the account; and nobody
    is asked where the test sets up, or has turned access off: but for what no policy could give.
    """
    key, principal = ask.key, ctx.principal
    if key is not None and key.family.manager == "AWS":
        return False
    is_own = account_id == principal.account_id
    if (
        is_own
        and principal.is_administrator
        and (key is None or key.policy is None)
        and ask.retires is None
        and control_policies is NO_CONTROL
    ):
        return True
    if ctx.is_setup or ctx.access.mode == "off":
        return is_own or principal.kind == "Service" or not ask.is_for_own_account
    return False


def is_never_allowed(answer: Answer) -> bool:
    """Tell a refusal that no policy of a test could lift: it stands in every mode."""
    question = answer.case.question
    return question.is_aws_managed or (question.is_for_own_account and not answer.case.is_own)


def hints_for(ctx: Context) -> tuple[str, ...]:
    """Say how to be somebody else, to whom did not say who they are."""
    if not ctx.is_default_caller:
        return ()
    return (
        "Nobody has said who makes this request, so it is the mock's default caller. Give the"
        " mock or the marker `caller=`, use `acting_as()` or a handle's own client; or turn"
        ' decisions off with `access="off"`.',
    )


def deny_missing(
    ctx: Context, action: str, resource: str, account_id: str, *, by_ciphertext: bool = False
) -> AccessDenied:
    """The answer about a key that there is not, which looks like a forbidden one (AZ22, AZ23)."""
    answer = cases().deny_missing(ctx, action, resource, account_id, by_ciphertext)
    return refuse(ctx, (answer,), hints_for(ctx))


def deny_foreign(ctx: Context, action: str, principal: str) -> AccessDenied:
    """The answer about a principal of another account, on whom nothing can be asked (assumed)."""
    hint = "Only principals of the caller's own account can be asked for."
    return refuse(ctx, (cases().deny_foreign(ctx, action, principal),), (hint,))


def decision_of(decided: Decided | None) -> Decision | None:
    """Return the decision; None where it did not come to one."""
    if decided is None or isinstance(decided, Decision):
        return decided
    return Decision(answers_of, decided)


def answers_of(decided: Answered | tuple[Answered, ...]) -> tuple[Answer, ...]:
    answered = (decided,) if isinstance(decided, (Asked, Answer)) else decided
    return tuple(one if isinstance(one, Answer) else cases().allow(one) for one in answered)


class Cases(NamedTuple):
    """What is there for a permission that is not plainly allowed."""

    decide: Callable[[Asked, RequestMembers], Answer]
    allow: Callable[[Asked], Answer]
    decide_on_change: Callable[[Context, RequestMembers, str, KeyMoment], Answer]
    deny_missing: Callable[[Context, str, str, str, bool], Answer]
    deny_foreign: Callable[[Context, str, str], Answer]


@cache
def cases() -> Cases:
    """Import what reads policies: a fifth of all that the first call would import."""
    with lazily():
        from pytest_kmsmock._kms.rules.cases import (  # noqa: PLC0415 - see above
            allow,
            decide,
            decide_on_change,
            deny_foreign,
            deny_missing,
        )

    return Cases(decide, allow, decide_on_change, deny_missing, deny_foreign)
