"""The handle, and the stack of active mocks: started and stopped in every form and order."""

import asyncio
import threading

import pytest
from botocore.config import Config

from pytest_kmsmock import KmsMock, mock_kms
from pytest_kmsmock.mock import ACTIVE
from tests.plugin.clients import make_client
from tests.vocabulary import create_key

client = KmsMock().client()


def count_keys() -> int:
    return len(client.list_keys()["Keys"])


@pytest.fixture(autouse=True)
def _stack_as_it_was():
    """No test leaves a mock behind."""
    yield

    assert ACTIVE.current is None


def test_context_manager():
    """`with mock_kms()` gives the handle of a KMS that is empty, and ends with the block."""
    with mock_kms() as mock:
        before = count_keys()
        create_key(client)
        after = count_keys()

    assert isinstance(mock, KmsMock)
    assert (0, 1) == (before, after)
    assert ACTIVE.current is None


def test_context_manager_that_is_left_by_an_error():
    """An error leaves the block, and no mock behind."""
    with pytest.raises(ZeroDivisionError), mock_kms():
        raise ZeroDivisionError


def test_asynchronous_context_manager():
    """`async with mock_kms()` does the same."""

    async def use() -> tuple[KmsMock | None, KmsMock]:
        async with mock_kms() as mock:
            return ACTIVE.current, mock

    current, mock = asyncio.run(use())

    assert mock is current


def test_one_activation_in_nested_blocks():
    """The same `mock_kms()` may be entered again while it is active."""
    activation = mock_kms()
    with activation as outer:
        with activation as inner:
            pass
        still = ACTIVE.current

    assert outer is inner is still


def test_start_and_stop():
    """`mock_kms().start()` gives the handle; start and stop do nothing the second time."""
    activation = mock_kms()
    first, second = activation.start(), activation.start()
    create_key(client)
    keys = count_keys()
    activation.stop()
    active = ACTIVE.current
    activation.stop()

    assert first is second
    assert (1, None) == (keys, active)


def test_start_and_stop_of_the_handle():
    """A KmsMock starts and stops by itself; both do nothing the second time."""
    mock = KmsMock()
    started = mock.start().start()
    create_key(client)
    keys = count_keys()
    mock.stop()
    active = ACTIVE.current
    mock.stop()

    assert mock is started
    assert (1, None) == (keys, active)


def test_handle_that_is_started_again():
    """Each start begins with an empty KMS."""
    mock = KmsMock().start()
    create_key(client)
    mock.stop()
    mock.start()
    keys = count_keys()
    mock.stop()

    assert 0 == keys


def test_reset():
    """`reset()` empties the KMS, and does nothing to a mock that is not active."""
    with mock_kms() as mock:
        create_key(client)
        mock.reset()
        keys = count_keys()
    mock.reset()

    assert 0 == keys


def test_inner_mock_joins():
    """Inside an active mock, `mock_kms()` joins it: one KMS, one handle."""
    with mock_kms() as outer:
        create_key(client)
        with mock_kms() as inner:
            create_key(client)
        keys = count_keys()

    assert outer is inner
    assert 2 == keys


def test_inner_mock_that_is_isolated():
    """`isolated=True` has a KMS of its own, while the outer one waits."""
    with mock_kms() as outer:
        create_key(client)
        with mock_kms(isolated=True) as inner:
            keys = [count_keys()]
        keys.append(count_keys())

    assert outer is not inner
    assert [0, 1] == keys


@pytest.mark.parametrize(
    ("keyword", "value", "given"),
    [
        ("region_name", "eu-west-1", "'us-west-2'"),
        ("account_id", "111122223333", "'123456789012'"),
        ("wire", True, "False"),
        ("unfired_faults", "ignore", "'error'"),
        ("auto_create_keys", True, "False"),
    ],
)
def test_inner_mock_with_other_options(keyword, value, given):
    """What joins a mock can't ask for what that one is not."""
    with mock_kms(region_name="us-west-2", wire=False):
        with pytest.raises(ValueError, match="joins") as caught:
            mock_kms(**{keyword: value}).start()
        mock_kms(region_name="us-west-2", account_id="123456789012", wire=False).start()
        with mock_kms(**{keyword: value}, isolated=True) as inner:
            pass
    ACTIVE.stop(ACTIVE.current)

    assert value == getattr(inner, keyword)
    assert (
        f"mock_kms({keyword}={value!r}) joins the active mock, whose {keyword} is {given}: "
        "give it the same, or add isolated=True for a KMS of its own"
    ) == str(caught.value)


def test_outer_mock_that_stops_first():
    """A mock lives until the last that joined it has stopped."""
    outer, inner = mock_kms(), mock_kms()
    outer.start()
    create_key(client)
    inner.start()
    outer.stop()
    keys = count_keys()
    inner.stop()

    assert 1 == keys


def test_isolated_mocks_that_stop_out_of_order():
    """Of the mocks that are left, the latest answers."""
    first, second, third = KmsMock().start(), KmsMock().start(), KmsMock().start()
    answering = [ACTIVE.current]
    for mock in (second, third, first):
        mock.stop()
        answering.append(ACTIVE.current)

    assert [third, third, first, None] == answering


