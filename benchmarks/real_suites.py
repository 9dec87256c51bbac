"""
Suites as users have them: what takes their time decides what is made faster.

`python -m benchmarks.real_suites` prints whose code their time is spent in.
"""

import pstats
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.suites import EVERYDAY, OURS, run_suite, suite, write_suite
from benchmarks.timing import Figure, by_turns

RSA: Final = """
    import pytest

    @pytest.mark.parametrize("number", range({tests}))
    def test_all(kms, number):
        spec = ("RSA_2048", "RSA_3072", "RSA_4096")[number % 3]
        key = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        request = dict(KeyId=key, Message=b"m", SigningAlgorithm="RSASSA_PSS_SHA_256")
        signed = kms.sign(**request)
        assert kms.verify(Signature=signed["Signature"], **request)["SignatureValid"]
        kms.get_public_key(KeyId=key)
"""
ASYNCHRONOUS: Final = """
    import asyncio

    import pytest
    from aiobotocore.session import get_session

    SESSION = get_session()

    @pytest.mark.parametrize("number", range({tests}))
    def test_all(kms_mock, number):
        async def work():
            async with SESSION.create_client("kms", region_name="us-east-1") as kms:
                key = (await kms.create_key())["KeyMetadata"]["KeyId"]
                data_key = await kms.generate_data_key(KeyId=key, KeySpec="AES_256")
                await kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])
                blobs = await asyncio.gather(
                    *(kms.encrypt(KeyId=key, Plaintext=b"%d" % one) for one in range(5))
                )
                assert 5 == len(blobs)

        asyncio.run(work())
"""
POLICIES: Final = """
    import json

    import pytest

    @pytest.mark.parametrize("number", range({tests}))
    def test_all(kms_mock, kms, number):
        key = kms.create_key()["KeyMetadata"]
        worker, auditor = kms_mock.role("worker"), kms_mock.user("auditor")
        policy = {{
            "Version": "2012-10-17",
            "Statement": [
                {{
                    "Effect": "Allow",
                    "Principal": {{"AWS": "arn:aws:iam::123456789012:root"}},
                    "Action": "kms:*",
                    "Resource": "*",
                }},
                {{
                    "Effect": "Deny",
                    "Principal": {{"AWS": worker.arn}},
                    "Action": "kms:Encrypt",
                    "Resource": "*",
                    "Condition": {{"Null": {{"kms:EncryptionContext:tenant": "true"}}}},
                }},
            ],
        }}
        kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=json.dumps(policy))
        worker.allow("kms:Encrypt", "kms:Decrypt", resource=key["Arn"])
        mine, theirs = worker.client(), auditor.client()
        blob = mine.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext={{"tenant": "a"}})
        with pytest.raises(mine.exceptions.ClientError):
            mine.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
        with pytest.raises(theirs.exceptions.ClientError):
            theirs.decrypt(CiphertextBlob=blob["CiphertextBlob"])
        kms.create_grant(
            KeyId=key["KeyId"], GranteePrincipal=auditor.arn, Operations=["Decrypt"]
        )
        theirs.decrypt(
            CiphertextBlob=blob["CiphertextBlob"], EncryptionContext={{"tenant": "a"}}
        )
"""


