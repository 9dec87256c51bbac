"""What a mock lets a test get away with: unfired faults, missing keys, calls outside."""

import asyncio
import io
import re
import unittest
from collections.abc import Callable

import pytest
from botocore.exceptions import HTTPClientError

from pytest_kmsmock import CallOutsideMock, KmsMock, UnfiredFaults, mock_kms
from pytest_kmsmock.mock import ACTIVE
from pytest_kmsmock.workbench.strictness import Strictness
from tests.todays_client import todays_client
from tests.vocabulary import refusal

client = KmsMock().client()
ADVICE = (
    "If that is all right, cancel() it, or say unfired_faults='ignore' to mock_kms or the marker "
    "kms."
)
HERE = "tests/plugin/workbench/test_strictness.py"
SIX = "12345678-1234-4234-8234-123456789012"


@pytest.fixture(autouse=True)
def _stack_as_it_was(request: pytest.FixtureRequest):
    """No test leaves a mock behind."""
    yield

    assert ACTIVE.current is None
    assert "allow" == ACTIVE.outside


def plan(mock: KmsMock) -> None:
    mock.fail("Decrypt", "ThrottlingException", times=2)


def reported(*reasons: str) -> str:
    """Return the report of faults planned by `plan`, for these reasons."""
    line = plan.__code__.co_firstlineno + 1
    number = f"{len(reasons)} planned fault{'s' * (len(reasons) > 1)} never fired:"
    planned = (
        f"    fail('Decrypt', 'ThrottlingException', times=2), planned at {HERE}:{line}, "
        f"in plan: {reason}"
        for reason in reasons
    )
    return "\n".join([number, *planned, ADVICE])


NOT_CALLED = reported("Decrypt was not called")


def report_of(run: Callable[[], object]) -> str:
    with pytest.raises(UnfiredFaults) as caught:
        run()
    return str(caught.value)


def notes_of(run: Callable[[], object]) -> list[str]:
    """Return what was added to the error that *run* raises by itself."""
    with pytest.raises(ZeroDivisionError) as caught:
        run()
    return caught.value.__notes__


# --- Every form --------------------------------------------------------------------------------


def use_block(fails: bool, **options: str) -> None:
    with mock_kms(**options) as mock:
        plan(mock)
        if fails:
            raise ZeroDivisionError


def use_asynchronous_block(fails: bool, **options: str) -> None:
    async def use() -> None:
        async with mock_kms(**options) as mock:
            plan(mock)
            if fails:
                raise ZeroDivisionError

    asyncio.run(use())


def use_decorator(fails: bool, **options: str) -> None:
    @mock_kms(**options)
    def use() -> None:
        plan(ACTIVE.current)
        if fails:
            raise ZeroDivisionError

    use()


def use_asynchronous_decorator(fails: bool, **options: str) -> None:
    @mock_kms(**options)
    async def use() -> None:
        plan(ACTIVE.current)
        if fails:
            raise ZeroDivisionError

    asyncio.run(use())


def use_generator(fails: bool, **options: str) -> None:
    @mock_kms(**options)
    def use():
        plan(ACTIVE.current)
        yield
        if fails:
            raise ZeroDivisionError

    list(use())


FORMS = [
    use_block,
    use_asynchronous_block,
    use_decorator,
    use_asynchronous_decorator,
    use_generator,
]


@pytest.mark.parametrize("use", FORMS)
def test_unfired_fault(use):
    """At the end of whatever has passed, a fault that never fired is an error."""
    assert NOT_CALLED == report_of(lambda: use(fails=False))


@pytest.mark.parametrize("use", FORMS)
def test_unfired_fault_of_what_fails(use):
    """It is added to the error of what has failed, and does not take its place."""
    assert [NOT_CALLED] == notes_of(lambda: use(fails=True))


@pytest.mark.parametrize("use", FORMS)
def test_unfired_fault_that_is_ignored(use):
    """With `unfired_faults="ignore"` nothing is said, in either case."""
    use(fails=False, unfired_faults="ignore")
    with pytest.raises(ZeroDivisionError) as caught:
        use(fails=True, unfired_faults="ignore")

    assert not hasattr(caught.value, "__notes__")