def test_handle_that_is_stopped_inside_its_block():
    """`stop()` on the handle ends the mock, whoever started it; its block ends as ever."""
    with mock_kms() as mock:
        mock.stop()
        inside = ACTIVE.current

    assert inside is None


def test_handle_that_is_restarted_inside_its_block():
    """A mock that its handle started again ends with the block that it came from."""
    with mock_kms() as mock:
        mock.stop()
        mock.start()
        inside = ACTIVE.current

    assert mock is inside
    assert ACTIVE.current is None


def test_mocks_in_threads():
    """Mocks that threads start at the same time are one, and none is left over."""
    entered, done = threading.Barrier(8, timeout=10), threading.Barrier(8, timeout=10)
    seen: list[KmsMock | None] = []

    def use() -> None:
        with mock_kms():
            entered.wait()
            seen.append(ACTIVE.current)
            done.wait()

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 8 == len(seen)
    assert 1 == len(set(seen))


def test_defaults():
    """The defaults are us-east-1, 123456789012 and the quick way, whatever the form."""
    mocks = [KmsMock()]
    with mock_kms() as mock:
        mocks.append(mock)
    started = mock_kms()
    mocks.append(started.start())
    started.stop()

    defaults = ("us-east-1", "123456789012", ACTIVE.defaults.wire)

    assert [defaults] * 3 == [(one.region_name, one.account_id, one.wire) for one in mocks]


def test_account_id():
    """The account of the mock is in every ARN."""
    with mock_kms(account_id="111122223333"):
        arn = create_key(client)

    assert arn.startswith("arn:aws:kms:us-east-1:111122223333:key/")


def test_client_of_a_region():
    """`client()` is for the mock's Region, unless it is given another."""
    with mock_kms(region_name="eu-west-1") as mock:
        regions = [mock.client().meta.region_name, mock.client("eu-west-2").meta.region_name]

    assert ["eu-west-1", "eu-west-2"] == regions


def test_client_is_shared():
    """A client without options is the same for all mocks; one with options is new."""
    with mock_kms() as mock:
        shared, own = mock.client(), mock.client(config=Config(read_timeout=5))

    assert KmsMock().client() is shared
    assert shared is not own
    assert 5 == own.meta.config.read_timeout


def test_session():
    """`session()` is a new botocore session with the mock's Region."""
    with mock_kms(region_name="eu-west-1") as mock:
        sessions = [mock.session(), mock.session()]
        arn = create_key(sessions[0].create_client("kms"))

    assert sessions[0] is not sessions[1]
    assert arn.startswith("arn:aws:kms:eu-west-1:")


def test_repr():
    """A handle shows account and Region."""
    assert "<KmsMock 111122223333 eu-west-1>" == repr(
        KmsMock(region_name="eu-west-1", account_id="111122223333")
    )


UNKNOWN = (
    "mock_kms() has no keyword {keyword!r}{hint} (it takes region_name, account_id, wire, "
    "unfired_faults, auto_create_keys, outside, children, caller, access, identities, consistency, "
    "isolated)"
)


@pytest.mark.parametrize(
    ("keyword", "hint"),
    [
        ("region", ": did you mean 'region_name'?"),
        ("account", ": did you mean 'account_id'?"),
        ("isolate", ": did you mean 'isolated'?"),
        ("seed", ""),
    ],
)
def test_unknown_keyword(keyword, hint):
    """A keyword that there is not is a TypeError, which names the nearest one."""
    with pytest.raises(TypeError) as caught:
        mock_kms(**{keyword: "x"})

    assert UNKNOWN.format(keyword=keyword, hint=hint) == str(caught.value)


@pytest.mark.parametrize("make", [mock_kms, KmsMock])
@pytest.mark.parametrize("region", ["Europe", "eu-west-1a", "EU-WEST-1", "", "us-east-1\n", 7])
def test_region_that_can_not_be(make, region):
    """A Region that looks like none is a ValueError at once."""
    with pytest.raises(ValueError, match="region_name") as caught:
        make(region_name=region)

    assert f"region_name {region!r} is not the name of a Region, such as 'eu-west-1'" == str(
        caught.value
    )


@pytest.mark.parametrize("make", [mock_kms, KmsMock])
@pytest.mark.parametrize(
    "account", ["12345678901", "1234567890123", "12345678901x", "", 123456789012]
)
def test_account_that_can_not_be(make, account):
    """An account id that is not a string of 12 digits is a ValueError at once."""
    with pytest.raises(ValueError, match="account_id") as caught:
        make(account_id=account)

    assert f"account_id {account!r} is not a string of 12 digits" == str(caught.value)


def test_every_region_that_botocore_knows():
    """No Region of any partition is taken for a mistake."""
    session = KmsMock().session()
    regions = [
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("kms", partition)
        if "fips" not in region
    ]

    assert 30 < len(regions)
    assert regions == [KmsMock(region_name=region).region_name for region in regions]


def test_made_client_is_served_outside_the_default_region():
    """A client for a Region of another partition has the ARNs of that one."""
    with mock_kms():
        arn = create_key(make_client("cn-north-1"))

    assert arn.startswith("arn:aws-cn:kms:cn-north-1:123456789012:key/")
