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

from benchmarks.contenders import CONTENDERS
from benchmarks.timing import (
    FLOOR_OF_LATER_TARGETS,
    Figure,
    Measure,
    by_turns,
    floors,
    per_call,
    within,
)

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
KEY_PAIRS = """
    import time

    def test_first_use(kms):
        specs = ("RSA_2048", "RSA_3072", "RSA_4096")
        made = [kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY") for spec in specs]
        start = time.perf_counter()
        for key in made:
            kms.get_public_key(KeyId=key["KeyMetadata"]["KeyId"])
        print()
        print("seconds:", time.perf_counter() - start)
"""
# botocore is imported in all three: its loggers cost pytest time in each test.
FIXTURE = """
    import botocore.session
    import pytest

    @pytest.mark.parametrize("number", range({tests}))
    def test_nothing(kms, number):
        pass
"""
IDLE_FIXTURES = """
    import botocore.session
    import pytest

    @pytest.fixture
    def one():
        pass

    @pytest.fixture
    def two(one):
        pass

    @pytest.mark.parametrize("number", range({tests}))
    def test_nothing(two, number):
        pass
"""
NO_FIXTURE = """
    import botocore.session
    import pytest

    @pytest.mark.parametrize("number", range({tests}))
    def test_nothing(number):
        pass
"""
PHASES = """
    import statistics

    taken = {}

    def pytest_runtest_logreport(report):
        if report.when != "call":
            taken[report.nodeid] = taken.get(report.nodeid, 0) + report.duration

    def pytest_unconfigure():
        print()
        print(statistics.median(taken.values()))
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
                "without": suite(Path(folder), "without", EMPTY, "", 1, plugin=False),
            },
            max(rounds, 15),
        )
        phases = by_turns(
            {
                "with": set_up_and_tear_down(Path(folder), "many", EMPTY, 2000),
                "without": set_up_and_tear_down(Path(folder), "few", EMPTY, 2000, plugin=False),
            },
            max(rounds, 7),
        )
        added, each = bare["ours"] - bare["without"], phases["with"] - phases["without"]
        yield Figure(
            name="a run that never touches KMS",
            seconds=bare,
            reach="at most 10 ms more with the plug-in",
            reached=added <= 0.010,
            note=f"{added * 1e3:.1f} ms more, and {each * 1e6:.0f} µs more in each further test",
        )


def measure_key_pairs(rounds: int) -> Iterator[Figure]:
    """What a process waits for its first RSA key pair of each size, beside a run before it."""
    with tempfile.TemporaryDirectory() as folder:
        taken = by_turns(
            {
                "ours": first_uses(Path(folder)),
                "first run": first_uses(Path(folder), "--cache-clear"),
            },
            rounds,
        )
    yield Figure(
        name="first use of an RSA key of each size, in a second run",
        seconds=taken,
        reach="under 50 ms",
        reached=taken["ours"] < 0.05,
        note=f"{taken['first run']:.2g} s in the first run",
    )


def measure_fixture(rounds: int, tests: int) -> Iterator[Figure]:
    """A test with the fixture `kms` against one without, and against fixtures that do nothing."""
    with tempfile.TemporaryDirectory() as folder, CONTENDERS["floor"]() as client:
        taken = by_turns(
            {
                "fixture": set_up_and_tear_down(Path(folder), "fixture", FIXTURE, tests),
                "idle": set_up_and_tear_down(Path(folder), "idle", IDLE_FIXTURES, tests),
                "bare": set_up_and_tear_down(Path(folder), "bare", NO_FIXTURE, tests),
                "floor": per_call(client.list_keys, tests),
            },
            rounds,
        )
    took, idle = taken["fixture"] - taken["bare"], taken["idle"] - taken["bare"]
    yield Figure(
        name="set-up and tear-down of the fixture kms",
        seconds={"ours": took, "floor": taken["floor"]},
        reach=f"at most {floors(110e-6, FLOOR_OF_LATER_TARGETS)}",
        reached=within(took, 110e-6, taken["floor"], FLOOR_OF_LATER_TARGETS),
        note=f"{idle * 1e6:.0f} µs for fixtures of that shape that do nothing",
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
    runs = {name: script(head + body + tail) for name, body in scripts.items()}
    with CONTENDERS["floor"]() as client:
        taken = by_turns({**runs, "floor": per_call(client.list_keys, 500)}, rounds)
    seconds = {name: taken[name] - taken["boto3"] for name in ("ours", "moto")}
    reached = seconds["ours"] <= 0.35 * seconds["moto"]
    reached = reached and within(seconds["ours"], 50e-3, taken["floor"], FLOOR_OF_LATER_TARGETS)
    yield Figure(
        name="import and first call, on top of boto3",
        seconds=seconds,
        reach=f"at most 0.35 of moto and {floors(50e-3, FLOOR_OF_LATER_TARGETS)}",
        reached=reached,
    )


def suite(
    folder: Path,
    name: str,
    template: str,
    body: str,
    tests: int,
    *,
    options: tuple[str, ...] = (),
    plugin: bool = True,
    cache: bool = False,
) -> Measure:
    """Return a measure of one whole pytest run, in a process of its own."""
    here = write_suite(folder / f"{name}-{tests}-{len(template + body)}", template, body, tests)

    def measure() -> float:
        start = time.perf_counter()
        run_suite(here, *options, plugin=plugin, cache=cache)
        return time.perf_counter() - start

    return measure


def set_up_and_tear_down(
    folder: Path, name: str, template: str, tests: int, *, plugin: bool = True
) -> Measure:
    """Return a measure of what pytest itself reports of a test's two phases, the median."""
    here = write_suite(folder / name, template, "", tests)
    (here / "conftest.py").write_text(textwrap.dedent(PHASES))
    return lambda: float(run_suite(here, plugin=plugin).splitlines()[-1])


def first_uses(folder: Path, *options: str) -> Measure:
    """Return a measure of what a test says of its first use of RSA keys."""
    here = write_suite(folder / "key-pairs", KEY_PAIRS, "", 1)

    def measure() -> float:
        printed = run_suite(here, "-s", *options, cache=True)
        return next(
            float(line.partition(" ")[2])
            for line in printed.splitlines()
            if line.startswith("seconds: ")
        )

    return measure


def write_suite(here: Path, template: str, body: str, tests: int) -> Path:
    here.mkdir(exist_ok=True)
    indented = textwrap.indent(body.strip(), "    ").lstrip()
    text = textwrap.dedent(template).format(tests=tests, body=indented)
    (here / "test_suite.py").write_text(text)
    (here / "empty_plugin.py").touch()
    return here


def run_suite(
    here: Path,
    *options: str,
    plugin: bool = True,
    cache: bool = False,
    python: tuple[str, ...] = (),
) -> str:
    """Run a suite with no plugin but ours, or an empty one, and return what it prints."""
    command = [sys.executable, *python, "-m", "pytest", "-q", *options]
    if not cache:
        command += ["-p", "no:cacheprovider"]
    # Both ways -p reads the metadata of all packages, as pytest does in a run like everybody's.
    command += ["-p", "pytest_kmsmock.plugin" if plugin else "empty_plugin"]
    alone = {**environment(), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=here, env=alone, check=True, capture_output=True, text=True)
    return done.stdout


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
