"""What pytest sees: the fixtures, the marker `kms` and the options `kmsmock_*`."""

import sys
import warnings
from argparse import Namespace
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

import pytest

from pytest_kmsmock.activation import kms_outside, new_turn
from pytest_kmsmock.interception.hooks import check_botocore
from pytest_kmsmock.options import (
    ASK_NOTHING,
    OPTIONS,
    Defaults,
    Options,
    check_account_id,
    check_choice,
    check_region,
    read_options,
)
from pytest_kmsmock.stack import ACTIVE, OutsideTurn

if TYPE_CHECKING:
    from pytest_kmsmock._kms.crypto.key_pair_files import KeyPairFiles
    from pytest_kmsmock.mock import KmsMock
    from pytest_kmsmock.serving.server import KmsServer
    from pytest_kmsmock.story.section import Story
    from pytest_kmsmock.stubs import KMSClient
    from pytest_kmsmock.workbench.faults.planning import Scope
    from pytest_kmsmock.workbench.principals.least_privilege import Usage

TITLE: Final = "KMS calls"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("kmsmock", "AWS KMS in memory (pytest-kmsmock)")
    group.addoption(
        "--kmsmock-wire",
        action="store_true",
        help="let botocore sign, send, retry and parse each KMS request, and replace only the "
        "network",
    )
    group.addoption(
        "--kmsmock-outside",
        choices=("allow", "error"),
        help="overrides the ini option kmsmock_outside",
    )
    group.addoption(
        "--kmsmock-access",
        choices=("enforce", "warn", "off"),
        help="overrides the ini option kmsmock_access",
    )
    group.addoption(
        "--kmsmock-least-privilege",
        metavar="FILE",
        help="write the smallest policies under which the calls of this run would have been "
        "allowed, for each principal, as JSON",
    )
    parser.addini(
        "kmsmock_region",
        "Region of a mock that is given none (default: as configured for botocore, or us-east-1)",
    )
    parser.addini(
        "kmsmock_account_id",
        "account of a mock that is given none (default: 123456789012)",
        default=Defaults().account_id,
    )
    parser.addini(
        "kmsmock_unfired_faults",
        "what happens to planned faults that never fired: error makes the test fail (default), "
        "ignore does nothing",
        default=Defaults().unfired_faults,
    )
    parser.addini(
        "kmsmock_auto_create_keys",
        "create a key or an alias when a request names one that does not exist (default: false)",
        type="bool",
        default=Defaults().auto_create_keys,
    )
    parser.addini(
        "kmsmock_outside",
        "what happens to a KMS request while no mock is active: allow sends it to AWS (default), "
        "error raises CallOutsideMock",
        default="allow",
    )
    parser.addini(
        "kmsmock_access",
        "what happens to a request that AWS would deny: enforce denies it (default), warn answers "
        "it and emits a KmsAccessWarning, off checks nothing",
        default=Defaults().access,
    )
    parser.addini(
        "kmsmock_identities",
        "whose access keys are known: declared those of the test's principals (default), moto also "
        "those that moto's IAM and STS have created",
        default=Defaults().identities,
    )
    parser.addini(
        "kmsmock_reuse_key_pairs",
        "let a mock reuse the key pairs that finished ones have paid for (default: true)",
        type="bool",
        default=True,
    )
    parser.addini(
        "kmsmock_cache_key_pairs",
        "keep RSA key pairs in pytest's cache folder, for the next run (default: true)",
        type="bool",
        default=True,
    )
    parser.addini(
        "kmsmock_seed_file",
        "TOML file with keys that every mock has from the start, relative to the ini file "
        "(default: none)",
    )
    parser.addini(
        "kmsmock_children",
        "what KMS the processes use that tests start: copy gives forked ones a copy of the test's "
        "(default), serve lets all use the test's own, refuse makes their KMS calls fail",
        default=Defaults().children,
    )
    parser.addini(
        "kmsmock_autouse",
        "run every test in a mock (default: false)",
        type="bool",
        default=False,
    )
    parser.addini(
        "kmsmock_report",
        "which reports have a section with the test's KMS calls: failures (default), all, none",
        default=Defaults().report,
    )
    parser.addini(
        "kmsmock_report_secrets",
        "show sensitive members, such as plaintexts, and the values of encryption contexts in "
        "reports (default: false)",
        type="bool",
        default=False,
    )


