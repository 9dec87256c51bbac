"""The handle on somebody who makes requests: a user, a role, a session, a root user, a service."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Protocol, TypedDict

from pytest_kmsmock._kms.domain.principals import Identity, Principal, Session
from pytest_kmsmock._kms.wire.model import partition_of
from pytest_kmsmock.interception.sessions import (
    AccessKey,
    new_boto3_session,
    new_session,
    read_only_credentials,
)
from pytest_kmsmock.workbench.caller import Caller
from pytest_kmsmock.workbench.principals.acting import declare_in
from pytest_kmsmock.workbench.principals.documents import (
    PolicyDocument,
    add_new,
    make_statement,
    read_document,
    read_documents,
)
from pytest_kmsmock.workbench.principals.naming import (
    Home,
    check_federated_name,
    check_session_name,
    check_via,
)
from pytest_kmsmock.workbench.principals.texts import check_tags, read_context
from pytest_kmsmock.workbench.wording import explained

if TYPE_CHECKING:
    import boto3
    from botocore.credentials import ReadOnlyCredentials
    from botocore.session import Session as BotocoreSession

    from pytest_kmsmock._kms.domain.world import World
    from pytest_kmsmock._kms.service import Service
    from pytest_kmsmock.stubs import KMSClient
    from pytest_kmsmock.workbench.calls.record import Calls
    from pytest_kmsmock.workbench.keys.handle import KeyHandle

# For pytest: a failure is shown up to the test's own line.
__tracebackhide__ = True

# Why some have no policies of their own, by the kind of identity.
NO_POLICIES: Final = {
    "root": "a root user may do what key policies and control policies let it",
    "service": "a service may do what key policies and grants let it",
}


class Owner(Protocol):
    """The mock of a handle."""

    @property
    def account_id(self) -> str: ...

    @property
    def region_name(self) -> str: ...

    _service: "Service"

    @property
    def calls(self) -> "Calls": ...

    def _require_active(self) -> None: ...

    def _client(
        self, access_key: AccessKey, region_name: str | None, options: Mapping[str, Any]
    ) -> "KMSClient": ...

    def create_key(self, **arguments: Any) -> "KeyHandle": ...


class ClientKeywords(TypedDict):
    """The keywords by which `create_client` and boto3's `client` take credentials."""

    aws_access_key_id: str
    aws_secret_access_key: str
    aws_session_token: str | None


