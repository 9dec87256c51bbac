"""Whether something was called, and what a test is told if it was not: the whole text."""

from typing import Any
from unittest.mock import ANY

import pytest

from pytest_kmsmock import KmsMock, mock_kms
from tests.vocabulary import refusal

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
SEVEN, EIGHT = {"tenant": "7"}, {"tenant": "8"}


@pytest.fixture
def called(kms_mock: KmsMock) -> KmsMock:
    """A mock after five calls, two of them to Encrypt, one of which is refused."""
    kms_mock.create_key(key_id=KEY_ID, alias="app")
    kms = kms_mock.client()
    kms.encrypt(KeyId="alias/app", Plaintext=b"hi", EncryptionContext=SEVEN)
    kms.encrypt(KeyId=KEY_ID, Plaintext=b"ho", EncryptionContext=EIGHT | {"to": "all"})
    refusal(kms.encrypt, KeyId="alias/none", Plaintext=b"hi")
    kms.create_grant(
        KeyId=KEY_ID,
        GranteePrincipal="arn:aws:iam::123456789012:role/app",
        Operations=["Encrypt", "Decrypt"],
    )
    kms.list_keys()
    return kms_mock


ALL = f"""\
What was called:
    Encrypt(KeyId='alias/app', Plaintext=<2 bytes>, EncryptionContext={{'tenant': '7'}})
    Encrypt(KeyId='{KEY_ID}', Plaintext=<2 bytes>, \
EncryptionContext={{'tenant': '8', 'to': 'all'}})
    Encrypt(KeyId='alias/none', Plaintext=<2 bytes>) -> NotFoundException
    CreateGrant(KeyId='{KEY_ID}', GranteePrincipal='arn:aws:iam::123456789012:role/app', \
Operations=['Encrypt', 'Decrypt'])
    ListKeys()"""


def marked(*lines: int) -> str:
    """Mark these lines of what was called, counted from 1, as what was meant."""
    listed = ALL.split("\n")
    for line in lines:
        listed[line] = f"  > {listed[line].strip()}"
    return "\n".join(listed)


def failure(check: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(AssertionError) as caught:
        check(*args, **kwargs)
    return str(caught.value)


def is_arn(value: str) -> bool:
    return value.startswith("arn:")


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"times": 3},
        {"Plaintext": b"hi"},
        {"times": 2, "Plaintext": b"hi"},
        {"times": 1, "EncryptionContext": SEVEN},
        {"times": 1, "Plaintext": b"hi", "EncryptionContext": None},
        {"times": 3, "GrantTokens": None},
        {"times": 2, "EncryptionContext": lambda context: "tenant" in context},
        {"times": 3, "KeyId": ANY},
        {"times": 1, "KeyId": lambda key_id: key_id == KEY_ID},
    ],
    ids=lambda asked: ",".join(asked) or "at-all",
)
def test_called(called, asked):
    """A parameter must be equal, or accepted by a function, or absent; others do not matter."""
    called.assert_called("Encrypt", **asked)


@pytest.mark.parametrize(
    "asked",
    [{}, {"KeyId": KEY_ID}, {"KeyId": is_arn}, {"Limit": 1}],
    ids=["at-all", "other-operation", "predicate", "parameter"],
)
def test_not_called(called, asked):
    """What was not called, at all or with these parameters, is no failure."""
    operation = "ListKeys" if "Limit" in asked else "DescribeKey"
    called.assert_not_called(operation, **asked)


@pytest.mark.parametrize("asked", [{}, {"times": 2}, {"CiphertextBlob": b"?"}])
def test_failure_of_what_was_not_called_at_all(called, asked):
    """What was not called at all is told with everything that was."""
    assert f"Decrypt was not called.\n{ALL}" == failure(called.assert_called, "Decrypt", **asked)


def test_failure_where_nothing_was_called(kms_mock):
    """Where nothing was called that is told."""
    assert "Decrypt was not called.\nNothing was called." == failure(
        kms_mock.assert_called, "Decrypt"
    )


def test_failure_of_a_parameter(called):
    """The nearest call is shown as a diff: of several the one with most in common."""
    expected = f"""\
Encrypt was called 3 times, but not with EncryptionContext={{'tenant': '8', 'to': 'me'}}.
The nearest call (- expected, + called):
    EncryptionContext={{
        'tenant': '8',
  -     'to': 'me',
  +     'to': 'all',
    }}
{ALL}"""

    assert expected == failure(
        called.assert_called, "Encrypt", EncryptionContext={"tenant": "8", "to": "me"}
    )


def test_failure_of_several_parameters(called):
    """What is alike is shown too, and what is secret without being shown."""
    expected = f"""\
Encrypt was called 3 times, but not with KeyId='alias/app', Plaintext=<2 bytes>, \
EncryptionContext={{'tenant': '7'}}.
The nearest call (- expected, + called):
    KeyId='alias/app'
  - Plaintext=<2 bytes>
  + Plaintext=<2 other bytes>
    EncryptionContext={{
        'tenant': '7',
    }}
{ALL}"""

    assert expected == failure(
        called.assert_called,
        "Encrypt",
        KeyId="alias/app",
        Plaintext=b"ho",
        EncryptionContext=SEVEN,
    )