@pytest.mark.parametrize("make", [mock_kms, KmsMock])
def test_unfired_fault_at_the_stop(make):
    """`stop()` reports it, of a `mock_kms()` as of a handle, and has stopped."""
    started = make()
    plan(started.start())

    assert NOT_CALLED == report_of(started.stop)
    started.stop()


def test_unfired_fault_of_a_handle_that_is_stopped_in_its_block():
    """A handle that is stopped inside a block reports there, once."""

    def use() -> None:
        with mock_kms() as mock:
            plan(mock)
            assert NOT_CALLED == report_of(mock.stop)

    use()


def test_unfired_faults_of_several_starts():
    """A `mock_kms()` that was started more than once stops them all, and then reports."""
    activation = mock_kms(isolated=True)
    plan(activation.__enter__())
    plan(activation.__enter__())
    with pytest.raises(UnfiredFaults) as caught:
        activation.stop()

    assert NOT_CALLED == str(caught.value)
    assert [NOT_CALLED] == caught.value.__notes__


def test_fault_that_fired_at_least_once():
    """A fault that fired less often than it could has fired."""
    with mock_kms() as mock:
        mock.fail("ListKeys", "ThrottlingException", times=2, after=1)
        client.list_keys()
        client.list_keys()


@pytest.mark.parametrize(
    "take_back",
    [lambda mock, fault: fault.cancel(), lambda mock, fault: mock.reset()],
    ids=["cancel", "reset"],
)
def test_fault_that_is_taken_back(take_back):
    """What is cancelled or reset needs not fire."""
    with mock_kms() as mock:
        take_back(mock, mock.fail("Decrypt", "ThrottlingException"))


def test_fault_of_a_mock_that_starts_anew():
    """A mock that starts anew knows of no old faults."""
    mock = KmsMock(unfired_faults="ignore").start()
    fault = mock.fail("ListKeys", "ThrottlingException", times=None)
    mock.stop()
    mock.start()
    client.list_keys()
    mock.stop()

    assert 0 == fault.fired


def test_unfired_fault_of_a_block():
    """In a `with` of its own a fault must fire before the end of that."""

    def use(fails: bool) -> None:
        with mock.fail("Decrypt", "ThrottlingException") as fault:
            assert fault.fired == 0
            if fails:
                raise ZeroDivisionError

    with mock_kms() as mock:
        report = report_of(lambda: use(fails=False))
        notes = notes_of(lambda: use(fails=True))
    line = use.__code__.co_firstlineno + 1

    assert (
        "1 planned fault never fired:\n"
        f"    fail('Decrypt', 'ThrottlingException'), planned at {HERE}:{line}, in use: "
        f"Decrypt was not called\n{ADVICE}"
    ) == report
    assert [report] == notes


def test_unfired_fault_of_a_block_that_is_ignored():
    """That too is ignored, if the mock says so."""
    with mock_kms(unfired_faults="ignore") as mock, mock.fail("Decrypt", "ThrottlingException"):
        pass


def test_note_beside_another_note():
    """A failure that has notes keeps them."""

    def use() -> None:
        with mock_kms() as mock:
            plan(mock)
            error = ZeroDivisionError()
            error.__notes__ = ["the first"]
            raise error

    assert ["the first", NOT_CALLED] == notes_of(use)


# --- Why it has not fired ----------------------------------------------------------------------


def explanation(use: Callable[[KmsMock], object]) -> list[str]:
    def run() -> None:
        with mock_kms() as mock:
            use(mock)

    lines = report_of(run).split("\n")
    return [line.partition(": ")[2] for line in lines[1:-1]]


def list_keys_twice(mock: KmsMock) -> None:
    client.list_keys()
    client.list_keys()


@pytest.mark.parametrize(
    ("operation", "options", "reason"),
    [
        ("Decrypt", {}, "Decrypt was not called"),
        ("ListKeys", {"after": 2}, "ListKeys was called twice, and after=2 let that pass"),
        (
            "ListKeys",
            {"when": lambda call: False},
            "ListKeys was called twice, and `when` never held",
        ),
        ("*", {"after": 5}, "KMS was called twice, and after=5 let that pass"),
    ],
    ids=["operation", "after", "when", "all"],
)
def test_reason(operation, options, reason):
    """The report says why a fault has not fired."""

    def use(mock: KmsMock) -> None:
        mock.fail(operation, "ThrottlingException", **options)
        list_keys_twice(mock)

    assert [reason] == explanation(use)


