"""What an operation asks for, noted with all that the answer will depend on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeAlias

from pytest_kmsmock._kms.access.facts import RequestFacts
from pytest_kmsmock._kms.access.sharing import ram_policy
from pytest_kmsmock._kms.domain.grants import Grant
from pytest_kmsmock._kms.domain.keys import Key, LastUsage
from pytest_kmsmock._kms.domain.world import ControlPolicies
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


class Asked(NamedTuple):
    """
    A permission that is asked for, with what may have changed by the time that somebody asks why.

    Of what is plainly allowed no case is made before that, nor anything else that can be made
    later: nearly every request is, and leaves one of these in the record.
    """

    facts: RequestFacts
    ask: Ask
    control_policies: ControlPolicies
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


def note(ctx: Context, facts: RequestFacts, ask: Ask, same_key: bool) -> Asked:
    key = ask.key or ask.like
    account_id = ctx.region.account_id if ask.key is None else ask.key.family.account_id
    tokens = facts.members.get("GrantTokens")
    control_policies = ctx.world.control_policies(ctx.principal.account_id, account_id)
    settled_before = ctx.now - SETTLING if ctx.access.waits_for_grants else None
    if key is None:
        return Asked(facts, ask, control_policies, account_id, same_key, NO_TOKENS, settled_before)
    return Asked(  # by position: half the time of keywords
        facts,
        ask,
        control_policies,
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


def gather_facts(ctx: Context, request: RequestMembers) -> RequestFacts:
    return RequestFacts(
        ctx.model.name, request, ctx.principal, ctx.region.name, ctx.now, ctx.world.org_ids
    )
