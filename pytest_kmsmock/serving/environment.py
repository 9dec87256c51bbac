"""What a process needs in its environment, to find a KMS of ours and nothing of AWS."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from pytest_kmsmock.interception.sessions import ACCESS_KEY_ID, SECRET_ACCESS_KEY

ENDPOINT: Final = "AWS_ENDPOINT_URL_KMS"

# Instead of the machine's. Where a profile is named, one has to be there: no SDK has a name for
# "none", and Node's takes its credentials rather than those of the environment.
PROFILES: Final = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
NO_PROFILE: Final = str(Path(__file__).parent / "no_profile.ini")

# Whatever was configured: endpoints count, and nobody asks the metadata service.
HONOURED: Final[Mapping[str, str]] = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
    "AWS_USE_FIPS_ENDPOINT": "false",
    "AWS_USE_DUALSTACK_ENDPOINT": "false",
}
PROXY_EXCEPTIONS: Final = ("NO_PROXY", "no_proxy")
LOOPBACK: Final = ("127.0.0.1", "localhost")


class Credentials(NamedTuple):
    """Access keys; without a token, it is empty."""

    access_key: str
    secret_key: str
    token: str = ""


THROW_AWAY: Final = Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY)


def environment_of(
    url: str,
    region_name: str,
    outer: Mapping[str, str],
    credentials: Credentials = THROW_AWAY,
    profile: str = NO_PROFILE,
) -> dict[str, str]:
    """
    Return the variables that lead any SDK to the KMS at *url*, to be merged into *outer*.

    Args:
        url: The endpoint.
        region_name: The Region of clients that name none.
        outer: The environment as it is, for what is added to.
        credentials: Those of the caller.
        profile: A file with a profile `default` that has the same credentials.
    """
    return {
        ENDPOINT: url,
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "AWS_SESSION_TOKEN": credentials.token,  # an empty one is none, and hides another's
        "AWS_REGION": region_name,
        "AWS_DEFAULT_REGION": region_name,
        "AWS_CONFIG_FILE": profile,
        "AWS_SHARED_CREDENTIALS_FILE": profile,
        **{name: "default" for name in PROFILES if name in outer},
        **HONOURED,
        **proxy_exceptions(outer),
    }


def write_profile(folder: Path, credentials: Credentials) -> str:
    """Write a file with a profile that has *credentials*, and return its path."""
    path = folder / credentials.access_key
    lines = [
        "[default]",
        f"aws_access_key_id = {credentials.access_key}",
        f"aws_secret_access_key = {credentials.secret_key}",
    ]
    if credentials.token:
        lines.append(f"aws_session_token = {credentials.token}")
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return str(path)


def proxy_exceptions(outer: Mapping[str, str]) -> dict[str, str]:
    """Add this machine to the hosts that are reached without a proxy."""
    return {name: with_loopback(outer.get(name, "")) for name in PROXY_EXCEPTIONS}


def with_loopback(hosts: str) -> str:
    known = [host.strip() for host in hosts.split(",") if host.strip()]
    if "*" in known:
        return hosts
    return ",".join([*known, *(host for host in LOOPBACK if host not in known)])
