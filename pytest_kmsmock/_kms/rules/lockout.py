"""The lockout check: could the caller still change a key's policy once it is in force?"""

from typing import Final

from pytest_kmsmock._kms.access.context import KeyMoment, RequestValues
from pytest_kmsmock._kms.access.decision import Decision, decide
from pytest_kmsmock._kms.access.documents import compile_text
from pytest_kmsmock._kms.access.evaluation import Case, Question
from pytest_kmsmock._kms.access.limits import limits_of
from pytest_kmsmock._kms.errors import malformed_policy
from pytest_kmsmock._kms.rules.context import Context, RequestMembers
from pytest_kmsmock._kms.rules.permissions import gather_facts

BYPASS: Final = "BypassPolicyLockoutSafetyCheck"


def check_lockout(
    ctx: Context, request: RequestMembers, policy: str | None, key: KeyMoment
) -> None:
    """
    Require that the caller may call PutKeyPolicy under *policy*, the new one of *key* (AZ86).

    Identity policies count where the new policy leaves it to them. What a test sets up itself is
    asked only where it says so, and then of the account's administrator.

    Raises:
        KmsError: MalformedPolicyDocumentException (wire-facts P5; rules POL-13).
    """
    if policy is None or request.get(BYPASS) or (ctx.is_setup and BYPASS not in request):
        return
    account_id = key.family.account_id
    if ctx.access.mode == "off":
        partition = ctx.region.partition
        ctx = ctx._replace(
            principal=ctx.world.principals.administrator(account_id, partition, ctx.world.clock)
        )
    values = RequestValues(
        gather_facts(ctx, request), "PutKeyPolicy", key=key, account_id=account_id
    )
    answer = decide(
        Case(
            Question("kms:PutKeyPolicy", key.arn, account_id, has_policy=True),
            ctx.principal,
            values,
            limits_of(ctx.principal, ctx.world, account_id),
            (compile_text(policy, "key"),),
        )
    )
    if answer.verdict.allowed:
        return
    if ctx.access.mode == "warn":
        explanation = Decision((answer,)).explain()
        ctx.outcome.warn(f"The new key policy would lock its caller out.\n{explanation}")
        return
    raise malformed_policy(
        "The new key policy will not allow you to update the key policy in the future."
    )
