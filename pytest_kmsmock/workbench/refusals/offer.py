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
        Check that a block raises an error of AWS, or of the connection, whichever client raises it.

        botocore creates new exception classes for each session, so that `kms.exceptions` of one
        client may miss what another one raises. This goes by the error's code.

            >>> with kms_mock.raises("NotFoundException", match="alias/none is not found"):
            ...     answer = kms.describe_key(KeyId="alias/none")

        Args:
            error: See `fail()`.
            match: A regular expression that must be found in the exception's text, as that of
                `pytest.raises`.

        Returns:
            The `Refusal`, which the `with` gives, and which knows the error after the block.

        Raises:
            AssertionError: At the end of the block, if nothing was raised, or with another text.
                Another error goes on as it is.
            TypeError: For an argument of the wrong type.
            ValueError: For an error that there is not, with the nearest ones.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.refusals.expecting import Refusal  # noqa: PLC0415 - see KmsMock._open

        return Refusal(error, match)
