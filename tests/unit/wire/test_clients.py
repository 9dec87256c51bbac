"""What a client gets against what botocore's own parser makes of an answer."""

import botocore.session
import pytest
from botocore.utils import parse_timestamp

from pytest_kmsmock._kms.wire import clients


def test_timestamp():
    """A moment reaches the client as botocore's parser gives it, zone included."""
    assert repr(parse_timestamp(1551129207.775)) == repr(clients.timestamp(1551129207.775))


SESSION = botocore.session.Session()


@pytest.mark.parametrize("partition", SESSION.get_available_partitions())
def test_installed_regions(partition):
    """The installed botocore's Regions of a partition are all where it has an endpoint of KMS."""
    found = clients.installed_regions(partition)

    assert set() == set(SESSION.get_available_regions("kms", partition)) - found
    assert set() == {region for region in found if region.endswith("-global")}


def test_installed_regions_unknown():
    """A partition that is newer than the installed botocore has none there."""
    assert frozenset() == clients.installed_regions("aws-mars")
