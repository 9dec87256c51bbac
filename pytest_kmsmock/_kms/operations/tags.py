"""Tags: TagResource, UntagResource, ListResourceTags."""

from pytest_kmsmock._kms.domain.changes import change
from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.domain.paging import page
from pytest_kmsmock._kms.domain.tags import MOST_TAGS, read_tags
from pytest_kmsmock._kms.errors import limit_exceeded
from pytest_kmsmock._kms.rules.context import Context, RequestMembers, ResponseMembers
from pytest_kmsmock._kms.rules.operation import key_use, operation
from pytest_kmsmock._kms.rules.states import CHANGEABLE


@operation("TagResource", key_use(CHANGEABLE))
def tag_resource(ctx: Context, request: RequestMembers, key: Key) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html"""
    merged = key.tags | read_tags(request["Tags"])
    if len(merged) > MOST_TAGS:
        # A TagException "Too many tags" when a key is made (T5); documented as this code here
        # (quotas Q-7), its text was not recorded (assumed).
        raise limit_exceeded("Too many tags")
    change(key, tags=merged)


@operation("UntagResource", key_use(CHANGEABLE))
def untag_resource(ctx: Context, request: RequestMembers, key: Key) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_UntagResource.html"""
    gone = set(request["TagKeys"])
    change(key, tags={name: value for name, value in key.tags.items() if name not in gone})


@operation("ListResourceTags", key_use())
def list_resource_tags(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """
    https://docs.aws.amazon.com/kms/latest/APIReference/API_ListResourceTags.html

    In the order of the tag keys, as AWS's example shows; the order is not documented.
    """
    names, paging = page("ListResourceTags", request, sorted(key.tags), default_limit=50)
    return {"Tags": [{"TagKey": name, "TagValue": key.tags[name]} for name in names], **paging}
