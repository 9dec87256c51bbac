"""The refusal of a KMS request that is made while no mock is active."""

import os
import sys
from ipaddress import ip_address
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn
from urllib.parse import urlsplit

# What LocalStack calls this machine, also with names before it; it resolves to 127.0.0.1
# (https://docs.localstack.cloud/aws/capabilities/networking/).
LOCALSTACK: Final = "localhost.localstack.cloud"


class CallOutsideMock(RuntimeError):
    """
    A KMS request while no mock was active, refused because `kmsmock_outside` is "error".

    It is no error of botocore, so that code which handles those does not swallow it.
    """


def refuse(operation: str, url: str) -> NoReturn:
    """
    Raises:
        CallOutsideMock: Always, with the call, where it was made, and what to add.
    """
    place = describe_place(sys._getframe())
    raise CallOutsideMock(
        f"{operation} was called {place} while no KMS mock was active, and kmsmock_outside is "
        f"'error': it would have gone to {urlsplit(url).netloc}. "
        "Ask for the fixture kms (or kms_mock) or decorate with @mock_kms to have it answered in "
        'memory; if it is meant for AWS, mark the test with @pytest.mark.kms_outside("allow"). '
        "moto would have answered it, were one of its mocks active."
    )


def is_loopback(url: str) -> bool:
    """Say whether *url* leads to this machine: to LocalStack, to moto's server or to our own."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    if f".{host}".endswith((".localhost", f".{LOCALSTACK}")):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


def describe_place(frame: FrameType | None) -> str:
    """Say where the innermost frame is that is neither ours nor of an installed package."""
    import sysconfig  # noqa: PLC0415 - for an error only

    paths = sysconfig.get_paths()
    installed = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    foreign = ("<", *(f"{folder}{os.sep}" for folder in (*installed, Path(__file__).parents[1])))
    while frame is not None and frame.f_code.co_filename.startswith(foreign):
        frame = frame.f_back
    if frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(Path.cwd()):
            path = path.relative_to(Path.cwd())
        return f"at {path}:{frame.f_lineno}, in {frame.f_code.co_name},"
    # A worker thread that was handed a client's method has only library code on its stack.
    return f"in a thread of its own (test: {os.environ.get('PYTEST_CURRENT_TEST', 'none')})"
