"""The last use of a key: GetKeyLastUsage."""

from datetime import datetime, timezone
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.rules.context import Context, RequestMembers, ResponseMembers
from pytest_kmsmock._kms.rules.operation import key_use, operation

# When AWS began to keep this record (wire-facts V17).
TRACKING_SINCE: Final = datetime(2026, 4, 23, tzinfo=timezone.utc)


@operation("GetKeyLastUsage", key_use())
def get_key_last_usage(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """
    https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html

    A use shows at once; AWS may take an hour (quotas Q-56).
    """
    last: dict[str, Any] = {}
    if key.last_usage is not None:
        last = {
            "Operation": key.last_usage.operation,
            "Timestamp": key.last_usage.timestamp,
            "KmsRequestId": key.last_usage.request_id,
            # No CloudTrail here: an id that is the request's own, told once more.
            "CloudTrailEventId": str(uuid5(NAMESPACE_URL, key.last_usage.request_id)),
        }
    return {
        "KeyId": key.key_id,  # as measured for a bare id, the ARN's is assumed (wire-facts V17)
        "KeyLastUsage": last,
        "TrackingStartDate": max(TRACKING_SINCE, key.creation_date),
        "KeyCreationDate": key.creation_date,
    }
