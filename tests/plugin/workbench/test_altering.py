"""`KmsMock.alter`: answers that a test changes on their way to the client."""

import datetime as dt

import pytest

from pytest_kmsmock import UnfiredFaults


@pytest.fixture
def blob(mock):
    key = mock.create_key(alias="app")
    return mock.client().encrypt(KeyId=key.key_id, Plaintext=b"hello")["CiphertextBlob"]


def test_members_to_replace(mock, blob):
    """A mapping replaces members of one answer, and the others stay."""
    honest = mock.client().decrypt(CiphertextBlob=blob)
    mock.alter("Decrypt", {"Plaintext": b"hell"})

    altered = mock.client().decrypt(CiphertextBlob=blob)
    again = mock.client().decrypt(CiphertextBlob=blob)

    assert (b"hell", honest["KeyId"]) == (altered["Plaintext"], altered["KeyId"])
    assert b"hello" == again["Plaintext"]


def test_members_to_leave_out(mock, blob):
    """None leaves a member out."""
    mock.alter("Decrypt", {"KeyId": None})

    assert "KeyId" not in mock.client().decrypt(CiphertextBlob=blob)


def test_function_that_returns(mock, blob):
    """A function returns the answer that the client is to hear."""
    mock.alter("Decrypt", lambda answer: answer | {"Plaintext": answer["Plaintext"][::-1]})

    assert b"olleh" == mock.client().decrypt(CiphertextBlob=blob)["Plaintext"]


def test_function_that_changes(mock):
    """A function may change what it is given, times included, and return nothing."""
    then = dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc)

    def age(answer):
        answer["KeyMetadata"]["CreationDate"] = then

    mock.alter("CreateKey", age)

    assert then == mock.client().create_key()["KeyMetadata"]["CreationDate"]


def test_what_kms_did(mock):
    """What KMS did is unchanged, and so is what it does next."""
    mock.alter("CreateKey", lambda answer: answer["KeyMetadata"].update(Description="other"))

    key_id = mock.client().create_key(Description="own")["KeyMetadata"]["KeyId"]

    assert "own" == mock.client().describe_key(KeyId=key_id)["KeyMetadata"]["Description"]


def test_record_of_an_altered_call(mock, blob):
    """The record has what the client heard."""
    mock.alter("Decrypt", {"Plaintext": b"other"})
    mock.client().decrypt(CiphertextBlob=blob)

    assert b"other" == mock.calls.of("Decrypt").last.response["Plaintext"]


def test_refused_call(mock, blob):
    """An error is not altered: the change waits for the next answer."""
    altered = mock.alter("Decrypt", {"Plaintext": b"other"})
    with pytest.raises(mock.client().exceptions.InvalidCiphertextException):
        mock.client().decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})

    before = altered.fired
    heard = mock.client().decrypt(CiphertextBlob=blob)["Plaintext"]

    assert (0, b"other", 1) == (before, heard, altered.fired)


def test_unfired(mock):
    """A change that never came about is an error at its end."""
    expected = (
        r"(?s)^1 planned fault never fired:\n    alter\('Decrypt', change of Plaintext\), planned"
        r" .*: Decrypt was not called\n"
    )
    with pytest.raises(UnfiredFaults, match=expected), mock.alter("Decrypt", {"Plaintext": b""}):
        pass


@pytest.mark.parametrize(
    ("operation", "change", "error", "message"),
    [
        (
            "Decrypt",
            {"Plaintxt": b""},
            ValueError,
            "Decrypt has no member 'Plaintxt': did you mean 'Plaintext'?",
        ),
        (
            "Decrypt",
            {"Plaintext": "hi"},
            TypeError,
            "Decrypt.Plaintext='hi' can't be in an answer: it is a blob, so give bytes",
        ),
        (
            "DescribeKey",
            {"KeyMetadata": {"Enabled": 1}},
            TypeError,
            "DescribeKey.KeyMetadata.Enabled=1 can't be in an answer: it is a boolean, so give"
            " bool",
        ),
        (
            "Decrypt",
            b"hi",
            TypeError,
            "change=b'hi' is neither a mapping of members nor a function of the answer",
        ),
        ("EnableKey", {}, ValueError, "EnableKey has no answer that could be changed"),
        ("*", {}, ValueError, "KMS has no operation '*'"),
    ],
    ids=["member", "type", "inner type", "neither", "no answer", "all"],
)
def test_change_that_can_not_be(kms_mock, operation, change, error, message):
    """What the operation can't answer is refused at once."""
    with pytest.raises(error) as caught:
        kms_mock.alter(operation, change)

    assert message == str(caught.value)


def test_function_that_can_not_be(mock, blob):
    """What a function makes of an answer is checked when it has done so."""
    mock.alter("Decrypt", lambda answer: {"Plain": b""})

    with pytest.raises(ValueError, match="Decrypt has no member 'Plain': did you mean 'Plaintext'"):
        mock.client().decrypt(CiphertextBlob=blob)
