"""Callers who have their access keys from moto: users of its IAM, and roles assumed at its STS."""

import importlib.util
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from pytest_kmsmock._kms.domain.principals import (
    Document,
    Identity,
    Principal,
    Session,
    principal_of,
)

IAM: Final = "moto.iam.models"
STS: Final = "moto.sts.models"


def require_moto() -> None:
    """
    Raises:
        ImportError: If moto is not installed.
    """
    if importlib.util.find_spec("moto") is None:
        raise ImportError("identities='moto' asks moto who calls: install moto, or leave it out")


def find_principal(access_key_id: str) -> Principal | None:
    """
    Return who has an access key of moto's, with the policies that moto holds at this moment.

    One that moto has made inactive is nobody's, as on AWS.

    Raises:
        ValueError: For a permissions boundary that moto does not hold.
    """
    return find_user(access_key_id) or find_session(access_key_id)


def find_user(access_key_id: str) -> Principal | None:
    for backend in backends(IAM, "iam_backends"):
        for user in backend.users.values():
            for access_key in user.access_keys:
                if access_key.access_key_id == access_key_id:
                    if access_key.status != "Active":
                        return Principal("", user.account_id, kind="Unknown")
                    return make_user(backend, user)
    return None


def make_user(backend: Any, user: Any) -> Principal:
    groups = [group for group in backend.groups.values() if user in group.users]
    identity = Identity(
        arn=user.arn,
        account_id=user.account_id,
        policies=tuple(
            [document for holder in (user, *groups) for document in documents_of(holder)]
        ),
        tags=read_tags(backend.tagger.list_tags_for_resource(user.arn)["Tags"]),
    )
    session = Session(identity=identity.arn)
    return replace(principal_of(identity, session, user.create_date), userid=user.id)


def find_session(access_key_id: str) -> Principal | None:
    for backend in backends(STS, "sts_backends"):
        for assumed in backend.assumed_roles:
            if assumed.access_key_id == access_key_id:
                return make_session(assumed)
    return None


def make_session(assumed: Any) -> Principal:
    iam = sys.modules[IAM].iam_backends[assumed.account_id][assumed.partition]
    # At moto's STS one may also assume a role that its IAM does not have: it may do nothing.
    role = next((one for one in iam.roles.values() if one.arn == assumed.role_arn), None)
    identity = Identity(arn=assumed.role_arn, account_id=assumed.account_id)
    if role is not None:
        identity = replace(
            identity,
            policies=tuple(documents_of(role)),
            boundary=find_boundary(iam, role),
            tags=read_tags(role.tags),
        )
    session = Session(
        identity=identity.arn,
        name=assumed.session_name,
        policies=(Document(assumed.policy),) if assumed.policy else (),
    )
    return replace(
        principal_of(identity, session, assumed.access_key.create_date), userid=assumed.user_id
    )


def find_boundary(iam: Any, role: Any) -> Document | None:
    arn = role.permissions_boundary_arn
    if not arn:
        return None
    if arn not in iam.managed_policies:
        raise ValueError(
            f"moto does not hold {arn}, the permissions boundary of {role.arn}: create it with"
            " create_policy() of moto's IAM"
        )
    return default_version(iam.managed_policies[arn])


def documents_of(holder: Any) -> Iterable[Document]:
    """Return the policies of a user, a group or a role: inline ones, and managed ones."""
    yield from (Document(text) for text in holder.policies.values())
    yield from (default_version(policy) for policy in holder.managed_policies.values())


def default_version(policy: Any) -> Document:
    for version in policy.versions:
        if version.version_id == policy.default_version_id:
            return Document(version.document, policy.arn)
    raise AssertionError(f"{policy.arn} has no default version")  # moto sees to it


def read_tags(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def backends(module: str, name: str) -> list[Any]:
    """Return what moto has of a service, by account and partition; nothing if it is not loaded."""
    found = getattr(sys.modules.get(module), name, {})
    return [backend for account in list(found.values()) for backend in list(account.values())]
