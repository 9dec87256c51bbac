"""The command line of a server that no test has started: its arguments, its log, its end."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final, Protocol

from pytest_kmsmock.options import Defaults, check_account_id, check_region
from pytest_kmsmock.serving.server import KmsServer

if TYPE_CHECKING:
    from pytest_kmsmock.serving import server
    from pytest_kmsmock.workbench.keys.handle import KeyHandle

    class Mock(server.Mock, Protocol):
        def start(self) -> object: ...

        def stop(self) -> None: ...

        def load(self, path: Path) -> "list[KeyHandle]": ...


# Where LocalStack once had its KMS, and local-kms has nothing.
DEFAULT_PORT: Final = 4599

ENDED_BY: Final = (signal.SIGINT, signal.SIGTERM)


def run(make_mock: "Callable[..., Mock]", arguments: Sequence[str]) -> int:
    """
    Serve until SIGINT or SIGTERM; return what the process exits with.

    Args:
        make_mock: Makes the mock, as `KmsMock` does.
        arguments: Of the command line.
    """
    parser = make_parser()
    given = parser.parse_args(arguments)
    with ExitStack() as at_end:
        try:
            check_region("--region", given.region)
            check_account_id("--account", given.account)
            mock = make_mock(
                region_name=given.region, account_id=given.account, unfired_faults="ignore"
            )
            mock.start()
            at_end.callback(mock.stop)
            for path in given.seed_file:
                mock.load(path)
            at_end.enter_context(log_calls(quiet=given.quiet))
            server = KmsServer(mock, host=given.host, port=given.port, reach=given.admin)
            server.start()
            ended = wait_for_signals()
            announce(server.url, given.url_file)
        except (OSError, ValueError) as error:
            parser.exit(2, f"{parser.prog}: {error}\n")
        ended.wait()
    return 0


def wait_for_signals() -> threading.Event:
    """Return what is set by a signal to end; before anybody can know whom to send it."""
    ended = threading.Event()

    def end(_: int, __: FrameType | None) -> None:
        ended.set()

    for number in ENDED_BY:
        signal.signal(number, end)
    return ended


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kmsmock",
        description="Serve AWS KMS from memory, with real cryptography, for tests in any language.",
        epilog="The first line on standard output is the URL, once the server answers. "
        "Clients find it by AWS_ENDPOINT_URL_KMS; any credentials will do.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=int, default=DEFAULT_PORT, help="0 for a free one (default: %(default)s)")
    add("--region", default="us-east-1", help="Region of the admin face (default: %(default)s)")
    add("--account", default=Defaults().account_id, help="the caller's (default: %(default)s)")
    add(
        "--seed-file",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="TOML file of keys to begin with; may be repeated",
    )
    add("--url-file", type=Path, metavar="FILE", help="file to write the URL to, too")
    add(
        "--admin",
        choices=("loopback", "all"),
        default="loopback",
        help="who may use the paths under /_kmsmock/: this machine (default), or everybody who "
        "reaches the port, as containers need it",
    )
    add("--quiet", action="store_true", help="log no calls, only what goes wrong")
    return parser


@contextmanager
def log_calls(*, quiet: bool) -> Iterator[None]:
    """Write a line a call to standard error, without secrets, until the end."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logger = logging.getLogger("pytest_kmsmock")
    before = logger.level, logger.propagate
    try:
        logger.addHandler(handler)
        logger.setLevel(logging.ERROR if quiet else logging.INFO)
        logger.propagate = False
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]


def announce(url: str, path: Path | None) -> None:
    if path is not None:
        # Whoever waits for the file to appear reads all of it.
        unfinished = path.with_name(f"{path.name}.{os.getpid()}")
        unfinished.write_text(f"{url}\n", encoding="utf-8")
        unfinished.replace(path)
    print(url, flush=True)  # noqa: T201 - what it promises