def test_reason_of_a_fault_behind_another():
    """So does that of a fault to which others have left nothing."""

    def use(mock: KmsMock) -> None:
        mock.fail("ListKeys", "ThrottlingException", times=None)
        mock.fail("*", "AccessDeniedException")
        refusal(client.list_keys)

    (reason,) = explanation(use)

    # As often as the client's botocore tries.
    assert re.fullmatch(r"KMS was called \d times, and hit by what was planned before", reason)


def test_reason_where_nothing_was_called():
    """Where nothing was called at all, that is the reason."""
    assert ["KMS was not called"] == explanation(lambda mock: mock.fail("*", "ThrottlingException"))


def test_reason_of_a_delay():
    """A delay is a fault like others."""
    assert ["Decrypt was not called"] == explanation(lambda mock: mock.delay("Decrypt", 1))


def test_place_of_a_plan_in_a_library():
    """The report says where the test has planned it, whoever called `fail` for it."""
    with mock_kms() as mock:
        fault = next(map(mock.fail, ["Decrypt"], ["ThrottlingException"]))
        place = fault._explain().partition("planned ")[2].partition(":")[0]
        fault.cancel()

    assert f"at {HERE}" == place


# --- unittest ----------------------------------------------------------------------------------


@mock_kms
class UnfiredTests(unittest.TestCase):
    __test__ = False

    def test_passing(self) -> None:
        """A test that passes, but for its plan."""
        plan(ACTIVE.current)

    def test_failing(self) -> None:
        """A test that fails by itself too."""
        plan(ACTIVE.current)
        raise ZeroDivisionError

    def test_other(self) -> None:
        """A test that plans nothing."""
        client.list_keys()


def test_unfired_fault_in_unittest():
    """unittest's own runner reports it as an error, beside a failure, and runs the other tests."""
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(UnfiredTests)
    stream = io.StringIO()
    result = unittest.TextTestRunner(stream).run(suite)

    reports = [text for _, text in result.errors if text.endswith(f"{NOT_CALLED}\n")]

    assert (3, 3, 2) == (result.testsRun, len(result.errors), len(reports))
    assert ["test_failing", "test_failing", "test_passing"] == sorted(
        test._testMethodName for test, _ in result.errors
    )
    assert not result.wasSuccessful()


def test_unfired_fault_of_a_case_without_result():
    """A TestCase that is run or debugged without a result raises it."""
    assert NOT_CALLED == report_of(UnfiredTests("test_passing").debug)
    assert NOT_CALLED == report_of(UnfiredTests("test_passing").run)


# --- In pytest ---------------------------------------------------------------------------------

MODULE = """
    import boto3, pytest
    from pytest_kmsmock import mock_kms

    def test_passing(kms_mock):
        kms_mock.fail("Decrypt", "ThrottlingException")

    def test_failing(kms_mock):
        kms_mock.fail("Decrypt", "ThrottlingException")
        raise ZeroDivisionError

    @mock_kms
    def test_decorated(kms_mock):
        kms_mock.fail("Decrypt", "ThrottlingException")

    @mock_kms
    class TestClass:
        def test_method(self, kms_mock):
            kms_mock.fail("Decrypt", "ThrottlingException")

    def test_block():
        with mock_kms() as mock:
            mock.fail("Decrypt", "ThrottlingException")

    def test_failing_block():
        with mock_kms() as mock:
            mock.fail("Decrypt", "ThrottlingException")
            raise ZeroDivisionError

    def test_fired(kms, kms_mock):
        kms_mock.fail("ListKeys", "ThrottlingException")
        kms.list_keys()
"""


