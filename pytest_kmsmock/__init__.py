"""AWS KMS in memory, with real cryptography, for every botocore client that a test uses."""

from pytest_kmsmock.mock import KmsMock, mock_kms
from pytest_kmsmock.outside import CallOutsideMock

__all__ = ["CallOutsideMock", "KmsMock", "mock_kms"]
