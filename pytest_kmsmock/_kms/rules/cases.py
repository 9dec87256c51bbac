"""What is decided of a permission that is not plainly allowed: by policies, grants and limits."""

from datetime import timedelta
from typing import Final

from pytest_kmsmock._kms.access.context import RequestValues
from pytest_kmsmock._kms.access.decision import Answer
from pytest_kmsmock._kms.access.documents import Policy, compile_text
from pytest_kmsmock._kms.access.evaluation import ALLOWED, Case, Question, Verdict, evaluate
from pytest_kmsmock._kms.access.facts import KeyMoment, RequestFacts
from pytest_kmsmock._kms.access.grants import NO_USE, GrantUse
from pytest_kmsmock._kms.access.limits import limits_of
from pytest_kmsmock._kms.access.policy import original_policy
from pytest_kmsmock._kms.rules.asking import Asked
from pytest_kmsmock._kms.rules.context import Context, RequestMembers
from pytest_kmsmock._kms.wire import codec

# After which a new grant can be used without its token (rules GRANT-20).
SETTLING: Final = timedelta(minutes=5)


def decide(asked: Asked, request: RequestMembers) -> Answer:
    case = make_case(asked, request)
    return Answer(case, evaluate(case))


def allow(asked: Asked) -> Answer:
    """Return the answer of what was plainly allowed."""
    return Answer(make_case(asked, codec.decode(asked.operation, asked.body)), ALLOWED)


def decide_on_change(ctx: Context, request: RequestMembers, policy: str, key: KeyMoment) -> Answer:
    """Decide whether the caller could change *policy* once it is in force."""
    account_id = key.family.account_id
    facts = gather_facts(ctx, request)
    case = Case(
        Question("kms:PutKeyPolicy", key.arn, account_id, has_policy=True),
        ctx.principal,
        RequestValues(facts, "PutKeyPolicy", key=key, account_id=account_id),
        limits_of(ctx.principal, ctx.world.control_policies(ctx.principal.account_id, account_id)),
        (compile_text(policy, "key"),),
    )
    return Answer(case, evaluate(case))


def deny_missing(
    ctx: Context, action: str, resource: str, account_id: str, by_ciphertext: bool
) -> Answer:
    """Return the answer about a key that there is not (AZ22, AZ23)."""
    question = Question(f"kms:{action}", resource, account_id, True, is_by_ciphertext=by_ciphertext)
    values = RequestValues(gather_facts(ctx, {}), action, account_id=account_id)
    return Answer(Case(question, ctx.principal, values), Verdict(False, "implicit", "missing"))


def deny_foreign(ctx: Context, action: str, principal: str) -> Answer:
    """Return the answer about a principal of another account."""
    question = Question(f"kms:{action}", principal, ctx.region.account_id)
    values = RequestValues(gather_facts(ctx, {}), action, account_id=ctx.region.account_id)
    return Answer(Case(question, ctx.principal, values), Verdict(False, "implicit", "identity"))


def gather_facts(ctx: Context, request: RequestMembers) -> RequestFacts:
    return RequestFacts(
        ctx.model.name, request, ctx.principal, ctx.region.name, ctx.now, ctx.world.org_ids
    )


def make_case(asked: Asked, request: RequestMembers) -> Case:
    ask, key, principal = asked.ask, asked.ask.key, asked.principal
    limits = limits_of(principal, asked.control_policies)
    facts = RequestFacts(
        asked.operation, request, principal, asked.region, asked.now, asked.org_ids
    )
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
        return Case(question, principal, values, limits)
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
        principal,
        values,
        limits,
        policies,
        asked.grants,
        make_use(asked, values) if asked.grants else NO_USE,
    )


def gather_moment(asked: Asked) -> KeyMoment | None:
    key = asked.ask.key or asked.ask.like
    if key is None:
        return None
    return KeyMoment.of(key)._replace(
        is_primary=asked.primary_region == key.region,
        aliases=asked.aliases,
        tags=asked.tags or {},
        last_usage=asked.last_usage,
    )


def make_use(asked: Asked, values: RequestValues) -> GrantUse:
    members = values.facts.members
    is_new = asked.ask.action == "CreateGrant"
    return GrantUse(
        values.encryption_context,
        asked.tokens,
        tuple(members.get("Operations", ())) if is_new else (),
        members.get("Constraints") if is_new else None,
        asked.now - SETTLING if asked.waits_for_grants else None,
    )
