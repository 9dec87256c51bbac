"""What was called: the record that a mock keeps of each request."""

import copy
import gc
import pickle
import types
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timezone
from functools import partial
from typing import Any

import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import Shape

from pytest_kmsmock import Call, Calls, KmsMock, mock_kms
from pytest_kmsmock._kms.crypto.pool import KeyPairPool
from pytest_kmsmock.workbench.calls.record import CallError
from tests.aio import AioSession, needs_aiobotocore
from tests.conformance.minimal_requests import prepare
from tests.conformance.service_model import MODEL, OPERATIONS
from tests.conformance.stage import Stage
from tests.plugin.clients import make_client, make_older_session, make_session
from tests.vocabulary import create_key, members, refusal

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY_ARN = f"arn:aws:kms:us-east-1:123456789012:key/{KEY_ID}"
CALLER = "arn:aws:iam::123456789012:user/kmsmock"
NOW = datetime(2030, 1, 2, 3, 4, 5, 678000, tzinfo=timezone.utc)


@pytest.fixture
def key_id(mock: KmsMock) -> str:
    """A key that is there before the first call."""
    mock.clock.freeze()
    mock.clock.move_to(NOW)
    return mock.create_key(key_id=KEY_ID, material=bytes(32)).key_id


def expected(operation: str, parameters: dict[str, Any], **others: Any) -> Call:
    told: dict[str, Any] = {
        "operation": operation,
        "parameters": parameters,
        "region": "us-east-1",
        "account_id": "123456789012",
        "principal": CALLER,
        "key_arn": KEY_ARN,
        "time": NOW,
        "attempt": 1,
    }
    return Call(**told | others)


def test_call(mock, key_id):
    """A call has all that was asked, by whom, where and when, and the members of the answer."""
    parameters = {"KeyId": key_id, "Plaintext": b"hi", "EncryptionContext": {"tenant": "7"}}
    response = mock.client().encrypt(**parameters)

    assert [expected("Encrypt", parameters, response=members(response))] == mock.calls


def test_call_that_is_refused(mock, key_id):
    """A call that is refused has the error, and the key that it was about."""
    mock.client().disable_key(KeyId=key_id)
    mock.calls.reset()
    refusal(mock.client().encrypt, KeyId=key_id, Plaintext=b"hi")

    error = CallError(code="DisabledException", message=f"{KEY_ARN} is disabled.", status=400)

    assert [expected("Encrypt", {"KeyId": key_id, "Plaintext": b"hi"}, error=error)] == mock.calls


def test_call_without_a_key(mock, key_id):
    """A call that is about no key, or about one that there is not, has none."""
    client = mock.client()
    response = client.generate_random(NumberOfBytes=4)
    refusal(client.describe_key, KeyId="alias/none")
    calls = mock.calls

    message = "Alias arn:aws:kms:us-east-1:123456789012:alias/none is not found."
    error = CallError(code="NotFoundException", message=message, status=400)

    assert [
        expected(
            "GenerateRandom",
            {"NumberOfBytes": 4},
            key_arn=None,
            response={"Plaintext": response["Plaintext"]},
        ),
        expected("DescribeKey", {"KeyId": "alias/none"}, key_arn=None, error=error),
    ] == calls


def test_call_without_an_answer(mock, key_id):
    """An operation that answers nothing has an empty answer, and is no failure."""
    mock.client().disable_key(KeyId=key_id)

    assert [expected("DisableKey", {"KeyId": key_id}, response={})] == mock.calls


def test_calls_elsewhere(mock):
    """Region and account are the caller's."""
    with mock_kms(isolated=True, account_id="111122223333", wire=mock.wire) as other:
        other.client("cn-north-1").list_keys()
        call = other.calls.last

    assert (
        "cn-north-1",
        "111122223333",
        "arn:aws-cn:iam::111122223333:user/kmsmock",
    ) == (call.region, call.account_id, call.principal)