def test_failure_of_what_is_not_shown(kms_mock):
    """What is not shown is told apart, and the same is the same wherever it stands."""
    key_id = kms_mock.create_key(
        key_id=KEY_ID, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC"
    ).key_id
    kms = kms_mock.client()
    refusal(kms.verify_mac, KeyId=key_id, Message=b"ho", Mac=b"ho", MacAlgorithm="HMAC_SHA_256")
    text = failure(kms_mock.assert_called, "VerifyMac", Message=b"hi", Mac=b"hi")

    assert (
        """\
The difference (- expected, + called):
  - Message=<2 bytes>
  + Message=<2 other bytes>
  - Mac=<2 bytes>
  + Mac=<2 other bytes>
What was called:"""
        in text
    )


def test_failure_of_a_parameter_that_was_not_given(called):
    """What should have been given, or should not, is shown as such."""
    expected = f"""\
CreateGrant was called once, but not with GrantTokens=['a'], Operations=None.
The difference (- expected, + called):
  - GrantTokens=[
  -     'a',
  - ]
  + GrantTokens is not given
  - Operations is not given
  + Operations=[
  +     'Encrypt',
  +     'Decrypt',
  + ]
{ALL}"""

    assert expected == failure(
        called.assert_called, "CreateGrant", GrantTokens=["a"], Operations=None
    )


def test_failure_of_a_predicate(called):
    """A function that accepts nothing is shown by its name; what it accepts, as what it is."""
    expected = f"""\
Encrypt was called 3 times, but not with KeyId=<accepted by is_arn>, \
EncryptionContext=<accepted by lambda>.
The nearest call (- expected, + called):
  - KeyId=<accepted by is_arn>
  + KeyId='{KEY_ID}'
    EncryptionContext={{
        'tenant': '8',
        'to': 'all',
    }}
{ALL}"""

    assert expected == failure(
        called.assert_called, "Encrypt", KeyId=is_arn, EncryptionContext=lambda context: True
    )


def test_failure_of_the_only_call(called):
    """Where there is one call only, it is not the nearest one."""
    expected = f"""\
CreateGrant was called once, but not with Operations=['Encrypt'].
The difference (- expected, + called):
    Operations=[
        'Encrypt',
  +     'Decrypt',
    ]
{ALL}"""

    assert expected == failure(called.assert_called, "CreateGrant", Operations=["Encrypt"])


def test_failure_of_a_class(called):
    """A class is no predicate: a parameter that equals it there is not."""
    text = failure(called.assert_called, "ListKeys", Limit=int)

    assert (
        f"""\
ListKeys was called once, but not with Limit=<class 'int'>.
The difference (- expected, + called):
  - Limit=<class 'int'>
  + Limit is not given
{ALL}"""
        == text
    )


@pytest.mark.parametrize(
    ("operation", "times", "said"),
    [("ListKeys", 2, "once, not twice"), ("Encrypt", 1, "3 times, not once")],
)
def test_failure_of_the_number(called, operation, times, said):
    """The wrong number of calls is told, and those that were meant are marked."""
    lines = (5,) if operation == "ListKeys" else (1, 2, 3)

    assert f"{operation} was called {said}.\n{marked(*lines)}" == failure(
        called.assert_called, operation, times=times
    )


def test_failure_of_too_few_with_a_parameter(called):
    """Where too few calls were meant, the nearest of the others is shown."""
    expected = f"""\
Encrypt was called twice with Plaintext=<2 bytes>, not 3 times.
The difference (- expected, + called):
  - Plaintext=<2 bytes>
  + Plaintext=<2 other bytes>
{marked(1, 3)}"""

    assert expected == failure(called.assert_called, "Encrypt", times=3, Plaintext=b"hi")


def test_failure_of_too_many_with_a_parameter(called):
    """Where too many were meant, no other one helps."""
    assert (
        f"Encrypt was called twice with Plaintext=<2 bytes>, not once.\n{marked(1, 3)}"
    ) == failure(called.assert_called, "Encrypt", times=1, Plaintext=b"hi")


@pytest.mark.parametrize(
    ("operation", "asked", "said", "lines"),
    [
        ("ListKeys", {}, "once", [5]),
        ("Encrypt", {}, "3 times", [1, 2, 3]),
        (
            "Encrypt",
            {"EncryptionContext": SEVEN},
            "once with EncryptionContext={'tenant': '7'}",
            [1],
        ),
    ],
    ids=["once", "several", "parameter"],
)
def test_failure_of_what_was_called(called, operation, asked, said, lines):
    """What should not have been called is told, and marked among all that was."""
    assert (
        f"{operation} was called {said}, and should not have been.\n{marked(*lines)}"
    ) == failure(called.assert_not_called, operation, **asked)


