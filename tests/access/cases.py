"""Cases of who may do what, in few words: a caller, policies around them, and a request."""

from typing import Any, Final

from pytest_kmsmock._kms.service import Response
from tests.access.staging import play

OWN: Final = "111122223333"
OTHER: Final = "444455556666"
REGION: Final = "us-west-2"
IAM: Final = f"arn:aws:iam::{OWN}"
ROOT: Final = f"{IAM}:root"
USER: Final = f"{IAM}:user/alice"
ROLE: Final = f"{IAM}:role/App"
SESSION: Final = f"arn:aws:sts::{OWN}:assumed-role/App/one"
FEDERATED: Final = f"arn:aws:sts::{OWN}:federated-user/bob"
FEDERATING: Final = f"{IAM}:user/federating"
SERVICE: Final = "logs.us-west-2.amazonaws.com"
OTHER_ROOT: Final = f"arn:aws:iam::{OTHER}:root"
OTHER_ROLE: Final = f"arn:aws:iam::{OTHER}:role/Ext"
OTHER_SESSION: Final = f"arn:aws:sts::{OTHER}:assumed-role/Ext/one"
KEY: Final = f"arn:aws:kms:{REGION}:{OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SECOND_KEY: Final = f"arn:aws:kms:{REGION}:{OWN}:key/0987dcba-09fe-87dc-65ba-ab0987654321"
RELATED: Final = "mrk-1234abcd12ab34cd56ef1234567890ab"
PRIMARY: Final = f"arn:aws:kms:{REGION}:{OWN}:key/{RELATED}"
REPLICA: Final = f"arn:aws:kms:us-east-1:{OWN}:key/{RELATED}"
KEY_ADMIN: Final = f"{IAM}:user/KeyAdmin"

Statement = dict[str, Any]


def allow(*actions: str, **elements: Any) -> Statement:
    """Return a statement of an identity policy, or of its like."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **elements}


def deny(*actions: str, **elements: Any) -> Statement:
    return {**allow(*actions, **elements), "Effect": "Deny"}


def to(principal: Any, *actions: str, **elements: Any) -> Statement:
    """Return a statement of a key policy that allows *principal* something."""
    element = principal if principal == "*" or isinstance(principal, dict) else {"AWS": principal}
    return allow(*(actions or ("kms:*",)), Principal=element, **elements)


def against(principal: Any, *actions: str, **elements: Any) -> Statement:
    return {**to(principal, *actions, **elements), "Effect": "Deny"}


def document(*statements: Statement, version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": list(statements)}


ALL: Final = allow("*")
DELEGATED: Final = to(ROOT)  # leaves everything to the account
LOCKED: Final = to(KEY_ADMIN)  # is for somebody else alone


def key(*statements: Statement, arn: str = KEY, **others: Any) -> dict[str, Any]:
    return {"arn": arn, "policy": document(*(statements or (DELEGATED,))), **others}


def grant(grantee: str, *operations: str, **others: Any) -> dict[str, Any]:
    return {
        "id": "grant-1",
        "token": "token-1",
        "grantee": grantee,
        "operations": list(operations),
        "issuing_account": OWN,
        **others,
    }


PARAMETERS: Final[dict[str, dict[str, Any]]] = {
    "Encrypt": {"Plaintext": "aGk="},
    "Decrypt": {"CiphertextBlob": "…"},
    "GenerateDataKey": {"KeySpec": "AES_256"},
    "Sign": {"Message": "aGk=", "SigningAlgorithm": "RSASSA_PSS_SHA_256"},
    "CreateGrant": {"GranteePrincipal": f"{IAM}:user/bob", "Operations": ["Decrypt"]},
    "PutKeyPolicy": {"Policy": "{}"},
}
WITHOUT_KEY: Final = (
    "CreateKey",
    "CreateAlias",
    "DeleteAlias",
    "DescribeCustomKeyStores",
    "GenerateRandom",
    "ListAliases",
    "ListKeys",
    "ListRetirableGrants",
    "ReEncrypt",
    "UpdateAlias",
)


def case(
    operation: str = "Encrypt",
    *policies: Statement,
    caller: str | dict[str, Any] = USER,
    on: dict[str, Any] | None = None,
    also_on: dict[str, Any] | None = None,
    boundary: Statement | None = None,
    session: Statement | None = None,
    control: list[Statement] | None = None,
    resource_control: list[Statement] | None = None,
    endpoint: Statement | None = None,
    grants: tuple[dict[str, Any], ...] = (),
    context: dict[str, Any] | None = None,
    via: str | None = None,
    tokens: tuple[str, ...] = (),
    version: str = "2012-10-17",
    **parameters: Any,
) -> dict[str, Any]:
    """Describe a case as the worked cases are described; *policies* are the caller's statements."""
    target = on or key()
    params = {**PARAMETERS.get(operation, {}), **parameters}
    if operation not in WITHOUT_KEY:
        params.setdefault("KeyId", target["arn"])
    scenario: dict[str, Any] = {
        "caller": {"arn": caller} if isinstance(caller, str) else caller,
        "identity_policies": [document(*policies, version=version)] if policies else [],
        "key": target,
        "request": {
            "operation": operation,
            "params": {name: value for name, value in params.items() if value is not None},
            "via_service": via,
            "grant_tokens": list(tokens),
        },
        "grants": list(grants),
        "context": context or {},
    }
    if also_on is not None:
        scenario["other_key"] = also_on
    if boundary is not None:
        scenario["permissions_boundary"] = document(boundary)
    if session is not None:
        scenario["session_policies"] = [document(session)]
    if control is not None:
        scenario["scps"] = [[document(one)] for one in control]
    if resource_control is not None:
        scenario["rcps"] = [[document(one) for one in resource_control]]
    if endpoint is not None:
        scenario["vpce_policy"] = document(endpoint)
    return scenario


def outcome(scenario: dict[str, Any]) -> str:
    """Return "allowed", or how and by which layer it was denied: "implicit identity"."""
    decision = play(scenario).decision
    assert decision is not None
    return "allowed" if decision.allowed else f"{decision.kind} {decision.layer}"


def message(scenario: dict[str, Any]) -> str | None:
    """Return AWS's words of a denial."""
    response: Response = play(scenario)
    assert response.error is not None
    assert response.error.code == "AccessDeniedException", response.error
    return response.error.message
