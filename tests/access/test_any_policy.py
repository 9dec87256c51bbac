"""Any key policy, and every operation: an answer of AWS, and never an exception of Python."""

import json
import random
from typing import Any, Final

import pytest

from pytest_kmsmock import mock_kms
from pytest_kmsmock._kms.operations import all_operations
from pytest_kmsmock._kms.service import Request
from tests.access.test_properties import draw_list
from tests.conformance.minimal_requests import prepare
from tests.conformance.stage import Stage
from tests.vocabulary import ACCOUNT, REGION

OPERATIONS: Final = sorted(all_operations())


def encode(value: Any) -> Any:
    """Write a request's member as JSON does."""
    import base64

    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(value)


@pytest.mark.sweep(7)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_any_policy(operation):
    """Under random key policies each operation is decided, and its decision explains itself."""
    rng = random.Random(operation)
    with mock_kms(region_name=REGION, account_id=ACCOUNT, isolated=True) as mock:
        request = prepare(Stage(mock=mock), operation)
        service = mock._service
        body = json.dumps(request, default=encode).encode()
        keys = service.world.account(ACCOUNT).region(REGION).keys
        for _ in range(5):
            for key in keys.values():
                document = {
                    "Version": "2012-10-17",
                    "Statement": draw_list(rng, has_principal=True),
                }
                key.policy = json.dumps(document)
            service.access.mode = rng.choice(["enforce", "warn"])
            response = service.respond(
                Request(operation=operation, region=REGION, account_id=ACCOUNT, body=body)
            )

            if response.decision is None:  # what was asked for is gone since the last time
                assert "NotFoundException" == response.error.code
                continue
            assert response.decision.explain()
            if service.access.mode == "enforce" and not response.decision.allowed:
                assert response.error is not None
                assert response.error.message == response.decision.message
