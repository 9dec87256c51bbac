"""Who uses the public face wrongly is told at the call what to write instead; nothing changes."""

from uuid import UUID

import pytest

from pytest_kmsmock import KmsMock, NitroEnclave, mock_kms
from tests.vocabulary import ACCOUNT

UNKNOWN = UUID("0f0e0d0c-0b0a-4908-8706-050403020100")


def without_list(refused: Exception) -> str:
    """Leave out the list of all options of a mock or a client, for others may come."""
    return str(refused).partition(" (it takes region_name, ")[0]


OPTIONS = {
    "wire": ({"wire": "false"}, TypeError, "wire='false' is not True or False"),
    "number": ({"wire": 1}, TypeError, "wire=1 is not True or False"),
    "auto": (
        {"auto_create_keys": "false"},
        TypeError,
        "auto_create_keys='false' is not True or False",
    ),
    "isolated": ({"isolated": "no"}, TypeError, "isolated='no' is not True or False"),
    "unlikely Region": (
        {"region_name": "us-east-99"},
        ValueError,
        "region_name 'us-east-99' is not a Region that the installed botocore knows: did you mean"
        " 'us-east-2'?",
    ),
    "Region on the moon": (
        {"region_name": "xx-moon-1"},
        ValueError,
        "region_name 'xx-moon-1' is not a Region that the installed botocore knows",
    ),
    "Region in capitals": (
        {"region_name": "US-EAST-1"},
        ValueError,
        "region_name 'US-EAST-1' is not the name of a Region, such as 'eu-west-1'",
    ),
    "region": (
        {"region": "eu-west-1"},
        TypeError,
        "mock_kms() has no keyword 'region': did you mean 'region_name'?",
    ),
}


@pytest.mark.parametrize(("options", "error", "message"), OPTIONS.values(), ids=OPTIONS)
def test_option(options, error, message):
    """A wrong option of `mock_kms()` is refused."""
    with pytest.raises(error) as refused:
        mock_kms(**options)

    assert message == without_list(refused.value)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("advance", ": did you mean kms_mock.clock.advance?"),
        ("last", ": did you mean kms_mock.calls.last?"),
        ("describe_key", ": did you mean kms_mock.client().describe_key?"),
        ("create_Key", ": did you mean 'create_key'?"),
        ("createkey", ": did you mean 'create_key'?"),
        ("nothing_like_it", ""),
    ],
)
def test_attribute_that_is_elsewhere(kms_mock, name, meant):
    """A mock says where an attribute is that it does not have itself."""
    with pytest.raises(AttributeError) as refused:
        getattr(kms_mock, name)

    assert f"'KmsMock' object has no attribute '{name}'{meant}" == str(refused.value)


def test_attribute_that_fails(kms_mock, monkeypatch):
    """What a property of a mock raises is not taken for a name that it does not have."""
    monkeypatch.delattr(kms_mock, "_account_id")

    with pytest.raises(AttributeError, match=r"^'KmsMock' object has no attribute '_account_id'$"):
        _ = kms_mock.account_id


def test_option_of_the_marker(run_pytest):
    """A wrong option of the marker is refused before any test runs."""
    result = run_pytest("""
    import pytest

    @pytest.mark.kms(wire="false")
    def test_it():
        pass
    """)

    result.stderr.fnmatch_lines(["ERROR: *::test_it: wire='false' is not True or False"])


HANDLE = {
    "keyword": (
        lambda: KmsMock(region="x"),
        TypeError,
        "KmsMock() has no argument 'region': did you mean 'region_name'?",
    ),
    "position": (
        lambda: KmsMock("eu-west-1"),
        TypeError,
        "KmsMock() takes no arguments by position: name the others, as in region_name=...",
    ),
    "with": (
        lambda: KmsMock().__enter__(),
        TypeError,
        "a KmsMock is not a context manager: write `with mock_kms() as mock:`, with the same"
        " arguments, or use its start() and stop()",
    ),
    "clock": (
        lambda: KmsMock().clock,
        ValueError,
        "this mock is not active: start() it, or use it inside mock_kms()",
    ),
    "account": (
        lambda: setattr(KmsMock(), "account_id", "111122223333"),
        AttributeError,
        "the account_id of a mock can't be changed once it is made: give it to"
        " mock_kms(account_id=...), KmsMock(account_id=...) or the marker kms",
    ),
    "Region": (
        lambda: setattr(KmsMock(), "region_name", "eu-west-1"),
        AttributeError,
        "the region_name of a mock can't be changed once it is made: give it to"
        " mock_kms(region_name=...), KmsMock(region_name=...) or the marker kms",
    ),
    "wire": (
        lambda: setattr(KmsMock(), "wire", "false"),
        TypeError,
        "wire='false' is not True or False",
    ),
    "auto": (
        lambda: setattr(KmsMock(), "auto_create_keys", 1),
        TypeError,
        "auto_create_keys=1 is not True or False",
    ),
    "enclave": (
        lambda: NitroEnclave(bits=5),
        TypeError,
        "NitroEnclave() has no argument 'bits' (it takes pcrs, key_size)",
    ),
    "document": (
        lambda: NitroEnclave().attestation_document(pcrs={}),
        TypeError,
        "attestation_document() has no argument 'pcrs' (it takes user_data, nonce)",
    ),
}


