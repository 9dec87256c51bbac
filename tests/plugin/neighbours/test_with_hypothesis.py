"""Beside Hypothesis: which examples of a test share a KMS, and which have one of their own."""

import hypothesis.stateful  # noqa: F401 - see run_pytest
import pytest

SUITE = """
    import boto3, pytest
    from hypothesis import HealthCheck, given, settings, strategies as st
    from pytest_kmsmock import mock_kms

    settings.register_profile("here", database=None, deadline=None, max_examples=4)
    settings.load_profile("here")
    counts = []

    def create_key(kms):
        kms.create_key()
        counts.append(len(kms.list_keys()["Keys"]))
"""

# Hypothesis's plugin is left out of other runs.
HYPOTHESIS = ("-phypothesispytest",)


@pytest.mark.sweep(3)
@pytest.mark.parametrize(
    ("decorators", "counts"),
    [
        ("@given(st.binary()) @mock_kms", [1, 1, 1, 1]),
        ("@mock_kms @given(st.binary())", [1, 2, 3, 4]),
        ("@pytest.mark.kms @given(st.binary())", [1, 2, 3, 4]),
    ],
    ids=["mock-below-given", "mock-above-given", "marker"],
)
def test_given(run_pytest, decorators, counts):
    """
    Below `@given`, `@mock_kms` gives each example a KMS of its own; above it, all share one.

    The rule for users: state belongs to what the mock is around. Above `@given`, or in a fixture or
    marker, that is the test with all its examples, and `kms_mock.reset()` parts them.
    """
    above, below = decorators.split(" ")
    result = run_pytest(
        SUITE
        + f"""
    {above}
    {below}
    def test_it(plaintext):
        create_key(boto3.client("kms"))

    def test_counts():
        assert {counts} == counts
    """,
        *HYPOTHESIS,
    )

    result.assert_outcomes(passed=2)


def test_fixtures(run_pytest):
    """
    With a fixture all examples share the KMS, as Hypothesis warns unless told that it is meant.

    `kms_mock.reset()` at the start of each example parts them, and so the warning is answered.
    """
    result = run_pytest(
        SUITE
        + """
    meant = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

    @given(plaintext=st.binary())
    def test_warned(kms, plaintext):
        pass

    @meant
    @given(plaintext=st.binary())
    def test_shared(kms, plaintext):
        create_key(kms)

    @meant
    @given(plaintext=st.binary())
    def test_parted(kms, kms_mock, plaintext):
        kms_mock.reset()
        create_key(kms)

    def test_counts():
        assert [1, 2, 3, 4, 1, 1, 1, 1] == counts
    """,
        *HYPOTHESIS,
    )

    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*'*::test_warned' uses a function-scoped fixture 'kms'*"])


def test_tests_without_a_mock(run_pytest):
    """The plugin's own fixture, which every test has, is no reason for Hypothesis to warn."""
    result = run_pytest(
        SUITE
        + """
    @given(number=st.integers())
    def test_it(number):
        pass
    """,
        *HYPOTHESIS,
    )

    result.assert_outcomes(passed=1)


def test_stateful_test(run_pytest):
    """A state machine has one KMS for all its runs, so that each run begins with a reset."""
    result = run_pytest(
        SUITE
        + """
    from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

    client = boto3.client("kms", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")

    class Keys(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.mock = mock_kms().start()
            self.mock.reset()
            self.count = 0

        @rule()
        def create_key(self):
            client.create_key()
            self.count += 1

        @invariant()
        def all_are_listed(self):
            assert self.count == len(client.list_keys()["Keys"])

        def teardown(self):
            self.mock.stop()

    TestKeys = Keys.TestCase
    """,
        *HYPOTHESIS,
    )

    result.assert_outcomes(passed=1)
