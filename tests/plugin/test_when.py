"""`when` of a planned fault may use KMS itself, from whatever thread."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.config import Config

pytestmark = pytest.mark.kms(unfired_faults="ignore")


def test_when_waits_for_another_thread(kms, kms_mock):
    """A `when` that waits for the KMS call of another thread, itself under the plan, gets it."""
    with ThreadPoolExecutor() as executor:

        def when(call):
            if call.operation == "ListKeys":
                return False
            return executor.submit(kms.list_keys).result(timeout=10)["Keys"] == []

        fault = kms_mock.fail("*", "ThrottlingException", when=when)
        kms.list_aliases()

    assert 1 == fault.fired
    assert ["ListKeys", "ListAliases", "ListAliases"] == [call.operation for call in kms_mock.calls]


def test_when_is_not_asked_about_its_own_calls(kms, kms_mock):
    """What `when` calls is not hit by its fault, and so it ends."""
    asked = []

    def when(call):
        asked.append(call.operation)
        return kms.list_keys()["Keys"] == []

    fault = kms_mock.fail("*", "ThrottlingException", when=when)

    kms.list_aliases()

    assert ["ListAliases"] == asked
    assert 1 == fault.fired


def test_when_that_raises(kms, kms_mock):
    """An error of `when` is the test's own: it is raised as it is, and the fault stays."""
    answers = iter([ZeroDivisionError("mine"), True])

    def when(call):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    fault = kms_mock.fail("ListKeys", "ThrottlingException", when=when)

    with pytest.raises(ZeroDivisionError, match=r"^mine$"):
        kms.list_keys()
    kms.list_keys()
    assert 1 == fault.fired


def test_threads_share_a_fault(kms_mock):
    """However many threads ask at once, a fault hits as many requests as it was told to."""
    fault = kms_mock.fail("ListKeys", "ThrottlingException", times=3, when=lambda call: True)
    patient = kms_mock.client(config=Config(retries={"mode": "legacy", "total_max_attempts": 5}))

    with ThreadPoolExecutor(8) as executor:
        retries = [
            answer["ResponseMetadata"]["RetryAttempts"]
            for answer in executor.map(lambda _: patient.list_keys(), range(8))
        ]

    assert (3, 3) == (fault.fired, sum(retries))
