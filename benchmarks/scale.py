"""What a hundred thousand keys in one mock cost."""

import gc
import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

from benchmarks.contenders import floor, ours
from benchmarks.timing import (
    FLOOR_OF_LATER_TARGETS,
    Figure,
    by_turns,
    floors,
    per_call,
    within,
)
from pytest_kmsmock import mock_kms
from pytest_kmsmock._kms.domain.world import World
from pytest_kmsmock._kms.service import Request, Service

ACCOUNT = "123456789012"


def fill(client: Any, keys: int) -> None:
    """Make keys with an alias, a grant and a tag each."""
    for number in range(keys):
        key = client.create_key(Tags=[{"TagKey": "n", "TagValue": str(number)}])
        key_id = key["KeyMetadata"]["KeyId"]
        client.create_alias(AliasName=f"alias/key-{number}", TargetKeyId=key_id)
        client.create_grant(
            KeyId=key_id,
            GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:role/app",
            Operations=["Decrypt"],
        )


def measure_scale(rounds: int, times: int, keys: int) -> Iterator[Figure]:
    seconds: dict[str, dict[str, float]] = {}
    for size in (10, keys):
        with ours() as client:
            fill(client, size)
            seconds[f"{size}"] = by_turns(
                {
                    "encrypt": per_call(
                        lambda c=client: c.encrypt(KeyId="alias/key-5", Plaintext=b"x"), times
                    ),
                    "page": per_call(lambda c=client: c.list_keys(Limit=10), times),
                },
                rounds,
            )
    few, many = seconds["10"], seconds[f"{keys}"]
    yield Figure(
        name=f"Encrypt by alias among {keys:,} keys",
        seconds={"ours": many["encrypt"], "among 10 keys": few["encrypt"]},
        reach="at most 1.2 of the same among 10",
        reached=many["encrypt"] <= 1.2 * few["encrypt"],
    )
    yield Figure(
        name=f"a page of 10 keys of {keys:,}",
        seconds={"ours": many["page"], "of 10 keys": few["page"]},
        reach="the page, not the world",
        reached=many["page"] <= 1.5 * few["page"],
    )


def measure_snapshots(rounds: int, keys: int) -> Iterator[Figure]:
    """A snapshot of keys with an alias and a tag each, and going back to it."""
    with mock_kms() as mock:
        client = mock.client()
        for number in range(keys):
            key = client.create_key(Tags=[{"TagKey": "n", "TagValue": str(number)}])
            client.create_alias(
                AliasName=f"alias/key-{number}", TargetKeyId=key["KeyMetadata"]["KeyId"]
            )
        taken = mock.snapshot()
        seconds = by_turns(
            {
                "snapshot": per_call(mock.snapshot, 1),
                "restore": per_call(lambda: mock.restore(taken), 1),
            },
            rounds,
        )
    with floor() as client:
        least = by_turns({"floor": per_call(client.list_keys, 500)}, rounds)["floor"]
    target = 10e-6 * keys
    for what in ("snapshot", "restore"):
        yield Figure(
            name=f"{what} of {keys:,} keys",
            seconds={"ours": seconds[what]},
            reach=f"at most {floors(target, FLOOR_OF_LATER_TARGETS)}",
            reached=within(seconds[what], target, least, FLOOR_OF_LATER_TARGETS),
        )


def measure_memory(keys: int) -> Iterator[Figure]:
    """Count the bytes that a symmetric key takes in the engine."""
    service = Service(World())
    request = Request(
        operation="CreateKey", region="us-east-1", account_id=ACCOUNT, body=json.dumps({}).encode()
    )
    service.respond(request)
    gc.collect()
    tracemalloc.start()
    for _ in range(keys):
        service.respond(request)
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    each = size / keys
    yield Figure(
        name="memory of a symmetric key",
        seconds={},
        reach="at most 2 KiB",
        reached=each <= 2048,
        note=f"{each:,.0f} bytes",
    )
