"""Grants: CreateGrant, ListGrants, ListRetirableGrants, RetireGrant, RevokeGrant."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from pytest_kmsmock._kms.access.principals import account_of, is_principal_arn, is_service
from pytest_kmsmock._kms.crypto.specs import (
    ENCAPSULATE_DECAPSULATE,
    ENCRYPT_DECRYPT,
    GENERATE_VERIFY_MAC,
    KEY_AGREEMENT,
    SIGN_VERIFY,
    Kind,
)
from pytest_kmsmock._kms.domain.grants import Grant, is_grant_id, new_grant_token, read_grant_token
from pytest_kmsmock._kms.domain.identifiers import draw_unused
from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.domain.paging import page
from pytest_kmsmock._kms.errors import (
    KmsError,
    invalid_grant_token,
    limit_exceeded,
    not_found,
    validation,
)
from pytest_kmsmock._kms.rules.asking import Ask
from pytest_kmsmock._kms.rules.context import Context, RequestMembers, ResponseMembers
from pytest_kmsmock._kms.rules.operation import key_use, operation, stop_dry_run
from pytest_kmsmock._kms.rules.permissions import deny_foreign
from pytest_kmsmock._kms.rules.states import GRANTABLE

CONTEXT_CONSTRAINTS: Final = ("EncryptionContextSubset", "EncryptionContextEquals")
MOST_PAIRS: Final = 8  # quotas Q-23
LONGEST_VALUE: Final = 384  # characters; quotas Q-24

_ON_EVERY_KEY: Final = frozenset({"CreateGrant", "RetireGrant", "DescribeKey"})
_ON_ASYMMETRIC_KEYS: Final = frozenset({*_ON_EVERY_KEY, "GetPublicKey"})
_ON_SYMMETRIC_KEYS: Final = frozenset(
    {
        *_ON_EVERY_KEY,
        "Encrypt",
        "Decrypt",
        "ReEncryptFrom",
        "ReEncryptTo",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
    }
)
# usage of an asymmetric or HMAC key -> what a grant may allow (rules GRANT-4)
_BY_USAGE: Final[Mapping[str, frozenset[str]]] = {
    ENCRYPT_DECRYPT: _ON_ASYMMETRIC_KEYS | {"Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo"},
    SIGN_VERIFY: _ON_ASYMMETRIC_KEYS | {"Sign", "Verify"},
    KEY_AGREEMENT: _ON_ASYMMETRIC_KEYS | {"DeriveSharedSecret"},
    ENCAPSULATE_DECAPSULATE: _ON_ASYMMETRIC_KEYS | {"Encapsulate", "Decapsulate"},
    GENERATE_VERIFY_MAC: _ON_EVERY_KEY | {"GenerateMac", "VerifyMac"},
}


@operation("CreateGrant", key_use(GRANTABLE, cross_account=True))
def create_grant(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html"""
    check_principals(request)
    check_operations(request["Operations"], key)
    constraints = read_constraints(request, key)
    grant = Grant(
        grant_id=draw_unused(
            lambda source: source.token_bytes(32).hex(),
            ctx.world.grants.__contains__,
            ctx.world.source,
        ),
        key=key,
        grantee_principal=request.get("GranteePrincipal"),
        grantee_service_principal=request.get("GranteeServicePrincipal"),
        retiring_principal=request.get("RetiringPrincipal"),
        retiring_service_principal=request.get("RetiringServicePrincipal"),
        operations=tuple(dict.fromkeys(request["Operations"])),
        constraints=constraints,
        name=request.get("Name"),
        issuing_account=ctx.region.account_id,
        creation_date=ctx.now,
    )
    existing = next((old for old in key.grants.values() if old.is_repeated_by(grant)), None)
    quota = ctx.world.quotas.grants_per_key
    if existing is None and len(key.grants) >= quota:
        # Text never recorded (wire-facts R13; assumed).
        raise limit_exceeded(f"The key {key.arn} already has the maximum of {quota} grants.")
    stop_dry_run(request)

    if existing is None:
        ctx.world.add_grant(grant)
    else:
        grant = existing
    token = new_grant_token(grant.grant_id, ctx.world.token_secrets[0], ctx.world.source)
    return {"GrantToken": token, "GrantId": grant.grant_id}