def watch_children() -> None:
    """See the processes that tests start, also those that they start outside a mock."""
    defaults = ACTIVE.defaults
    if defaults.children == "copy" and defaults.outside == "allow":
        return  # then the first mock is early enough
    from pytest_kmsmock.serving.children import CHILDREN  # noqa: PLC0415 - few runs need it

    CHILDREN.install()


def close_listener(defaults: Defaults) -> None:
    """End what was served to the children of a run, but not those of a run around it."""
    if "pytest_kmsmock.serving.children" in sys.modules:
        from pytest_kmsmock.serving.children import CHILDREN  # noqa: PLC0415 - it is there

        if CHILDREN.began_under is defaults:
            CHILDREN.close()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Let the options hold while conftest files are imported, which may make clients."""
    set_defaults(early_config, early_config.known_args_namespace)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "kms(region_name=..., account_id=...): run the test and its fixtures in a mock; takes the "
        "keywords of mock_kms, of which the closest marker decides each",
    )
    config.addinivalue_line(
        "markers",
        'kms_outside("allow" or "error"): allow or refuse KMS requests while no mock is active, '
        "in the test and in all of its fixtures; starts no mock",
    )
    try:
        check_botocore()
    except ImportError as error:
        raise pytest.UsageError(str(error)) from None
    set_defaults(config, config.option)


def set_defaults(config: pytest.Config, command_line: Namespace) -> None:
    outer = ACTIVE.defaults
    ACTIVE.defaults = defaults = read_defaults(config, command_line)
    watch_children()
    config.add_cleanup(lambda: close_listener(defaults))
    config.add_cleanup(lambda: setattr(ACTIVE, "defaults", outer))


def read_defaults(config: pytest.Config, command_line: Namespace) -> Defaults:
    region_name = config.getini("kmsmock_region") or None
    account_id = config.getini("kmsmock_account_id")
    unfired_faults = config.getini("kmsmock_unfired_faults")
    outside = command_line.kmsmock_outside or config.getini("kmsmock_outside")
    report = config.getini("kmsmock_report")
    children = config.getini("kmsmock_children")
    access = command_line.kmsmock_access or config.getini("kmsmock_access")
    identities = config.getini("kmsmock_identities")
    try:
        if region_name is not None:
            check_region("kmsmock_region", region_name)
        check_account_id("kmsmock_account_id", account_id)
        check_choice("unfired_faults", unfired_faults, "kmsmock_unfired_faults")
        check_choice("outside", outside, "kmsmock_outside")
        check_choice("children", children, "kmsmock_children")
        check_choice("report", report, "kmsmock_report")
        check_choice("access", access, "kmsmock_access")
        check_choice("identities", identities, "kmsmock_identities")
    except ValueError as error:
        raise pytest.UsageError(f"ini option {error}") from None
    return Defaults(
        region_name=region_name,
        account_id=account_id,
        wire=command_line.kmsmock_wire,
        unfired_faults=unfired_faults,
        auto_create_keys=read_switch(config, "kmsmock_auto_create_keys"),
        outside=outside,
        access=access,
        identities=identities,
        reuse_key_pairs=read_switch(config, "kmsmock_reuse_key_pairs"),
        find_key_pair_store=(
            partial(find_key_pair_files, ref(config))  # no world keeps a run alive
            if read_switch(config, "kmsmock_cache_key_pairs")
            else None
        ),
        seed_file=read_seed_file(config),
        autouse=read_switch(config, "kmsmock_autouse"),
        children=children,
        report=report,
        report_secrets=read_switch(config, "kmsmock_report_secrets"),
        usage=make_usage(config, command_line),
    )


def make_usage(config: pytest.Config, command_line: Namespace) -> "Usage | None":
    if not command_line.kmsmock_least_privilege:
        return None
    from pytest_kmsmock.workbench.principals.least_privilege import Usage  # noqa: PLC0415 - few runs ask for it

    return config.stash.setdefault(USED, Usage())


def find_key_pair_files(of: "ref[pytest.Config]") -> "KeyPairFiles | None":
    """Find the key pairs in pytest's cache, if it has one: `-p no:cacheprovider` takes it away."""
    config = of()
    cache = getattr(config, "cache", None)
    if config is None or cache is None:
        return None
    if KEY_PAIRS not in config.stash:
        from pytest_kmsmock._kms.crypto.key_pair_files import KeyPairFiles  # noqa: PLC0415 - few tests use RSA

        config.stash[KEY_PAIRS] = KeyPairFiles(partial(cache.mkdir, "kmsmock"))
    return config.stash[KEY_PAIRS]


