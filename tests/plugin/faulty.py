"""Clients that meet planned faults, and what a mock has seen of them."""

from typing import Any

from botocore.config import Config

from pytest_kmsmock import KmsMock
from tests.plugin.clients import make_client

THROTTLED = (
    "ThrottlingException",
    "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
)
CONNECTION_ERRORS = [
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "EndpointConnectionError",
    "ReadTimeoutError",
]


def config_of(mode: str, attempts: int = 3, **others: Any) -> dict[str, Any]:
    return {"retries": {"mode": mode, "total_max_attempts": attempts}, **others}


def client_of(mode: str = "legacy", attempts: int = 3, **others: Any) -> Any:
    return make_client(config=Config(**config_of(mode, attempts, **others)))


def count_keys(mock: KmsMock) -> int:
    return len(mock.client().list_keys()["Keys"])


def outcomes(mock: KmsMock) -> list[tuple[str, int | None, str | None]]:
    """Return operation, attempt and error of each call."""
    return [(call.operation, call.attempt, call.error and call.error.code) for call in mock.calls]
