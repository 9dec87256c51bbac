"""What a test asks of the mock is done as a whole, or leaves nothing behind."""

import pytest

from pytest_kmsmock import KmsMock, mock_kms
from pytest_kmsmock.mock import ACTIVE
from tests.conformance.observation import observe

STORE_KEY = {"Origin": "EXTERNAL_KEY_STORE", "XksKeyId": "key-1"}


@pytest.mark.parametrize("members", [{}, {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}])
@pytest.mark.parametrize(
    ("alias", "error", "message"),
    [
        (
            "taken",
            ValueError,
            "CreateAlias refuses it: AlreadyExistsException: An alias with the name"
            " arn:aws:kms:us-east-1:123456789012:alias/taken already exists",
        ),
        (
            "aws/x",
            ValueError,
            "CreateAlias refuses it: NotAuthorizedException: The alias name for a customer managed"
            " CMK cannot begin with alias/aws/.",
        ),
        (
            5,
            TypeError,
            "alias=5 is not a string: give one name, and make others by create_alias() of a client",
        ),
        (
            ["a"],
            TypeError,
            "alias=['a'] is not a string: give one name, and make others by create_alias() of a"
            " client",
        ),
    ],
    ids=["taken", "reserved", "number", "list"],
)
def test_create_key_that_fails_at_its_alias(kms_mock, members, alias, error, message):
    """A key whose alias can't be is not made: no key, no material, no tags."""
    kms_mock.create_key(alias="taken")
    before = observe(kms_mock._service.world)

    with pytest.raises(error) as refused:
        kms_mock.create_key(alias=alias, tags={"team": "x"}, **members)

    assert message == str(refused.value)
    assert before == observe(kms_mock._service.world)


def test_create_key_in_a_store_that_fails_at_its_alias(kms, kms_mock):
    """A key that was not made takes no place in its key store: that can be deleted."""
    kms_mock.create_key(alias="taken")
    store_id = kms_mock.key_store("store").custom_key_store_id

    with pytest.raises(ValueError, match="AlreadyExistsException"):
        kms_mock.create_key(alias="taken", CustomKeyStoreId=store_id, **STORE_KEY)

    made = kms.create_key(CustomKeyStoreId=store_id, **STORE_KEY)["KeyMetadata"]
    assert "Enabled" == made["KeyState"]


def test_load_that_fails(kms_mock, tmp_path):
    """Of a seed file with a mistake none of the keys is made."""
    path = tmp_path / "keys.toml"
    path.write_text('[[keys]]\nalias = "a"\n\n[[keys]]\nalias = "b"\n\n[[keys]]\nalias = "a"\n')
    before = observe(kms_mock._service.world)

    with pytest.raises(ValueError, match=r"keys\.toml:7: a: CreateAlias refuses it"):
        kms_mock.load(path)

    assert before == observe(kms_mock._service.world)


@pytest.fixture
def broken_seed_file(tmp_path, monkeypatch):
    """Let the suite's seed file have a mistake from here on."""
    from dataclasses import replace

    path = tmp_path / "keys.toml"
    path.write_text("[[keys]]\nKeySpec = 'NONE'\n")

    def break_it():
        monkeypatch.setattr(ACTIVE, "defaults", replace(ACTIVE.defaults, seed_file=path))

    return break_it


def test_start_that_fails(broken_seed_file):
    """A mock that can't load its seed file has not started."""
    broken_seed_file()
    mock = KmsMock()

    with pytest.raises(ValueError, match=r"keys\.toml:1"):
        mock.start()

    assert ACTIVE.current is None
    with pytest.raises(ValueError, match=r"^this mock is not active"):
        _ = mock.clock


def test_reset_that_fails(broken_seed_file):
    """A mock that can't start anew stays as it is."""
    with mock_kms(isolated=True) as mock:
        key = mock.create_key()
        broken_seed_file()

        with pytest.raises(ValueError, match=r"keys\.toml:1"):
            mock.reset()

        assert [key.key_id] == [one["KeyId"] for one in mock.client().list_keys()["Keys"]]


def test_restore_that_fails(kms, kms_mock):
    """What is no snapshot changes nothing."""
    key = kms_mock.create_key()

    with pytest.raises(TypeError, match="takes what snapshot"):
        kms_mock.restore(kms_mock)

    assert [key.key_id] == [one["KeyId"] for one in kms.list_keys()["Keys"]]


def test_making_a_key_waits_for_nobody(kms_mock, monkeypatch):
    """What is done as a whole does not give way to other threads in the midst of it."""
    waits = []
    monkeypatch.setattr("pytest_kmsmock._kms.locking.sleep", waits.append)

    kms_mock.create_key(alias="app")

    assert [] == waits