def test_report(run_pytest):
    """A test whose fault never fired fails at its end, and one that fails is shown with both."""
    result = run_pytest(MODULE)

    # Four tests have an error at their end; two blocks and a test fail.
    result.assert_outcomes(passed=4, failed=3, errors=4)

    # Each once, but that the summary at the end repeats them in CI.
    reported = {line.lstrip("E ") for line in result.outlines}
    assert 6 == len([line for line in reported if "planned at test_report.py:" in line])
    assert not [line for line in result.outlines if "pytest_kmsmock/" in line]
    result.stdout.fnmatch_lines_random(
        [
            "*_ ERROR at teardown of test_passing _*",
            "*_ ERROR at teardown of test_failing _*",
            "*_ ERROR at teardown of test_decorated _*",
            "*_ ERROR at teardown of TestClass.test_method _*",
            "*_ test_failing _*",
            "*_ test_block _*",
            "*_ test_failing_block _*",
            "E*ZeroDivisionError",
            "E*fail('Decrypt', 'ThrottlingException'), planned at test_report.py:26, in "
            "test_failing_block: Decrypt was not called",
        ]
    )


def test_report_that_is_ignored(run_pytest):
    """`kmsmock_unfired_faults = ignore` holds for every form."""
    run_pytest(MODULE, ini="kmsmock_unfired_faults = ignore").assert_outcomes(passed=5, failed=2)


def test_closest_wins(run_pytest):
    """What is closest to the test decides: keyword, marker, class, module, ini option."""
    result = run_pytest(
        """
    import pytest
    from pytest_kmsmock import mock_kms

    pytestmark = pytest.mark.kms(unfired_faults="ignore")

    def plan(mock):
        mock.fail("Decrypt", "ThrottlingException")
        print("shown:", mock.strict.unfired_faults)

    def test_module(kms_mock):
        plan(kms_mock)

    @pytest.mark.kms(unfired_faults="error")
    def test_marker(kms_mock):
        plan(kms_mock)

    @mock_kms(unfired_faults="error")
    def test_decorator(kms_mock):
        plan(kms_mock)

    @pytest.mark.kms(unfired_faults="error")
    class TestClass:
        def test_class(self, kms_mock):
            plan(kms_mock)

        @pytest.mark.kms(unfired_faults="ignore")
        def test_method(self, kms_mock):
            plan(kms_mock)

    def test_block():
        with mock_kms(unfired_faults="error", isolated=True) as mock:
            plan(mock)
    """,
        "-s",
    )

    result.assert_outcomes(passed=5, failed=1, errors=3)

    assert ["ignore", "error", "error", "error", "ignore", "error"] == [
        line.rpartition("shown: ")[2] for line in result.outlines if "shown: " in line
    ]


def test_mock_of_a_wider_scope(run_pytest):
    """In a mock that tests share, what a test plans ends with the test, and is reported there."""
    result = run_pytest(
        """
    import pytest
    from pytest_kmsmock import mock_kms

    @pytest.fixture(scope="module")
    def shared():
        with mock_kms() as mock:
            mock.fail("ListAliases", "KMSInternalException")
            yield mock

    @pytest.fixture(autouse=True)
    def use_shared(shared):
        pass

    def test_unfired(kms_mock):
        kms_mock.fail("ListKeys", "ThrottlingException", times=None)

    def test_not_hit(kms):
        assert 0 == kms.list_keys()["ResponseMetadata"]["RetryAttempts"]

    @pytest.mark.kms(unfired_faults="ignore")
    def test_ignored(kms_mock):
        assert "ignore" == kms_mock.strict.unfired_faults
        kms_mock.fail("ListKeys", "ThrottlingException", times=None)

    def test_not_hit_either(kms, kms_mock):
        assert "error" == kms_mock.strict.unfired_faults
        assert 0 == kms.list_keys()["ResponseMetadata"]["RetryAttempts"]
        assert 1 == kms.list_aliases()["ResponseMetadata"]["RetryAttempts"]
    """
    )

    result.assert_outcomes(passed=4, errors=1)
    result.stdout.fnmatch_lines(["*_ ERROR at teardown of test_unfired _*"])


