"""AWS KMS in memory, with real cryptography, for every botocore client that a test uses."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_kmsmock.activation import mock_kms
    from pytest_kmsmock.calls import Call, Calls
    from pytest_kmsmock.enclave import NitroEnclave
    from pytest_kmsmock.faults import Fault, UnfiredFaults
    from pytest_kmsmock.key_stores import KeyStoreHandle
    from pytest_kmsmock.known_keys import KeyHandle, Snapshot
    from pytest_kmsmock.mock import KmsMock
    from pytest_kmsmock.outside import CallOutsideMock

__all__ = [
    "Call",
    "CallOutsideMock",
    "Calls",
    "Fault",
    "KeyHandle",
    "KeyStoreHandle",
    "KmsMock",
    "NitroEnclave",
    "Snapshot",
    "UnfiredFaults",
    "mock_kms",
]

# name -> its module, imported when somebody asks: a run without KMS does without most of them.
_MODULES = {
    "Call": "calls",
    "CallOutsideMock": "outside",
    "Calls": "calls",
    "Fault": "faults",
    "KeyHandle": "known_keys",
    "KeyStoreHandle": "key_stores",
    "KmsMock": "mock",
    "NitroEnclave": "enclave",
    "Snapshot": "known_keys",
    "UnfiredFaults": "faults",
    "mock_kms": "activation",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return found
