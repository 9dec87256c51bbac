"""
aiobotocore, where it is installed.

It takes no botocore that is as new as boto3's, so the set of the newest has none: `nox -s async`.
"""

import pytest

try:
    from aiobotocore.config import AioConfig
    from aiobotocore.session import AioSession
except ModuleNotFoundError:
    AioConfig = AioSession = None

__all__ = ["AioConfig", "AioSession", "needs_aiobotocore"]

needs_aiobotocore = pytest.mark.skipif(
    AioSession is None, reason="aiobotocore, which takes no botocore as new as this, is elsewhere"
)