# --- Keys that are not there -------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: mock_kms(auto_create_keys=True),
        lambda: KmsMock(auto_create_keys=True),
    ],
    ids=["mock_kms", "KmsMock"],
)
def test_auto_create_keys(make):
    """`auto_create_keys=True` makes keys and aliases when a request names them."""
    started = make()
    mock = started.start()
    encrypted = client.encrypt(KeyId="alias/app", Plaintext=b"hi")
    decrypted = client.decrypt(CiphertextBlob=encrypted["CiphertextBlob"], KeyId="alias/app")
    described = client.describe_key(KeyId=SIX)["KeyMetadata"]
    mock.reset()
    after = client.describe_key(KeyId=SIX)["KeyMetadata"]
    started.stop()

    assert b"hi" == decrypted["Plaintext"]
    assert (SIX, SIX) == (described["KeyId"], after["KeyId"])
    assert mock.strict.auto_create_keys


@pytest.mark.parametrize("operation", ["encapsulate", "decapsulate"])
def test_auto_create_keys_for_encapsulation(operation):
    """A key that is made for an encapsulation is an ML-KEM key."""
    blob = {} if operation == "encapsulate" else {"SharedSecretCiphertextBlob": bytes(768)}
    with mock_kms(auto_create_keys=True) as mock:
        call = getattr(todays_client(mock), operation)
        answer = call(KeyId="alias/app", EncapsulationAlgorithm="ML_KEM", **blob)
        described = client.describe_key(KeyId="alias/app")["KeyMetadata"]

    assert answer["KeyId"] == described["Arn"]
    assert "ML_KEM_512" == described["KeySpec"]


@pytest.mark.parametrize(
    ("region_name", "operation", "request_"),
    [
        ("cn-north-1", "encapsulate", {"EncapsulationAlgorithm": "ML_KEM"}),
        ("us-east-1", "encrypt", {"EncryptionAlgorithm": "SM2PKE", "Plaintext": b"hi"}),
    ],
    ids=["ML-KEM in China", "SM2 elsewhere"],
)
def test_auto_create_keys_that_the_region_lacks(region_name, operation, request_):
    """No key is made that could not be created there."""
    with mock_kms(auto_create_keys=True) as mock:
        there = todays_client(mock, region_name)
        with pytest.raises(there.exceptions.NotFoundException):
            getattr(there, operation)(KeyId="alias/app", **request_)

        assert [] == there.list_keys()["Keys"]


def test_no_auto_create_keys():
    """By default a key that is not there is not there."""
    with mock_kms() as mock, pytest.raises(client.exceptions.NotFoundException):
        client.describe_key(KeyId=SIX)

    assert not mock.strict.auto_create_keys


def test_auto_create_keys_after_a_restore():
    """A snapshot of another mock does not change what a mock is told."""
    with mock_kms() as first:
        snapshot = first.snapshot()
    with mock_kms(auto_create_keys=True) as second:
        second.restore(snapshot)
        described = client.describe_key(KeyId=SIX)["KeyMetadata"]

    assert SIX == described["KeyId"]


def test_auto_create_keys_of_a_suite(run_pytest):
    """The ini option sets it for a suite; marker and decorator are closer."""
    result = run_pytest(
        f"""
    import pytest
    from pytest_kmsmock import mock_kms

    def test_ini(kms):
        kms.describe_key(KeyId="{SIX}")

    @pytest.mark.kms(auto_create_keys=False)
    def test_marker(kms):
        with pytest.raises(kms.exceptions.NotFoundException):
            kms.describe_key(KeyId="{SIX}")

    @mock_kms(auto_create_keys=False)
    def test_decorator(kms):
        with pytest.raises(kms.exceptions.NotFoundException):
            kms.describe_key(KeyId="{SIX}")
    """,
        ini="kmsmock_auto_create_keys = true",
    )

    result.assert_outcomes(passed=3)


# --- Calls outside -----------------------------------------------------------------------------


def call_outside() -> type[BaseException]:
    """Stop the mock and call; return the error, of ours or of the guard over the sockets."""
    ACTIVE.current.stop()
    with pytest.raises((CallOutsideMock, HTTPClientError)) as caught:
        client.list_keys()
    return caught.type


def test_outside_in_a_block():
    """`outside` holds to the end of the block, once its mock has been stopped."""
    with mock_kms(outside="error") as mock:
        strict = mock.strict.outside
        inside = call_outside()
    with mock_kms(), mock_kms(outside="error"):
        nested = call_outside()
    with mock_kms():
        after = call_outside()

    assert ("error", CallOutsideMock, CallOutsideMock, HTTPClientError) == (
        strict,
        inside,
        nested,
        after,
    )