@pytest.mark.parametrize(("misuse", "error", "message"), HANDLE.values(), ids=HANDLE)
def test_handle(misuse, error, message):
    """A handle that is made or used wrongly says so."""
    with pytest.raises(error) as refused:
        misuse()

    assert message == without_list(refused.value)


def ciphertext(**given):
    """Register a ciphertext, of which the test gives one part wrongly."""

    def misuse(kms_mock):
        parts = {"blob": b"abc", "plaintext": b"x", **given}
        parts.setdefault("key", kms_mock.create_key(key_id=str(UNKNOWN)))
        kms_mock.register_ciphertext(parts.pop("blob"), parts.pop("plaintext"), **parts)

    return misuse


def key(**given):
    return lambda kms_mock: kms_mock.create_key(**given)


CALLS = {
    "key_id of uuid": (
        key(key_id=UNKNOWN),
        TypeError,
        f"key_id={UNKNOWN!r} is not a string: give str() of it",
    ),
    "key_id of int": (key(key_id=5), TypeError, "key_id=5 is not a string: give str() of it"),
    "Description": (
        key(Description=b"x"),
        TypeError,
        "Description=b'x' is not a string",
    ),
    "Policy": (
        key(Policy=7),
        TypeError,
        "Policy=7 is not a string",
    ),
    "MultiRegion": (key(MultiRegion="yes"), TypeError, "MultiRegion='yes' is not True or False"),
    "tags of text": (
        key(tags="a=b"),
        TypeError,
        "tags='a=b' is neither a mapping, as in tags={'team': 'orders'}, nor a list as CreateKey"
        " takes it",
    ),
    "tags of numbers": (
        key(tags={"a": 1}),
        TypeError,
        "tags: 1 is not a string, and keys and values are",
    ),
    "tags of pairs": (
        key(tags=[("a", "b")]),
        TypeError,
        "an item of Tags=('a', 'b') is not a mapping",
    ),
    "tags with another name": (
        key(tags=[{"Key": "a", "Value": "b"}]),
        TypeError,
        "an item of Tags has no member 'Key': TagKey, TagValue",
    ),
    "text for bytes": (
        key(material="0" * 32),
        ValueError,
        "material does not fit KeySpec SYMMETRIC_DEFAULT: SYMMETRIC_DEFAULT material is bytes",
    ),
    "key by position": (
        lambda kms_mock: kms_mock.create_key("app"),
        TypeError,
        "create_key() takes no arguments by position: name the others, as in key_id=...",
    ),
    "Region of a key": (
        key(region_name="eu-centrl-1"),
        ValueError,
        "region_name 'eu-centrl-1' is not a Region that the installed botocore knows: did you mean"
        " 'eu-central-1'?",
    ),
    "load": (
        lambda kms_mock: kms_mock.load(5),
        TypeError,
        "load() takes the path of a TOML file, not 5",
    ),
    "blob of text": (
        ciphertext(blob="abc"),
        TypeError,
        "blob is not bytes, but str: encode() it, or decode it if it is base64",
    ),
    "plaintext of text": (
        ciphertext(plaintext="x"),
        TypeError,
        "plaintext is not bytes, but str: encode() it, or decode it if it is base64",
    ),
    "plaintext of a number": (
        ciphertext(plaintext=5),
        TypeError,
        "plaintext is not bytes, but int",
    ),
    "no plaintext": (
        ciphertext(plaintext=b""),
        ValueError,
        "a plaintext has 1 to 4096 bytes, as Encrypt takes it, not 0",
    ),
    "long plaintext": (
        ciphertext(plaintext=bytes(4097)),
        ValueError,
        "a plaintext has 1 to 4096 bytes, as Encrypt takes it, not 4097",
    ),
    "key of a number": (
        ciphertext(key=5),
        TypeError,
        "key=5 is neither a KeyHandle nor a key's id, ARN or alias",
    ),
    "context of text": (
        ciphertext(encryption_context="a"),
        TypeError,
        "encryption_context='a' is not a mapping of strings to strings, as in {'tenant': '7'}",
    ),
    "context of numbers": (
        ciphertext(encryption_context={"tenant": 7}),
        TypeError,
        "encryption_context={'tenant': 7} is not a mapping of strings to strings, as in"
        " {'tenant': '7'}",
    ),
    "calls by name": (
        lambda kms_mock: kms_mock.calls["Decrypt"],
        TypeError,
        "the index of a call is a number: write calls[0], calls[-1], or calls.of('Decrypt')",
    ),
    "calls that were not made": (
        lambda kms_mock: kms_mock.calls.of("Decrypt")[-1],
        IndexError,
        "there is no call -1: Decrypt was not called",
    ),
    "number by position": (
        lambda kms_mock: kms_mock.assert_called("Decrypt", 2),
        TypeError,
        "assert_called() takes 1 argument by position (operation): name the others, as in"
        " times=...",
    ),
    "throttled": (
        lambda kms_mock: kms_mock.fail("Decrypt", "Throttled"),
        ValueError,
        "KMS has no error 'Throttled': did you mean 'ThrottlingException'?",
    ),
    "another service's error": (
        lambda kms_mock: kms_mock.fail("Decrypt", "TooManyRequestsException"),
        ValueError,
        "KMS has no error 'TooManyRequestsException': did you mean 'ThrottlingException'?",
    ),
    "error that was made": (
        lambda kms_mock: kms_mock.fail("Decrypt", ValueError("x")),
        TypeError,
        "ValueError('x') is an exception instance: give its code or its class",
    ),
    "argument of fail": (
        lambda kms_mock: kms_mock.fail("Decrypt", "ThrottlingException", time=2),
        TypeError,
        "fail() has no argument 'time': did you mean 'times'? (it takes operation, error, times,"
        " after, when, message, lost)",
    ),
    "no error": (
        lambda kms_mock: kms_mock.fail("Decrypt"),
        TypeError,
        "fail() lacks an argument: it takes operation, error, times, after, when, message, lost",
    ),
    "Region of a client": (
        lambda kms_mock: kms_mock.client("nowhere"),
        ValueError,
        "region_name 'nowhere' is not the name of a Region, such as 'eu-west-1'",
    ),
    "keyword of a client": (
        lambda kms_mock: kms_mock.client(region="eu-west-1"),
        TypeError,
        "client() has no argument 'region': did you mean 'region_name'?",
    ),
    "key store by keyword": (
        lambda kms_mock: kms_mock.key_store("s").slow_down(second=1),
        TypeError,
        "slow_down() has no argument 'second': did you mean 'seconds'? (it takes seconds)",
    ),
}


