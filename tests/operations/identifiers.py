"""Every kind of identifier, and how each kind of operation answers it, as a table."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from tests.vocabulary import ACCOUNT, OTHER_ACCOUNT, REGION

UNKNOWN: Final = "00000000-0000-4000-8000-000000000000"
UNKNOWN_MULTI_REGION: Final = "mrk-0123456789abcdef0123456789abcdef"
ARN: Final = f"arn:aws:kms:{REGION}:{ACCOUNT}"
ELSEWHERE: Final = f"arn:aws:kms:eu-west-1:{ACCOUNT}"
THEIRS: Final = f"arn:aws:kms:{REGION}:{OTHER_ACCOUNT}"

Answer: TypeAlias = tuple[str, str]

# What stands in the table for an answer about a key.
FINDS_OURS: Final = ("", "ours")
FINDS_THEIRS: Final = ("", "theirs")
DENIED: Final = ("AccessDeniedException", "")
NO_ALIASES: Final = (
    "InvalidArnException",
    "Key Aliases are not supported for this operation.",
)


def missing(arn: str) -> Answer:
    return "NotFoundException", f"Key '{arn}' does not exist"


def not_found(message: str) -> Answer:
    return "NotFoundException", message


def denied(action: str) -> Answer:
    """Return the answer about what the caller cannot see in another account (wire-facts I12)."""
    return (
        "AccessDeniedException",
        f"User: arn:aws:iam::{ACCOUNT}:user/kmsmock is not authorized to perform: kms:{action} on"
        " this resource because the resource does not exist in this Region, no resource-based"
        " policies allow access, or a resource-based policy explicitly denies access",
    )


@dataclass(frozen=True, kw_only=True)
class Row:
    """
    An identifier, and how each kind of operation answers it.

    *alias* is DescribeKey, which takes aliases and other accounts' keys; *other* is Encrypt, the
    same but without InvalidArnException in the model; *cross* is ListGrants, which takes other
    accounts' keys, but no aliases; *own* is ListKeyPolicies, which takes neither.
    """

    identifier: str
    alias: Answer
    other: Answer
    cross: Answer
    own: Answer


def row(identifier: str, *answers: Answer) -> Row:
    """Make a row of four answers, of two for operations with and without aliases, or of one."""
    if len(answers) < 4:
        answers = (answers[0], answers[0], answers[-1], answers[-1])
    alias, other, cross, own = answers
    return Row(identifier=identifier, alias=alias, other=other, cross=cross, own=own)


def malformed(identifier: str) -> Row:
    """Make the row of an ARN that is none of KMS's: never recorded (wire-facts I30)."""
    message = f"Invalid arn {identifier}"
    return row(
        identifier,
        ("InvalidArnException", message),
        ("NotFoundException", message),
        ("InvalidArnException", message),
        ("InvalidArnException", message),
    )