def test_key_of_a_call_that_makes_one(mock):
    """CreateKey is about the key that it makes."""
    arn = create_key(mock.client())

    assert arn == mock.calls.last.key_arn


def test_key_of_a_call_about_several(mock, key_id):
    """A call about several keys has the first that it names: ReEncrypt's source."""
    client, other = mock.client(), mock.create_key().key_id
    blob = client.encrypt(KeyId=key_id, Plaintext=b"hi")["CiphertextBlob"]
    client.re_encrypt(CiphertextBlob=blob, DestinationKeyId=other)

    assert KEY_ARN == mock.calls.last.key_arn


def test_call_of_an_older_session(mock, key_id):
    """Of a client that is older than the plugin the parameters are read from the request."""
    client = make_older_session().create_client("kms", region_name="us-east-1")
    encrypted = client.encrypt(KeyId=key_id, Plaintext=b"hi")

    assert [
        expected(
            "Encrypt",
            {"KeyId": key_id, "Plaintext": b"hi"},
            response=members(encrypted),
        )
    ] == mock.calls


def test_call_of_an_older_session_that_can_not_be_read(mock, key_id):
    """Of a request that is no request to KMS nothing is read."""
    client = make_older_session().create_client(
        "kms", region_name="us-east-1", config=Config(parameter_validation=False)
    )
    code, _ = refusal(client.describe_key, KeyId=7)

    assert "SerializationException" == code
    assert {} == mock.calls.last.parameters


@pytest.mark.asyncio
@needs_aiobotocore
async def test_call_of_aiobotocore(mock, key_id):
    """aiobotocore's calls are recorded as boto3's are."""
    async with make_session(AioSession).create_client("kms") as client:
        response = await client.encrypt(KeyId=key_id, Plaintext=b"hi")

    assert [
        expected("Encrypt", {"KeyId": key_id, "Plaintext": b"hi"}, response=members(response))
    ] == mock.calls


def test_parameters_are_the_callers(mock, key_id):
    """Parameters are recorded as they were given, also where botocore takes other types."""
    mock.client().encrypt(KeyId=key_id, Plaintext="hi")

    assert {"KeyId": key_id, "Plaintext": "hi"} == mock.calls.last.parameters


class LastOfEach(dict):
    """A mapping that keeps lists and gives their last items, as those of web frameworks do."""

    def __getitem__(self, name):
        return super().__getitem__(name)[-1]

    def items(self):
        return [(name, self[name]) for name in self]


def test_parameters_of_a_kind_of_dictionary(mock, key_id):
    """A dictionary that gives other items than it holds is recorded as it was sent."""
    context = LastOfEach(tenant=["6", "7"])
    mock.client().encrypt(KeyId=key_id, Plaintext=b"hi", EncryptionContext=context)

    assert {"tenant": "7"} == mock.calls.last.parameters["EncryptionContext"]


@pytest.mark.parametrize(
    "copy_of", [copy.deepcopy, lambda calls: pickle.loads(pickle.dumps(calls))]
)
def test_copy_of_calls(mock, key_id, copy_of):
    """Calls can be copied and pickled, denied ones, too; what was decided comes along."""
    mock.client().describe_key(KeyId=key_id)
    with mock.raises("AccessDeniedException"):
        mock.role("worker").client().describe_key(KeyId=key_id)
    explained = [call.decision.explain() for call in mock.calls]
    copied = copy_of(mock.calls)

    assert mock.calls == copied
    assert explained == [call.decision.explain() for call in copied]


def test_decision_of_a_call(mock, key_id):
    """A decision is equal to itself, however often the call is looked at, and to no other."""
    mock.client().describe_key(KeyId=key_id)
    mock.client().describe_key(KeyId=key_id)
    first, second = mock.calls[-2].decision, mock.calls[-1].decision

    assert first == mock.calls[-2].decision
    assert first != second
    assert 2 == len({first, second, mock.calls[-2].decision})


