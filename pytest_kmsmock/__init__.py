"""AWS KMS in memory, with real cryptography, for every botocore client that a test uses."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_kmsmock._kms.access.decision import Decision
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
    from pytest_kmsmock.workbench.principals.account import FULL_AWS_ACCESS, AccountHandle
    from pytest_kmsmock.workbench.principals.grants import GrantHandle
    from pytest_kmsmock.workbench.principals.principal import PrincipalHandle
    from pytest_kmsmock.workbench.warned import KmsAccessWarning, KmsPolicyWarning

__all__ = [
    "FULL_AWS_ACCESS",
    "AccountHandle",
    "Call",
    "CallOutsideMock",
    "Calls",
    "Decision",
    "Fault",
    "ForkedCopyWarning",
    "GrantHandle",
    "HeldTooLong",
    "Hold",
    "KeyHandle",
    "KeyStoreHandle",
    "KmsAccessWarning",
    "KmsMock",
    "KmsPolicyWarning",
    "KmsServer",
    "NitroEnclave",
    "PrincipalHandle",
    "Snapshot",
    "UnfiredFaults",
    "kms_outside",
    "mock_kms",
]

# name -> its module, imported when somebody asks: a run without KMS does without most of them.
_MODULES = {
    "FULL_AWS_ACCESS": "workbench.principals.account",
    "AccountHandle": "workbench.principals.account",
    "Call": "workbench.calls.record",
    "CallOutsideMock": "interception.outside",
    "Calls": "workbench.calls.record",
    "Decision": "_kms.access.decision",
    "Fault": "workbench.faults.planning",
    "HeldTooLong": "workbench.faults.holding",
    "Hold": "workbench.faults.holding",
    "ForkedCopyWarning": "serving.forked",
    "GrantHandle": "workbench.principals.grants",
    "KeyHandle": "workbench.keys.handle",
    "KeyStoreHandle": "workbench.key_stores.handles",
    "KmsAccessWarning": "workbench.warned",
    "KmsMock": "mock",
    "KmsPolicyWarning": "workbench.warned",
    "KmsServer": "serving.server",
    "NitroEnclave": "workbench.enclave",
    "PrincipalHandle": "workbench.principals.principal",
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
