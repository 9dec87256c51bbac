"""What it costs to decide who may do what."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.contenders import floor
from benchmarks.timing import Figure, by_turns, floors, per_call, within
from pytest_kmsmock._kms.access.evaluation import evaluate
from pytest_kmsmock._kms.domain.world import NO_CONTROL, World
from pytest_kmsmock._kms.operations import find_operation
from pytest_kmsmock._kms.rules.asking import note
from pytest_kmsmock._kms.rules.cases import make_case
from pytest_kmsmock._kms.rules.context import Context
from pytest_kmsmock._kms.rules.permissions import authorise
from pytest_kmsmock._kms.service import Request, Service

ACCOUNT = "123456789012"
REQUEST = {"Plaintext": b"hi", "EncryptionContext": {"tenant": "9"}}
# Four tenants, none of whom is the caller's, and the account.
FIVE_STATEMENTS = {
    "Version": "2012-10-17",
    "Statement": [
        *(
            {
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": ["kms:Encrypt", "kms:Decrypt"],
                "Resource": "*",
                "Condition": {
                    "StringEquals": {"kms:EncryptionContext:tenant": tenant},
                    "StringLike": {"kms:CallerAccount": "1234*"},
                },
            }
            for tenant in "1234"
        ),
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
    ],
}


class Asking:
    """An Encrypt on a key of its own, up to the question whether it may be."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        service = Service(World())
        made = service.respond(self._request("CreateKey", members)).result or {}
        region = service.world.account(ACCOUNT).region("us-east-1")
        self.key = region.keys[made["KeyMetadata"]["KeyId"]]
        operation = find_operation("Encrypt")
        assert operation is not None
        self.operation = operation
        self.context: Context = service._receive(self._request("Encrypt", {}), operation.model)

    def _request(self, operation: str, members: Mapping[str, Any]) -> Request:
        return Request(
            operation=operation,
            region="us-east-1",
            account_id=ACCOUNT,
            body=json.dumps(members).encode(),
            access_key_id="AKIAIOSFODNN7EXAMPLE",
        )

    def ask(self) -> None:
        asks = self.operation.asks(self.context, REQUEST, [self.key])
        authorise(self.context, REQUEST, asks, same_key=False)


def measure_access(rounds: int, times: int) -> Iterator[Figure]:
    """Measure a decision by itself, beside the floor: a whole call that does nothing."""
    default, conditions = Asking({}), Asking({"Policy": json.dumps(FIVE_STATEMENTS)})
    (ask,) = conditions.operation.asks(conditions.context, REQUEST, [conditions.key])
    asked = note(conditions.context, REQUEST, ask, ACCOUNT, NO_CONTROL, same_key=False)
    case = make_case(asked, REQUEST)
    with floor() as client:
        seconds = by_turns(
            {
                "default": per_call(default.ask, times),
                "conditions": per_call(conditions.ask, times),
                "evaluation": per_call(lambda: evaluate(case), times),
                "floor": per_call(client.list_keys, times // 4),
            },
            rounds,
        )
    base = seconds["floor"]
    yield Figure(
        name="deciding for the default caller under the default key policy",
        seconds={"ours": seconds["default"], "floor": base},
        reach=f"at most {floors(5e-6)}",
        reached=within(seconds["default"], 5e-6, base),
    )
    yield Figure(
        name="deciding under a key policy of five statements with conditions",
        seconds={"ours": seconds["conditions"], "floor": base},
        reach=f"at most {floors(25e-6)}",
        reached=within(seconds["conditions"], 25e-6, base),
    )
    yield Figure(
        name="evaluating policies that are read already",
        seconds={"ours": seconds["evaluation"], "floor": base},
        reach="20,000 a second",
        reached=within(seconds["evaluation"], 50e-6, base),
    )
