"""`kms_mock.raises()` knows an error by its code, whichever client has raised it."""

import re

import boto3
import pytest
from botocore.exceptions import ClientError

from pytest_kmsmock import mock_kms


def describe_with_a_client_of_its_own():
    boto3.session.Session(region_name="us-east-1").client("kms").describe_key(KeyId="alias/none")


def test_client_of_another_session(kms, kms_mock):
    """It catches what another session's client raises, where `kms.exceptions` does not."""
    with kms_mock.raises("NotFoundException") as refusal:
        describe_with_a_client_of_its_own()

    assert not isinstance(refusal.value, kms.exceptions.NotFoundException)
    assert (
        "NotFoundException",
        "DescribeKey",
        "Alias arn:aws:kms:us-east-1:123456789012:alias/none is not found.",
    ) == (refusal.code, refusal.operation, refusal.message)


@pytest.mark.parametrize("match", ["alias/none is not found", re.compile("alias/[a-z]+")])
def test_match(kms_mock, match):
    """With *match* the text must fit, too."""
    with kms_mock.raises("NotFoundException", match=match):
        describe_with_a_client_of_its_own()


def test_class(kms, kms_mock):
    """An exception class stands for its name."""
    with kms_mock.raises(kms.exceptions.NotFoundException):
        describe_with_a_client_of_its_own()


def test_error_of_the_connection(kms, kms_mock):
    """Errors of the connection are known by botocore's names."""
    kms_mock.fail("ListKeys", "ReadTimeoutError", times=None)

    with kms_mock.raises("ReadTimeoutError") as refusal:
        kms.list_keys()

    assert ("ReadTimeoutError", None) == (refusal.code, refusal.operation)
    assert 'Read timeout on endpoint URL: "https://kms.us-east-1.amazonaws.com/"' == refusal.message


def test_nothing_raised(kms, kms_mock):
    """A block that raises nothing fails."""
    with (
        pytest.raises(AssertionError, match=r"^DisabledException was not raised$"),
        kms_mock.raises("DisabledException"),
    ):
        kms.list_keys()


def test_another_text(kms_mock):
    """A text that does not fit fails, and is shown."""
    with (
        pytest.raises(AssertionError) as failed,
        kms_mock.raises("NotFoundException", match="is disabled"),
    ):
        describe_with_a_client_of_its_own()

    assert (
        "NotFoundException was raised, but not with a message that matches 'is disabled': An"
        " error occurred (NotFoundException) when calling the DescribeKey operation: Alias"
        " arn:aws:kms:us-east-1:123456789012:alias/none is not found."
    ) == str(failed.value)
    assert isinstance(failed.value.__cause__, ClientError)


def test_another_error(kms_mock):
    """Another error of AWS goes on as it is, with a note of what was expected."""
    with (
        pytest.raises(ClientError, match="NotFoundException") as raised,
        kms_mock.raises("DisabledException"),
    ):
        describe_with_a_client_of_its_own()

    assert ["DisabledException was expected, by kms_mock.raises()"] == raised.value.__notes__


def test_error_of_the_test(kms_mock):
    """What is no error of a client goes on as it is."""
    with pytest.raises(ZeroDivisionError) as raised, kms_mock.raises("DisabledException"):
        1 / 0  # noqa: B018 - it is to raise

    assert [] == getattr(raised.value, "__notes__", [])


def test_too_early(kms_mock):
    """In the block there is no error to look at yet."""
    refusal = kms_mock.raises("NotFoundException")
    with (
        pytest.raises(ValueError, match=r"^NotFoundException was not raised yet: look at"),
        refusal,
    ):
        _ = refusal.value

    assert "<Refusal: NotFoundException expected>" == repr(refusal)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            ("DisabledExeption",),
            ValueError,
            "KMS has no error 'DisabledExeption': did you mean 'DisabledException'?",
        ),
        (
            (ClientError,),
            ValueError,
            "ClientError stands for many errors: name one by its code, such as"
            " 'ThrottlingException'",
        ),
        ((5,), TypeError, "KMS has no error 5: a name is a string"),
        ((("A", "B"),), TypeError, "raises() takes one error, not ('A', 'B')"),
        (
            ("NotFoundException", "alias"),
            TypeError,
            "raises() takes 1 argument by position (error): name the others, as in match=...",
        ),
    ],
    ids=["name", "general", "number", "several", "position"],
)
def test_misuse(kms_mock, arguments, error, message):
    """What can't be raised is refused at the call."""
    with pytest.raises(error) as refused:
        kms_mock.raises(*arguments)

    assert message == str(refused.value)


def test_match_of_no_type(kms_mock):
    """A pattern is a string or compiled."""
    with pytest.raises(TypeError, match=r"^match=5 is neither a string nor a compiled pattern$"):
        kms_mock.raises("NotFoundException", match=5)


def test_without_a_fixture():
    """The handle of `mock_kms()` has it as well."""
    with mock_kms() as mock, mock.raises("NotFoundException") as refusal:
        mock.client().describe_key(KeyId="alias/none")

    assert refusal.value.response["Error"]["Code"] in repr(refusal)