@operation("ListGrants", key_use(cross_account=True))
def list_grants(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """
    https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html

    In the order of the grant ids, as AWS's example shows; the order is not documented.
    """
    if (grant_id := request.get("GrantId")) is not None and not is_grant_id(grant_id):
        raise invalid_grant_id(grant_id)
    check_at_most_one(request, "GranteePrincipal", "GranteeServicePrincipal")
    chosen = [
        grant
        for grant in key.grants.values()
        if grant_id in (None, grant.grant_id)
        and request.get("GranteePrincipal") in (None, grant.grantee_principal)
        and request.get("GranteeServicePrincipal") in (None, grant.grantee_service_principal)
    ]
    return list_page("ListGrants", request, chosen)


@operation("ListRetirableGrants")
def list_retirable_grants(ctx: Context, request: RequestMembers) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ListRetirableGrants.html"""
    check_exactly_one(request, "RetiringPrincipal", "RetiringServicePrincipal")
    principal = request.get("RetiringPrincipal")
    if principal is not None:
        check_principal(principal)
        if not is_service(principal) and account_of(principal) != ctx.principal.account_id:
            # Only principals of the caller's account may be asked for (rules GRANT-25; assumed).
            raise deny_foreign(ctx, "ListRetirableGrants", principal)
    chosen = [
        grant
        for grant in ctx.world.grants.values()
        if grant.key.region == ctx.region.name
        and grant.retiring_principal == principal
        and grant.retiring_service_principal == request.get("RetiringServicePrincipal")
    ]
    return list_page("ListRetirableGrants", request, chosen)


def ask_to_retire(
    ctx: Context, request: RequestMembers, keys: Sequence[Key | None]
) -> Iterator[Ask]:
    """Ask for the grant, which says itself who may retire it (AZ106)."""
    grant = find_retirable(ctx, request, keys[0])
    yield Ask("RetireGrant", grant.key, retires=grant)


@operation("RetireGrant", key_use(cross_account=True), asks=ask_to_retire)
def retire_grant(ctx: Context, request: RequestMembers, key: Key | None) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_RetireGrant.html"""
    grant = find_retirable(ctx, request, key)
    stop_dry_run(request)
    ctx.world.remove_grant(grant)


@operation("RevokeGrant", key_use(cross_account=True))
def revoke_grant(ctx: Context, request: RequestMembers, key: Key) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_RevokeGrant.html"""
    grant = find_grant(key, request["GrantId"])
    stop_dry_run(request)
    ctx.world.remove_grant(grant)


def list_page(operation: str, request: RequestMembers, grants: Iterable[Grant]) -> ResponseMembers:
    by_id = {grant.grant_id: grant for grant in grants}
    chosen, paging = page(operation, request, sorted(by_id), default_limit=50)
    return {"Grants": [describe_grant(by_id[grant_id]) for grant_id in chosen], **paging}


def describe_grant(grant: Grant) -> dict[str, Any]:
    """Return a GrantListEntry (rules GRANT-22, wire-facts R6)."""
    partition = grant.key.family.partition
    entry: dict[str, Any] = {
        "KeyId": grant.key.arn,
        "GrantId": grant.grant_id,
        # "" where none was given, as the API reference prints it (wire-facts R7, X9).
        "Name": grant.name or "",
        "CreationDate": grant.creation_date,
        "GranteePrincipal": grant.grantee_principal,
        "GranteeServicePrincipal": grant.grantee_service_principal,
        "RetiringPrincipal": grant.retiring_principal,
        "RetiringServicePrincipal": grant.retiring_service_principal,
        "IssuingAccount": f"arn:{partition}:iam::{grant.issuing_account}:root",
        "Operations": list(grant.operations),
        "Constraints": grant.constraints or None,
    }
    return {member: value for member, value in entry.items() if value is not None}


def check_principals(request: RequestMembers) -> None:
    """
    Require one grantee and at most one retiring principal, each of its kind.

    Raises:
        KmsError: InvalidArnException (wire-facts R3); ValidationException, whose texts are assumed.
    """
    check_exactly_one(request, "GranteePrincipal", "GranteeServicePrincipal")
    check_at_most_one(request, "RetiringPrincipal", "RetiringServicePrincipal")
    for member in ("GranteePrincipal", "RetiringPrincipal"):
        if (principal := request.get(member)) is not None:
            check_principal(principal)
    if "GranteeServicePrincipal" in request:
        if "SourceArn" not in request.get("Constraints", {}):
            raise validation(
                "A SourceArn grant constraint is required with GranteeServicePrincipal."
            )
        if not request.keys() & {"RetiringPrincipal", "RetiringServicePrincipal"}:
            raise validation("A retiring principal is required with GranteeServicePrincipal.")


def check_principal(principal: str) -> None:
    """
    Refuse what is neither an IAM principal's ARN nor a service of AWS (wire-facts R3, V20).

    Raises:
        KmsError: InvalidArnException.
    """
    if not is_principal_arn(principal) and not is_service(principal):
        raise KmsError(
            "InvalidArnException", f"ARN does not refer to a valid principal: {principal}"
        )


def check_exactly_one(request: RequestMembers, *members: str) -> None:
    if not request.keys() & set(members):
        raise validation(f"Please specify either {' or '.join(members)}.")
    check_at_most_one(request, *members)


def check_at_most_one(request: RequestMembers, *members: str) -> None:
    if len(request.keys() & set(members)) > 1:
        raise validation(f"Please specify either {' or '.join(members)}, but not both.")


def check_operations(operations: list[str], key: Key) -> None:
    """
    Refuse operations that a grant on this key cannot allow (rules GRANT-4, GRANT-5).

    Raises:
        KmsError: ValidationException; only R2's text was recorded, the others are assumed.
    """
    if not operations:
        raise validation("Operations must not be empty.")
    if set(operations) == {"CreateGrant"}:
        raise validation("Grants must not contain only the CreateGrant operation.")
    family = key.family
    is_symmetric = family.spec.kind is Kind.SYMMETRIC
    allowed = _ON_SYMMETRIC_KEYS if is_symmetric else _BY_USAGE[family.usage]
    for name in operations:
        if name not in allowed:
            raise validation(
                f"Operation {name} is not supported for a KMS key with key spec"
                f" {family.spec.name} and key usage {family.usage}."
            )


def read_constraints(request: RequestMembers, key: Key) -> Mapping[str, Any]:
    """
    Return the grant's constraints; one on the encryption context without pairs is none (V32).

    Raises:
        KmsError: ValidationException (wire-facts R4, V21; quotas Q-23, Q-24 with assumed texts).
    """
    constraints = {
        name: value
        for name, value in request.get("Constraints", {}).items()
        if value or name not in CONTEXT_CONSTRAINTS
    }
    given = [name for name in CONTEXT_CONSTRAINTS if name in constraints]
    if not given:
        return constraints
    if key.family.spec.kind is not Kind.SYMMETRIC:
        raise validation(
            "EncryptionContext is supported only when creating a grant for a symmetric encryption"
            " KMS key."
        )
    if len(given) > 1:
        raise validation("More than one constraint supplied")
    pairs = constraints[given[0]]
    if len(pairs) > MOST_PAIRS:
        raise validation(f"{given[0]} cannot have more than {MOST_PAIRS} pairs.")
    if any(len(value) > LONGEST_VALUE for value in pairs.values()):
        raise validation(f"A value in {given[0]} cannot exceed {LONGEST_VALUE} characters.")
    return constraints


def find_retirable(ctx: Context, request: RequestMembers, key: Key | None) -> Grant:
    """
    Find the grant that a RetireGrant names: by a token, or by its key and id (rules GRANT-26).

    Raises:
        KmsError: ValidationException (text assumed), InvalidGrantTokenException, or as
            `find_grant()`.
    """
    match (request.get("GrantToken"), key, request.get("GrantId")):
        case (str(token), None, None):
            grant_id = read_grant_token(token, ctx.world.token_secrets)
            if grant_id is None:
                raise invalid_grant_token()
            grant = ctx.world.grants.get(grant_id)
            if grant is None or grant.key.region != ctx.region.name:
                raise grant_not_found(grant_id)
            return grant
        case (None, Key(), str(grant_id)):
            return find_grant(key, grant_id)
        case _:  # rules GRANT-26; text assumed
            raise validation("Please specify either a grant token, or a key ID and a grant ID.")


def find_grant(key: Key, grant_id: str) -> Grant:
    """
    Find a grant on *key* (rules GRANT-30; texts never recorded, assumed).

    Raises:
        KmsError: InvalidGrantIdException, NotFoundException.
    """
    if not is_grant_id(grant_id):
        raise invalid_grant_id(grant_id)
    grant = key.grants.get(grant_id)
    if grant is None:
        raise grant_not_found(grant_id)
    return grant


def invalid_grant_id(grant_id: str) -> KmsError:
    return KmsError("InvalidGrantIdException", f"Invalid grant ID {grant_id}")


def grant_not_found(grant_id: str) -> KmsError:
    return not_found(f"Grant {grant_id} is not found.")
