"""How an operation is declared, and the registry of those that are."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias, TypeVar

from pytest_kmsmock._kms.crypto.specs import Kind
from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.errors import dry_run
from pytest_kmsmock._kms.rules.asking import Ask, Asker
from pytest_kmsmock._kms.rules.context import Context, RequestMembers, ResponseMembers
from pytest_kmsmock._kms.rules.lookup import find_key
from pytest_kmsmock._kms.rules.requirements import Requirement
from pytest_kmsmock._kms.wire.model import OperationModel, operation_names
from pytest_kmsmock._kms.wire.model import operation as operation_model


class KeyUse(NamedTuple):
    """
    One key that an operation works on: how it is named, and what it must be.

    *requirements* are checked in their order, which is AWS's where that was measured (wire-facts
    G42). *member* names the key in the request. *aliases* says whether an alias will do (rules
    ID-2; elsewhere InvalidArnException), *cross_account* whether another account's key will (rules
    ID-8). *locate* finds the key where *member* alone does not; *action* is the IAM action where it
    is not the operation's name. *by_ciphertext* says that it is the ciphertext which names the key,
    if it is a symmetric one.
    """

    requirements: tuple[Requirement, ...]
    member: str
    aliases: bool
    cross_account: bool
    locate: "Locator"
    action: str | None
    by_ciphertext: bool


Locator: TypeAlias = Callable[[Context, RequestMembers, KeyUse], Key | None]


def by_identifier(ctx: Context, request: RequestMembers, use: KeyUse) -> Key | None:
    """Find the key that the use's member names; None where the member is absent."""
    identifier = request.get(use.member)
    if identifier is None:
        return None
    return find_key(ctx, identifier, aliases=use.aliases, action=use.action or ctx.model.name)


def key_use(
    *requirements: Requirement,
    member: str = "KeyId",
    aliases: bool = False,
    cross_account: bool = False,
    locate: Locator = by_identifier,
    action: str | None = None,
    by_ciphertext: bool = False,
) -> KeyUse:
    """Declare a `KeyUse`; the defaults are those of most management operations."""
    return KeyUse(
        requirements=requirements,
        member=member,
        aliases=aliases,
        cross_account=cross_account,
        locate=locate,
        action=action,
        by_ciphertext=by_ciphertext,
    )


class Operation(NamedTuple):
    """A built operation: its model, its keys, what it asks, and the function that performs it."""

    model: OperationModel
    uses: tuple[KeyUse, ...]
    asks: Asker
    perform: Callable[..., ResponseMembers | None]


_registry: dict[str, Operation] = {}
REGISTRY: Final[Mapping[str, Operation]] = MappingProxyType(_registry)

Performer = TypeVar("Performer", bound=Callable[..., ResponseMembers | None])


def asks_for_keys(name: str, uses: tuple[KeyUse, ...]) -> Asker:
    """Return what most operations ask: each key for the operation's own permission, in order."""
    if len(uses) == 1:
        (only,) = uses
        return lambda ctx, request, keys: () if keys[0] is None else (ask_for(only, keys[0], name),)
    return lambda ctx, request, keys: [
        ask_for(use, key, name) for use, key in zip(uses, keys, strict=True) if key is not None
    ]


def ask_for(use: KeyUse, key: Key, operation_name: str) -> Ask:
    return Ask(
        use.action or operation_name,
        key,
        use.member,
        use.by_ciphertext and key.family.spec.kind is Kind.SYMMETRIC,
        not use.cross_account,
    )


def asks_for_account(name: str) -> Asker:
    """Return what is asked where no key is: the permission on `*` (AZ29, AZ82)."""
    asked = (Ask(name),)
    return lambda ctx, request, keys: asked


def operation(
    name: str, *uses: KeyUse, asks: Asker | None = None
) -> Callable[[Performer], Performer]:
    """
    Register a function as the operation *name*.

    It is called with the context, the request, and for each of *uses* the key, which has passed
    its requirements; it returns the response's members, or None where there are none. *asks* tells
    which permissions it needs, where that is not the operation's own for each key, or on `*`
    without keys.

    Registering it again replaces it: a module whose import was interrupted is run once more.

    Raises:
        ValueError: If the service model has no such operation.
    """
    if name not in operation_names():
        raise ValueError(f"KMS has no operation {name}")

    default = asks_for_keys(name, uses) if uses else asks_for_account(name)

    def register(perform: Performer) -> Performer:
        _registry[name] = Operation(
            model=operation_model(name), uses=uses, asks=asks or default, perform=perform
        )
        return perform

    return register


def stop_dry_run(request: RequestMembers) -> None:
    """
    End a dry run that has passed every check: nothing is changed (rules DRY-2).

    The service calls it after each operation; one that changes something calls it before it does.

    Raises:
        KmsError: DryRunOperationException.
    """
    if request.get("DryRun"):
        raise dry_run()