def warn_of_key_pairs(config: pytest.Config, problem: str) -> None:
    """Say at the end of the run, and never in a test, that the cache was of no use."""
    warning = pytest.PytestCacheWarning(
        f"RSA key pairs that kmsmock keeps for the next run: {problem}"
        " (kmsmock_cache_key_pairs = false turns this off)"
    )
    try:
        config.issue_config_time_warning(warning, stacklevel=2)
    except pytest.PytestCacheWarning:
        # The suite makes errors of warnings. This one would end the run, as an error of pytest's.
        with warnings.catch_warnings(record=True) as shown:
            warnings.simplefilter("always")
            warnings.warn(warning, stacklevel=2)
        config.hook.pytest_warning_recorded.call_historic(
            kwargs={
                "warning_message": shown[0],
                "when": "config",
                "nodeid": "",
                "location": None,
            }
        )


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what a worker of pytest-xdist has seen; one that crashed can't tell."""
    output = getattr(node, "workeroutput", {})
    if (usage := ACTIVE.defaults.usage) is not None:
        usage.merge(output.get(USAGE, ()))
    if (problem := output.get(PROBLEM)) is not None:
        node.config.stash.setdefault(KEY_PAIR_PROBLEM, problem)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write and tell what is known of the run as a whole, or hand it to xdist's controller."""
    config, usage = session.config, ACTIVE.defaults.usage
    problem = config.stash.get(KEY_PAIR_PROBLEM, None)
    if KEY_PAIRS in config.stash:
        problem = config.stash[KEY_PAIRS].problem
    if hasattr(config, "workerinput"):
        output: dict[str, object] = config.workeroutput  # type: ignore[attr-defined]  # xdist's
        output[PROBLEM] = problem
        if usage is not None:
            output[USAGE] = usage.dump()
        return
    if problem is not None:
        warn_of_key_pairs(config, problem)
    if usage is not None:
        path = least_privilege_file(config)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(usage.write(), encoding="utf-8")


def pytest_terminal_summary(
    # By name: pytest 8.0 has not made the class public yet.
    terminalreporter: "pytest.TerminalReporter",
    config: pytest.Config,
) -> None:
    usage = ACTIVE.defaults.usage
    if usage is not None:
        count = len(usage.principals)
        terminalreporter.write_line(
            f"kmsmock: least privilege of {count} principal{'s' * (count != 1)} in"
            f" {least_privilege_file(config)}"
        )


def least_privilege_file(config: pytest.Config) -> Path:
    path: Path = config.invocation_params.dir / config.getoption("kmsmock_least_privilege")
    return path


def read_seed_file(config: pytest.Config) -> Path | None:
    name = config.getini("kmsmock_seed_file")
    if not name:
        return None
    folder = config.rootpath if config.inipath is None else config.inipath.parent
    path: Path = folder / name
    if not path.is_file():
        raise pytest.UsageError(f"ini option kmsmock_seed_file {name!r}: there is no file {path}")
    return path


