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
        Make requests fail, with an error of AWS or a connection error.

        botocore retries as it does with AWS, but without waiting. Each attempt is one request. If
        several faults match a request, the one that was planned first hits it. A fault that never
        fires is an error at the end of the test (`UnfiredFaults`).

            >>> key_id = kms.create_key()["KeyMetadata"]["KeyId"]
            >>> throttling = kms_mock.fail("Encrypt", "ThrottlingException", times=2)
            >>> kms.encrypt(KeyId=key_id, Plaintext=b"hi")["ResponseMetadata"]["RetryAttempts"]
            2
            >>> throttling.fired
            2

        Args:
            operation: The name of the operation, such as "Decrypt", or "*" for all.
            error: The code of an error of KMS, or one that all AWS services have; or one of
                botocore's ConnectTimeoutError, ConnectionClosedError, EndpointConnectionError and
                ReadTimeoutError. A name, or an exception class.
            times: How many requests fail; None for all.
            after: How many matching requests succeed before the first one fails.
            when: A function that gets each request as a `Call` without an answer, and returns
                whether the fault matches it.
            message: The message of the error. By default AWS's message, or none if that varies.
            lost: If true, KMS performs the operation, and only the answer is lost. For
                ConnectionClosedError, ReadTimeoutError and errors of the server.

        Returns:
            The `Fault`: it counts, can be cancelled, and in a `with` ends with the block.

        Raises:
            TypeError: For an argument of the wrong type.
            ValueError: For an unknown operation or error, with the nearest names; for an invalid
                number or combination; if the mock is not active.

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
        Make answers take time on the mock's clock. The test itself does not wait.

        If the delay is longer than the client's `read_timeout`, the client raises ReadTimeoutError.
        KMS performs the operation nevertheless.

            >>> before = kms_mock.clock.now()
            >>> with kms_mock.delay("ListKeys", seconds=30):
            ...     keys = kms.list_keys()["Keys"]
            >>> kms_mock.clock.now() - before >= timedelta(seconds=30)
            True

        Args:
            operation: See `fail()`.
            seconds: How long each answer takes.
            times: How many requests are delayed; None for all.
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
        Change what the client gets as an answer. KMS itself performs the operation as usual.

        Use it to test that code notices a wrong KeyId or a truncated plaintext. Error answers are
        not changed. As with `fail()`, it is an error at the end of the test if no answer was.

            >>> key_id = kms.create_key()["KeyMetadata"]["KeyId"]
            >>> blob = kms.encrypt(KeyId=key_id, Plaintext=b"hi")["CiphertextBlob"]
            >>> altered = kms_mock.alter("Decrypt", {"Plaintext": b"h"})
            >>> kms.decrypt(CiphertextBlob=blob)["Plaintext"]
            b'h'
            >>> kms.decrypt(CiphertextBlob=blob)["Plaintext"]
            b'hi'

        Args:
            operation: The name of the operation, such as "Decrypt".
            change: A mapping from the members to replace to their new values, or to None for a
                member to leave out. Or a function that gets a copy of the answer, a dictionary as
                botocore returns it, and changes it or returns another dictionary.
            times: How many answers are changed; None for all.
            after: See `fail()`.
            when: See `fail()`.

        Returns:
            The `Fault`; see `fail()`.

        Raises:
            TypeError: For a value of the wrong type for its member. If *change* is a function, the
                changed call raises it.
            ValueError: For a member that the answer does not have, with the nearest name; for an
                unknown operation, or one that has no answer.

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
        Make requests of threads and tasks wait, until `release()` or the end of the block.

        Use it to test what happens during a request: caches that must ask only once, stampedes,
        timeouts, cancellation. KMS performs an operation when its request no longer waits. If the
        request is cancelled while it waits, KMS does nothing.

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
            limit: After how many seconds of real time a waiting request raises `HeldTooLong`.

        Returns:
            The `Hold`, which counts and releases the waiting requests.

        Raises:
            TypeError, ValueError: As `fail()`. ValueError if *limit* is not positive.

        .. versionadded:: 0.1.0
        """
        from pytest_kmsmock.workbench.faults.effects import read_held  # noqa: PLC0415 - see Subject
        from pytest_kmsmock.workbench.faults.holding import Hold  # noqa: PLC0415 - see Subject

        self._require_active()
        held = read_held(limit)
        return self._faults.add(operation, held, times=times, after=after, when=when, kind=Hold)
