"""What an older `cryptography` lacks."""

import cryptography

from pytest_kmsmock._kms.crypto.errors import Unavailable


def older_than(version: str, what: str) -> Unavailable:
    """Return the error for *what* needs at least *version* of `cryptography`."""
    return Unavailable(
        f"{what} needs cryptography>={version}, and {cryptography.__version__} is installed"
    )