def read_switch(config: pytest.Config, name: str) -> bool:
    try:
        switch: bool = config.getini(name)
    except (TypeError, ValueError, pytest.UsageError):  # the last one in newer versions
        raise pytest.UsageError(f"ini option {name} is not true or false") from None
    return switch


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a wrong marker before any test runs."""
    if hasattr(config, "workerinput"):
        # A worker of pytest-xdist would just crash; its test says what is wrong, at its set-up.
        return
    for item in items:
        for marker in item.iter_markers("kms"):
            read_marker(marker, item)
        for marker in item.iter_markers("kms_outside"):
            read_outside(marker, item)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Do as the closest marker `kms_outside` says, also in fixtures that the test shares."""
    marker = item.get_closest_marker("kms_outside")
    if marker is None:
        yield
        return
    turn: AbstractContextManager[None] = nullcontext()
    try:
        turn = read_outside(marker, item)
    except pytest.UsageError as error:
        item.stash[MARKER_ERROR] = error  # only at its set-up a test can say it
    with turn:
        yield


def read_outside(marker: pytest.Mark, item: pytest.Item) -> OutsideTurn:
    try:
        return kms_outside(*marker.args, **marker.kwargs)
    except (TypeError, ValueError) as error:
        raise pytest.UsageError(f"{item.nodeid}: the marker kms_outside: {error}") from None


def read_marker(marker: pytest.Mark, item: pytest.Item | pytest.Collector) -> Options:
    try:
        if marker.args:
            raise TypeError("the marker kms takes keywords only")
        return read_options(marker.kwargs, "the marker kms")
    except (TypeError, ValueError) as error:
        raise pytest.UsageError(f"{item.nodeid}: {error}") from None


def collect_options(item: pytest.Item | pytest.Collector) -> list[Options]:
    """Find the options of *item*'s markers and decorators, its own last."""
    found: list[Options] = []
    for node in item.listchain():
        if node.own_markers:
            markers = [marker for marker in node.own_markers if marker.name == "kms"]
            found += [read_marker(marker, item) for marker in reversed(markers)]
        if isinstance(node, (pytest.Class, pytest.Function)) and hasattr(node.obj, OPTIONS):
            found.append(getattr(node.obj, OPTIONS))
    return found


def merge(found: list[Options]) -> Options:
    """Let the last one that says anything about an option decide it."""
    said = {
        field.name: value
        for options in found
        for field in fields(Options)
        if (value := getattr(options, field.name)) is not None
    }
    return Options(**said)


# Of a test: what is wrong with its marker, for a worker of pytest-xdist.
MARKER_ERROR: Final = pytest.StashKey[pytest.UsageError]()

# Of a run: what was allowed in it; and under what a worker of pytest-xdist hands that over.
USED: Final = pytest.StashKey["Usage"]()
USAGE: Final = "kmsmock_least_privilege"

# Of a run: its RSA key pairs in pytest's cache, once it has needed one; what a worker has met
# with them; and under what it hands that over.
KEY_PAIRS: Final = pytest.StashKey["KeyPairFiles"]()
KEY_PAIR_PROBLEM: Final = pytest.StashKey[str]()
PROBLEM: Final = "kmsmock_key_pairs"

# Of a test: whether its mock has been started, if it has one; and that mock, while it lives.
SETTLED: Final = pytest.StashKey[bool]()
STARTED: Final = pytest.StashKey["KmsMock"]()
# The mock that it had last, and how far the record of that was when the test began.
STORY: Final = pytest.StashKey["tuple[KmsMock, object]"]()

# The fixtures by which pytest calls setup_module, setup_class and setUpClass.
SET_UPS: Final = ("_xunit_setup_module", "_xunit_setup_class", "_unittest_setUpClass")

# The fixtures of a test's own mock.
OUR_NAMES: Final = ("kms_mock", "kms", "kms_server")

