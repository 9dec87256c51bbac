"""AWS KMS in memory, with real cryptography, for every botocore client that a test uses."""

from typing import TYPE_CHECKING, Any

from pytest_kmsmock.activation import mock_kms
from pytest_kmsmock.mock import KmsMock
from pytest_kmsmock.outside import CallOutsideMock

if TYPE_CHECKING:
    from pytest_kmsmock.enclave import NitroEnclave

__all__ = ["CallOutsideMock", "KmsMock", "NitroEnclave", "mock_kms"]


def __getattr__(name: str) -> Any:
    if name == "NitroEnclave":
        # It brings cryptography with it, which a run without KMS does not pay for.
        from pytest_kmsmock.enclave import NitroEnclave  # noqa: PLC0415 - see above

        return NitroEnclave
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
