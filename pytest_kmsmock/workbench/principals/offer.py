"""What a mock offers about those who make requests, and about what they may."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Literal

from pytest_kmsmock.options import check_account_id
from pytest_kmsmock.workbench.subject import Subject
from pytest_kmsmock.workbench.wording import explained

if TYPE_CHECKING:
    from pytest_kmsmock._kms.service import Service
    from pytest_kmsmock.workbench.caller import Caller
    from pytest_kmsmock.workbench.keys.handle import KeyHandle
    from pytest_kmsmock.workbench.principals.account import AccountHandle
    from pytest_kmsmock.workbench.principals.acting import Cast
    from pytest_kmsmock.workbench.principals.documents import PolicyDocument
    from pytest_kmsmock.workbench.principals.grants import GrantHandle
    from pytest_kmsmock.workbench.principals.least_privilege import LeastPrivilege
    from pytest_kmsmock.workbench.principals.naming import Home
    from pytest_kmsmock.workbench.principals.principal import Owner, PrincipalHandle


class OffersPrincipals(Subject):
    """Users, roles, services and accounts, with their policies; grants; who acts."""

    _access: Literal["enforce", "warn", "off"]
    _identities: Literal["declared", "moto"]
    _consistency: Literal["immediate", "eventual"]
    _cast: "Cast"

    @explained
    def role(
        self,
        name_or_arn: str,
        *,
        policies: "Iterable[PolicyDocument] | PolicyDocument" = (),
        boundary: "PolicyDocument | None" = None,
        tags: Mapping[str, str] | None = None,
        account_id: str | None = None,
    ) -> "PrincipalHandle":
        """
        Return a role. A new role has no permissions; the same name returns the same role.

            >>> worker = kms_mock.role("worker")
            >>> worker.arn
            'arn:aws:iam::123456789012:role/worker'

        Its requests come from a role session named `kmsmock`. For others, use `assume()`.

        Args:
            name_or_arn: The name, with or without a path ("team/worker"), or the ARN.
            policies: Identity policies to add, each a mapping or JSON text.
            boundary: The permissions boundary.
            tags: Tags to add. Policies read them as `aws:PrincipalTag/...`.
            account_id: The role's account. By default that of the ARN, or else the mock's.

        Raises:
            TypeError: For an argument of the wrong type.
            ValueError: For an invalid name or a malformed policy.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.principals import account, naming  # noqa: PLC0415 - see KmsMock._open

        named = naming.read_name("role", name_or_arn, self._home(), account_id)
        return account.open_principal(self._owner, named, policies, boundary, tags)

    @explained
    def user(
        self,
        name_or_arn: str,
        *,
        policies: "Iterable[PolicyDocument] | PolicyDocument" = (),
        boundary: "PolicyDocument | None" = None,
        tags: Mapping[str, str] | None = None,
        account_id: str | None = None,
    ) -> "PrincipalHandle":
        """
        Return a user. A new user has no permissions; the same name returns the same user.

        The user `kmsmock` is the default caller. It is an administrator until `detach_all()`.

        Args:
            name_or_arn: See `role()`.
            policies: See `role()`.
            boundary: See `role()`.
            tags: See `role()`.
            account_id: See `role()`.

        Raises:
            TypeError, ValueError: As `role()`.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.principals import account, naming  # noqa: PLC0415 - see KmsMock._open

        named = naming.read_name("user", name_or_arn, self._home(), account_id)
        return account.open_principal(self._owner, named, policies, boundary, tags)

    @explained
    def root(self, account_id: str | None = None) -> "PrincipalHandle":
        """
        Return an account's root user, who is allowed everything that needs no key policy.

        Raises:
            ValueError: If *account_id* is not an account id.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.principals.account import open_root  # noqa: PLC0415 - see KmsMock._open

        if account_id is not None:
            check_account_id("account_id", account_id)
        return open_root(self._owner, account_id)

    @explained
    def service(
        self,
        name: str,
        *,
        source_arn: str | None = None,
        source_account: str | None = None,
    ) -> "PrincipalHandle":
        """
        Return an AWS service that calls KMS for itself. For calls on behalf of others, use `via()`.

            >>> trail = kms_mock.service("cloudtrail.amazonaws.com", source_account="123456789012")

        Args:
            name: The service principal.
            source_arn: The resource for which it calls (`aws:SourceArn`).
            source_account: The account for which it calls (`aws:SourceAccount`), and whose keys it
                finds by key id or alias; by default the mock's.

        Raises:
            TypeError: For an argument of the wrong type.
            ValueError: For an invalid service principal or account id.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.principals.account import open_service  # noqa: PLC0415 - see KmsMock._open

        if source_account is not None:
            check_account_id("source_account", source_account)
        return open_service(self._owner, name, source_arn, source_account)

    @explained
    def account(
        self,
        account_id: str,
        *,
        org_id: str | None = None,
        service_control_policies: "Iterable[PolicyDocument | Iterable[PolicyDocument]]" = (),
        resource_control_policies: "Iterable[PolicyDocument | Iterable[PolicyDocument]]" = (),
    ) -> "AccountHandle":
        """
        Return an account. The same id returns the same account, and adds what is given.

            >>> vendor = kms_mock.account("444455556666")
            >>> vendor.role("reader").arn
            'arn:aws:iam::444455556666:role/reader'

        Args:
            account_id: The account id, 12 digits. It may be the mock's own.
            org_id: The organization's id, such as "o-exampleorgid".
            service_control_policies: A list of policies, for one level of the organization; or a
                list of such lists, one for each level, from the root down. Include
                `FULL_AWS_ACCESS` in each level, unless your organization has detached it. A later
                call adds its policies to the last level.
            resource_control_policies: The same for RCPs. `RCPFullAWSAccess` is always included.

        Raises:
            TypeError: For an argument of the wrong type.
            ValueError: For an invalid account id or a malformed policy.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.principals.account import open_account  # noqa: PLC0415 - see KmsMock._open

        check_account_id("account_id", account_id)
        return open_account(
            self._owner, account_id, org_id, service_control_policies, resource_control_policies
        )

    @explained
    def create_grant(
        self,
        key: "KeyHandle | str",
        *,
        grantee: "PrincipalHandle | str",
        operations: Iterable[str],
        constraints: Mapping[str, Any] | None = None,
        retiring: "PrincipalHandle | str | None" = None,
        issuing_account: str | None = None,
    ) -> "GrantHandle":
        """
        Create a grant as part of a test's set-up, without a check of permissions.

            >>> key = kms_mock.create_key()
            >>> worker = kms_mock.role("worker")
            >>> grant = kms_mock.create_grant(key, grantee=worker, operations=["Encrypt"])
            >>> answer = worker.client().encrypt(KeyId=key.arn, Plaintext=b"hi")

        Args:
            key: A handle, or the key's id, ARN or alias.
            grantee: The grantee: a handle, an ARN, or a service principal.
            operations: The grant operations, such as "Decrypt".
            constraints: The member Constraints of CreateGrant.
            retiring: The retiring principal.
            issuing_account: The account that creates the grant; by default the key's.

        Raises:
            TypeError: For an argument of the wrong type.
            ValueError: If KMS refuses the request, for example for an operation that the key does
                not support.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.principals import grants  # noqa: PLC0415 - see KmsMock._open

        if issuing_account is not None:
            check_account_id("issuing_account", issuing_account)
        return grants.create_grant(
            self._place(),
            self._home(),
            key,
            grantee=grantee,
            operations=operations,
            constraints=constraints,
            retiring=retiring,
            issuing_account=issuing_account,
        )

    @property
    def caller(self) -> "PrincipalHandle":
        """
        The default caller: who makes requests with credentials that belong to no principal.

            >>> kms_mock.caller.arn
            'arn:aws:iam::123456789012:user/kmsmock'
            >>> with kms_mock.acting_as("role/worker"):
            ...     kms_mock.caller.arn
            'arn:aws:iam::123456789012:role/worker'

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.principals.account import AccountHandle  # noqa: PLC0415 - see KmsMock._open
        from pytest_kmsmock.workbench.principals.principal import PrincipalHandle  # noqa: PLC0415 - see KmsMock._open

        self._require_active()
        session = self._cast.current
        if session is None:
            return AccountHandle(self._owner, self.account_id).administrator
        return PrincipalHandle(self._owner, session)

    @explained
    def acting_as(self, principal: "PrincipalHandle | str") -> AbstractContextManager[None]:
        """
        Make somebody the default caller for the block of a `with`.

        It applies to the whole process: to `kms`, to `client()`, and to all clients of the code
        under test whose credentials belong to no principal. Blocks may be nested and overlap.

            worker = kms_mock.role("worker").allow("kms:ListKeys")
            with kms_mock.acting_as(worker):
                kms.list_keys()

        Args:
            principal: A handle, "role/worker", "user/alice", "root", or an ARN.

        Raises:
            TypeError: If it is neither a handle nor a string.
            ValueError: If a string names no principal.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.principals import acting  # noqa: PLC0415 - see KmsMock._open
        from pytest_kmsmock.workbench.principals.principal import PrincipalHandle  # noqa: PLC0415 - see KmsMock._open

        self._require_active()
        if isinstance(principal, PrincipalHandle):
            session = principal._session
        elif isinstance(principal, str):
            session = acting.read_session(principal, self._home())
            acting.declare_in(self._service, session)
        else:
            raise TypeError(
                f"acting_as() takes a handle, as of role(), or a name: not {principal!r}"
            )
        part = acting.Part(session, is_lasting=False)
        return acting.acting(self._cast, part, lambda: self._service)

    @explained
    def least_privilege(self, principal: "Caller | None" = None) -> "LeastPrivilege":
        """
        Return the smallest policies under which the calls so far would have been allowed.

            >>> key = kms_mock.create_key()
            >>> answer = kms.encrypt(KeyId=key.arn, Plaintext=b"hi", EncryptionContext={"a": "b"})
            >>> kms_mock.least_privilege().identity_policy["Statement"]  # doctest: +ELLIPSIS
            [{'Effect': 'Allow', 'Action': 'kms:Encrypt', 'Resource': 'arn:...', 'Condition': ...}]

        Denied calls do not count. If all calls had the same key in their encryption context, the
        policy has a condition for that key, but not for its value.

        Args:
            principal: A handle of the principal or account whose calls count; by default all.

        Raises:
            TypeError: If *principal* is not a handle.
            ValueError: If no call was allowed, or if there were more calls than the mock keeps.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.principals.least_privilege import Usage  # noqa: PLC0415 - see KmsMock._open

        calls = self._owner.calls
        if calls.is_cut:
            raise ValueError(
                "there were more calls than the mock keeps: use --kmsmock-least-privilege, which"
                " counts all calls of a run"
            )
        usage = Usage()
        for call in calls if principal is None else calls.by(principal):
            usage.add(call.decision)
        if not usage.principals:
            raise ValueError("no call has been allowed so far that a policy could be written for")
        return usage.summarise(usage.principals)

    def _go_on(self, service: "Service") -> None:
        access = service.access
        access.mode = self._access
        access.waits_for_grants = self._consistency == "eventual"
        if self._identities == "moto":
            from pytest_kmsmock.workbench.principals.from_moto import find_principal, require_moto  # noqa: PLC0415 - see KmsMock._open

            require_moto()
            access.find_elsewhere = find_principal
        self._cast.enter(service, self._home)

    def _begin_part(self, caller: str) -> object:
        """Let *caller* act until `_end_part`, also after a reset; for the stack."""
        from pytest_kmsmock.workbench.principals import acting  # noqa: PLC0415 - see KmsMock._open

        session = acting.read_session(caller, self._home())
        acting.declare_in(self._service, session)
        part = acting.Part(session, is_lasting=True)
        self._cast.begin(part, self._service)
        return part

    def _end_part(self, part: Any) -> None:
        self._cast.end(part, self._service)

    def _home(self) -> "Home":
        from pytest_kmsmock.workbench.principals.principal import home_of  # noqa: PLC0415 - see KmsMock._open

        return home_of(self._owner)

    @property
    def _owner(self) -> "Owner":
        """The mock, as handles see it."""
        return self  # type: ignore[return-value]  # KmsMock has the rest