def test_failure_after_many_calls(kms_mock):
    """Of many calls the last are listed."""
    for limit in range(1, 24):
        kms_mock.client().list_keys(Limit=limit)
    listed = "\n".join(f"    ListKeys(Limit={limit})" for limit in range(4, 24))

    assert (
        f"Decrypt was not called.\nWhat was called:\n    (3 earlier calls)\n{listed}"
    ) == failure(kms_mock.assert_called, "Decrypt")


def test_failure_after_retries(kms_mock):
    """Attempts are listed with their number, and counted each."""
    kms_mock.fail("ListKeys", "ThrottlingException", times=2)
    kms_mock.client().list_keys()

    assert """\
ListKeys was called 3 times, not once.
What was called:
  > ListKeys() -> ThrottlingException
  > ListKeys(), attempt 2 -> ThrottlingException
  > ListKeys(), attempt 3""" == failure(kms_mock.assert_called, "ListKeys", times=1)


TOO_MANY = (
    "there were more calls than the 3 that are kept: forget those before the ones that you want to "
    "count, with kms_mock.calls.reset()"
)


@pytest.fixture
def overflowing(kms_mock: KmsMock, monkeypatch: pytest.MonkeyPatch) -> KmsMock:
    """A mock that has forgotten the first of four calls."""
    monkeypatch.setattr("pytest_kmsmock.workbench.calls.record.KEPT", 3)
    monkeypatch.setattr("pytest_kmsmock.workbench.calls.assertions.KEPT", 3)
    kms_mock.reset()
    for _ in range(4):
        kms_mock.client().list_keys()
    return kms_mock


@pytest.mark.parametrize(
    ("check", "operation", "asked"),
    [
        ("assert_called", "ListKeys", {"times": 4}),
        ("assert_called", "Decrypt", {}),
        ("assert_not_called", "Decrypt", {}),
    ],
)
def test_more_calls_than_are_kept(overflowing, check, operation, asked):
    """What could only be told by calls that are forgotten is refused, and how to go on."""
    with pytest.raises(ValueError, match="kept") as caught:
        getattr(overflowing, check)(operation, **asked)

    assert TOO_MANY == str(caught.value)


def test_what_the_last_calls_tell(overflowing):
    """What the calls that are kept can tell, they do; and after a reset all is told again."""
    overflowing.assert_called("ListKeys")
    text = failure(overflowing.assert_not_called, "ListKeys")
    overflowing.calls.reset()
    overflowing.assert_not_called("ListKeys")

    assert "ListKeys was called 3 times, and should not have been." == text.partition("\n")[0]


def test_nonsense_in_place_of_times(called):
    """A keyword that no operation could take is told what the assertion itself takes."""
    with pytest.raises(TypeError) as caught:
        called.assert_called("Decrypt", count=1)

    assert "Decrypt has no parameter 'count'; assert_called() itself takes times=..." == str(
        caught.value
    )


@pytest.mark.parametrize("check", ["assert_called", "assert_not_called"])
@pytest.mark.parametrize(
    ("operation", "asked", "error", "message"),
    [
        ("Decript", {}, ValueError, "KMS has no operation 'Decript': did you mean 'Decrypt'?"),
        (None, {}, TypeError, "KMS has no operation None: a name is a string"),
        (
            "Decrypt",
            {"EncryptionContxt": SEVEN},
            TypeError,
            "Decrypt has no parameter 'EncryptionContxt': did you mean 'EncryptionContext'?",
        ),
        ("Decrypt", {"Plaintext": b""}, TypeError, "Decrypt has no parameter 'Plaintext'"),
    ],
)
def test_nonsense(called, check, operation, asked, error, message):
    """A name that AWS does not have is an error, and no failure of the code under test."""
    with pytest.raises(error) as caught:
        getattr(called, check)(operation, **asked)

    assert message == str(caught.value)


@pytest.mark.parametrize(
    ("times", "error", "message"),
    [
        (0, ValueError, "times=0 is too small: assert_not_called() asks for none"),
        (-1, ValueError, "times=-1 is too small: assert_not_called() asks for none"),
        (1.0, TypeError, "times=1.0 is not a whole number"),
        (True, TypeError, "times=True is not a whole number"),
        ("1", TypeError, "times='1' is not a whole number"),
    ],
)
def test_number_that_can_not_be(called, times, error, message):
    """So is a number of calls that can't be."""
    with pytest.raises(error) as caught:
        called.assert_called("Encrypt", times=times)

    assert message == str(caught.value)


def test_assertions_after_the_mock():
    """The calls can be checked after the mock has ended."""
    with mock_kms() as mock:
        mock.client().list_keys()

    mock.assert_called("ListKeys", times=1)
    mock.assert_not_called("Decrypt")


def test_traceback(run_pytest):
    """pytest shows the line of the test, and none of ours."""
    result = run_pytest(
        """
    def test_it(kms_mock):
        kms_mock.assert_called("Decrypt")
    """,
        "--tb=short",
    )

    result.stdout.fnmatch_lines(
        [
            "test_traceback.py:2: in test_it",
            '    kms_mock.assert_called("Decrypt")',
            "E   AssertionError: Decrypt was not called.",
            "E   Nothing was called.",
        ]
    )
    assert not [line for line in result.outlines if "pytest_kmsmock" in line]
