"""What whole test runs and fresh processes cost."""

import json
import os
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.timing import Figure, Measure, by_turns

OURS = """
    import pytest

    @pytest.mark.parametrize("number", range({tests}))
    def test_all(kms, number):
        client = kms
        {body}
"""
MOTO = """
    import boto3
    import pytest
    from moto import mock_aws

    @pytest.fixture
    def client(monkeypatch):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
        with mock_aws():
            yield boto3.client("kms", region_name="us-east-1")

    @pytest.mark.parametrize("number", range({tests}))
    def test_all(client, number):
        {body}
"""
EVERYDAY = """
key = client.create_key()["KeyMetadata"]["KeyId"]
signer = client.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
client.create_alias(AliasName="alias/app", TargetKeyId=key)
data_key = client.generate_data_key(KeyId="alias/app", KeySpec="AES_256")
client.decrypt(CiphertextBlob=data_key["CiphertextBlob"])
signed = client.sign(KeyId=signer, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
client.verify(
    KeyId=signer, Message=b"m", SigningAlgorithm="ECDSA_SHA_256", Signature=signed["Signature"]
)
"""
RSA = """
for spec in ("RSA_2048", "RSA_4096"):
    key = client.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    client.sign(KeyId=key, Message=b"m", SigningAlgorithm="RSASSA_PSS_SHA_256")
"""
EMPTY = """
    import pytest

    @pytest.mark.parametrize("number", range({tests}))
    def test_nothing(number):
        pass
"""


def measure_suites(
    rounds: int, tests: int, rsa_tests: int, moto_rsa_tests: int
) -> Iterator[Figure]:
    """Moto runs a sample of the RSA tests, whose time is scaled up."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = by_turns(
            {
                "ours": suite(Path(folder), "ours", OURS, EVERYDAY, tests),
                "moto": suite(Path(folder), "moto", MOTO, EVERYDAY, tests),
            },
            rounds,
        )
        yield Figure(
            name=f"{tests} everyday tests, whole run",
            seconds=seconds,
            reach="at most 0.05 of moto",
            reached=seconds["ours"] <= 0.05 * seconds["moto"],
        )
        ours_took = suite(Path(folder), "ours", OURS, RSA, rsa_tests)()
        moto_took = suite(Path(folder), "moto", MOTO, RSA, moto_rsa_tests)()
        scaled = moto_took * rsa_tests / moto_rsa_tests
        yield Figure(
            name=f"{rsa_tests} tests that sign with new RSA keys",
            seconds={"ours": ours_took, "moto": scaled},
            reach="under 0.05 of moto",
            reached=ours_took < 0.05 * scaled,
            note=f"moto's from {moto_rsa_tests} tests",
        )
        bare = by_turns(
            {
                "ours": suite(Path(folder), "with", EMPTY, "", 1),
                "without": suite(Path(folder), "without", EMPTY, "", 1, "-p", "no:kmsmock"),
            },
            max(rounds, 7),
        )
        added = bare["ours"] - bare["without"]
        yield Figure(
            name="a run that never touches KMS",
            seconds=bare,
            reach="at most 10 ms more with the plug-in",
            reached=added <= 0.010,
            note=f"{added * 1e3:.1f} ms more",
        )


def measure_fixture(rounds: int, tests: int) -> Iterator[Figure]:
    """A test with the fixture `kms` against a test without."""
    uses = """
    import pytest

    @pytest.mark.parametrize("number", range({tests}))
    def test_nothing(kms, number):
        pass
    """
    with tempfile.TemporaryDirectory() as folder:
        taken = by_turns(
            {
                "ours": suite(Path(folder), "fixture", uses, "", tests),
                "without": suite(Path(folder), "bare", EMPTY, "", tests),
                "ours once": suite(Path(folder), "once", uses, "", 1),
                "without once": suite(Path(folder), "bareonce", EMPTY, "", 1),
            },
            rounds,
        )
    each = (taken["ours"] - taken["ours once"] - taken["without"] + taken["without once"]) / (
        tests - 1
    )
    yield Figure(
        name="set-up and tear-down of the fixture kms",
        seconds={"ours": each},
        reach="at most 60 µs",
        reached=each <= 60e-6,
        note="pytest's own work for two more fixtures included",
    )


def measure_first_call(rounds: int) -> Iterator[Figure]:
    """What a fresh process pays beyond boto3 and a client of its own."""
    head = "import time, boto3; start = time.perf_counter(); "
    make = (
        "client = boto3.client('kms', region_name='us-east-1', aws_access_key_id='x',"
        " aws_secret_access_key='x'); "
    )
    tail = "print(time.perf_counter() - start)"
    call = "client.list_keys(); "
    scripts = {
        "ours": "from pytest_kmsmock import mock_kms; mock_kms().start(); " + make + call,
        "moto": "from moto import mock_aws; mock_aws().start(); " + make + call,
        "boto3": make,
    }
    taken = by_turns({name: script(head + body + tail) for name, body in scripts.items()}, rounds)
    seconds = {name: taken[name] - taken["boto3"] for name in ("ours", "moto")}
    yield Figure(
        name="import and first call, on top of boto3",
        seconds=seconds,
        reach="at most 0.35 of moto",
        reached=seconds["ours"] <= 0.35 * seconds["moto"],
    )


def suite(folder: Path, name: str, template: str, body: str, tests: int, *options: str) -> Measure:
    """Return a measure of one whole pytest run, in a process of its own."""
    here = folder / f"{name}-{tests}-{len(body)}"
    here.mkdir(exist_ok=True)
    text = textwrap.dedent(template)
    indented = textwrap.indent(body.strip(), "    ").lstrip()
    (here / "test_suite.py").write_text(text.format(tests=tests, body=indented))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]

    def measure() -> float:
        start = time.perf_counter()
        subprocess.run(
            [*command, *options], cwd=here, env=environment(), check=True, capture_output=True
        )
        return time.perf_counter() - start

    return measure


def script(text: str) -> Callable[[], float]:
    def measure() -> float:
        done = subprocess.run(
            [sys.executable, "-c", text],
            env=environment(),
            check=True,
            capture_output=True,
            text=True,
        )
        return float(json.loads(done.stdout))

    return measure


def environment() -> dict[str, str]:
    """Return the environment, but with compiled modules kept, as in any installation."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
