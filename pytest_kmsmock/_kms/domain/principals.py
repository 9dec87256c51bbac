"""Who may be a caller: users, roles, root users, services; and the access key of each."""

from base64 import b32encode
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final, Literal, TypeAlias

from pytest_kmsmock._kms.domain.clock import Clock

# The values of `aws:PrincipalType`; "Service" stands for the services, which have none, and
# "Unknown" for access keys that nobody knows any more.
PrincipalKind: TypeAlias = Literal[
    "Account", "User", "AssumedRole", "FederatedUser", "Service", "Unknown"
]
ContextValues: TypeAlias = Mapping[str, tuple[str, ...] | None]

DEFAULT_USER: Final = "user/kmsmock"
DEFAULT_SESSION: Final = "kmsmock"

# An access key id has 20 characters: the prefix tells long-term keys (of users, of the root user)
# from those of sessions, half of the rest names the caller, and the other half that we made it.
_NAMING: Final = 8
_OURS: Final = b"pytest-kmsmock access key "


@dataclass(frozen=True, slots=True)
class Document:
    """The text of a policy as a test gave it, and the policy's ARN if it is a managed one."""

    text: str
    arn: str | None = None


ADMINISTRATOR: Final = Document(
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """
    Somebody who was declared: what is true of a user, a role, a root user or a service for good.

    *arn* is that of the user, role or root user, or a service's name; *account_id* of a service is
    the account for which it calls, "" if that was not said. Changes are made by putting another one
    into the registry.
    """

    arn: str
    account_id: str
    policies: tuple[Document, ...] = ()
    boundary: Document | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> Literal["role", "root", "service", "user"]:
        if not self.arn.startswith("arn:"):
            return "service"
        resource = self.arn.split(":", 5)[5]
        if resource == "root":
            return "root"
        return "role" if resource.startswith("role/") else "user"

    @property
    def name(self) -> str:
        """The name without its path; "root" of a root user."""
        return self.arn.rpartition("/")[2] if "/" in self.arn else self.arn.rpartition(":")[2]

    @property
    def unique_id(self) -> str:
        """An id in the form of those that IAM draws, the same in every run."""
        prefix = "AROA" if self.kind == "role" else "AIDA"
        return prefix + b32encode(sha256(self.arn.encode()).digest()).decode()[:17]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """
    How somebody who was declared makes requests: the part that an access key stands for.

    *name* is that of a role's or of a federated user's session; None for a user, a root user or a
    service itself (a role always has a session). *policies* are session policies, of which none
    is no limit to a role, and nothing at all for a federated user. *via* are the services through
    which the request comes, in their order: "s3", or a whole name such as
    "s3.eu-west-1.amazonaws.com". *context* has condition keys, in any case, with their values:
    None where the key is absent. *source_arn* and *source_account* are what a service calls for.
    """

    identity: str
    name: str | None = None
    policies: tuple[Document, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    source_identity: str | None = None
    via: tuple[str, ...] = ()
    context: ContextValues = field(default_factory=dict)
    endpoint_policy: Document | None = None
    source_arn: str | None = None
    source_account: str | None = None

    @property
    def access_key_id(self) -> str:
        """The access key id that always stands for this session, and for no other."""
        told = (
            self.identity,
            self.name,
            self.policies,
            sorted(self.tags.items()),
            self.source_identity,
            self.via,
            sorted((key.lower(), values) for key, values in self.context.items()),
            self.endpoint_policy,
            self.source_arn,
            self.source_account,
        )
        is_lasting = self.name is None and ":role/" not in self.identity
        prefix = "AKIA" if is_lasting else "ASIA"
        return _sign(prefix + b32encode(sha256(repr(told).encode()).digest()).decode()[:_NAMING])


@dataclass(frozen=True, slots=True, eq=False)  # one is known by being the same object
class Principal:
    """
    Who makes a request, and with what limits: all that a decision asks about a caller.

    *arn* is what messages show: a session's, where there is one; a service's name. *issuer_arn* is
    the role that was assumed, with its path, or the user who federated. *session_policies* is None
    where no session policy limits the caller. *is_administrator* says that nothing but a key policy
    or a control policy can refuse him anything.
    """

    arn: str
    account_id: str
    _: KW_ONLY
    kind: PrincipalKind = "User"
    issuer_arn: str | None = None
    userid: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    policies: tuple[Document, ...] = ()
    boundary: Document | None = None
    session_policies: tuple[Document, ...] | None = None
    source_identity: str | None = None
    issued_at: datetime | None = None
    via: tuple[str, ...] = ()
    context: ContextValues = field(default_factory=dict)
    endpoint_policy: Document | None = None
    source_arn: str | None = None
    source_account: str | None = None
    is_administrator: bool = False

    @property
    def partition(self) -> str | None:
        """The partition of the ARN; None of a service, which works in all of them."""
        return self.arn.split(":", 2)[1] if self.arn.startswith("arn:") else None


class Principals:
    """All who were declared in one world, and the access keys that were given out for them."""

    def __init__(self) -> None:
        self._identities: dict[str, Identity] = {}
        self._sessions: dict[str, tuple[Session, datetime]] = {}
        # What find() and administrator() have put together; empty again when anybody changes.
        self._known: dict[str, Principal] = {}
        self._administrators: dict[tuple[str, str], Principal] = {}

    def __deepcopy__(self, _: object) -> "Principals":
        """Copy the tables alone: what is in them never changes."""
        twin = Principals()
        twin._identities = dict(self._identities)
        twin._sessions = dict(self._sessions)
        return twin

    def identity(self, arn: str, account_id: str) -> Identity:
        """Return whom *arn* names; the first time, somebody with no policies but `user/kmsmock`."""
        identity = self._identities.get(arn)
        if identity is None:
            policies = (ADMINISTRATOR,) if arn.endswith(f":{DEFAULT_USER}") else ()
            identity = Identity(arn=arn, account_id=account_id, policies=policies)
            self._identities[arn] = identity
        return identity

    def put(self, identity: Identity) -> None:
        """Let *identity* be what is known of its ARN, from the next request on."""
        self._identities[identity.arn] = identity
        self._known.clear()
        self._administrators.clear()

    def issue(self, session: Session, now: datetime) -> str:
        """
        Give out the access key of *session*, whose identity is known already; return its id.

        Raises:
            KeyError: If the identity is not known.
        """
        self._identities[session.identity]
        access_key_id = session.access_key_id
        self._sessions.setdefault(access_key_id, (session, now))
        return access_key_id

    def find(self, access_key_id: str) -> Principal | None:
        """Return the caller behind an access key that this world has given out."""
        known = self._known.get(access_key_id)
        if known is None and access_key_id in self._sessions:
            session, issued_at = self._sessions[access_key_id]
            known = principal_of(self._identities[session.identity], session, issued_at)
            self._known[access_key_id] = known
        return known

    def administrator(self, account_id: str, partition: str, clock: Clock) -> Principal:
        """Return `user/kmsmock`, who is the administrator of every account, and gets a key here."""
        known = self._administrators.get((account_id, partition))
        if known is None:
            arn = f"arn:{partition}:iam::{account_id}:{DEFAULT_USER}"
            session, now = Session(identity=self.identity(arn, account_id).arn), clock.now()
            self.issue(session, now)
            known = principal_of(self._identities[arn], session, now)
            self._administrators[account_id, partition] = known
        return known


def principal_of(identity: Identity, session: Session, issued_at: datetime) -> Principal:
    """Put together what is known of somebody with how he calls."""
    principal = Principal(
        arn=identity.arn,
        account_id=session.source_account or identity.account_id,
        policies=identity.policies,
        boundary=identity.boundary,
        tags={**identity.tags, **session.tags},
        source_identity=session.source_identity,
        via=session.via,
        context={key.lower(): values for key, values in session.context.items()},
        endpoint_policy=session.endpoint_policy,
        source_arn=session.source_arn,
        source_account=session.source_account,
    )
    match identity.kind:
        case "service":
            return replace(principal, kind="Service")
        case "root":
            return replace(principal, kind="Account", userid=identity.account_id)
        case "role":
            name = session.name or DEFAULT_SESSION
            return replace(
                principal,
                arn=_session_arn(identity, f"assumed-role/{identity.name}/{name}"),
                kind="AssumedRole",
                issuer_arn=identity.arn,
                userid=f"{identity.unique_id}:{name}",
                session_policies=session.policies or None,
                issued_at=issued_at,
            )
    if session.name is not None:
        return replace(
            principal,
            arn=_session_arn(identity, f"federated-user/{session.name}"),
            kind="FederatedUser",
            issuer_arn=identity.arn,
            userid=f"{identity.account_id}:{session.name}",
            session_policies=session.policies,
            issued_at=issued_at,
        )
    is_free = identity.boundary is None and session.endpoint_policy is None
    return replace(
        principal,
        userid=identity.unique_id,
        is_administrator=is_free and identity.policies == (ADMINISTRATOR,),
    )


@lru_cache(maxsize=1024)
@lru_cache(maxsize=256)  # asked in each call of a client that has credentials of its own
def was_given_out(access_key_id: str) -> bool:
    """Tell whether an access key is one that a mock gave out: this one, or any other."""
    return (
        len(access_key_id) == 20
        and access_key_id.startswith(("AKIA", "ASIA"))
        and _sign(access_key_id[: 4 + _NAMING]) == access_key_id
    )


def _session_arn(identity: Identity, resource: str) -> str:
    partition = identity.arn.split(":", 2)[1]
    return f"arn:{partition}:sts::{identity.account_id}:{resource}"


def _sign(named: str) -> str:
    return named + b32encode(sha256(_OURS + named.encode()).digest()).decode()[:_NAMING]