TABLE: Final[dict[str, Row]] = {
    # I24
    "key id": row("{id}", FINDS_OURS),
    "key ARN": row(f"{ARN}:key/{{id}}", FINDS_OURS),
    # I17, I24
    "alias name": row("alias/app", FINDS_OURS, NO_ALIASES),
    # I17, I23
    "alias ARN": row(f"{ARN}:alias/app", FINDS_OURS, NO_ALIASES),
    # I1
    "unknown key id": row(UNKNOWN, missing(f"{ARN}:key/{UNKNOWN}")),
    "unknown key ARN": row(f"{ARN}:key/{UNKNOWN}", missing(f"{ARN}:key/{UNKNOWN}")),
    # I3
    "unknown multi-Region key id": row(
        UNKNOWN_MULTI_REGION, missing(f"{ARN}:key/{UNKNOWN_MULTI_REGION}")
    ),
    # rules ID-12
    "upper-case key id": row("{UPPER}", missing(f"{ARN}:key/{{UPPER}}")),
    "ARN of an upper-case key id": row(f"{ARN}:key/{{UPPER}}", missing(f"{ARN}:key/{{UPPER}}")),
    # I4, I27
    "no key id": row("foo", not_found("Invalid keyId 'foo'")),
    # I5
    "key id without dashes": row("{hex}", not_found("Invalid keyId '{hex}'")),
    # I6
    "short multi-Region key id": row("mrk-1234", not_found("Invalid keyId 'mrk-1234'")),
    "no multi-Region key id": row("mrk-fake-key-id", not_found("Invalid keyId 'mrk-fake-key-id'")),
    "key id with a trailing line feed": row("{id}\n", not_found("Invalid keyId '{id}\n'")),
    # I7
    "ARN of no key id": row(f"{ARN}:key/foo", not_found("Invalid keyId foo")),
    # I8
    "ARN of an alias without prefix": row(f"{ARN}:key/aws/s3", not_found("Invalid keyId aws/s3")),
    "ARN of an empty key id": row(f"{ARN}:key/", not_found("Invalid keyId ")),
    # I11
    "key id of another Region": row("{elsewhere}", missing(f"{ARN}:key/{{elsewhere}}")),
    # I9
    "key ARN of another Region": row(
        f"{ELSEWHERE}:key/{{elsewhere}}", not_found("Invalid arn eu-west-1")
    ),
    "key ARN of another Region and account": row(
        f"arn:aws:kms:eu-west-1:{OTHER_ACCOUNT}:key/{{theirs}}", not_found("Invalid arn eu-west-1")
    ),
    "key ARN of another partition": row(
        f"arn:aws-cn:kms:cn-north-1:{ACCOUNT}:key/{{id}}", not_found("Invalid arn cn-north-1")
    ),
    "alias ARN of another Region": row(
        f"{ELSEWHERE}:alias/app", not_found("Invalid arn eu-west-1"), NO_ALIASES
    ),
    # rules ID-6, ID-8, ID-9
    "key ARN of another account": row(
        f"{THEIRS}:key/{{theirs}}", FINDS_THEIRS, FINDS_THEIRS, FINDS_THEIRS, DENIED
    ),
    "alias ARN of another account": row(f"{THEIRS}:alias/theirs", FINDS_THEIRS, NO_ALIASES),
    # I12, rules ERR-23
    "unknown key ARN of another account": row(f"{THEIRS}:key/{UNKNOWN}", DENIED),
    "our key under another account": row(f"{THEIRS}:key/{{id}}", DENIED),
    "unknown alias ARN of another account": row(f"{THEIRS}:alias/app", DENIED, NO_ALIASES),
    "alias ARN of a service in another account": row(f"{THEIRS}:alias/aws/s3", DENIED, NO_ALIASES),
    "key ARN of an account nobody has": row(
        f"arn:aws:kms:{REGION}:999999999999:key/{{id}}", DENIED
    ),
    # rules ID-5
    "key id of another account": row("{theirs}", missing(f"{ARN}:key/{{theirs}}")),
    "alias name of another account": row(
        "alias/theirs", not_found(f"Alias {ARN}:alias/theirs is not found."), NO_ALIASES
    ),
    # I13
    "unknown alias name": row(
        "alias/no", not_found(f"Alias {ARN}:alias/no is not found."), NO_ALIASES
    ),
    # I14
    "unknown alias ARN": row(
        f"{ARN}:alias/no", not_found(f"Alias {ARN}:alias/no is not found."), NO_ALIASES
    ),
    # rules ID-12
    "alias name in another case": row(
        "alias/App", not_found(f"Alias {ARN}:alias/App is not found."), NO_ALIASES
    ),
    "prefix in another case": row("ALIAS/app", not_found("Invalid keyId 'ALIAS/app'")),
    "empty alias name": row("alias/", not_found(f"Alias {ARN}:alias/ is not found."), NO_ALIASES),
    "alias of an AWS service without a key": row(
        "alias/aws/none", not_found(f"Alias {ARN}:alias/aws/none is not found."), NO_ALIASES
    ),
    # I30
    "ARN in another case": row(
        f"ARN:AWS:KMS:{REGION}:{ACCOUNT}:key/{{id}}",
        not_found(f"Invalid keyId 'ARN:AWS:KMS:{REGION}:{ACCOUNT}:key/{{id}}'"),
    ),
    "ARN cut short": malformed(f"arn:aws:kms:{REGION}"),
    "ARN of another service": malformed("arn:aws:s3:::bucket"),
    "ARN of something else": malformed(f"{ARN}:grant/{{id}}"),
    "ARN without a Region": malformed(f"arn:aws:kms::{ACCOUNT}:key/{{id}}"),
    "ARN without an account": malformed(f"arn:aws:kms:{REGION}::key/{{id}}"),
    "ARN of the wrong partition": malformed(f"arn:aws-cn:kms:{REGION}:{ACCOUNT}:key/{{id}}"),
}