def test_parameters_that_the_caller_changes(mock, key_id):
    """A record keeps what was given, whatever the caller does with it later."""
    plaintext, tags = bytearray(b"hi"), [{"TagKey": "a", "TagValue": "b"}]
    client = mock.client()
    client.encrypt(KeyId=key_id, Plaintext=plaintext)
    client.tag_resource(KeyId=key_id, Tags=tags)
    plaintext[:] = b"??"
    tags[0]["TagValue"] = "?"

    assert [
        {"KeyId": key_id, "Plaintext": b"hi"},
        {"KeyId": key_id, "Tags": [{"TagKey": "a", "TagValue": "b"}]},
    ] == [call.parameters for call in mock.calls]


def test_record_that_is_changed(mock, key_id):
    """Nobody changes a record: neither by the answer, nor by the record itself."""
    response = mock.client().describe_key(KeyId=key_id)
    before = copy.deepcopy(mock.calls.last)
    response["KeyMetadata"].clear()
    mock.calls.last.parameters.clear()
    mock.calls.last.response["KeyMetadata"].clear()

    assert before == mock.calls.last
    with pytest.raises(AttributeError):
        before.operation = "Decrypt"


def changeable_parts(roots: list[Any]) -> dict[int, Any]:
    """Find all lists, dictionaries and sets that hang on *roots*, by their identity."""
    code = (type, types.ModuleType, types.FunctionType, types.MethodType, types.CodeType, partial)
    shared = (KeyPairPool,)  # by all of the process: by way of pytest it leads to everything
    seen: dict[int, Any] = {}
    waiting = list(roots)
    while waiting:
        one = waiting.pop()
        if id(one) not in seen and not isinstance(one, code + shared):
            seen[id(one)] = one
            waiting += gc.get_referents(one)
    return {key: one for key, one in seen.items() if isinstance(one, (list, dict, set)) and one}


@pytest.mark.sweep(7)
@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_answer_that_is_read_later(operation):
    """An answer shares nothing that may change with the KMS: it is the same whenever it is read."""
    with mock_kms() as mock:
        stage = Stage(mock=mock)
        request = prepare(stage, operation)
        getattr(stage.kms, xform_name(operation))(**request)
        world = mock._service.world
        [entry] = mock.calls.of(operation)[-1:]._entries

    result = changeable_parts([entry.response.result])

    assert {} == {key: result[key] for key in result.keys() & changeable_parts([world]).keys()}


def test_selection(mock, key_id):
    """`of` chooses the calls of an operation, `last` is the last of them."""
    client = mock.client()
    client.describe_key(KeyId=key_id)
    client.list_keys(Limit=1)
    client.list_keys(Limit=2)
    calls = mock.calls

    assert ["DescribeKey", "ListKeys", "ListKeys"] == [call.operation for call in calls]
    assert [{"Limit": 1}, {"Limit": 2}] == [call.parameters for call in calls.of("ListKeys")]
    assert {"Limit": 2} == calls.last.parameters
    assert {"KeyId": key_id} == calls.of("DescribeKey").last.parameters


def test_sequence(mock):
    """Calls are a sequence like any other: length, index, slice, membership, order, truth."""
    for limit in (1, 2, 3):
        mock.client().list_keys(Limit=limit)
    calls = mock.calls
    first, second, third = calls

    assert 3 == len(calls)
    assert (first, third, third) == (calls[0], calls[2], calls[-1])
    assert isinstance(calls[1:], Calls)
    assert [second, third] == calls[1:]
    assert [third, second, first] == list(reversed(calls))
    assert second in calls
    assert (1, 1) == (calls.index(second), calls.count(second))
    assert not calls.of("Encrypt")
    with pytest.raises(IndexError):
        calls[3]


