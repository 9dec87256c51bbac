"""What becomes of a request that AWS would deny: denied, warned of, or let through."""

import json
import re
import warnings

import boto3
import pytest

from pytest_kmsmock import KmsAccessWarning, KmsMock, mock_kms
from tests.vocabulary import refusal

ACCOUNT = "123456789012"
LOCKING = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal":'
    f' {{"AWS": "arn:aws:iam::{ACCOUNT}:role/other"}}, "Action": "kms:*", "Resource": "*"}}]}}'
)


@pytest.fixture
def warning(wire):
    with mock_kms(access="warn", wire=wire) as mock:
        yield mock


def test_enforce(mock):
    """Without a word about it, what AWS would deny is denied."""
    assert "enforce" == mock.access == mock.strict.access
    assert "AccessDeniedException" == refusal(mock.role("worker").client().list_keys)[0]


def test_warn(warning):
    """With access="warn" a denied request passes, with a warning that explains it, in its line."""
    client = warning.role("worker").client()
    with pytest.warns(KmsAccessWarning) as caught:
        answer = client.list_keys()

    assert [] == answer["Keys"]
    (one,) = caught
    decision = warning.calls.last.decision
    assert (__file__, decision.explain()) == (one.filename, str(one.message))
    assert not decision.allowed
    assert warning.calls.last.error is None


def test_warning_of_a_planned_call(warning):
    """A request that a planned fault has spared is warned of, too."""
    client = warning.role("worker").client()
    warning.delay("ListKeys", seconds=1)

    with pytest.warns(KmsAccessWarning, match=r"^Denied: "):
        client.list_keys()


def test_no_warning_without_denial(warning):
    """What is allowed is not warned of."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warning.client().list_keys()


def test_warning_of_a_lockout(warning):
    """A key policy that would lock its caller out passes, with a warning."""
    key_id = warning.create_key().key_id
    with pytest.warns(
        KmsAccessWarning, match=r"^The new key policy would lock its caller out\.\nDenied: "
    ):
        warning.client().put_key_policy(KeyId=key_id, Policy=LOCKING)

    other = warning.role("other").client()
    policy = other.get_key_policy(KeyId=key_id)["Policy"]
    assert json.loads(LOCKING) == json.loads(policy)


def test_off(wire):
    """With access="off" nobody is asked."""
    with mock_kms(access="off", wire=wire) as mock, warnings.catch_warnings():
        warnings.simplefilter("error")
        mock.role("worker").client().list_keys()

        assert "off" == mock.access
        mock.reset()
        mock.role("worker").client().list_keys()


def test_off_in_every_form():
    """The keyword is one of every form of starting a mock."""

    def list_keys(mock: KmsMock) -> None:
        mock.role("worker").client().list_keys()

    mock_kms(access="off")(list_keys)
    started = KmsMock(access="off").start()
    list_keys(started)
    started.stop()
    activation = mock_kms(access="off")
    list_keys(activation.start())
    activation.stop()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("access", "on", "enforce or warn or off"),
        ("identities", "iam", "declared or moto"),
        ("consistency", "late", "immediate or eventual"),
    ],
)
def test_words_that_there_are_not(name, value, words):
    """Each option takes its words only."""
    for start in (mock_kms, KmsMock):
        with pytest.raises(ValueError, match=f"^{name} '{value}' is not {words}$"):
            start(**{name: value})


@pytest.mark.parametrize(
    ("name", "inner", "outer"),
    [
        ("access", "warn", "enforce"),
        ("identities", "moto", "declared"),
        ("consistency", "eventual", "immediate"),
    ],
)
def test_joining_with_other_options(name, inner, outer):
    """A mock that is joined can't be another one."""
    message = (
        f"mock_kms({name}={inner!r}) joins the active mock, whose {name} is {outer!r}: give it the"
        " same, or add isolated=True for a KMS of its own"
    )
    with mock_kms(), pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        mock_kms(**{name: inner}).start()
    with mock_kms(**{name: outer}), mock_kms(**{name: outer}):
        pass


# --- Of the suite ------------------------------------------------------------------------------

DENIED = """
import pytest

def test_it(kms_mock):
    kms_mock.role("worker").client().list_keys()
"""


@pytest.mark.sweep(5)
@pytest.mark.parametrize(
    ("ini", "options", "outcomes"),
    [
        ("", (), {"failed": 1}),
        ("kmsmock_access = off", (), {"passed": 1}),
        ("kmsmock_access = warn", ("-Wdefault",), {"passed": 1, "warnings": 1}),
        ("", ("--kmsmock-access=off",), {"passed": 1}),
        ("kmsmock_access = off", ("--kmsmock-access=enforce",), {"failed": 1}),
    ],
    ids=["default", "off", "warn", "flag", "flag over ini"],
)
def test_access_of_a_suite(run_pytest, ini, options, outcomes):
    """The ini option decides for a suite, and the flag for one run."""
    result = run_pytest(DENIED, *options, ini=ini)

    result.assert_outcomes(**outcomes)


def test_marker(run_pytest):
    """A marker comes before the ini option."""
    result = run_pytest(
        DENIED + "\npytestmark = pytest.mark.kms(access='off')", ini="kmsmock_access = enforce"
    )

    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("name", ["access", "identities"])
def test_wrong_ini_option(run_pytest, name):
    """A word that there is not is a usage error."""
    result = run_pytest(DENIED, ini=f"kmsmock_{name} = no")

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    assert f"ERROR: ini option kmsmock_{name} 'no' is not" in "".join(result.errlines)


# --- Suites without policies -------------------------------------------------------------------


def test_suite_without_policies(mock):
    """Under default key policies the default caller may do everything, as without decisions."""
    client = boto3.client("kms", "us-east-1")
    key_id = client.create_key()["KeyMetadata"]["KeyId"]
    blob = client.encrypt(KeyId=key_id, Plaintext=b"hi")["CiphertextBlob"]

    assert b"hi" == client.decrypt(CiphertextBlob=blob)["Plaintext"]
    assert all(call.decision.allowed for call in mock.calls)


def test_key_policy_bites(mock):
    """A key policy without the account's statement bites the default caller, too."""
    key = mock.create_key(Policy=LOCKING)

    assert (
        "AccessDeniedException",
        f"User: arn:aws:iam::{ACCOUNT}:user/kmsmock is not authorized to perform: kms:Encrypt on"
        f" resource: {key.arn} because no resource-based policy allows the kms:Encrypt action",
    ) == refusal(mock.client().encrypt, KeyId=key.key_id, Plaintext=b"hi")
    explanation = mock.calls.last.decision.explain()
    assert "`caller=`" in explanation
    assert '`access="off"`' in explanation
