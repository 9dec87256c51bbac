"""What a mock offers about the calls that reached it."""

from typing import TYPE_CHECKING, Any

from pytest_kmsmock.workbench.subject import Subject
from pytest_kmsmock.workbench.wording import explained

if TYPE_CHECKING:
    from pytest_kmsmock.vocabulary import OperationName
    from pytest_kmsmock.workbench.calls.record import Calls, Record


class OffersCalls(Subject):
    """The calls so far, and assertions about them."""

    _record: "Record"

    @property
    def calls(self) -> "Calls":
        """
        The calls so far, each attempt of a retried one included; see `Calls`.

        They stay after the mock has ended, until it starts again. The mock's own methods, such as
        `create_key()`, are not calls.

        .. versionadded:: 0.1.0
        """
        return self._record.view()

    @explained
    def assert_called(
        self, operation: "OperationName", *, times: int | None = None, **parameters: Any
    ) -> None:
        """
        Check that an operation was called, or else show what was called instead.

            >>> key_id = kms.create_key(Description="app")["KeyMetadata"]["KeyId"]
            >>> kms_mock.assert_called("CreateKey", times=1, Description="app")
            >>> kms_mock.assert_called("CreateKey", Description=lambda text: text.startswith("a"))

        Args:
            operation: AWS's name, such as "Decrypt".
            times: How many such calls there must be, retries included; at least one by default.
            parameters: Those by which to know them, others may differ. A value must be equal, the
                whole of it; a function is asked about what was given; None means not given.

        Raises:
            AssertionError: If there was no such call, with the nearest one as a diff.
            TypeError: For a parameter that the operation does not take.
            ValueError: For an operation that KMS does not have, with the nearest ones.

        .. versionadded:: 0.1.0
        """
        __tracebackhide__ = True
        from pytest_kmsmock.workbench.calls.assertions import check_called  # noqa: PLC0415 - see KmsMock._open

        check_called(self.calls, operation, times, parameters)

    @explained
    def assert_not_called(self, operation: "OperationName", **parameters: Any) -> None:
        """
        Check that an operation was not called, at all or with these parameters.

            >>> kms_mock.assert_not_called("ScheduleKeyDeletion")

        Raises:
            AssertionError: If there was such a call.
            TypeError, ValueError: As `assert_called()`.

        .. versionadded:: 0.1.0
        """
        __tracebackhide__ = True
        from pytest_kmsmock.workbench.calls.assertions import check_not_called  # noqa: PLC0415 - see KmsMock._open

        check_not_called(self.calls, operation, parameters)