# From pytest_fixture_setup to the fixture that comes right after it, with nothing in between.
HANDED_OVER: Final["list[KmsMock]"] = []


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
) -> None:
    """
    Start the test's mock before the first fixture of its own, and after those that it shares.

    Its fixtures may use KMS. This is a hook, since an autouse fixture would cost each test 70 µs,
    also those without a mock.
    """
    __tracebackhide__ = True
    if is_plan_only(request.config):
        return
    if fixturedef.scope != "function":
        if fixturedef.argname.startswith(SET_UPS):
            start_for_set_up(request.node)
        return
    settle(request.node)
    if is_ours(fixturedef):
        HANDED_OVER[:] = [mock_of(request.node)]


@pytest.hookimpl(trylast=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Start the mock of a test that has no fixtures of its own."""
    __tracebackhide__ = True
    if hasattr(item, "fixturenames") and not is_plan_only(item.config):  # a test in Python
        settle(item)


def is_plan_only(config: pytest.Config) -> bool:
    """Tell whether pytest only shows what it would set up (`--setup-plan`)."""
    return bool(getattr(config.option, "setupplan", False))


def settle(item: pytest.Item) -> None:
    """Start the mock of a test that has one: by a marker, a decorator, a fixture or an option."""
    __tracebackhide__ = True
    if item.stash.get(SETTLED, False):
        return
    if MARKER_ERROR in item.stash:
        raise item.stash[MARKER_ERROR]
    found = collect_options(item)
    if found or asks_for_mock(item) or ACTIVE.defaults.autouse:
        start(item, found)
    item.stash[SETTLED] = True


def asks_for_mock(item: pytest.Item) -> bool:
    """Tell whether a test uses our `kms_mock`, and not a fixture of its own with that name."""
    known: dict[str, Sequence[pytest.FixtureDef[Any]]]
    known = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]  # of an item in Python
    return any(leads_to_ours(known.get(name, ())) for name in OUR_NAMES)


def leads_to_ours(fixtures: Sequence[pytest.FixtureDef[Any]]) -> bool:
    """Tell whether the last of *fixtures* of one name is ours, or asks for one that is."""
    # A fixture that takes the place of another may ask for it, by the same name. Older versions of
    # pytest do not say what the other one asks for: `kms` asks for `kms_mock`.
    for fixture in reversed(fixtures):
        if fixture.func.__module__ == __name__:
            return True
        if fixture.argname not in fixture.argnames:
            break
    return False


def is_ours(fixture: pytest.FixtureDef[Any]) -> bool:
    """Tell our `kms_mock` from what a suite has under the same name."""
    return fixture.argname == "kms_mock" and fixture.func.__module__ == __name__


def start_for_set_up(node: pytest.Collector) -> None:
    """Start a mock for what a class or module sets up for its tests, which begin with copies."""
    __tracebackhide__ = True
    found = collect_options(node)
    if found or ACTIVE.defaults.autouse:
        turn = new_turn(merge(found), settled=tuple(found), purpose="set-up")
        node.addfinalizer(turn.end)
        turn.begin()


def start(item: pytest.Item, found: list[Options]) -> "KmsMock":
    """Start the mock that *found* asks for, or join the active one, until the test is over."""
    __tracebackhide__ = True
    options = merge(found) if found else ASK_NOTHING
    # The test's own, also in a mock that it joins: what it plans is over with it.
    policy = options.unfired_faults
    if policy is not None:
        options = replace(options, unfired_faults=None)
    turn = new_turn(options, settled=tuple(found), purpose="test")
    plans: list[Scope] = []

    def end() -> None:
        __tracebackhide__ = True
        if STARTED in item.stash:
            del item.stash[STARTED]
        item.stash[SETTLED] = False  # for another run of it
        failure: BaseException | None = None
        try:
            for plan in plans:
                plan.end()
        except BaseException as error:
            failure = error
            raise
        finally:
            turn.end(failure)

    # First: whatever interrupts the start, the test's end puts everything right.
    item.addfinalizer(end)
    mock = turn.begin()
    plans.append(mock._plan_of_test(policy))
    plans[0].begin()
    item.stash[STARTED] = mock
    item.stash[STORY] = (mock, mock._record.mark())
    return mock


def mock_of(item: pytest.Item) -> "KmsMock":
    __tracebackhide__ = True
    # A test that asks for it by `getfixturevalue` only was not seen to want one.
    return item.stash.get(STARTED, None) or start(item, collect_options(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell in the report what KMS was asked, and what is known of the error that a test met."""
    which = ACTIVE.defaults.report
    failure = None if call.excinfo is None else call.excinfo.value
    is_told = which == "all" or (which == "failures" and failure is not None)
    story = find_story(item, failure) if is_told else None
    # Before the report is made, which writes the notes of the exceptions down.
    told = {} if story is None or failure is None else story.annotate(failure)
    report = yield
    if story is not None and (report.failed or (which == "all" and report.when == "call")):
        add_section(report, story.write(told))
    if call.when == "teardown" and STORY in item.stash:
        del item.stash[STORY]
        ACTIVE.last = None
    return report


def find_story(item: pytest.Item, failure: BaseException | None) -> "Story | None":
    """Find the mock that has to do with *failure*, or else the one that the test had."""
    secrets = ACTIVE.defaults.report_secrets
    mock, mark = item.stash.get(STORY, (None, None))
    marks = {} if mock is None else {mock: mark}
    if ACTIVE.current is not None:
        marks.setdefault(ACTIVE.current, None)
    if ACTIVE.last is not None and ACTIVE.last._last_test == item.nodeid:
        marks.setdefault(ACTIVE.last, None)
    stories = [mock._story(mark, secrets=secrets) for mock, mark in marks.items()]
    if failure is not None:
        stories.sort(key=lambda story: not story.knows(failure))
    return stories[0] if stories else None


def add_section(report: pytest.TestReport, text: str) -> None:
    """Add the calls to what is shown of a failure, so that JUnit's XML has them, too."""
    add = getattr(report.longrepr, "addsection", None)
    if add is not None:
        add(TITLE, text)
    else:
        report.sections.append((TITLE, text))


@pytest.fixture
def kms_mock() -> "KmsMock":
    """
    The handle of an in-memory KMS that is fresh and empty for the test.

    Inside a mock that is active already, such as that of a fixture of wider scope, it is that one.
    """
    # The hook before it knows the test. To ask for `request` would cost 40 µs: pytest makes two
    # objects of it, and inspects their signatures.
    return HANDED_OVER.pop()


def start_for_fixture(request: pytest.FixtureRequest) -> "Iterator[KmsMock]":
    """Run a mock for as long as a fixture of wider scope lives; tests that use KMS join it."""
    __tracebackhide__ = True
    found = collect_options(request.node)
    with new_turn(merge(found), settled=tuple(found)) as mock:
        yield mock


@pytest.fixture(scope="class")
def class_kms_mock(request: pytest.FixtureRequest) -> "Iterator[KmsMock]":
    """The handle of a KMS that the tests of a class share; their kms_mock is it, too."""
    yield from start_for_fixture(request)


@pytest.fixture(scope="module")
def module_kms_mock(request: pytest.FixtureRequest) -> "Iterator[KmsMock]":
    """The handle of a KMS that the tests of a module share; their kms_mock is it, too."""
    yield from start_for_fixture(request)


@pytest.fixture(scope="package")
def package_kms_mock(request: pytest.FixtureRequest) -> "Iterator[KmsMock]":
    """The handle of a KMS that the tests of a package share; their kms_mock is it, too."""
    yield from start_for_fixture(request)


@pytest.fixture(scope="session")
def session_kms_mock(request: pytest.FixtureRequest) -> "Iterator[KmsMock]":
    """The handle of a KMS that all tests share; their kms_mock is it, too."""
    yield from start_for_fixture(request)


@pytest.fixture
def kms_server(kms_mock: "KmsMock") -> "Iterator[KmsServer]":
    """A server in front of the KMS of `kms_mock`, for other processes and other languages."""
    with kms_mock.serve() as server:
        yield server


@pytest.fixture
def kms(kms_mock: "KmsMock") -> "KMSClient":
    """A botocore client on an in-memory KMS that is fresh and empty for the test; see kms_mock."""
    return kms_mock.client()
