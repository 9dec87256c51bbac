"""How a test names a principal, and the ARN that it gets."""

import re
from typing import Final, Literal, NamedTuple

from pytest_kmsmock.options import CALLER, check_account_id, refuse_caller

# The characters of IAM's names, and how long they may be.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_CHARACTERS: Final = r"[\w+=,.@-]"
_NAME: Final = re.compile(rf"{_CHARACTERS}+(/{_CHARACTERS}+)*", re.ASCII)
# STS wants two characters at least; one does no harm here.
_SESSION_NAME: Final = re.compile(rf"{_CHARACTERS}{{1,64}}", re.ASCII)
_FEDERATED_NAME: Final = re.compile(rf"{_CHARACTERS}{{1,32}}", re.ASCII)
_LONGEST_NAME: Final = 64

# A service of AWS, also one of a Region: "rds.us-east-1.amazonaws.com".
_SERVICE: Final = re.compile(r"([a-z0-9-]+\.)+amazonaws\.com(\.cn)?", re.ASCII)
_SHORT_SERVICE: Final = re.compile(r"[a-z0-9-]+", re.ASCII)


class Named(NamedTuple):
    """Whom a test means: *arn* is a user's, a role's or a root user's."""

    arn: str
    account_id: str
    session_name: str | None = None


class Home(NamedTuple):
    """Where a bare name is looked up."""

    partition: str
    account_id: str

    def arn(self, resource: str) -> str:
        return f"arn:{self.partition}:iam::{self.account_id}:{resource}"


def read_name(
    kind: Literal["role", "user"], name: object, home: Home, account_id: str | None
) -> Named:
    """
    Read the name, maybe with a path, or the ARN of a role or user.

    Raises:
        TypeError: Unless it is a string.
        ValueError: If no role or user can have it, or if it is not in the account *account_id*.
    """
    if not isinstance(name, str):
        raise TypeError(f"{name!r} is not the name of a {kind}: a name is a string")
    if account_id is not None:
        check_account_id("account_id", account_id)
    if name.startswith("arn:"):
        return _read_arn(kind, name, account_id)
    if name.startswith(f"{kind}/"):
        raise ValueError(f"{name!r} is not the name of a {kind}: leave out {kind + '/'!r}")
    if _NAME.fullmatch(name) is None or len(name.rpartition("/")[2]) > _LONGEST_NAME:
        raise ValueError(
            f"{name!r} is not the name of a {kind}: names have letters, digits and _+=,.@-, at most"
            f" {_LONGEST_NAME}, and may have a path in front, as in 'team/worker'"
        )
    if account_id is not None:
        home = home._replace(account_id=account_id)
    return Named(home.arn(f"{kind}/{name}"), home.account_id)


def _read_arn(kind: Literal["role", "user"], arn: str, account_id: str | None) -> Named:
    found = CALLER.fullmatch(arn)
    if found is None or found["kind"] != kind:
        hint = ""
        if found is not None and found["session"] is not None:
            hint = f": take kms_mock.role({found['role']!r}).assume({found['session']!r})"
        elif found is not None and not found["short"]:
            hint = f": take kms_mock.{found['kind'] or 'root'}()"
        raise ValueError(f"{arn!r} is not the ARN of a {kind}{hint}")
    if account_id not in (None, found["account"]):
        raise ValueError(f"{arn!r} is not in account {account_id}: leave out account_id")
    return Named(arn, found["account"])


def read_caller(caller: str, home: Home) -> Named:
    """
    Read whom the keyword `caller=` or `acting_as()` names: "role/worker", "root", or an ARN.

    Raises:
        ValueError: If that is nobody.
    """
    found = CALLER.fullmatch(caller)
    if found is None:
        raise refuse_caller("caller", caller)
    if found["short"]:
        return Named(home.arn(caller), home.account_id)
    if found["session"]:
        arn = f"arn:{found['partition']}:iam::{found['account']}:role/{found['role']}"
        return Named(arn, found["account"], found["session"])
    return Named(caller, found["account"])


def check_session_name(name: object) -> str:
    """
    Raises:
        TypeError, ValueError: Unless a session of a role can be called so.
    """
    return _check("session", name, _SESSION_NAME, "up to 64 letters, digits and _+=,.@-")


def check_federated_name(name: object) -> str:
    """
    Raises:
        TypeError, ValueError: Unless a federated user can be called so.
    """
    return _check("federated user", name, _FEDERATED_NAME, "up to 32 letters, digits and _+=,.@-")


def check_service(name: object) -> str:
    """
    Raises:
        TypeError, ValueError: Unless *name* is a service principal.
    """
    return _check("service principal", name, _SERVICE, "one such as 'cloudtrail.amazonaws.com'")


def check_via(name: object) -> str:
    """
    Raises:
        TypeError, ValueError: Unless *name* is a service, such as "s3", whole or in short.
    """
    if isinstance(name, str) and _SHORT_SERVICE.fullmatch(name):
        return name
    return _check("service", name, _SERVICE, "one such as 's3' or 's3.eu-west-1.amazonaws.com'")


def _check(what: str, name: object, pattern: re.Pattern[str], wanted: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"{name!r} is not the name of a {what}: a name is a string")
    if pattern.fullmatch(name) is None:
        raise ValueError(f"{name!r} is not the name of a {what}, which is {wanted}")
    return name


def is_service(name: str) -> bool:
    return _SERVICE.fullmatch(name) is not None