def test_outside_in_a_decorator(outside_error):
    """So it does for a decorated function, the closest of several."""

    @mock_kms(outside="allow")
    def allow() -> type[BaseException]:
        return call_outside()

    @mock_kms(outside="error")
    def refuse() -> tuple[type[BaseException], type[BaseException]]:
        inside = allow()
        with pytest.raises(CallOutsideMock) as caught:
            client.list_keys()
        return inside, caught.type

    @mock_kms
    def say_nothing() -> type[BaseException]:
        return call_outside()

    outcomes = [allow(), *refuse(), say_nothing()]
    ACTIVE.defaults = type(ACTIVE.defaults)()

    assert [HTTPClientError, HTTPClientError, CallOutsideMock, CallOutsideMock] == outcomes


def test_outside_by_start_and_stop():
    """Of `start()` it holds to the `stop()`."""
    activation = mock_kms(outside="error")
    activation.start()
    between = call_outside()
    activation.stop()

    assert (CallOutsideMock, "allow") == (between, ACTIVE.outside)


def test_outside_of_a_marker(run_pytest):
    """A marker sets it for a test, and lets one that is about AWS itself stop its mock."""
    result = run_pytest(
        """
    import pytest
    from botocore.exceptions import HTTPClientError
    from pytest_kmsmock import CallOutsideMock

    def call_outside(kms, kms_mock):
        kms_mock.stop()
        with pytest.raises((HTTPClientError, CallOutsideMock)) as caught:
            kms.list_keys()
        return caught.type

    def test_ini(kms, kms_mock):
        assert "error" == kms_mock.strict.outside
        assert CallOutsideMock is call_outside(kms, kms_mock)

    @pytest.mark.kms(outside="allow")
    def test_marker(kms, kms_mock):
        assert "allow" == kms_mock.strict.outside
        assert HTTPClientError is call_outside(kms, kms_mock)

    def test_after(kms, kms_mock):
        assert CallOutsideMock is call_outside(kms, kms_mock)
    """,
        ini="kmsmock_outside = error",
    )

    result.assert_outcomes(passed=3)


# --- All of them -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "option", "message"),
    [
        (mock_kms, "unfired_faults", "unfired_faults 'warn' is not error or ignore"),
        (KmsMock, "unfired_faults", "unfired_faults 'warn' is not error or ignore"),
        (mock_kms, "outside", "outside 'warn' is not allow or error"),
    ],
)
def test_word_that_can_not_be(make, option, message):
    """Each option takes two words, and says so."""
    with pytest.raises(ValueError, match="is not") as caught:
        make(**{option: "warn"})

    assert message == str(caught.value)


def test_defaults():
    """The defaults are the same in every form: strict about faults and keys, not about calls."""
    mocks = [KmsMock()]
    with mock_kms() as mock:
        mocks.append(mock)
    started = mock_kms()
    mocks.append(started.start())
    started.stop()

    @mock_kms
    def decorated() -> None:
        mocks.append(ACTIVE.current)

    decorated()
    expected = Strictness(
        unfired_faults="error", access="enforce", auto_create_keys=False, outside="allow"
    )

    assert [expected] * 4 == [mock.strict for mock in mocks]


def test_defaults_of_the_fixture(run_pytest):
    """So they are for fixture, marker and decorated test."""
    result = run_pytest(
        """
    import pytest
    from pytest_kmsmock import mock_kms

    def show(mock):
        print("shown:", mock.strict)

    def test_fixture(kms_mock):
        show(kms_mock)

    @pytest.mark.kms(region_name="eu-west-1")
    def test_marker(kms_mock):
        show(kms_mock)

    @mock_kms
    def test_decorator(kms_mock):
        show(kms_mock)
    """,
        "-s",
    )
    expected = (
        "Strictness(unfired_faults='error', access='enforce', auto_create_keys=False,"
        " outside='allow')"
    )

    assert [expected] * 3 == [
        line.rpartition("shown: ")[2] for line in result.outlines if "shown: " in line
    ]
