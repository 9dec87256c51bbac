"""What one can ask of a mock, by decorator or marker, and what holds where nobody asks."""

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from pytest_kmsmock._kms.crypto.pool import FindStore
    from pytest_kmsmock.workbench.principals.least_privilege import Usage

# The options that take one of a few words.
CHOICES: Final = {
    "unfired_faults": ("error", "ignore"),
    "outside": ("allow", "error"),
    "children": ("copy", "serve", "refuse"),
    "report": ("failures", "all", "none"),
    "access": ("enforce", "warn", "off"),
    "identities": ("declared", "moto"),
    "consistency": ("immediate", "eventual"),
}

Children: TypeAlias = Literal["copy", "serve", "refuse"]

# Who can be named as a caller: "role/worker", "user/team/alice", "root", or an ARN of these, or of
# a role's session.
CALLER: Final = re.compile(
    r"(?P<short>(?:role|user)/[\w+=,.@/-]+|root)"
    r"|arn:(?P<partition>aws[a-z-]*):"
    r"(?:iam(?=::\d+:(?:root|role/|user/))|sts(?=::\d+:assumed-role/))::(?P<account>\d{12}):"
    r"(?:root|(?P<kind>role|user)/[\w+=,.@/-]+"
    r"|assumed-role/(?P<role>[\w+=,.@-]+)/(?P<session>[\w+=,.@-]+))",
    re.ASCII,
)

# Where a decorated function or class keeps its options, for the plugin to find them.
OPTIONS: Final = "__kmsmock__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """The suite's options (see the plugin)."""

    region_name: str | None = None
    account_id: str = "123456789012"
    wire: bool = False
    unfired_faults: Literal["error", "ignore"] = "error"
    auto_create_keys: bool = False
    outside: Literal["allow", "error"] = "allow"
    access: Literal["enforce", "warn", "off"] = "enforce"
    identities: Literal["declared", "moto"] = "declared"
    reuse_key_pairs: bool = True
    find_key_pair_store: "FindStore | None" = None
    seed_file: Path | None = None
    autouse: bool = False
    children: Children = "copy"
    report: Literal["failures", "all", "none"] = "failures"
    report_secrets: bool = False
    usage: "Usage | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The keywords of `mock_kms` and of the marker `kms`; None stands for the suite's default."""

    region_name: str | None = None
    account_id: str | None = None
    wire: bool | None = None
    unfired_faults: Literal["error", "ignore"] | None = None
    auto_create_keys: bool | None = None
    outside: Literal["allow", "error"] | None = None
    children: Children | None = None
    caller: str | None = None
    access: Literal["enforce", "warn", "off"] | None = None
    identities: Literal["declared", "moto"] | None = None
    consistency: Literal["immediate", "eventual"] | None = None
    isolated: bool | None = None

    def __post_init__(self) -> None:
        if self.region_name is not None:
            check_region("region_name", self.region_name)
        if self.account_id is not None:
            check_account_id("account_id", self.account_id)
        for name in ("wire", "auto_create_keys", "isolated"):
            if (value := getattr(self, name, None)) is not None:  # some are for a suite only
                check_switch(name, value)
        if self.caller is not None:
            check_caller("caller", self.caller)
        for name in CHOICES:
            if (value := getattr(self, name, None)) is not None:  # some are for a suite only
                check_choice(name, value)


ASK_NOTHING: Final = Options()


def is_region(text: str) -> bool:
    """Tell whether *text* looks like the name of a Region."""
    return re.fullmatch(r"[a-z]{2,}(-[a-z]+)+-\d+", text, re.ASCII) is not None


def check_region(name: str, value: object) -> None:
    """
    Raises:
        ValueError: Unless *value* is the name of a Region; *name* is what it was given as.
    """
    if not (isinstance(value, str) and is_region(value)):
        raise ValueError(f"{name} {value!r} is not the name of a Region, such as 'eu-west-1'")
    if value not in region_names():
        near = find_near(value, region_names())
        hint = f": did you mean {near!r}?" if near else ""
        raise ValueError(
            f"{name} {value!r} is not a Region that the installed botocore knows{hint}"
        )


def region_names() -> tuple[str, ...]:
    from pytest_kmsmock._kms.wire.model import (  # noqa: PLC0415 - few name a Region, so few wait
        region_names,
    )

    return region_names()


def find_near(name: str, known: Iterable[str]) -> str | None:
    import difflib  # noqa: PLC0415 - 1 ms, for an error only

    return next(iter(difflib.get_close_matches(name, known, n=1)), None)


def check_switch(name: str, value: object) -> None:
    """
    Raises:
        TypeError: Unless *value* is True or False; *name* is what it was given as.
    """
    if not isinstance(value, bool):
        raise TypeError(f"{name}={value!r} is not True or False")


def check_account_id(name: str, value: object) -> None:
    """
    Raises:
        ValueError: Unless *value* is an account id; *name* is what it was given as.
    """
    if not (isinstance(value, str) and re.fullmatch(r"\d{12}", value, re.ASCII)):
        raise ValueError(f"{name} {value!r} is not a string of 12 digits")


def check_caller(name: str, value: object) -> None:
    """
    Raises:
        ValueError: Unless *value* can be a caller; *name* is what it was given as.
    """
    if not isinstance(value, str) or CALLER.fullmatch(value) is None:
        raise refuse_caller(name, value)


def refuse_caller(name: str, value: object) -> ValueError:
    return ValueError(
        f"{name} {value!r} names nobody: give 'role/worker', 'user/alice', 'root', or the ARN of"
        " a role, a user, a root user or an assumed role's session"
    )


def check_choice(name: str, value: object, given_as: str | None = None) -> None:
    """
    Raises:
        ValueError: Unless *value* is one of those that the option *name* takes.
    """
    if value not in CHOICES[name]:
        raise ValueError(f"{given_as or name} {value!r} is not {' or '.join(CHOICES[name])}")
    if name == "children" and value != "copy" and sys.platform == "win32":
        raise ValueError(
            f"{given_as or name} {value!r} is not available on Windows: start a server with "
            "kms_mock.serve()"
        )


def read_options(keywords: Mapping[str, Any], taker: str) -> Options:
    """
    Read the keywords that *taker* was given.

    Raises:
        TypeError: For an unknown keyword, with the nearest known one.
        ValueError: For a value that can't be.
    """
    known = [option.name for option in fields(Options)]
    for keyword in keywords:
        if keyword not in known:
            near = find_near(keyword, known)
            hint = f": did you mean {near!r}?" if near else ""
            raise TypeError(
                f"{taker} has no keyword {keyword!r}{hint} (it takes {', '.join(known)})"
            )
    return Options(**keywords)