def test_equality(mock):
    """Calls equal a list or tuple of the same calls, and nothing else."""
    for limit in (1, 2):
        mock.client().list_keys(Limit=limit)
    calls = mock.calls
    first, second = calls

    assert calls == [first, second]
    assert calls == (first, second)
    assert calls == mock.calls
    assert calls != [second, first]
    assert calls != [first]
    assert calls != [first, second, second]
    assert calls != ["ListKeys", "ListKeys"]
    assert calls != {first.operation, second.operation}
    with pytest.raises(TypeError, match="unhashable"):
        hash(calls)


def test_call_is_pickled(mock):
    """A call can be sent to another process."""
    mock.client().list_keys()

    assert mock.calls.last == pickle.loads(pickle.dumps(mock.calls.last))


def test_last_of_none(mock):
    """Where there is no call there is no last one, and the error says of what."""
    with pytest.raises(IndexError) as nothing:
        mock.calls.last  # noqa: B018 - the error is what it is for
    mock.client().list_keys()
    with pytest.raises(IndexError) as no_decrypt:
        mock.calls.of("Decrypt").last  # noqa: B018 - the error is what it is for

    assert ("nothing was called", "Decrypt was not called") == (
        str(nothing.value),
        str(no_decrypt.value),
    )


@pytest.mark.parametrize(
    ("operation", "error", "message"),
    [
        ("Decript", ValueError, "KMS has no operation 'Decript': did you mean 'Decrypt'?"),
        (
            "generate_data_key",
            ValueError,
            "KMS has no operation 'generate_data_key': did you mean 'GenerateDataKey'?",
        ),
        (
            "GenerateKey",
            ValueError,
            "KMS has no operation 'GenerateKey': did you mean 'GenerateDataKey'?",
        ),
        (
            "DataKeyPair",
            ValueError,
            "KMS has no operation 'DataKeyPair': did you mean 'GenerateDataKeyPair' or "
            "'GenerateDataKeyPairWithoutPlaintext'?",
        ),
        ("PutObject", ValueError, "KMS has no operation 'PutObject'"),
        ("*", ValueError, "KMS has no operation '*'"),
        (7, TypeError, "KMS has no operation 7: a name is a string"),
    ],
)
def test_operation_that_there_is_not(mock, operation, error, message):
    """An operation that KMS does not have is an error with the nearest ones."""
    with pytest.raises(error) as caught:
        mock.calls.of(operation)

    assert message == str(caught.value)


def test_calls_that_come_later(mock):
    """Calls that somebody has are not changed by later ones."""
    before = mock.calls
    mock.client().list_keys()

    assert ([], 1) == (list(before), len(mock.calls))


def test_reset_of_the_calls(mock):
    """`calls.reset()` forgets the calls, and nothing else; who has them keeps them."""
    arn = create_key(mock.client())
    calls = mock.calls
    calls.reset()

    assert ([], 1) == (list(mock.calls), len(calls))
    assert [arn] == [key["KeyArn"] for key in mock.client().list_keys()["Keys"]]


def test_reset_of_some_calls(mock):
    """A selection forgets itself only."""
    create_key(mock.client())
    mock.client().list_keys()
    mock.calls.of("CreateKey").reset()

    assert ["ListKeys"] == [call.operation for call in mock.calls]


def test_reset_of_the_mock(mock):
    """`reset()` forgets keys and calls."""
    create_key(mock.client())
    mock.reset()

    assert [] == mock.calls


def test_calls_after_the_mock(wire):
    """The calls are there after the mock has ended, and forgotten when it starts anew."""
    mock = KmsMock(wire=wire)
    before = list(mock.calls)
    with mock_kms():
        mock.start()
        mock.client().list_keys()
        mock.stop()
    after = mock.calls
    mock.start()
    anew = mock.calls
    mock.stop()

    assert ([], 1, []) == (before, len(after), list(anew))


def test_calls_of_a_mock_that_is_joined(mock):
    """A mock that is joined has the calls of all who joined it."""
    with mock_kms() as inner:
        inner.client().list_keys()

    assert ["ListKeys"] == [call.operation for call in mock.calls]


