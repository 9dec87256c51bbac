"""The operations of KMS, a module per family; importing this package fills the registry."""

from pytest_kmsmock._kms.operations import (
    agreement,
    aliases,
    data_keys,
    encryption,
    grants,
    importing,
    key_stores,
    keys,
    lifecycle,
    mac,
    policies,
    replication,
    rotation,
    signing,
    tags,
    usage,
)

__all__ = [
    "agreement",
    "aliases",
    "data_keys",
    "encryption",
    "grants",
    "importing",
    "key_stores",
    "keys",
    "lifecycle",
    "mac",
    "policies",
    "replication",
    "rotation",
    "signing",
    "tags",
    "usage",
]
