"""What a mock offers about faults: which requests fail, and which take long."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_kmsmock.workbench.subject import Subject
from pytest_kmsmock.workbench.wording import explained

if TYPE_CHECKING:
    from pytest_kmsmock.vocabulary import AnyOperationName, OperationName
    from pytest_kmsmock.workbench.calls.record import Call
    from pytest_kmsmock.workbench.faults.effects import Change
    from pytest_kmsmock.workbench.faults.holding import Hold
    from pytest_kmsmock.workbench.faults.planning import Fault, Faults


class OffersFaults(Subject):
    """Failures and delays that a test plans."""

    _faults: "Faults"

    @explained
    def fail(
        self,
        operation: "AnyOperationName",
        error: str | type[Exception],
        *,
        times: int | None = 1,
        after: int = 0,
        when: "Callable[[Call], object] | None" = None,
        message: str | None = None,
        lost: bool = False,
    ) -> "Fault":
        """
        Plan a fault: let requests fail with an error of AWS, or of the connection.

        The request goes by the wire, so that botocore retries as it does with AWS, but without
        waiting. Each attempt is a request of its own. Of several faults that could hit a request
        the one planned first does. One that never fires is an error at the end of the test.

            >>> key_id = kms.create_key()["KeyMetadata"]["KeyId"]
            >>> throttling = kms_mock.fail("Encrypt", "ThrottlingException", times=2)
            >>> kms.encrypt(KeyId=key_id, Plaintext=b"hi")["ResponseMetadata"]["RetryAttempts"]
            2
            >>> throttling.fired
            2

        Args:
            operation: AWS's name, such as "Decrypt", or "*" for all.
            error: A code that KMS or any service of AWS has, or one of botocore's
                ConnectTimeoutError, ConnectionClosedError, EndpointConnectionError and
                ReadTimeoutError, as a name or a class.
            times: How many requests it hits; None for all.
            after: How many requests it lets pass first.
            when: Is asked about each request, as a `Call` without an answer, whether it counts.
            message: AWS's words; by default AWS's own, or none where they vary.
            lost: Let KMS do what it was asked, so that only the answer is lost: with
                ConnectionClosedError, ReadTimeoutError or an error of the server.

        Returns:
            The `Fault`, which tells how often it has fired, can be cancelled, and limits itself
            to a block in a `with`.

        Raises:
            TypeError: For an argument of the wrong type.
            ValueError: For an operation or error that there is not, with the nearest ones; for
                numbers and combinations that can't be; for a mock that is not active.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.faults.effects import read_failure  # noqa: PLC0415 - see KmsMock._open

        self._require_active()
        failure = read_failure(error, message, lost=lost)
        return self._faults.add(operation, failure, times=times, after=after, when=when)

    @explained
    def delay(
        self,
        operation: "AnyOperationName",
        seconds: float,
        *,
        times: int | None = None,
        after: int = 0,
        when: "Callable[[Call], object] | None" = None,
    ) -> "Fault":
        """
        Plan a delay: let the mock's clock, not the test, wait for answers.

        Where that is longer than the `read_timeout` of the client, the client gives up with a
        ReadTimeoutError, and what it asked for is done all the same.

            >>> before = kms_mock.clock.now()
            >>> with kms_mock.delay("ListKeys", seconds=30):
            ...     keys = kms.list_keys()["Keys"]
            >>> kms_mock.clock.now() - before >= timedelta(seconds=30)
            True

        Args:
            operation: See `fail()`.
            seconds: For each request.
            times: How many requests it hits; all by default.
            after: See `fail()`.
            when: See `fail()`.

        Raises:
            TypeError, ValueError: As `fail()`.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.faults.effects import read_delay  # noqa: PLC0415 - see KmsMock._open

        self._require_active()
        return self._faults.add(operation, read_delay(seconds), times=times, after=after, when=when)

    @explained
    def alter(
        self,
        operation: "OperationName",
        change: "Change",
        *,
        times: int | None = 1,
        after: int = 0,
        when: "Callable[[Call], object] | None" = None,
    ) -> "Fault":
        """
        Plan another answer: KMS does what it was asked, and the client hears what the test wants.

        For code that must notice a wrong KeyId or a plaintext that was cut. Only answers that KMS
        grants are altered. As with `fail()`, one that never comes about is an error.

            >>> key_id = kms.create_key()["KeyMetadata"]["KeyId"]
            >>> blob = kms.encrypt(KeyId=key_id, Plaintext=b"hi")["CiphertextBlob"]
            >>> altered = kms_mock.alter("Decrypt", {"Plaintext": b"h"})
            >>> kms.decrypt(CiphertextBlob=blob)["Plaintext"]
            b'h'
            >>> kms.decrypt(CiphertextBlob=blob)["Plaintext"]
            b'hi'

        Args:
            operation: AWS's name, such as "Decrypt".
            change: The members to replace, None for those to leave out; or a function that is given
                a copy of the answer, a dictionary as botocore returns it, and changes it or returns
                another.
            times: How many answers it alters; None for all.
            after: See `fail()`.
            when: See `fail()`.

        Returns:
            The `Fault`; see `fail()`.

        Raises:
            TypeError: For a value of another type than AWS's model gives the member; if *change* is
                a function, at the call that it alters.
            ValueError: For a member that the answer does not have, with the nearest one; for an
                operation that there is not, or that answers nothing.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.faults.effects import (  # noqa: PLC0415 - see Subject
            read_alteration,
        )

        self._require_active()
        alteration = read_alteration(operation, change)
        return self._faults.add(operation, alteration, times=times, after=after, when=when)

    @explained
    def hold(
        self,
        operation: "AnyOperationName",
        *,
        times: int | None = None,
        after: int = 0,
        when: "Callable[[Call], object] | None" = None,
        limit: float = 5.0,
    ) -> "Hold":
        """
        Let requests wait, those of threads and of tasks, until `release()` or the end of the block.

        For caches that must ask once, stampedes, timeouts and cancellation: what happens while a
        request is under way. KMS does nothing for a request that waits, nor for one that is
        cancelled meanwhile.

            >>> key_id = kms.create_key()["KeyMetadata"]["KeyId"]
            >>> with ThreadPoolExecutor() as pool:
            ...     with kms_mock.hold("DescribeKey") as held:
            ...         answer = pool.submit(kms.describe_key, KeyId=key_id)
            ...         held.wait_for(1)
            ...         answer.done()
            ...     answer.result()["KeyMetadata"]["KeyId"] == key_id
            False
            True

        Args:
            operation: See `fail()`.
            times: How many requests wait; None for all.
            after: See `fail()`.
            when: See `fail()`.
            limit: For how long one waits at the most, in seconds of real time.

        Returns:
            The `Hold`, which counts those that wait, and lets them go.

        Raises:
            TypeError, ValueError: As `fail()`; ValueError for a limit that is not positive.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.faults.effects import read_held  # noqa: PLC0415 - see Subject
        from pytest_kmsmock.workbench.faults.holding import Hold  # noqa: PLC0415 - see Subject

        self._require_active()
        held = read_held(limit)
        return self._faults.add(operation, held, times=times, after=after, when=when, kind=Hold)
