"""Sessions and clients as somebody else's code would make them, of every age."""

from typing import TYPE_CHECKING, Any

import botocore
import botocore.session
import pytest
from botocore.loaders import create_loader

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

ACCESS_KEY_ID = "AKIAI44QH8DHBEXAMPLE"
# Every session would read and parse the models again.
LOADER = create_loader()


def make_session(
    cls: type[botocore.session.Session] = botocore.session.Session,
) -> botocore.session.Session:
    session = cls()
    session.register_component("data_loader", LOADER)
    return session


def make_client(region_name: str | None = "us-east-1", **options: Any) -> "KMSClient":
    return make_session().create_client("kms", region_name=region_name, **options)


def make_older_session(
    cls: type[botocore.session.Session] = botocore.session.Session,
) -> botocore.session.Session:
    """Make a session that no initializer sees, as if it were older than the plugin."""
    make_session()  # The plugin would have found botocore loaded, and cast its nets at once.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore, "_INITIALIZERS", [])
        session = make_session(cls)
    session.set_credentials(ACCESS_KEY_ID, "example")
    session.set_config_variable("region", "eu-north-1")
    return session