class PrincipalHandle(Caller):
    """
    A principal: a user, a role, a role session, a federated user, a root user or an AWS service.

    It has its own access keys: every request that is signed with them is the principal's. Changes
    of its policies apply from the next request on.

        >>> key = kms_mock.create_key()
        >>> worker = kms_mock.role("worker").allow("kms:Encrypt", resource=key.arn)
        >>> blob = worker.client().encrypt(KeyId=key.arn, Plaintext=b"hi")["CiphertextBlob"]
        >>> worker.client().decrypt(CiphertextBlob=blob)
        Traceback (most recent call last):
        ...
        botocore.exceptions.ClientError: ...
        >>> kms_mock.calls.last.decision.allowed
        False

    .. versionadded:: 0.1.0
    """

    def __init__(self, owner: Owner, session: Session) -> None:
        self._owner = owner
        self._session = session

    def __repr__(self) -> str:
        through = f" through {', '.join(self._session.via)}" if self._session.via else ""
        return f"<PrincipalHandle {self.arn}{through}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PrincipalHandle):
            return NotImplemented
        return self._owner is other._owner and self._session == other._session

    def __hash__(self) -> int:
        return hash(self._session.access_key_id)

    @property
    def arn(self) -> str:
        """
        The ARN. From `assume()` and `federate()`, that of the session; of a service, its name.
        """
        identity, name = self._session.identity, self._session.name
        if name is None:
            return identity
        partition, account_id, resource = take_apart(identity)
        kind = "federated-user"
        if resource.startswith("role/"):
            kind = f"assumed-role/{resource.rpartition('/')[2]}"
        return f"arn:{partition}:sts::{account_id}:{kind}/{name}"

    @property
    def account_id(self) -> str:
        """The account id, 12 digits. Of a service, its *source_account*, or ""."""
        if self._session.identity.startswith("arn:"):
            return take_apart(self._session.identity)[1]
        return self._session.source_account or ""

    @property
    def credentials(self) -> "ReadOnlyCredentials":
        """The access keys, as botocore's type. They are the same in every run."""
        return read_only_credentials(self._access_key)

    @property
    def client_keywords(self) -> ClientKeywords:
        """
        The access keys as keywords for `create_client()` of any session, also of aiobotocore's.

            >>> import boto3
            >>> client = boto3.client("kms", **kms_mock.role("worker").client_keywords)
        """
        access_key = self._access_key
        return {
            "aws_access_key_id": access_key.access_key_id,
            "aws_secret_access_key": access_key.secret_access_key,
            "aws_session_token": access_key.session_token,
        }

    def client(self, region_name: str | None = None, **options: Any) -> "KMSClient":
        """
        Return a botocore client for KMS that makes its requests as this principal.

        Args:
            region_name: See `KmsMock.client()`.
            options: See `KmsMock.client()`.
        """
        return self._owner._client(self._access_key, region_name, options)

    def session(self) -> "BotocoreSession":
        """Return a new botocore session with the mock's Region and the principal's access keys."""
        return new_session(self._owner.region_name, self._access_key)

    def boto3_session(self) -> "boto3.session.Session":
        """
        Return a new boto3 session like `session()`.

        Raises:
            ImportError: If boto3 is not installed.
        """
        return new_boto3_session(self._owner.region_name, self._access_key)

    @explained
    def allow(
        self,
        *actions: str,
        resource: object = "*",
        condition: Mapping[str, Any] | None = None,
    ) -> "PrincipalHandle":
        """
        Add an identity policy that allows *actions*, and return the handle.

        On a role session, the policy is the role's. For session policies, see `assume()`.

        Args:
            actions: Actions such as "kms:Decrypt" or "kms:GenerateDataKey*".
            resource: An ARN, a handle of a key, or a list of them; by default all resources.
            condition: A Condition block, such as
                `{"StringEquals": {"kms:EncryptionContext:tenant": "7"}}`.

        Raises:
            TypeError: If there is no action, or one is not a string.
            ValueError: For a malformed policy, or a root user or service, which can't have any.
        """
        return self.attach(make_statement("Allow", actions, resource, condition))

    @explained
    def deny(
        self,
        *actions: str,
        resource: object = "*",
        condition: Mapping[str, Any] | None = None,
    ) -> "PrincipalHandle":
        """
        Add an identity policy that denies *actions*, and return the handle; see `allow()`.

        Raises:
            TypeError, ValueError: As `allow()`.
        """
        return self.attach(make_statement("Deny", actions, resource, condition))

    @explained
    def attach(self, policy: PolicyDocument, arn: str | None = None) -> "PrincipalHandle":
        """
        Add an identity policy, and return the handle.

        Args:
            policy: The policy, as a mapping or JSON text.
            arn: The ARN of the policy, if it is a managed one. AWS names it when it denies.

        Raises:
            TypeError: If *policy* is neither a mapping nor a string.
            ValueError: For a malformed policy, or a root user or service, which can't have any.
        """
        self._with_policies()
        document = read_document(policy, "identity", check_policy_arn(arn))
        with self._owner._service.lock:
            identity = self._with_policies()
            self._put(replace(identity, policies=add_new(identity.policies, [document])))
        return self

    def detach_all(self) -> "PrincipalHandle":
        """
        Remove all identity policies, and return the handle.

        Raises:
            ValueError: For a root user or service, which has none.
        """
        with self._owner._service.lock:
            self._put(replace(self._with_policies(), policies=()))
        return self

    @explained
    def assume(
        self,
        session_name: str,
        *,
        policies: "Iterable[PolicyDocument] | PolicyDocument" = (),
        tags: Mapping[str, str] | None = None,
        source_identity: str | None = None,
    ) -> "PrincipalHandle":
        """
        Return a session of the role, with its own ARN and access keys, as AssumeRole does.

        Args:
            session_name: The RoleSessionName.
            policies: Session policies, each a mapping or JSON text. Without any, the session has
                all permissions of the role.
            tags: Session tags. They override tags of the role.
            source_identity: The SourceIdentity (`aws:SourceIdentity`).

        Raises:
            TypeError: For an argument of the wrong type.
            ValueError: If this is not a role, or for a malformed name or policy.
        """
        self._require_plain("role", "assume")
        return self._derive(
            name=check_session_name(session_name),
            policies=read_documents(policies, "session"),
            tags=check_tags(tags),
            source_identity=source_identity,
        )

    @explained
    def federate(
        self, name: str, policies: "Iterable[PolicyDocument] | PolicyDocument" = ()
    ) -> "PrincipalHandle":
        """
        Return a federated user of this user, as GetFederationToken does.

        Args:
            name: The name of the federated user.
            policies: Session policies. Without any, only key policies allow something.

        Raises:
            TypeError: For an argument of the wrong type.
            ValueError: If this is not a user, or for a malformed name or policy.
        """
        self._require_plain("user", "federate")
        return self._derive(
            name=check_federated_name(name), policies=read_documents(policies, "session")
        )

    @explained
    def via(self, service: str) -> "PrincipalHandle":
        """
        Return the same principal, for requests that an AWS service makes on its behalf.

        They have `kms:ViaService`, `aws:ViaAWSService` and `aws:CalledVia`. For a chain of
        services, call `via()` again.

        Args:
            service: The service, such as "s3" or "s3.eu-west-1.amazonaws.com".

        Raises:
            TypeError: If *service* is not a string.
            ValueError: If it is not a service, or this principal is itself a service.
        """
        if self._identity().kind == "service":
            raise ValueError(
                f"{self.arn} is a service itself: via() is for users, roles and sessions"
            )
        return self._derive(via=(*self._session.via, check_via(service)))

    @explained
    def in_context(
        self,
        keys: Mapping[str, object],
        *,
        endpoint_policy: PolicyDocument | None = None,
    ) -> "PrincipalHandle":
        """
        Return the same principal, with other condition keys in its requests.

            >>> worker = kms_mock.role("worker")
            >>> at_home = worker.in_context({"aws:SourceIp": "198.51.100.7"})
            >>> in_vpc = worker.in_context({"aws:SourceVpce": "vpce-1", "aws:SourceIp": None})

        Args:
            keys: A mapping from condition keys to their value or list of values, or to None if
                the key is absent.
            endpoint_policy: The policy of the VPC endpoint that the requests use.

        Raises:
            TypeError: If *keys* is not a mapping, or for a value of the wrong type.
            ValueError: For a malformed policy.
        """
        changes: dict[str, Any] = {"context": {**self._session.context, **read_context(keys)}}
        if endpoint_policy is not None:
            changes["endpoint_policy"] = read_document(endpoint_policy, "endpoint")
        return self._derive(**changes)

    def _is_caller(self, principal: Principal) -> bool:
        """Tell whether it is the one who made a request; for the record of calls."""
        session = self._session
        arn = principal.arn
        if session.name is None and principal.kind == "AssumedRole":
            arn = principal.issuer_arn or ""
        if arn != self.arn:
            return False
        derived = (session.via, read_context(session.context), session.endpoint_policy)
        if derived == ((), {}, None):
            return True
        return derived == (principal.via, dict(principal.context), principal.endpoint_policy)

    @property
    def _access_key(self) -> AccessKey:
        return AccessKey.of(self._session.access_key_id)

    @property
    def _world(self) -> "World":
        try:
            self._owner._require_active()
        except ValueError:
            raise ValueError(
                "this handle belongs to a mock that has ended: declare it again in the active one"
            ) from None
        return self._owner._service.world

    def _identity(self) -> Identity:
        """
        Raises:
            ValueError: If the mock does not know it any more.
        """
        world = self._world
        if world.principals.find(self._session.access_key_id) is None:
            raise ValueError(
                f"this KMS does not know {self.arn}: it has been reset or restored since, so"
                " declare it again"
            )
        return world.principals.identity(self._session.identity, self.account_id)

    def _with_policies(self) -> Identity:
        """
        Raises:
            ValueError: If it takes no identity policies.
        """
        identity = self._identity()
        if identity.kind in NO_POLICIES:
            raise ValueError(f"{self.arn} takes no identity policies: {NO_POLICIES[identity.kind]}")
        return identity

    def _require_plain(self, kind: str, method: str) -> None:
        """
        Raises:
            ValueError: Unless it is of *kind*, and no session.
        """
        identity = self._identity()
        if identity.kind != kind:
            raise ValueError(f"{self.arn} is not a {kind}: {method}() is for {kind}s")
        if self._session.name is not None:
            raise ValueError(f"{self.arn} is a session already: {method}() is for the {kind}")

    def _put(self, identity: Identity) -> None:
        self._world.principals.put(identity)

    def _derive(self, **changes: Any) -> "PrincipalHandle":
        self._identity()
        return declare(self._owner, replace(self._session, **changes))


def declare(owner: Owner, session: Session) -> PrincipalHandle:
    """Let the mock know *session*, and return the handle."""
    owner._require_active()
    with owner._service.lock:
        declare_in(owner._service, session)
    return PrincipalHandle(owner, session)


def take_apart(arn: str) -> tuple[str, str, str]:
    """Return partition, account and resource of an ARN of IAM."""
    _, partition, _, _, account_id, resource = arn.split(":", 5)
    return partition, account_id, resource


def home_of(owner: Owner) -> Home:
    return Home(partition_of(owner.region_name), owner.account_id)


def check_policy_arn(arn: object) -> str | None:
    """
    Raises:
        TypeError, ValueError: Unless *arn* is that of a policy, or None.
    """
    if arn is None:
        return None
    if not isinstance(arn, str):
        raise TypeError(f"arn={arn!r} is not a string")
    if not arn.startswith("arn:") or ":policy/" not in arn:
        raise ValueError(
            f"arn={arn!r} is not that of a policy, such as"
            " 'arn:aws:iam::123456789012:policy/worker'"
        )
    return arn
