"""A client that lets through what botocore would refuse before KMS sees it."""

from typing import TYPE_CHECKING

import botocore.session
import pytest
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient


@pytest.fixture(scope="session")
def client_without_validation() -> "KMSClient":
    session = botocore.session.Session()
    session.set_credentials("AKIAIOSFODNN7EXAMPLE", "example")
    return session.create_client(
        "kms", region_name="us-east-1", config=Config(parameter_validation=False)
    )


@pytest.fixture
def unchecked_kms(kms: "KMSClient", client_without_validation: "KMSClient") -> "KMSClient":
    """
    The same KMS as `kms`, for requests that lack a member or have an empty one.

    botocore refuses those by itself, with an error of its own (rules WIRE-12).
    """
    return client_without_validation
