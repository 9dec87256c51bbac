"""The handle on an account, and how a test declares it and who is in it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pytest_kmsmock._kms.domain.principals import DEFAULT_USER, Principal, Session
from pytest_kmsmock.workbench.caller import Caller
from pytest_kmsmock.workbench.principals.documents import (
    PolicyDocument,
    add_levels,
    add_new,
    read_document,
    read_documents,
    read_levels,
)
from pytest_kmsmock.workbench.principals.naming import Named, check_service, read_name
from pytest_kmsmock.workbench.principals.principal import (
    Owner,
    PrincipalHandle,
    declare,
    home_of,
)
from pytest_kmsmock.workbench.principals.texts import check_tags
from pytest_kmsmock.workbench.wording import explained

if TYPE_CHECKING:
    from pytest_kmsmock.stubs import KMSClient
    from pytest_kmsmock.workbench.keys.handle import KeyHandle

# For pytest: a failure is shown up to the test's own line.
__tracebackhide__ = True

# The policy that organizations have at each level, until they say otherwise.
FULL_AWS_ACCESS: Final = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
)
"""AWS's service control policy that allows everything, for `KmsMock.account()`."""


class AccountHandle(Caller):
    """
    An AWS account, with its principals and keys.

        >>> vendor = kms_mock.account("444455556666")
        >>> key = vendor.create_key()
        >>> key.arn.split(":")[4]
        '444455556666'

    .. versionadded:: 0.1.0
    """

    def __init__(self, owner: Owner, account_id: str) -> None:
        self._owner = owner
        self._account_id = account_id

    def __repr__(self) -> str:
        return f"<AccountHandle {self.account_id}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AccountHandle):
            return NotImplemented
        return self._owner is other._owner and self.account_id == other.account_id

    def __hash__(self) -> int:
        return hash(self.account_id)

    @property
    def account_id(self) -> str:
        """The account id, 12 digits."""
        return self._account_id

    @explained
    def role(
        self,
        name_or_arn: str,
        *,
        policies: "Iterable[PolicyDocument] | PolicyDocument" = (),
        boundary: PolicyDocument | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> PrincipalHandle:
        """Return a role of the account; see `KmsMock.role()`."""
        named = read_name("role", name_or_arn, home_of(self._owner), self.account_id)
        return open_principal(self._owner, named, policies, boundary, tags)

    @explained
    def user(
        self,
        name_or_arn: str,
        *,
        policies: "Iterable[PolicyDocument] | PolicyDocument" = (),
        boundary: PolicyDocument | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> PrincipalHandle:
        """Return a user of the account; see `KmsMock.user()`."""
        named = read_name("user", name_or_arn, home_of(self._owner), self.account_id)
        return open_principal(self._owner, named, policies, boundary, tags)

    def root(self) -> PrincipalHandle:
        """Return the account's root user; see `KmsMock.root()`."""
        return open_root(self._owner, self.account_id)

    def create_key(self, **arguments: Any) -> "KeyHandle":
        """
        Create a key in the account, with the arguments of `KmsMock.create_key()`.

        Raises:
            TypeError, ValueError: As `KmsMock.create_key()`.
        """
        return self._owner.create_key(**arguments, account_id=self.account_id)

    def client(self, region_name: str | None = None, **options: Any) -> "KMSClient":
        """
        Return a botocore client for KMS of the account's administrator, `user/kmsmock`.

        Args:
            region_name: See `KmsMock.client()`.
            options: See `KmsMock.client()`.
        """
        return self.administrator.client(region_name, **options)

    def _is_caller(self, principal: Principal) -> bool:
        """Tell whether somebody of the account made a request; for the record of calls."""
        return principal.account_id == self.account_id

    @property
    def administrator(self) -> PrincipalHandle:
        """The user `kmsmock` of the account, an administrator until `detach_all()`."""
        home = home_of(self._owner)._replace(account_id=self.account_id)
        return declare(self._owner, Session(identity=home.arn(DEFAULT_USER)))


def open_principal(
    owner: Owner,
    named: Named,
    policies: object,
    boundary: PolicyDocument | None,
    tags: Mapping[str, str] | None,
) -> PrincipalHandle:
    """
    Declare a user or a role, or add to what is declared of it.

    Raises:
        TypeError, ValueError: See `KmsMock.role()`.
    """
    documents = read_documents(policies, "identity")
    limit = None if boundary is None else read_document(boundary, "boundary")
    given_tags = check_tags(tags)
    handle = declare(owner, Session(identity=named.arn, name=named.session_name))
    if documents or limit is not None or given_tags:
        with owner._service.lock:
            identity = handle._identity()
            handle._put(
                replace(
                    identity,
                    policies=add_new(identity.policies, documents),
                    boundary=identity.boundary if limit is None else limit,
                    tags={**identity.tags, **given_tags},
                )
            )
    return handle


def open_root(owner: Owner, account_id: str | None) -> PrincipalHandle:
    home = home_of(owner)
    if account_id is not None:
        home = home._replace(account_id=account_id)
    return declare(owner, Session(identity=home.arn("root")))


def open_service(
    owner: Owner, name: str, source_arn: str | None, source_account: str | None
) -> PrincipalHandle:
    session = Session(
        identity=check_service(name), source_arn=source_arn, source_account=source_account
    )
    return declare(owner, session)


def open_account(
    owner: Owner,
    account_id: str,
    org_id: str | None,
    service_control_policies: object,
    resource_control_policies: object,
) -> AccountHandle:
    owner._require_active()
    account = owner._service.world.account(account_id)
    scps = add_levels(
        account.service_control_policies,
        read_levels(service_control_policies, "service control"),
        "service_control_policies",
    )
    rcps = add_levels(
        account.resource_control_policies,
        read_levels(resource_control_policies, "resource control"),
        "resource_control_policies",
    )
    account.org_id = account.org_id if org_id is None else org_id
    account.service_control_policies = scps
    account.resource_control_policies = rcps
    return AccountHandle(owner, account_id)
