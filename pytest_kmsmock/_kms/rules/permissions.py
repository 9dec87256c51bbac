"""What an operation asks for: which permissions, in which order, and who has them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeAlias

from pytest_kmsmock._kms.access.context import KeyMoment, RequestFacts, RequestValues
from pytest_kmsmock._kms.access.decision import AccessDenied, Answer, Answered, Decision, decide
from pytest_kmsmock._kms.access.documents import Policy, compile_text
from pytest_kmsmock._kms.access.evaluation import ALLOWED, Case, Limits, Question, Verdict
from pytest_kmsmock._kms.access.grants import NO_USE, GrantUse
from pytest_kmsmock._kms.access.limits import limits_of
from pytest_kmsmock._kms.access.policy import original_policy
from pytest_kmsmock._kms.access.sharing import ram_policy
from pytest_kmsmock._kms.domain.grants import Grant
from pytest_kmsmock._kms.domain.keys import Key, LastUsage
from pytest_kmsmock._kms.rules.context import Context, RequestMembers
from pytest_kmsmock._kms.rules.grant_tokens import NO_TOKENS, read_grant_tokens

# After which a new grant can be used without its token (rules GRANT-20).
SETTLING: Final = timedelta(minutes=5)
NO_GRANTS: Final[tuple[Grant, ...]] = ()


class Ask(NamedTuple):
    """
    One permission that an operation asks for, with or without a key.

    *action* has no `kms:`. Without a *key* only identity policies give it: on *resource*. *member*
    of the request names the key. *like* is the key that a new one will be like; *region* is the
    Region in which it is asked, if that is not the request's. *retires* is the grant to be retired.
    *is_by_ciphertext* says that a ciphertext names the key, *is_unnamed* that the message leaves
    the resource out (AZ30), *is_for_own_account* that no other account is served (AZ78).
    """

    action: str
    key: Key | None = None
    member: str = "KeyId"
    is_by_ciphertext: bool = False
    is_for_own_account: bool = False
    resource: str = "*"
    is_unnamed: bool = False
    like: Key | None = None
    region: str | None = None
    retires: Grant | None = None


# Looks up what it has to, which may raise, and gives the permissions in AWS's order.
Asker: TypeAlias = Callable[[Context, RequestMembers, Sequence[Key | None]], Iterable[Ask]]


def authorise(ctx: Context, request: RequestMembers, asks: Iterable[Ask], same_key: bool) -> None:
    """
    Ask for each permission until one is refused; the decision goes into the context.

    Raises:
        AccessDenied: If one is refused, unless the mock only warns, or is told not to ask.
    """
    facts = gather_facts(ctx, request)
    answered: list[Answered] = []
    for ask in asks:
        asked = note(ctx, facts, ask, same_key)
        if is_clear(ctx, asked):
            answered.append(asked)
            continue
        answer = decide(make_case(asked))
        answered.append(answer)
        if not answer.verdict.allowed:
            decision = Decision(tuple(answered), hints_for(ctx))
            ctx.outcome.decision = decision
            if ctx.access.mode == "enforce" or is_never_allowed(answer):
                raise AccessDenied(decision)
            ctx.outcome.warn(decision.explain())
            return
    ctx.outcome.decision = Decision(tuple(answered))


class Asked(NamedTuple):
    """
    A permission that is asked for, with what may have changed by the time that somebody asks why.

    Of what is plainly allowed no case is made before that, nor anything else that can be made
    later: nearly every request is, and leaves one of these in the record.
    """

    facts: RequestFacts
    ask: Ask
    limits: Limits
    account_id: str
    same_key: bool
    tokens: frozenset[str]
    settled_before: datetime | None
    # Of the key, or of the one that a new key will be like:
    policy: str | None = None  # None: the one that the key was made with
    shared: str | None = None  # the policy named AWS_RAM, of a key that is shared
    grants: tuple[Grant, ...] = NO_GRANTS
    is_primary: bool = False
    aliases: tuple[str, ...] = ()
    tags: Mapping[str, str] | None = None
    last_usage: LastUsage | None = None

    def answer(self) -> Answer:
        return Answer(make_case(self), ALLOWED)


def note(ctx: Context, facts: RequestFacts, ask: Ask, same_key: bool) -> Asked:
    key = ask.key or ask.like
    account_id = ctx.region.account_id if ask.key is None else ask.key.family.account_id
    tokens = facts.members.get("GrantTokens")
    limits = limits_of(ctx.principal, ctx.world, account_id)
    settled_before = ctx.now - SETTLING if ctx.access.waits_for_grants else None
    if key is None:
        return Asked(facts, ask, limits, account_id, same_key, NO_TOKENS, settled_before)
    return Asked(  # by position: half the time of keywords
        facts,
        ask,
        limits,
        account_id,
        same_key,
        read_grant_tokens(ctx, tokens) if tokens and ask.key is not None else NO_TOKENS,
        settled_before,
        key.policy,
        ram_policy(key) if key.shares else None,
        tuple(key.grants.values()) if key.grants else NO_GRANTS,
        key.is_primary,
        tuple(key.aliases) if key.aliases else (),
        key.tags,
        key.last_usage,
    )


def is_clear(ctx: Context, asked: Asked) -> bool:
    """
    Tell whether it is allowed without a look at any policy.

    An administrator may do everything with a key that leaves everything to the account; and nobody
    is asked where the test sets up, or has turned access off: but for what no policy could give.
    """
    ask = asked.ask
    key, principal = ask.key, ctx.principal
    is_own = asked.account_id == principal.account_id
    if key is not None and key.family.manager == "AWS":
        return False
    if ctx.is_setup or ctx.access.mode == "off":
        return is_own or principal.kind == "Service" or not ask.is_for_own_account
    return (
        principal.is_administrator
        and (key is None or key.policy is None)
        and is_own
        and ask.retires is None
        and not asked.limits.service_control
        and not asked.limits.resource_control
    )


def is_never_allowed(answer: Answer) -> bool:
    """Tell a refusal that no policy of a test could lift: it stands in every mode."""
    question = answer.case.question
    return question.is_aws_managed or (question.is_for_own_account and not answer.case.is_own)


def gather_facts(ctx: Context, request: RequestMembers) -> RequestFacts:
    return RequestFacts(
        ctx.model.name, request, ctx.principal, ctx.region.name, ctx.now, ctx.world.org_ids
    )


def gather_moment(asked: Asked) -> KeyMoment | None:
    key = asked.ask.key or asked.ask.like
    if key is None:
        return None
    return KeyMoment.of(key)._replace(
        is_primary=asked.is_primary,
        aliases=asked.aliases,
        tags=asked.tags or {},
        last_usage=asked.last_usage,
    )


def make_case(asked: Asked) -> Case:
    ask, facts = asked.ask, asked.facts
    key = ask.key
    values = RequestValues(
        facts,
        ask.action,
        key=gather_moment(asked),
        account_id=asked.account_id,
        member=ask.member,
        grant=ask.retires,
        region=ask.region,
        same_key=asked.same_key,
    )
    action = f"kms:{ask.action}"
    if key is None:
        question = Question(action, ask.resource, asked.account_id, is_unnamed=ask.is_unnamed)
        return Case(question, facts.principal, values, asked.limits)
    question = Question(
        action,
        key.arn,
        asked.account_id,
        True,
        key.family.manager == "AWS",
        ask.retires,
        ask.is_by_ciphertext,
        ask.is_unnamed,
        ask.is_for_own_account,
    )
    policies: tuple[Policy, ...] = (compile_text(asked.policy or original_policy(key), "key"),)
    if asked.shared is not None:
        policies += (compile_text(asked.shared, "key"),)
    return Case(
        question,
        facts.principal,
        values,
        asked.limits,
        policies,
        asked.grants,
        make_use(asked, values) if asked.grants else NO_USE,
    )


def make_use(asked: Asked, values: RequestValues) -> GrantUse:
    members = asked.facts.members
    is_new = asked.ask.action == "CreateGrant"
    return GrantUse(
        values.encryption_context,
        asked.tokens,
        tuple(members.get("Operations", ())) if is_new else (),
        members.get("Constraints") if is_new else None,
        asked.settled_before,
    )


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
    question = Question(f"kms:{action}", resource, account_id, True, is_by_ciphertext=by_ciphertext)
    values = RequestValues(gather_facts(ctx, {}), action, account_id=account_id)
    case = Case(question, ctx.principal, values)
    decision = Decision((Answer(case, Verdict(False, "implicit", "missing")),), hints_for(ctx))
    ctx.outcome.decision = decision
    return AccessDenied(decision)


def deny_foreign(ctx: Context, action: str, principal: str) -> AccessDenied:
    """The answer about a principal of another account, on whom nothing can be asked (assumed)."""
    question = Question(f"kms:{action}", principal, ctx.region.account_id)
    values = RequestValues(gather_facts(ctx, {}), action, account_id=ctx.region.account_id)
    case = Case(question, ctx.principal, values)
    verdict = Verdict(False, "implicit", "identity")
    hint = "Only principals of the caller's own account can be asked for."
    decision = Decision((Answer(case, verdict),), (hint,))
    ctx.outcome.decision = decision
    return AccessDenied(decision)
