"""AWS KMS in memory, with real cryptography, for every botocore client that a test uses."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_kmsmock.activation import kms_outside, mock_kms
    from pytest_kmsmock.interception.outside import CallOutsideMock
    from pytest_kmsmock.mock import KmsMock
    from pytest_kmsmock.serving.forked import ForkedCopyWarning
    from pytest_kmsmock.serving.server import KmsServer
    from pytest_kmsmock.workbench.calls.record import Call, Calls
    from pytest_kmsmock.workbench.enclave import NitroEnclave
    from pytest_kmsmock.workbench.faults.holding import HeldTooLong, Hold
    from pytest_kmsmock.workbench.faults.planning import Fault, UnfiredFaults
    from pytest_kmsmock.workbench.key_stores.handles import KeyStoreHandle
    from pytest_kmsmock.workbench.keys.handle import KeyHandle
    from pytest_kmsmock.workbench.keys.known import Snapshot

__all__ = [
    "Call",
    "CallOutsideMock",
    "Calls",
    "Fault",
    "ForkedCopyWarning",
    "HeldTooLong",
    "Hold",
    "KeyHandle",
    "KeyStoreHandle",
    "KmsMock",
    "KmsServer",
    "NitroEnclave",
    "Snapshot",
    "UnfiredFaults",
    "kms_outside",
    "mock_kms",
]

# name -> its module, imported when somebody asks: a run without KMS does without most of them.
_MODULES = {
    "Call": "workbench.calls.record",
    "CallOutsideMock": "interception.outside",
    "Calls": "workbench.calls.record",
    "Fault": "workbench.faults.planning",
    "HeldTooLong": "workbench.faults.holding",
    "Hold": "workbench.faults.holding",
    "ForkedCopyWarning": "serving.forked",
    "KeyHandle": "workbench.keys.handle",
    "KeyStoreHandle": "workbench.key_stores.handles",
    "KmsMock": "mock",
    "KmsServer": "serving.server",
    "NitroEnclave": "workbench.enclave",
    "Snapshot": "workbench.keys.known",
    "UnfiredFaults": "workbench.faults.planning",
    "kms_outside": "activation",
    "mock_kms": "activation",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return found
