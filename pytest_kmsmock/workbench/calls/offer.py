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
        The calls so far. Each attempt of a retried call is one; see `Calls`.

        You can read them after the mock has ended, until it starts again. Methods of the mock, such
        as `create_key()`, do not count as calls.

        .. versionadded:: 0.1.0
        """
        return self._record.view()

    @explained
    def assert_called(
        self, operation: "OperationName", *, times: int | None = None, **parameters: Any
    ) -> None:
        """
        Check that an operation was called.

            >>> key_id = kms.create_key(Description="app")["KeyMetadata"]["KeyId"]
            >>> kms_mock.assert_called("CreateKey", times=1, Description="app")
            >>> kms_mock.assert_called("CreateKey", Description=lambda text: text.startswith("a"))

        Args:
            operation: The name of the operation, such as "Decrypt".
            times: How many matching calls there must be, retries included; by default at least one.
            parameters: The parameters that must match; others don't matter. A value must be equal
                to the whole parameter. A function gets the parameter and returns whether it
                matches. None means that the parameter was not given.

        Raises:
            AssertionError: If there was no such call. The message shows the nearest call as a diff.
            TypeError: For a parameter that the operation does not have.
            ValueError: For an unknown operation, with the nearest names.

        .. versionadded:: 0.1.0
        """
        __tracebackhide__ = True
        from pytest_kmsmock.workbench.calls.assertions import check_called  # noqa: PLC0415 - see KmsMock._open

        check_called(self.calls, operation, times, parameters)

    @explained
    def assert_not_called(self, operation: "OperationName", **parameters: Any) -> None:
        """
        Check that an operation was not called, or not with these parameters.

            >>> kms_mock.assert_not_called("ScheduleKeyDeletion")

        Raises:
            AssertionError: If there was such a call.
            TypeError, ValueError: As `assert_called()`.

        .. versionadded:: 0.1.0
        """
        __tracebackhide__ = True
        from pytest_kmsmock.workbench.calls.assertions import check_not_called  # noqa: PLC0415 - see KmsMock._open

        check_not_called(self.calls, operation, parameters)
