"""An error that a block of a test must raise."""

import re
from types import TracebackType

from pytest_kmsmock.interception.errors import add_note, code_of, message_of, operation_of
from pytest_kmsmock.workbench.error_names import read_error_name

# For pytest: a failure is shown up to the test's own line.
__tracebackhide__ = True


class Refusal:
    """
    The error that a block of `KmsMock.raises()` raised. You can read it after the block.

        >>> with kms_mock.raises("NotFoundException") as refusal:
        ...     answer = kms.describe_key(KeyId="alias/none")
        >>> refusal.operation, refusal.message
        ('DescribeKey', 'Alias arn:aws:kms:us-east-1:123456789012:alias/none is not found.')

    .. versionadded:: 0.1.0
    """

    def __init__(self, error: object, match: object) -> None:
        if match is not None and not isinstance(match, (str, re.Pattern)):
            raise TypeError(f"match={match!r} is neither a string nor a compiled pattern")
        if isinstance(error, (tuple, list, set, frozenset)):
            raise TypeError(f"raises() takes one error, not {error!r}")
        self._code = read_error_name(error)
        self._pattern = None if match is None else re.compile(match)
        self._error: Exception | None = None

    def __repr__(self) -> str:
        return f"<Refusal {self._error!r}>" if self._error else f"<Refusal: {self._code} expected>"

    def __enter__(self) -> "Refusal":
        self._error = None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        __tracebackhide__ = True
        if error is None:
            raise AssertionError(f"{self._code} was not raised")
        code = code_of(error)
        if not isinstance(error, Exception) or code != self._code:
            if code is not None:
                add_note(error, f"{self._code} was expected, by kms_mock.raises()")
            return False
        if self._pattern is not None and self._pattern.search(str(error)) is None:
            raise AssertionError(
                f"{code} was raised, but not with a message that matches"
                f" {self._pattern.pattern!r}: {error}"
            ) from error
        self._error = error
        return True

    @property
    def value(self) -> Exception:
        """
        The exception that the client raised.

        Raises:
            ValueError: If the block has not raised yet; so do all other properties.
        """
        if self._error is None:
            raise ValueError(f"{self._code} was not raised yet: look at it after the block")
        return self._error

    @property
    def code(self) -> str:
        """The error code, such as "DisabledException"."""
        return code_of(self.value) or ""

    @property
    def message(self) -> str:
        """The message of AWS, or ""."""
        return message_of(self.value)

    @property
    def operation(self) -> str | None:
        """The operation that was called; None for an error of the connection."""
        return operation_of(self.value)
