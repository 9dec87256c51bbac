"""What a mock offers about refusals: to expect one by its code."""

from re import Pattern
from typing import TYPE_CHECKING

from pytest_kmsmock.workbench.subject import Subject
from pytest_kmsmock.workbench.wording import explained

if TYPE_CHECKING:
    from pytest_kmsmock.workbench.refusals.expecting import Refusal


class OffersRefusals(Subject):
    """Errors that a test expects."""

    @explained
    def raises(
        self, error: str | type[Exception], *, match: "str | Pattern[str] | None" = None
    ) -> "Refusal":
        """
        Check that a block raises an error of AWS or a connection error, from any client.

        It compares the error's code. botocore creates separate exception classes for each session,
        so `kms.exceptions` of one client does not catch what another client raises.

            >>> with kms_mock.raises("NotFoundException", match="alias/none is not found"):
            ...     answer = kms.describe_key(KeyId="alias/none")

        Args:
            error: See `fail()`.
            match: A regular expression that `re.search()` must find in the exception's text, as in
                `pytest.raises()`.

        Returns:
            The `Refusal`, a context manager. After the block it has the error.

        Raises:
            AssertionError: If the block raised nothing, or the text does not match. Other
                exceptions are not caught.
            TypeError: For an argument of the wrong type.
            ValueError: For an unknown error, with the nearest names.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.refusals.expecting import Refusal  # noqa: PLC0415 - see KmsMock._open

        return Refusal(error, match)
