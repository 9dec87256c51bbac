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

IN_TEST: Final = (
    "Ask for the fixture kms (or kms_mock) or decorate with @mock_kms to have it answered in "
    'memory; if it is meant for AWS, mark the test with @pytest.mark.kms_outside("allow").'
)
IN_TEST_CASE: Final = (
    "Decorate the class with @mock_kms to have it answered in memory, as a unittest.TestCase can't "
    "ask for fixtures; if it is meant for AWS, mark the class with "
    '@pytest.mark.kms_outside("allow").'
)
IN_CLASS: Final = (
    "Decorate the class with @mock_kms or @pytest.mark.kms to have it answered in memory: then "
    "{0} runs in a mock, and each test begins with a copy of it; if it is meant for AWS, mark the "
    'class with @pytest.mark.kms_outside("allow").'
)
IN_MODULE: Final = (
    "Write pytestmark = pytest.mark.kms in the module to have it answered in memory: then {0} runs "
    "in a mock, and each test begins with a copy of it; if it is meant for AWS, write pytestmark = "
    'pytest.mark.kms_outside("allow").'
)
IN_FIXTURE: Final = (
    "Let the fixture {0} ask for the fixture {1}_kms_mock to have it answered in memory; if it is "
    'meant for AWS, mark the tests that use it with @pytest.mark.kms_outside("allow").'
)

# By the name of the function: what sets up, or tears down, all tests of a class or a module.
SET_UPS: Final = {
    **dict.fromkeys(("setup_class", "teardown_class"), IN_CLASS),
    **dict.fromkeys(("setUpClass", "tearDownClass", "setUpTestData"), IN_CLASS),
    **dict.fromkeys(("setup_module", "teardown_module"), IN_MODULE),
    **dict.fromkeys(("setUpModule", "tearDownModule"), IN_MODULE),
}

# pytest's hook that calls a fixture; its argument says which.
FIXTURE_HOOK: Final = "pytest_fixture_setup"


class CallOutsideMock(RuntimeError):
    """
    A KMS request was made while no mock was active, and `kmsmock_outside` is "error".

    It is not an exception of botocore, so code that handles those does not swallow it.
    """


def refuse(operation: str, url: str) -> NoReturn:
    """
    Raises:
        CallOutsideMock: Always, with the call, where it was made, and what to add.
    """
    frame = sys._getframe()
    raise CallOutsideMock(
        f"{operation} was called {describe_place(frame)} while no KMS mock was active, and "
        f"kmsmock_outside is 'error': it would have gone to {urlsplit(url).netloc}. "
        f"{describe_way(frame)} A mock of moto was not active either."
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


def describe_way(frame: FrameType | None) -> str:
    """Say what to add so that it is answered: to the test, or to what sets up several tests."""
    while frame is not None:
        code = frame.f_code
        if code.co_name in SET_UPS:
            return SET_UPS[code.co_name].format(code.co_name)
        fixture = frame.f_locals.get("fixturedef") if code.co_name == FIXTURE_HOOK else None
        if fixture is not None and fixture.scope != "function":
            return IN_FIXTURE.format(fixture.argname, fixture.scope)
        if is_test_case(frame.f_locals.get("self")):
            return IN_TEST_CASE
        frame = frame.f_back
    return IN_TEST


def is_test_case(owner: object) -> bool:
    unittest = sys.modules.get("unittest")
    return unittest is not None and isinstance(owner, unittest.TestCase)
