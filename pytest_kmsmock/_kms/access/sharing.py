"""The second policy of a key that is shared by AWS RAM, and which keys are shared with whom."""

from collections.abc import Iterator
from typing import Final

from pytest_kmsmock._kms.access.policy import format_policy
from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.domain.world import Region, World

RAM_POLICY_NAME: Final = "AWS_RAM"

# What a shared key may be used for, unless whoever shares it says otherwise. RAM's own managed
# permission was never seen (assumed): every use of a key, and looking at it.
DEFAULT_ACTIONS: Final = (
    "kms:Decapsulate",
    "kms:Decrypt",
    "kms:DeriveSharedSecret",
    "kms:DescribeKey",
    "kms:Encapsulate",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyPair",
    "kms:GenerateDataKeyPairWithoutPlaintext",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:GenerateMac",
    "kms:GetPublicKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:Sign",
    "kms:Verify",
    "kms:VerifyMac",
)


def ram_policy(key: Key) -> str | None:
    """
    Return the policy named AWS_RAM; None for a key that is not shared (rules RAM-7).

    RAM writes it; one was never seen (assumed): a statement for each account.
    """
    if not key.shares:
        return None
    return format_policy(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:{key.family.partition}:iam::{account_id}:root"},
                    "Action": list(actions),
                    "Resource": key.arn,
                }
                for account_id, actions in key.shares.items()
            ],
        }
    )


def shared_with(world: World, region: Region) -> Iterator[Key]:
    """Find other accounts' keys that are shared with *region*'s own, in it (rules RAM-2)."""
    for account in world.accounts.values():
        if account.account_id != region.account_id and region.name in account.regions:
            for key in account.regions[region.name].keys.values():
                if region.account_id in key.shares:
                    yield key