def test_calls_of_an_isolated_mock(mock):
    """A mock has no calls of another."""
    with mock_kms(isolated=True) as other:
        other.client().list_keys()

    assert (0, 1) == (len(mock.calls), len(other.calls))


def test_calls_of_the_handle(mock):
    """What the handle does by itself is no call."""
    mock.create_key(alias="app", tags={"a": "b"})
    mock.key_store("store")
    mock.clock.advance(days=1)

    assert [] == mock.calls


def test_calls_of_threads(mock):
    """Calls of several threads are all recorded."""
    client = mock.client()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda limit: client.list_keys(Limit=limit), range(1, 201)))

    assert list(range(1, 201)) == sorted(call.parameters["Limit"] for call in mock.calls)


def test_calls_that_are_kept(mock, monkeypatch):
    """Of very many calls the last ones are kept."""
    monkeypatch.setattr("pytest_kmsmock.workbench.calls.record.KEPT", 3)
    mock.reset()
    for limit in (1, 2, 3, 4):
        mock.client().list_keys(Limit=limit)

    assert [2, 3, 4] == [call.parameters["Limit"] for call in mock.calls]


@pytest.fixture
def shown(mock: KmsMock, key_id: str) -> KmsMock:
    """A mock with four calls to be shown."""
    client = make_client(config=Config(parameter_validation=False))
    encrypted = client.encrypt(KeyId=key_id, Plaintext=b"hi")
    client.decrypt(CiphertextBlob=encrypted["CiphertextBlob"])
    refusal(client.describe_key, KeyId="alias/none")
    client.disable_key(KeyId=key_id)
    return mock


def test_repr(shown):
    """A call shows operation and parameters, blobs by their length, and the code of an error."""
    assert [
        f"<Call Encrypt(KeyId='{KEY_ID}', Plaintext=<2 bytes>)>",
        "<Call Decrypt(CiphertextBlob=<154 bytes>)>",
        "<Call DescribeKey(KeyId='alias/none') -> NotFoundException>",
        f"<Call DisableKey(KeyId='{KEY_ID}')>",
    ] == [repr(call) for call in shown.calls]
    assert repr(list(shown.calls)) == repr(shown.calls)


SHOWN = f"""
Encrypt(KeyId='{KEY_ID}', Plaintext=%s) -> CiphertextBlob=<154 bytes>, KeyId='{KEY_ARN}', \
EncryptionAlgorithm='SYMMETRIC_DEFAULT'
Decrypt(CiphertextBlob=<154 bytes>) -> KeyId='{KEY_ARN}', Plaintext=%s, \
EncryptionAlgorithm='SYMMETRIC_DEFAULT', KeyMaterialId='%s'
DescribeKey(KeyId='alias/none') -> NotFoundException: \
Alias arn:aws:kms:us-east-1:123456789012:alias/none is not found.
DisableKey(KeyId='{KEY_ID}')
"""


@pytest.mark.parametrize(("secrets", "plaintext"), [(False, "<2 bytes>"), (True, "b'hi'")])
def test_show(shown, secrets, plaintext):
    """`show` adds the answers and, if asked, what is secret."""
    material_id = shown.calls.of("Decrypt").last.response["KeyMaterialId"]

    assert SHOWN.strip() % (plaintext, plaintext, material_id) == shown.calls.show(secrets=secrets)


def test_show_of_other_types(mock, key_id):
    """Lists, dictionaries, times and long texts are shown in a line, however deep."""
    client = make_client()
    client.create_key(
        Description="x" * 200, MultiRegion=True, Tags=[{"TagKey": "a", "TagValue": "b"}]
    )
    client.list_keys(Limit=1)
    request, *_ = (call.show() for call in mock.calls)

    assert (
        f"CreateKey(Description='{'x' * 99}…', MultiRegion=True, "
        "Tags=[{'TagKey': 'a', 'TagValue': 'b'}]) -> KeyMetadata={'AWSAccountId': '123456789012', "
    ) == request.partition("'KeyId'")[0]
    assert "'CreationDate': 2030-01-02T03:04:05.678000+00:00, " in request


