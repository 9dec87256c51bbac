"""A client that knows today's KMS, whatever botocore is installed: older ones lack operations."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

from pytest_kmsmock._kms.wire.model import described_by, version_of
from tests.conformance.service_model import TODAYS
from tests.vocabulary import REGION

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

    from pytest_kmsmock import KmsMock


class TodaysLoader(Loader):
    """What reads botocore's models, but for that of KMS."""

    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> Mapping[str, Any]:
        if (service_name, type_name) == ("kms", "service-2"):
            return TODAYS
        found: Mapping[str, Any] = super().load_service_model(service_name, type_name, api_version)
        return found


@cache
def make_todays_client(region_name: str = REGION, *, validates: bool = True) -> "KMSClient":
    """Make a client for today's KMS, for all tests of the process."""
    session = botocore.session.Session()
    session.register_component("data_loader", TodaysLoader())
    session.set_credentials("AKIAIOSFODNN7EXAMPLE", "example")
    config = Config(parameter_validation=validates)
    return session.create_client("kms", region_name=region_name, config=config)


def todays_client(mock: "KmsMock", region_name: str = REGION) -> "KMSClient":
    """Return a client of *mock*; its own where the installed botocore is young enough."""
    if version_of(botocore.__version__) >= version_of(described_by()):
        return mock.client(region_name)
    return make_todays_client(region_name)
