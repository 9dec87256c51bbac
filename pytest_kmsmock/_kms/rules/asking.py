"""What an operation asks for, noted with all that the answer will depend on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias

from pytest_kmsmock._kms.access.sharing import ram_policy
from pytest_kmsmock._kms.domain.grants import Grant
from pytest_kmsmock._kms.domain.keys import Key, LastUsage
from pytest_kmsmock._kms.domain.principals import Principal
from pytest_kmsmock._kms.domain.world import ControlPolicies
from pytest_kmsmock._kms.rules.context import Context, RequestMembers
from pytest_kmsmock._kms.rules.grant_tokens import NO_TOKENS, read_grant_tokens

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


class Asked(NamedTuple):
    """
    A permission that is asked for, with what may have changed by the time that somebody asks why.

    Of what is plainly allowed no case is made before that, nor anything else that can be made
    later: nearly every request is, and leaves one of these in the record. So it is small: *body* is
    the request as it was sent, since the record has that already.
    """

    ask: Ask
    operation: str
    body: bytes
    principal: Principal
    account_id: str  # of the key, or else of the Region that is asked
    region: str
    now: datetime
    org_ids: Mapping[str, str]
    control_policies: ControlPolicies
    same_key: bool
    waits_for_grants: bool
    tokens: frozenset[str] = NO_TOKENS
    # Of the key, or of the one that a new key will be like:
    policy: str | None = None  # None: the one that the key was made with
    shared: str | None = None  # the policy named AWS_RAM, of a key that is shared
    grants: tuple[Grant, ...] = NO_GRANTS
    primary_region: str = ""
    aliases: tuple[str, ...] = ()
    tags: Mapping[str, str] | None = None
    last_usage: LastUsage | None = None


def note(
    ctx: Context,
    request: RequestMembers,
    ask: Ask,
    account_id: str,
    control_policies: ControlPolicies,
    same_key: bool,
) -> Asked:
    key, tokens = ask.key, NO_TOKENS
    if key is None:
        key = ask.like
    elif given := request.get("GrantTokens"):
        tokens = read_grant_tokens(ctx, given)
    return Asked(  # by position: half the time of keywords
        ask,
        ctx.model.name,
        ctx.body,
        ctx.principal,
        account_id,
        ctx.region.name,
        ctx.now,
        ctx.world.org_ids,
        control_policies,
        same_key,
        ctx.access.waits_for_grants,
        tokens,
        *(() if key is None else changeable_of(key)),
    )


def changeable_of(key: Key) -> tuple[Any, ...]:
    """Return what of a key may change, in the order of the last members of `Asked`."""
    return (
        key.policy,
        ram_policy(key) if key.shares else None,
        tuple(key.grants.values()) if key.grants else NO_GRANTS,
        key.family.primary_region,
        tuple(key.aliases) if key.aliases else (),
        key.tags,
        key.last_usage,
    )
