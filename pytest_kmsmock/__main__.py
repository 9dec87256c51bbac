"""A KMS of its own, without a test: `python -m pytest_kmsmock`, and the command `kmsmock`."""

import sys

from pytest_kmsmock.mock import KmsMock
from pytest_kmsmock.serving.command import run


def main() -> None:
    """Serve until told to stop, and exit."""
    sys.exit(run(KmsMock, sys.argv[1:]))


if __name__ == "__main__":
    main()
