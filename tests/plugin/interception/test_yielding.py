"""Async clients yield: other tasks run while a request is under way, so that races show."""

import asyncio

import pytest

from tests.aio import AioSession, needs_aiobotocore


@pytest.fixture
async def client(mock):
    session = AioSession()
    async with session.create_client("kms", region_name="us-east-1") as made:
        yield made


pytestmark = [pytest.mark.anyio, needs_aiobotocore]


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Cache:
    """A cache of a data key without a lock, as people write it at first."""

    def __init__(self, client, key_id):
        self.client, self.key_id, self.data_key = client, key_id, None

    async def get(self):
        if self.data_key is None:
            answer = await self.client.generate_data_key(KeyId=self.key_id, KeySpec="AES_256")
            self.data_key = answer["Plaintext"]
        return self.data_key


async def test_stampede(mock, client):
    """Ten tasks that race for a data key ask KMS ten times, as with AWS."""
    cache = Cache(client, mock.create_key().key_id)

    await asyncio.gather(*[cache.get() for _ in range(10)])

    mock.assert_called("GenerateDataKey", times=10)


async def test_order(mock, client):
    """A task that waits its turn runs before KMS acts."""
    seen = []

    async def look():
        seen.append(len(mock.client().list_keys()["Keys"]))

    await asyncio.gather(client.create_key(), look())

    assert [0] == seen


async def test_cancelled_before_kms_acts(mock, client):
    """A call that is cancelled at once leaves no trace."""
    task = asyncio.create_task(client.create_key())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert [] == mock.client().list_keys()["Keys"]
    assert [] == mock.calls.of("CreateKey")


async def test_cancelled_at_any_moment(mock, client):
    """A call that is cancelled at whatever moment has done all or nothing, and is recorded so."""
    for turns in range(12):
        before = len(mock.client().list_keys()["Keys"])
        task = asyncio.create_task(client.create_key())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        made = len(mock.client().list_keys()["Keys"]) - before

        assert made in (0, 1)
        assert before + made == len(mock.calls.of("CreateKey"))
