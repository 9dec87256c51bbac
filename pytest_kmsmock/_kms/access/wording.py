"""AWS's sentences for denials, to the letter (AZ1 to AZ48): one reason each, by layer."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pytest_kmsmock._kms.access.evaluation import Layer, Question, Verdict
    from pytest_kmsmock._kms.domain.principals import Principal

# The policies of a layer, as denials name them, with what an explicit one has in front.
NOUNS: Final[Mapping["Layer", tuple[str, str]]] = {
    "scp": ("a", "service control policy"),
    "rcp": ("a", "resource control policy"),
    "resource": ("a", "resource-based policy"),
    "identity": ("an", "identity-based policy"),
    "boundary": ("a", "permissions boundary"),
    "session": ("a", "session policy"),
    "endpoint": ("a", "VPC endpoint policy"),
}
# Layers whose denials never show an ARN (AZ17).
WITHOUT_ARN: Final = ("resource", "endpoint")

# Layers that tell nobody of another account more than that there may be no such key.
HIDING: Final = ("resource", "cross-account", "missing")

THIS_RESOURCE: Final = "this resource"
BY_CIPHERTEXT: Final = "the resource associated with this ciphertext"
HIDDEN: Final = (
    " because the resource does not exist in this Region, no resource-based policies allow access,"
    " or a resource-based policy explicitly denies access"
)


def write_denial(
    principal: "Principal", question: "Question", verdict: "Verdict", *, is_own: bool
) -> str:
    """Return the message with which AWS refuses."""
    start = f"User: {principal.arn} is not authorized to perform: {question.action}"
    by_ciphertext = question.is_by_ciphertext and not is_own  # AZ26
    layer = verdict.layer or "resource"
    if not is_own and layer in HIDING:
        # A key of another account is not told from one that does not exist (AZ21 to AZ23).
        return f"{start} on {BY_CIPHERTEXT if by_ciphertext else THIS_RESOURCE}{HIDDEN}"
    article, noun = NOUNS[layer]
    if question.is_unnamed:
        where = ""
    elif by_ciphertext:
        where = f" on {BY_CIPHERTEXT}"
    else:
        where = f" on resource: {question.resource}"
    if verdict.kind == "implicit":
        return f"{start}{where} because no {noun} allows the {question.action} action"
    arn = None if verdict.policy is None or layer in WITHOUT_ARN else verdict.policy.arn
    suffix = "" if arn is None else f": {arn}"
    return f"{start}{where} with an explicit deny in {article} {noun}{suffix}"