def test_show_of_a_wrong_type(mock):
    """What the service model has no shape for is shown as Python has it."""
    client = make_client(config=Config(parameter_validation=False))
    refusal(client.create_key, Description={"a": {"b": 1}})

    assert "<Call CreateKey(Description={'a': {'b': 1}}) -> SerializationException>" == repr(
        mock.calls.last
    )


# What the service model marks as sensitive in requests and answers, and values for what the
# minimal request of an operation leaves out.
PASSWORD = {"KeyStorePassword": "secret-password"}
CREDENTIAL = {
    "XksProxyAuthenticationCredential": {
        "AccessKeyId": "SECRETSECRETSECRETSE",
        "RawSecretAccessKey": "secret" * 8,
    }
}
SECRETS: dict[tuple[str, str], dict[str, Any]] = {
    ("CreateCustomKeyStore", "AccessKeyId"): CREDENTIAL,
    ("CreateCustomKeyStore", "KeyStorePassword"): PASSWORD,
    ("CreateCustomKeyStore", "RawSecretAccessKey"): CREDENTIAL,
    ("Decapsulate", "SharedSecret"): {},
    ("Decrypt", "Plaintext"): {},
    ("DeriveSharedSecret", "SharedSecret"): {},
    ("DescribeCustomKeyStores", "AccessKeyId"): {},
    ("Encapsulate", "SharedSecret"): {},
    ("Encrypt", "Plaintext"): {},
    ("GenerateDataKey", "Plaintext"): {},
    ("GenerateDataKeyPair", "PrivateKeyPlaintext"): {},
    ("GenerateMac", "Message"): {},
    ("GenerateRandom", "Plaintext"): {},
    ("GetParametersForImport", "PublicKey"): {},
    ("Sign", "Message"): {},
    ("UpdateCustomKeyStore", "AccessKeyId"): CREDENTIAL,
    ("UpdateCustomKeyStore", "KeyStorePassword"): PASSWORD,
    ("UpdateCustomKeyStore", "RawSecretAccessKey"): CREDENTIAL,
    ("Verify", "Message"): {},
    ("VerifyMac", "Message"): {},
}


def sensitive_members(shape: Shape | None) -> Iterator[str]:
    for name, member in getattr(shape, "members", {}).items():
        if member.metadata.get("sensitive"):
            yield name
        yield from sensitive_members(getattr(member, "member", member))


def test_secrets_of_the_model():
    """The tests of secrets know all that the service model calls sensitive."""
    marked = {
        (operation, name)
        for operation in MODEL.operation_names
        for shape in (
            MODEL.operation_model(operation).input_shape,
            MODEL.operation_model(operation).output_shape,
        )
        for name in sensitive_members(shape)
    }

    assert marked == set(SECRETS)


def find(name: str, value: Any) -> Iterator[Any]:
    """Find the values of the members with that name, however deep."""
    match value:
        case dict():
            yield from (item for key, item in value.items() if key == name)
            for item in value.values():
                yield from find(name, item)
        case list():
            for item in value:
                yield from find(name, item)


@pytest.mark.parametrize(("operation", "name"), SECRETS)
def test_secrets(operation, name):
    """What the service model calls sensitive is not shown, unless somebody asks for it."""
    with mock_kms() as mock:
        stage = Stage(mock=mock)
        request = prepare(stage, operation) | SECRETS[operation, name]
        if operation == "DescribeCustomKeyStores":
            stage.create_key_store("EXTERNAL_KEY_STORE")
        with suppress(ClientError):  # where the other members do not go with that one
            getattr(stage.kms, xform_name(operation))(**request)
        call = mock.calls.of(operation).last
    [secret] = [*find(name, call.parameters), *find(name, call.response)]

    assert repr(secret) not in repr(call)
    assert repr(secret) not in call.show()
    assert repr(secret) in call.show(secrets=True)
