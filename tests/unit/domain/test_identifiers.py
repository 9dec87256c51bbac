"""Making and reading identifiers."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_kmsmock._kms.domain.identifiers import Arn, is_alias, is_key_id, new_uuid, read_arn


class Bytes:
    """A source of known randomness."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def token_bytes(self, length: int) -> bytes:
        assert len(self.content) == length
        return self.content


@given(st.binary(min_size=16, max_size=16))
def test_new_uuid(content):
    """A key id is a random UUID of version 4 (RFC 9562), as the standard library makes it."""
    assert str(uuid.UUID(bytes=content, version=4)) == new_uuid(Bytes(content))


@given(st.text())
def test_reading_any_text(text):
    """Any text can be asked what it names; what is read as an ARN is written the same."""
    arn = read_arn(text)

    assert arn is None or text == str(arn)
    assert not (is_key_id(text) and is_alias(text))


@given(
    st.from_regex(r"aws[a-z-]*", fullmatch=True),
    st.from_regex(r"[a-z0-9-]+", fullmatch=True),
    st.from_regex(r"[0-9]{12}", fullmatch=True),
    st.from_regex(r"(key|alias)/\S*", fullmatch=True),
)
def test_reading_an_arn(partition, region, account_id, resource):
    """An ARN is read into the parts that it was written from."""
    arn = Arn(partition, region, account_id, resource)

    assert arn == read_arn(str(arn))


@pytest.mark.parametrize(("resource", "alias"), [("key/a:b/c", False), ("alias/a:b", True)])
def test_resources_with_colons(resource, alias):
    """All that follows the account is the resource."""
    arn = read_arn(f"arn:aws:kms:us-east-1:123456789012:{resource}")

    assert (resource, alias) == (arn.resource, arn.is_alias)
