"""The command `kmsmock`: a server that no test has started."""

import http.client
import json
import logging
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_kmsmock import KmsMock
from pytest_kmsmock.serving.command import log_calls, run
from tests.serving.raw import Wire, request

SEEDS = """
[[keys]]
key_id = "1234abcd-12ab-34cd-56ef-1234567890ab"
alias = "app"
"""


class Process:
    """A command that runs."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "pytest_kmsmock", "--port", "0", *arguments]
        self.running = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.running.stdout is not None
        self.url = self.running.stdout.readline().strip()

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def end(self, number: signal.Signals) -> tuple[int, str, str]:
        self.running.send_signal(number)
        out, log = self.running.communicate(timeout=20)
        return self.running.returncode, out, log


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    (tmp_path / "keys.toml").write_text(SEEDS)
    started = Process(
        "--url-file", str(tmp_path / "url"), "--seed-file", str(tmp_path / "keys.toml"),
        "--account", "111122223333", "--region", "eu-west-1",
    )  # fmt: skip
    yield started
    if started.running.poll() is None:
        started.end(signal.SIGTERM)


@pytest.mark.sweep(2)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_command(process, tmp_path, number):
    """It tells its URL, serves its keys, logs a line a call without secrets, and stops cleanly."""
    assert f"{process.url}\n" == (tmp_path / "url").read_text()
    wire = Wire(process.port)
    blob = wire.ask(request("Encrypt", {"KeyId": "alias/app", "Plaintext": b"hi"})).json
    wire.ask(request("DescribeKey", {"KeyId": "alias/none"}))
    wire.ask(request("Nonsense"))
    health = wire.administer("GET", "health").json

    status, out, log = process.end(number)

    assert (0, "") == (status, out)
    assert blob["KeyId"].startswith("arn:aws:kms:eu-west-1:111122223333:key/1234abcd-")
    assert ("eu-west-1", "111122223333") == (health["region"], health["account_id"])
    encrypted, described, unknown = log.splitlines()
    assert "eu-west-1 Encrypt(KeyId='alias/app', Plaintext=<2 bytes>) -> " in encrypted
    assert "DescribeKey(KeyId='alias/none') -> NotFoundException: Alias " in described
    assert unknown.endswith("POST '/' -> UnknownOperationException")
    assert wire.is_closed()
    wire.close()


def test_quiet_command_with_a_planned_fault():
    """It plans faults that other languages ask for; a quiet one logs nothing of them."""
    process = Process("--quiet")
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=20)
    plan = {"operation": "ListKeys", "error": "ThrottlingException"}
    connection.request("POST", "/_kmsmock/faults", json.dumps(plan))
    assert 200 == connection.getresponse().status
    connection.close()

    assert (0, "", "") == process.end(signal.SIGTERM)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--region", "x"], "--region 'x' is not the name of a Region, such as 'eu-west-1'"),
        (["--account", "7"], "--account '7' is not a string of 12 digits"),
        (["--port", "70000"], "port=70000 is not a port: give 1 to 65535, or 0 for a free one"),
        (["--seed-file", "/nowhere"], "the seed file can't be read: "),
    ],
)
def test_command_that_can_not_be(capsys, arguments, text):
    """What can't be is one sentence, and an exit."""
    with pytest.raises(SystemExit) as ended:
        run(KmsMock, arguments)

    assert 2 == ended.value.code
    assert capsys.readouterr().err.startswith(f"kmsmock: {text}")


def test_log_of_calls():
    """The log goes to standard error while the command runs, and leaves the logger as it was."""
    logger = logging.getLogger("pytest_kmsmock")
    before = list(logger.handlers), logger.level, logger.propagate

    with log_calls(quiet=True):
        meanwhile = len(logger.handlers), logger.level, logger.propagate

    assert (len(before[0]) + 1, logging.ERROR, False) == meanwhile
    assert before == (logger.handlers, logger.level, logger.propagate)
