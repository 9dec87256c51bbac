"""What one call costs."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from moto import mock_aws

from benchmarks.contenders import (
    CONTENDERS,
    answer_at_once,
    floor,
    ours,
    ours_today,
    wire,
    wire_floor,
)
from benchmarks.timing import (
    FLOOR_OF_LATER_TARGETS,
    Figure,
    Measure,
    by_turns,
    floors,
    per_call,
    within,
)
from pytest_kmsmock import KmsMock

MESSAGE = b"m" * 32

# From a client to the call to measure; what it needs is made before.
Prepare = Callable[[Any], Callable[[], object]]


def encrypt(client: Any) -> Callable[[], object]:
    key = client.create_key()["KeyMetadata"]["KeyId"]
    return lambda: client.encrypt(KeyId=key, Plaintext=MESSAGE, EncryptionContext={"a": "b"})


def decrypt(client: Any) -> Callable[[], object]:
    blob = encrypt(client)()["CiphertextBlob"]  # type: ignore[index]  # a client's answer
    return lambda: client.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})


def describe_key(client: Any) -> Callable[[], object]:
    key = client.create_key()["KeyMetadata"]["KeyId"]
    return lambda: client.describe_key(KeyId=key)


def generate_data_key(client: Any) -> Callable[[], object]:
    key = client.create_key()["KeyMetadata"]["KeyId"]
    return lambda: client.generate_data_key(KeyId=key, KeySpec="AES_256")


def generate_mac(client: Any) -> Callable[[], object]:
    key = create(client, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    return lambda: client.generate_mac(KeyId=key, Message=MESSAGE, MacAlgorithm="HMAC_SHA_256")


def create(client: Any, **members: Any) -> str:
    key_id: str = client.create_key(**members)["KeyMetadata"]["KeyId"]
    return key_id


EVERYDAY: dict[str, Prepare] = {
    "Encrypt": encrypt,
    "Decrypt": decrypt,
    "DescribeKey": describe_key,
    "GenerateDataKey": generate_data_key,
    "GenerateMac": generate_mac,
}
CREATE_KEY: dict[str, dict[str, str]] = {
    "symmetric": {},
    "HMAC_256": {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
    "ECC_NIST_P256": {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
    "RSA_4096": {"KeySpec": "RSA_4096", "KeyUsage": "SIGN_VERIFY"},
}


def measure_everyday(rounds: int, times: int) -> Iterator[Figure]:
    for name, prepare in EVERYDAY.items():
        seconds = by_turns(
            {who: in_mock(start, prepare, times) for who, start in CONTENDERS.items()}, rounds
        )
        figure = Figure(
            name=name, seconds=seconds, reach="at most 0.30 of moto and 2.0 of the floor"
        )
        to_moto, to_floor = figure.ratio("moto"), figure.ratio("floor")
        reached = to_moto is not None and to_moto <= 0.30
        reached = reached and to_floor is not None and to_floor <= 2.0
        yield replace(figure, reached=reached)


def measure_create_key(rounds: int, times: int) -> Iterator[Figure]:
    """Moto makes an RSA key for every key, so that it gets fewer turns of fewer calls."""
    symmetric: float | None = None
    for name, members in CREATE_KEY.items():

        def prepare(client: Any, members: dict[str, str] = members) -> Callable[[], object]:
            return lambda: client.create_key(**members)

        seconds = by_turns(
            {
                "ours": in_mock(CONTENDERS["ours"], prepare, times),
                "moto": in_mock(CONTENDERS["moto"], prepare, 1),
                "floor": in_mock(CONTENDERS["floor"], prepare, times),
            },
            min(rounds, 5),
            by_chance={"moto"},  # which makes RSA keys
        )
        ours_took = seconds["ours"]
        if name == "RSA_4096":
            reach = "as cheap as a symmetric one"
            reached = symmetric is not None and ours_took <= 1.2 * symmetric
        else:
            reach = f"at most {floors(150e-6)} and 0.005 of moto"
            reached = within(ours_took, 150e-6, seconds["floor"])
            reached = reached and ours_took / seconds["moto"] <= 0.005
        if name == "symmetric":
            symmetric = ours_took
        # Of an elliptic curve moto makes no RSA key, so that a floor is more than 0.005 of it.
        note = (
            f"a floor is {seconds['floor'] / seconds['moto']:.2g} of moto" if "ECC" in name else ""
        )
        yield Figure(
            name=f"CreateKey {name}", seconds=seconds, reach=reach, reached=reached, note=note
        )


def measure_sign(rounds: int, times: int) -> Iterator[Figure]:
    """Sign costs what the primitive costs, and a call."""
    rsa_key = rsa.generate_private_key(65537, 2048)
    ec_key = ec.generate_private_key(ec.SECP256R1())
    primitives: dict[str, tuple[str, str, Callable[[], object]]] = {
        "RSA_2048": (
            "RSASSA_PSS_SHA_256",
            "SIGN_VERIFY",
            lambda: rsa_key.sign(
                MESSAGE,
                padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH),
                hashes.SHA256(),
            ),
        ),
        "ECC_NIST_P256": (
            "ECDSA_SHA_256",
            "SIGN_VERIFY",
            lambda: ec_key.sign(MESSAGE, ec.ECDSA(hashes.SHA256())),
        ),
    }
    for spec, (algorithm, usage, primitive) in primitives.items():

        def prepare(
            client: Any, spec: str = spec, algorithm: str = algorithm, usage: str = usage
        ) -> Callable[[], object]:
            key = create(client, KeySpec=spec, KeyUsage=usage)
            return lambda: client.sign(KeyId=key, Message=MESSAGE, SigningAlgorithm=algorithm)

        seconds = by_turns(
            {
                "ours": in_mock(CONTENDERS["ours"], prepare, times),
                "moto": in_mock(CONTENDERS["moto"], prepare, max(1, times // 10)),
                "primitive": per_call(primitive, times),
                "floor": in_mock(CONTENDERS["floor"], lambda c: c.list_keys, times),
            },
            rounds,
        )
        added = seconds["ours"] - seconds["primitive"]
        yield Figure(
            name=f"Sign {spec}",
            seconds=seconds,
            reach=f"the primitive and at most {floors(150e-6, FLOOR_OF_LATER_TARGETS)}",
            reached=within(added, 150e-6, seconds["floor"], FLOOR_OF_LATER_TARGETS),
            note=f"{added * 1e6:.0f} µs over the primitive, {added / seconds['floor']:.2g} floors",
        )


def encapsulate(client: Any, spec: str) -> Callable[[], object]:
    key = create(client, KeySpec=spec, KeyUsage="ENCAPSULATE_DECAPSULATE")
    return lambda: client.encapsulate(KeyId=key, EncapsulationAlgorithm="ML_KEM")


def decapsulate(client: Any, spec: str) -> Callable[[], object]:
    key = create(client, KeySpec=spec, KeyUsage="ENCAPSULATE_DECAPSULATE")
    request = {"KeyId": key, "EncapsulationAlgorithm": "ML_KEM"}
    blob = client.encapsulate(**request)["SharedSecretCiphertextBlob"]
    return lambda: client.decapsulate(SharedSecretCiphertextBlob=blob, **request)


def measure_encapsulation(rounds: int, times: int) -> Iterator[Figure]:
    """ML_KEM_512 is our own code, in Python; the others are `cryptography`'s where it has them."""
    limits = {"ML_KEM_512": 4e-3, "ML_KEM_768": 400e-6, "ML_KEM_1024": 400e-6}
    for name, prepare_with in (("Encapsulate", encapsulate), ("Decapsulate", decapsulate)):
        for spec, limit in limits.items():

            def prepare(
                client: Any, prepare_with: Any = prepare_with, spec: str = spec
            ) -> Callable[[], object]:
                made: Callable[[], object] = prepare_with(client, spec)
                return made

            reach = f"at most {floors(limit)}"
            seconds = by_turns(
                {
                    "ours": in_mock(ours_today, prepare, times),
                    "floor": in_mock(floor, lambda client: client.list_keys, times * 10),
                },
                rounds,
            )
            yield Figure(
                name=f"{name} {spec}",
                seconds=seconds,
                reach=reach,
                reached=within(seconds["ours"], limit, seconds["floor"]),
            )


