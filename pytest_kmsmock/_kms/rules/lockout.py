"""The lockout check: could the caller still change a key's policy once it is in force?"""

from typing import Final

from pytest_kmsmock._kms.access.decision import Decision
from pytest_kmsmock._kms.access.facts import KeyMoment
from pytest_kmsmock._kms.errors import malformed_policy
from pytest_kmsmock._kms.rules.context import Context, RequestMembers
from pytest_kmsmock._kms.rules.permissions import cases

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
    if ctx.access.mode == "off":
        administrator = ctx.world.principals.administrator(
            key.family.account_id, ctx.region.partition, ctx.world.clock
        )
        ctx = ctx._replace(principal=administrator)
    answer = cases().decide_on_change(ctx, request, policy, key)
    if answer.verdict.allowed:
        return
    if ctx.access.mode == "warn":
        explanation = Decision(tuple, [answer]).explain()
        ctx.outcome.warn(f"The new key policy would lock its caller out.\n{explanation}")
        return
    raise malformed_policy(
        "The new key policy will not allow you to update the key policy in the future."
    )