@pytest.mark.parametrize(("misuse", "error", "message"), CALLS.values(), ids=CALLS)
def test_call(kms_mock, misuse, error, message):
    """A wrong argument of a method is refused with what to write instead."""
    with pytest.raises(error) as refused:
        misuse(kms_mock)

    assert message == without_list(refused.value)
    assert [] == [
        one for one in kms_mock.client().list_keys()["Keys"] if one["KeyId"] != str(UNKNOWN)
    ]


def test_ciphertext_of_a_key_that_does_not_encrypt(kms_mock):
    """A key of another usage has made no ciphertext."""
    key = kms_mock.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")

    with pytest.raises(ValueError, match=r"is for GENERATE_VERIFY_MAC") as refused:
        kms_mock.register_ciphertext(b"abc", b"x", key=key)

    assert (
        f"{key.arn} is for GENERATE_VERIFY_MAC, and has no ciphertexts: take a key for"
        " ENCRYPT_DECRYPT"
    ) == str(refused.value)


@pytest.mark.parametrize("form", [bytearray, memoryview, bytes])
def test_forms_of_bytes(kms, kms_mock, form):
    """Bytes are taken in whatever form they are."""
    key = kms_mock.create_key(material=form(bytes(32)))
    kms_mock.register_ciphertext(form(b"abc"), form(b"x"), key=key)

    assert bytes(32) == key.material()
    assert b"x" == kms.decrypt(CiphertextBlob=b"abc")["Plaintext"]


def test_auto_create_keys_set_later(kms, kms_mock):
    """`auto_create_keys` may be set in a test: it holds from the next call on."""
    kms_mock.auto_create_keys = True
    made = kms.describe_key(KeyId="alias/none")["KeyMetadata"]
    kms_mock.auto_create_keys = False

    with kms_mock.raises("NotFoundException"):
        kms.describe_key(KeyId="alias/other")
    assert ("Enabled", ACCOUNT) == (made["KeyState"], made["AWSAccountId"])
    assert kms_mock.strict.auto_create_keys is False


def test_wire_set_later(kms, kms_mock):
    """`wire` may be set in a test: it holds from the next call on."""
    kms_mock.wire = True

    assert kms.list_keys()["ResponseMetadata"]["HTTPHeaders"]
    assert kms_mock.wire is True


def test_stop_within_a_block():
    """A mock that was stopped within its `with` is over at its end, without an error."""
    activation = mock_kms()

    with activation as mock:
        activation.stop()
    with activation as other:
        assert [] == other.client().list_keys()["Keys"]

    assert mock is not other
