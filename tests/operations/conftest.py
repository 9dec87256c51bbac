"""What the operations' tests share: a client without botocore's own checks, and a still clock."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.todays_client import make_todays_client, todays_client

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

    from pytest_kmsmock import KmsMock
    from pytest_kmsmock._kms.domain.clock import Clock


@pytest.fixture(scope="session")
def client_without_validation() -> "KMSClient":
    return make_todays_client(validates=False)


@pytest.fixture
def kms(kms_mock: "KmsMock") -> "KMSClient":
    """Make requests to today's KMS, which an older botocore knows in part only."""
    return todays_client(kms_mock)


@pytest.fixture
def unchecked_kms(kms: "KMSClient", client_without_validation: "KMSClient") -> "KMSClient":
    """
    The same KMS as `kms`, for requests that lack a member or have an empty one.

    botocore refuses those by itself, with an error of its own (rules WIRE-12).
    """
    return client_without_validation


@pytest.fixture
def clock(kms_mock: "KmsMock") -> "Clock":
    """
    The clock of the mock, which stands still on a whole second unless it is moved.

    Older versions of botocore send no fractions of a second.
    """
    clock = kms_mock.clock
    clock.freeze()
    clock.move_to(clock.now().replace(microsecond=0) + timedelta(seconds=1))
    return clock