def measure_mock(rounds: int, times: int) -> Iterator[Figure]:
    mock, theirs = KmsMock(), mock_aws()

    def start_and_stop() -> None:
        mock.start()
        mock.stop()

    def start_and_stop_moto() -> None:
        theirs.start()
        theirs.stop()

    seconds = by_turns(
        {
            "ours": per_call(start_and_stop, times),
            "moto": per_call(start_and_stop_moto, max(1, times // 20)),
        },
        rounds,
    )
    yield Figure(
        name="start and stop of a mock",
        seconds=seconds,
        reach="at most 25 µs",
        reached=seconds["ours"] <= 25e-6,
    )


def measure_wire(rounds: int, times: int) -> Iterator[Figure]:
    """What botocore does on the way to the network and back is most of a call there."""
    seconds = by_turns(
        {
            "ours": in_mock(wire, encrypt, times),
            "floor": in_mock(wire_floor, encrypt, times),
            "default seam": in_mock(ours, encrypt, times),
        },
        rounds,
    )
    note = "; the floor here is a `before-send` handler"
    yield beside("Encrypt on the wire seam", seconds, "default seam", 1.7, note)


def measure_async(rounds: int, times: int) -> Iterator[Figure]:
    """The same call by aiobotocore, in a loop that has nothing else to do."""
    try:
        from aiobotocore.session import get_session  # noqa: PLC0415 - it need not be installed
    except ModuleNotFoundError:
        return

    def asynchronous(start: Callable[[], AbstractContextManager[Any]], constant: bool) -> Measure:
        async def take() -> float:
            session = get_session()
            session.set_credentials("AKIAIOSFODNN7EXAMPLE", "example")
            async with session.create_client("kms", region_name="us-east-1") as client:
                if constant:
                    answer_at_once(client)
                key = (await client.create_key())["KeyMetadata"]["KeyId"]
                begin = time.perf_counter()
                for _ in range(times):
                    await client.encrypt(KeyId=key, Plaintext=MESSAGE, EncryptionContext={"a": "b"})
                return (time.perf_counter() - begin) / times

        def measure() -> float:
            with start():
                return asyncio.run(take())

        return measure

    seconds = by_turns(
        {
            "ours": asynchronous(ours, False),
            "floor": asynchronous(floor, True),
            "sync call": in_mock(ours, encrypt, times),
        },
        rounds,
    )
    yield beside("Encrypt by aiobotocore", seconds, "sync call", 1.15)


def measure_threads(rounds: int, times: int) -> Iterator[Figure]:
    """Eight threads do together what one does alone."""
    with ours() as client:
        call = encrypt(client)

        def in_threads(count: int) -> Measure:
            def measure() -> float:
                def work() -> None:
                    for _ in range(times // count):
                        call()

                threads = [threading.Thread(target=work) for _ in range(count)]
                start = time.perf_counter()
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                return (time.perf_counter() - start) / (times // count * count)

            return measure

        seconds = by_turns({"ours": in_threads(8), "one thread": in_threads(1)}, rounds)
    lost = 1 - seconds["one thread"] / seconds["ours"]
    yield Figure(
        name="Encrypt in 8 threads",
        seconds=seconds,
        reach="at most 10 % less throughput than one thread",
        reached=lost <= 0.10,
        note=f"{lost:.0%} lost" if lost > 0 else "nothing lost",
    )


def beside(name: str, seconds: dict[str, float], other: str, most: float, note: str = "") -> Figure:
    """Compare ours with another way to make the same call."""
    ratio = seconds["ours"] / seconds[other]
    return Figure(
        name=name,
        seconds=seconds,
        reach=f"at most {most} of the {other}",
        reached=ratio <= most,
        note=f"{ratio:.2f} of it{note}",
    )


def in_mock(
    start: Callable[[], AbstractContextManager[Any]], prepare: Prepare, times: int
) -> Measure:
    """Return a measure that starts a mock, prepares, and times the call alone."""

    def measure() -> float:
        with start() as client:
            return per_call(prepare(client), times)()

    return measure
