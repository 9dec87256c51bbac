"""Nothing of ours warns: neither by itself, nor by what it leaves open."""

import sys
from pathlib import Path

import pytest

from tests.aio import needs_aiobotocore
from tests.plugin.conftest import OPTIONS

EXAMPLES = Path(__file__).parents[2] / "examples"

EVERY_FORM = """
    import asyncio
    from contextlib import suppress
    import boto3, pytest
    from aiobotocore.session import get_session
    from pytest_kmsmock import mock_kms
    from pytest_kmsmock._kms.crypto.errors import Unavailable

    pytestmark = pytest.mark.parametrize("wire", [False, True])

    async def use_async():
        async with get_session().create_client("kms") as client:
            await client.create_key()

    def test_clients(wire):
        with mock_kms(wire=wire) as mock:
            boto3.client("kms").create_key()
            mock.client(region_name="eu-west-1").list_keys()
            asyncio.run(use_async())
        mock.client().close()

    def test_key_pairs(wire):
        with mock_kms(wire=wire) as mock:
            kms = mock.client()
            for spec in ("RSA_2048", "ECC_NIST_P256", "ML_DSA_44"):
                with suppress(Unavailable):  # an older `cryptography` lacks ML-DSA
                    key = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]
                    kms.sign(
                        KeyId=key["KeyId"],
                        Message=b"x",
                        SigningAlgorithm=key["SigningAlgorithms"][0],
                    )
"""


@pytest.mark.slow
@needs_aiobotocore
def test_development_mode(pytester):
    """In Python's development mode, where each warning is an error, all forms of use pass."""
    forms = pytester.makepyfile(EVERY_FORM)
    result = pytester.run(
        sys.executable,
        *("-X", "dev", "-W", "error", "-m", "pytest", "-c", EXAMPLES / "pytest.ini"),
        *OPTIONS,
        *(EXAMPLES, forms),
    )

    assert (0, {"passed"}) == (result.ret, set(result.parseoutcomes()))