# A client whose calls a handler answers with constants: the least that these tests can cost.
CONSTANT: Final = """
    import botocore.awsrequest
    import botocore.session
    import pytest

    session = botocore.session.Session()
    session.set_credentials("x", "x")
    CLIENT = session.create_client("kms", region_name="us-east-1")
    HTTP = botocore.awsrequest.AWSResponse("", 200, {{}}, None)
    ANSWER = {{
        "CiphertextBlob": b"0" * 184,
        "KeyMetadata": {{"KeyId": "id"}},
        "Plaintext": b"0" * 32,
        "ResponseMetadata": {{"HTTPStatusCode": 200}},
        "Signature": b"0" * 70,
    }}
    CLIENT.meta.events.register_first("before-call.kms", lambda **_: (HTTP, dict(ANSWER)))

    @pytest.fixture
    def kms():
        return CLIENT

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RealSuite:
    """
    *source* is a test module, with places for the number of its *tests* and for their *body*.

    *is_simple* says that constants could answer its calls.
    """

    name: str
    source: str
    tests: int
    body: str = ""
    workers: int = 0
    is_simple: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        return ("-p", "xdist", "-n", str(self.workers)) if self.workers else ()


SUITES: Final = (
    RealSuite(
        name="everyday tests beside constants",
        source=OURS,
        body=EVERYDAY,
        tests=300,
        is_simple=True,
    ),
    RealSuite(name="tests with RSA keys of three sizes", source=RSA, tests=100, workers=2),
    RealSuite(name="tests with aiobotocore", source=ASYNCHRONOUS, tests=200),
    RealSuite(name="tests with policies and grants", source=POLICIES, tests=100),
)


def measure_real_suites(rounds: int, share: int) -> Iterator[Figure]:
    """Measure whole runs of the suites, each with a *share*-th of its tests."""
    with tempfile.TemporaryDirectory() as folder:
        for one in SUITES:
            if "aiobotocore" in one.source and not has_aiobotocore():
                continue
            tests = max(1, one.tests // share)
            yield measure_real_suite(Path(folder), one, rounds, tests)


def measure_real_suite(folder: Path, one: RealSuite, rounds: int, tests: int) -> Figure:
    options = one.options
    runs = {"ours": suite(folder, "real", one.source, one.body, tests, options=options, cache=True)}
    reach, reached = "", None
    if one.is_simple:
        constant = CONSTANT + one.source
        runs["floor"] = suite(folder, "constant", constant, one.body, tests, plugin=False)
        reach = "at most 1.25 of the same on handlers that return constants"
    seconds = by_turns(runs, rounds)
    if "floor" in seconds:
        reached = seconds["ours"] <= 1.25 * seconds["floor"]
    where = f", {one.workers} workers" if one.workers else ""
    return Figure(
        name=f"{tests} {one.name}{where}, whole run",
        seconds=seconds,
        reach=reach,
        reached=reached,
    )


def has_aiobotocore() -> bool:
    try:
        import aiobotocore  # noqa: F401, PLC0415 - it need not be installed
    except ModuleNotFoundError:
        return False
    return True


EXAMPLES: Final = Path(__file__).parents[1] / "examples"

# --- whose code the time is spent in ----------------------------------------------------------

WHOSE: Final = {
    "pytest_kmsmock": "pytest-kmsmock",
    "_pytest": "pytest",
    "pluggy": "pytest",
    "botocore": "botocore",
    "boto3": "botocore",
    "cryptography": "cryptography",
    "asyncio": "asyncio",
    "importlib": "imports",
}


def whose(file: str) -> str:
    return next((owner for mark, owner in WHOSE.items() if mark in file), "other")


def profile(one: RealSuite | None) -> Counter[str]:
    """Add up the seconds of a run by whose code they are spent in; what C does is its caller's."""
    seconds: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        here = EXAMPLES
        if one is not None:
            here = write_suite(Path(folder), one.source, one.body, one.tests)
        run_suite(here, python=("-m", "cProfile", "-o", f"{folder}/profile"))
        stats = pstats.Stats(f"{folder}/profile")
    for (file, _, _), (_, _, own, _, callers) in stats.stats.items():  # type: ignore[attr-defined]
        if file != "~":
            seconds[whose(file)] += own
        for (caller, _, _), (_, _, its, _) in callers.items() if file == "~" else ():
            seconds[whose(caller)] += its
    return seconds


def main() -> None:
    for one in (None, *SUITES):
        seconds = profile(one)
        whole = sum(seconds.values())
        shares = ", ".join(f"{who} {took / whole:.0%}" for who, took in seconds.most_common())
        name = "the examples" if one is None else f"{one.tests} {one.name}"
        sys.stdout.write(f"{name}, {whole:.1f} s under the profiler: {shares}\n")


if __name__ == "__main__":
    main()
