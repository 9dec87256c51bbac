"""Keys that come into being when they are first named, for tests that do not care."""

from collections.abc import Iterable, Mapping
from typing import Final

from pytest_kmsmock._kms.crypto.specs import (
    ENCAPSULATE_DECAPSULATE,
    ENCRYPT_DECRYPT,
    GENERATE_VERIFY_MAC,
    KEY_AGREEMENT,
    SIGN_VERIFY,
    SPECS,
    KeySpec,
)
from pytest_kmsmock._kms.domain.creation import (
    CHINA,
    add_alias,
    add_member,
    create_family,
    generate_version,
)
from pytest_kmsmock._kms.domain.identifiers import (
    AWS_ALIAS_PREFIX,
    is_alias,
    is_key_id,
    read_arn,
)
from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.rules.context import Context, RequestMembers
from pytest_kmsmock._kms.rules.operation import KeyUse

# operation -> what a key must be for it; any other makes a symmetric key.
_USAGES: Final[Mapping[str, str]] = {
    "Sign": SIGN_VERIFY,
    "Verify": SIGN_VERIFY,
    "GetPublicKey": SIGN_VERIFY,
    "GenerateMac": GENERATE_VERIFY_MAC,
    "VerifyMac": GENERATE_VERIFY_MAC,
    "DeriveSharedSecret": KEY_AGREEMENT,
    "Encapsulate": ENCAPSULATE_DECAPSULATE,
    "Decapsulate": ENCAPSULATE_DECAPSULATE,
}
_ALGORITHM_MEMBERS: Final = (
    "EncryptionAlgorithm",
    "SigningAlgorithm",
    "MacAlgorithm",
    "KeyAgreementAlgorithm",
    "EncapsulationAlgorithm",
)


def provide_missing_keys(ctx: Context, request: RequestMembers, uses: Iterable[KeyUse]) -> None:
    """Make each key or alias that *request* names, could name, and does not find."""
    spec = _find_spec(ctx, request)
    if spec is None:
        return
    for use in uses:
        identifier = request.get(use.member)
        if identifier is None:
            continue
        name = _local_name(ctx, identifier)
        if is_key_id(name) and name not in ctx.region.keys:
            _make_key(ctx, spec, name)
        elif use.aliases and _is_missing_alias(ctx, name):
            add_alias(ctx.region, name, _make_key(ctx, spec, None), ctx.now)


def _local_name(ctx: Context, identifier: str) -> str:
    """Return the key id or alias name in *identifier*, "" for one of another place."""
    if not identifier.startswith("arn:"):
        return identifier
    arn = read_arn(identifier)
    here = (ctx.region.partition, ctx.region.name, ctx.region.account_id)
    if arn is None or (arn.partition, arn.region, arn.account_id) != here:
        return ""
    return arn.resource if arn.is_alias else arn.key_id


def _is_missing_alias(ctx: Context, name: str) -> bool:
    return (
        is_alias(name) and not name.startswith(AWS_ALIAS_PREFIX) and name not in ctx.region.aliases
    )


def _find_spec(ctx: Context, request: RequestMembers) -> KeySpec | None:
    """Return the first spec whose keys the request can use; None if there is none in the Region."""
    usage = _usage(ctx)
    algorithm = next((request[name] for name in _ALGORITHM_MEMBERS if name in request), None)
    for spec in SPECS.values():
        if (
            usage in spec.usages
            and algorithm in (None, *spec.algorithms(usage))
            and spec.is_offered(ctx.region.partition == CHINA)
        ):
            return spec
    return None


def _usage(ctx: Context) -> str:
    return _USAGES.get(ctx.model.name, ENCRYPT_DECRYPT)


def _make_key(ctx: Context, spec: KeySpec, key_id: str | None) -> Key:
    family = create_family(
        ctx.world,
        ctx.region,
        spec=spec,
        usage=_usage(ctx),
        is_multi_region=key_id is not None and key_id.startswith("mrk-"),
        key_id=key_id,
    )
    ctx.world.add_version(family, generate_version(ctx.world, family))
    return add_member(ctx.region, family, ctx.now)
