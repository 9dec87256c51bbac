"""Decisions: may this principal do this with that key, and why."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_kmsmock._kms.access.wording import HIDDEN, write_denial
from pytest_kmsmock._kms.domain.principals import Principal
from pytest_kmsmock._kms.errors import KmsError, access_denied
from pytest_kmsmock._kms.lazily import lazily

if TYPE_CHECKING:
    from pytest_kmsmock._kms.access.evaluation import Case, Kind, Layer, Verdict


class Permission(NamedTuple):
    """
    One permission that a call needed.

    *resource* is the ARN of a key or an alias, or `*`. *encryption_context* has the pairs that were
    sent for it, {} where it has none.
    """

    action: str
    resource: str
    encryption_context: Mapping[str, str]


class Answer(NamedTuple):
    """A permission that was asked for, with all that the answer depends on."""

    case: "Case"
    verdict: "Verdict"


class Decision:
    """
    Whether a call was allowed, and why.

    It shows the policies and grants as they were at the time of the call.

    Attributes:
        allowed: Whether the call was allowed.
        action: The denied permission, such as "kms:Decrypt"; if all were allowed, the first one.
        resource: The resource of that permission: the ARN of a key or an alias, or `*`.

    .. versionadded:: 0.1.0
    """

    __slots__ = ("_answered", "_hints", "_read")

    def __init__(
        self,
        read: Callable[[Any], tuple[Answer, ...]],
        answered: object,
        hints: tuple[str, ...] = (),
    ) -> None:
        # The answers are made of what is noted when somebody asks: nearly nobody does.
        self._read = read
        self._answered = answered
        self._hints = hints

    def _answers(self) -> tuple[Answer, ...]:
        return self._read(self._answered)

    def __eq__(self, other: object) -> bool:
        """Tell the decision of the same call from any other: each look at a call makes one."""
        return isinstance(other, Decision) and self._answered is other._answered

    def __hash__(self) -> int:
        return id(self._answered)

    def __repr__(self) -> str:
        word = "allowed" if self.allowed else "denied"
        return f"<Decision {self.action} on {self.resource}: {word}>"

    @property
    def _deciding(self) -> Answer:
        answers = self._answers()
        return next((one for one in answers if not one.verdict.allowed), answers[0])

    @property
    def allowed(self) -> bool:
        return self._deciding.verdict.allowed

    @property
    def action(self) -> str:
        return self._deciding.case.question.action

    @property
    def resource(self) -> str:
        return self._deciding.case.question.resource

    @property
    def kind(self) -> "Kind | None":
        """Why it was denied: "explicit" if a policy denies, "implicit" if none allows."""
        return self._deciding.verdict.kind

    @property
    def layer(self) -> "Layer | None":
        """
        Which policies denied it.

        "scp", "rcp", "resource" (the key policy), "identity", "boundary", "session" or "endpoint";
        or "cross-account" if only the key's own account may call the operation.
        """
        return self._deciding.verdict.layer

    @property
    def principal(self) -> Principal:
        return self._deciding.case.principal

    @property
    def permissions(self) -> tuple[Permission, ...]:
        """The permissions that the call needed, in AWS's order, up to the first denied one."""
        return tuple(
            Permission(
                case.question.action, case.question.resource, dict(case.values.encryption_context)
            )
            for case, _ in self._answers()
        )

    @property
    def message(self) -> str | None:
        """The message of AWS's error; None if the call was allowed."""
        case, verdict = self._deciding
        if verdict.allowed:
            return None
        return write_denial(case.principal, case.question, verdict, is_own=case.is_own)

    def explain(self) -> str:
        """
        Explain which policies decided, and why each statement and grant did or did not apply.

        Returns:
            A text of some lines. It may change between versions.
        """
        with lazily():
            from pytest_kmsmock._kms.access.explaining import (  # noqa: PLC0415 - for denials
                explain,
            )

        return explain(self._answers(), self._hints)


class AccessDenied(KmsError):
    """AccessDeniedException, with the decision that it comes of."""

    def __init__(self, decision: Decision) -> None:
        super().__init__("AccessDeniedException", decision.message)
        self.decision = decision

    def __reduce__(self) -> tuple[type["AccessDenied"], tuple[Decision]]:
        return AccessDenied, (self.decision,)  # or else a copy would be made of code and message


def denied_elsewhere(principal: Principal, action: str, resource: str) -> KmsError:
    """
    The answer about a key that the caller cannot see: another account's, or a ciphertext's.

    *resource* is how AWS words it: "this resource" (wire-facts I12) or "the resource associated
    with this ciphertext" (wire-facts E26).
    """
    return access_denied(
        f"User: {principal.arn} is not authorized to perform: kms:{action} on {resource}{HIDDEN}"
    )
