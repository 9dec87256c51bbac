"""What the installed libraries may be too old for: tests skip then."""

import inspect
from typing import Any, Final

import botocore.httpchecksum
import pytest
import pytest_asyncio

mldsa: Any
try:
    from cryptography.hazmat.primitives.asymmetric import mldsa
except ImportError:
    mldsa = None

signs_external_mu: Final = mldsa is not None and hasattr(mldsa.MLDSA44PrivateKey, "sign_mu")

needs_ml_dsa = pytest.mark.skipif(mldsa is None, reason="cryptography < 48 has no ML-DSA")
needs_external_mu = pytest.mark.skipif(
    not signs_external_mu, reason="cryptography < 49 signs no external mu"
)
needs_aws_cli = pytest.mark.skipif(
    not hasattr(botocore.httpchecksum, "DEFAULT_CHECKSUM_ALGORITHM"),
    reason="today's AWS CLI does not run on a botocore before 1.36",
)

# An older pytest-asyncio knows no scopes of loops, and leaves one open after each test.
has_older_asyncio: Final = "loop_scope" not in inspect.signature(pytest_asyncio.fixture).parameters
needs_newer_asyncio = pytest.mark.skipif(
    has_older_asyncio, reason="the pytest-asyncio of pytest < 8.2 knows no scopes of loops"
)
