"""
The condition keys of all services, with the value that each has in a request to KMS.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from pytest_kmsmock._kms.access.condition_keys import (
    ConditionKey,
    Found,
    by_folded,
    key,
    write_bool,
)

if TYPE_CHECKING:
    from pytest_kmsmock._kms.access.context import RequestValues

# Where a request comes from, if nobody says (RFC 5737: an address of nobody).
SOURCE_IP: Final = "203.0.113.10"
# Services that are in aws:CalledVia (AZ148; which ones is inferred).
CALLED_VIA: Final = frozenset(
    {
        "aoss",
        "athena",
        "backup",
        "cloud9",
        "cloudformation",
        "databrew",
        "dataexchange",
        "dynamodb",
        "imagebuilder",
        "kms",
        "mgn",
        "nimble",
        "omics",
        "ram",
        "robomaker",
        "servicecatalog-appregistry",
        "sqlworkbench",
        "ssm-guiconnect",
    }
)


def _called_via(values: "RequestValues") -> tuple[str, ...]:
    named = (service.partition(".")[0] for service in values.facts.principal.via)
    return tuple(f"{name}.amazonaws.com" for name in named if name in CALLED_VIA)


def _source_ip(values: "RequestValues", _: str) -> Found:  # AZ147
    principal = values.facts.principal
    is_private = principal.endpoint_policy is not None or any(
        principal.context.get(key) for key in ("aws:sourcevpce", "aws:sourcevpc", "aws:vpcsourceip")
    )
    is_hidden = is_private or principal.via or principal.kind == "Service"
    return None if is_hidden else SOURCE_IP


def _principal_arn(values: "RequestValues", _: str) -> Found:  # AZ61
    principal = values.facts.principal
    if principal.kind == "Service":
        return None
    return principal.issuer_arn if principal.kind == "AssumedRole" else principal.arn


def _principal_account(values: "RequestValues", _: str) -> Found:
    principal = values.facts.principal
    return None if principal.kind == "Service" else principal.account_id


def _principal_org(values: "RequestValues", _: str) -> Found:
    account_id = _principal_account(values, "")
    return values.facts.org_ids.get(str(account_id))


def _username(values: "RequestValues", _: str) -> Found:
    principal = values.facts.principal
    return principal.arn.rpartition("/")[2] if principal.kind == "User" else None


def _has_mfa(values: "RequestValues", _: str) -> Found:  # AZ146
    return "false" if values.facts.principal.issued_at is not None else None


def _token_issue_time(values: "RequestValues", _: str) -> Found:
    issued_at = values.facts.principal.issued_at
    return None if issued_at is None else write_date(issued_at)


def _source_account(values: "RequestValues", _: str) -> Found:
    principal = values.facts.principal
    if principal.source_account is not None or principal.source_arn is None:
        return principal.source_account
    return principal.source_arn.split(":")[4] or None


def _source_org(values: "RequestValues", _: str) -> Found:
    return values.facts.org_ids.get(str(_source_account(values, "")))


def _service(values: "RequestValues") -> str | None:
    principal = values.facts.principal
    return principal.arn if principal.kind == "Service" else None


def _principal_type(values: "RequestValues", _: str) -> Found:
    kind = values.facts.principal.kind
    return None if kind == "Service" else kind


def _tag_keys(values: "RequestValues", _: str) -> Found:
    if values.action == "UntagResource":
        return tuple(values.facts.members.get("TagKeys", ()))
    return tuple(values.tags)


def write_date(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _keys() -> Iterator[ConditionKey]:
    yield from (
        key("aws:CalledVia", lambda values, _: _called_via(values), is_many=True),
        key("aws:CalledViaFirst", lambda values, _: _called_via(values)[:1]),
        key("aws:CalledViaLast", lambda values, _: _called_via(values)[-1:]),
        key("aws:CurrentTime", lambda values, _: write_date(values.facts.now)),
        key("aws:EpochTime", lambda values, _: str(int(values.facts.now.timestamp()))),
        key("aws:MultiFactorAuthPresent", _has_mfa),
        key("aws:PrincipalAccount", _principal_account),
        key("aws:PrincipalArn", _principal_arn),
        key(
            "aws:PrincipalIsAWSService",
            lambda values, _: write_bool(values.facts.principal.kind == "Service"),
        ),
        key("aws:PrincipalOrgID", _principal_org),
        key("aws:PrincipalServiceName", lambda values, _: _service(values)),
        key(
            "aws:PrincipalServiceNamesList",
            lambda values, _: _service(values),
            is_many=True,
        ),
        key("aws:PrincipalType", _principal_type),
        key("aws:RequestedRegion", lambda values, _: values.region),
        key("aws:ResourceAccount", lambda values, _: values.account_id),
        key("aws:ResourceOrgID", lambda values, _: values.facts.org_ids.get(values.account_id)),
        key("aws:SecureTransport", lambda values, _: "true"),
        key("aws:SourceAccount", _source_account),
        key("aws:SourceArn", lambda values, _: values.facts.principal.source_arn),
        key("aws:SourceIdentity", lambda values, _: values.facts.principal.source_identity),
        key("aws:SourceIp", _source_ip),
        key("aws:SourceOrgID", _source_org),
        key("aws:TagKeys", _tag_keys, is_many=True),
        key("aws:TokenIssueTime", _token_issue_time),
        key("aws:userid", lambda values, _: values.facts.principal.userid),
        key("aws:username", _username),
        key("aws:ViaAWSService", lambda values, _: write_bool(values.facts.principal.via)),
    )
    # A request has these if a test gives them to its caller.
    for name in (
        "aws:AssumedRoot",
        "aws:ChatbotSourceArn",
        "aws:Ec2InstanceSourcePrivateIPv4",
        "aws:Ec2InstanceSourceVpc",
        "aws:FederatedProvider",
        "aws:IsMcpServiceAction",
        "aws:MultiFactorAuthAge",
        "aws:Referer",
        "aws:SourceVpc",
        "aws:SourceVpcArn",
        "aws:SourceVpce",
        "aws:UserAgent",
        "aws:VpceAccount",
        "aws:VpceOrgID",
        "aws:VpcSourceIp",
    ):
        yield key(name, lambda *_: None)
    for name in (
        "aws:PrincipalOrgPaths",
        "aws:ResourceOrgPaths",
        "aws:SourceOrgPaths",
        "aws:VpceOrgPaths",
    ):
        yield key(name, lambda *_: None, is_many=True)


AWS_KEYS: Final = tuple(_keys())

KINDS_OF_AWS_KEYS: Final = (
    ConditionKey(
        name="aws:RequestTag/",
        prefix="aws:requesttag/",
        read=lambda values, name: by_folded(values.tags, name),
    ),
    ConditionKey(
        name="aws:ResourceTag/",
        prefix="aws:resourcetag/",
        read=lambda values, name: (
            None
            if values.key is None or values.action == "CreateKey"  # AZ85
            else by_folded(values.key.tags, name)
        ),
    ),
    ConditionKey(
        name="aws:PrincipalTag/",
        prefix="aws:principaltag/",
        read=lambda values, name: by_folded(values.facts.principal.tags, name),
    ),
)
