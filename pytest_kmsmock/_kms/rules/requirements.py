"""What an operation requires of its key besides its state."""

from typing import Protocol

from pytest_kmsmock._kms.crypto.specs import Kind
from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.errors import invalid_key_usage, invalid_origin, unsupported


class Requirement(Protocol):
    """One check of a key; an operation lists its requirements in the order in which AWS checks."""

    def __str__(self) -> str:
        """Say in the words of a table which keys fulfil it."""

    def check(self, key: Key, operation: str) -> None:
        """Raise the `KmsError` with which AWS refuses *operation*, or return."""


class Usage:
    """The key was created for this KeyUsage (wire-facts E8, G10)."""

    def __init__(self, usage: str) -> None:
        self.usage = usage

    def __str__(self) -> str:
        return f"KeyUsage {self.usage}"

    def check(self, key: Key, operation: str) -> None:
        if key.family.usage != self.usage:
            raise invalid_key_usage(
                f"{key.arn} key usage is {key.family.usage} which is not valid for {operation}."
            )


class Origin:
    """The material comes from one of these origins (wire-facts M2, O12)."""

    def __init__(self, *origins: str) -> None:
        self.origins = frozenset(origins)

    def __str__(self) -> str:
        return f"Origin {' or '.join(sorted(self.origins))}"

    def check(self, key: Key, operation: str) -> None:
        if key.family.origin not in self.origins:
            raise invalid_origin(key.arn, key.family.origin)


class Symmetric:
    """Data keys are protected by symmetric keys alone (wire-facts D8)."""

    def __str__(self) -> str:
        return "symmetric"

    def check(self, key: Key, operation: str) -> None:
        if key.family.spec.kind is not Kind.SYMMETRIC:
            raise invalid_key_usage("You cannot generate a data key with an asymmetric CMK")


class Asymmetric:
    """Only an asymmetric key has a public key (wire-facts G27: no message)."""

    def __str__(self) -> str:
        return "asymmetric"

    def check(self, key: Key, operation: str) -> None:
        if key.family.spec.kind in (Kind.SYMMETRIC, Kind.HMAC):
            raise unsupported()


class OutsideKeyStores:
    """Not for keys in a custom key store (rules DK-10)."""

    def __str__(self) -> str:
        return "in no custom key store"

    def check(self, key: Key, operation: str) -> None:
        if key.key_store is not None:
            raise invalid_origin(key.arn, key.family.origin)


class MultiRegionPrimary:
    """The key is a multi-Region primary key; AWS writes "region" in lower case."""

    def __str__(self) -> str:
        return "multi-Region primary"

    def check(self, key: Key, operation: str) -> None:
        if not key.family.is_multi_region:
            raise unsupported(f"{key.arn} is not a multi-region key.")  # wire-facts V11
        if not key.is_primary:
            raise unsupported(f"{key.arn} is not a multi-region primary key.")  # wire-facts Z8


class NotReplica:
    """Rotation is set on the primary key (rules ROT-9; the text is that of Z8, assumed)."""

    def __str__(self) -> str:
        return "no multi-Region replica"

    def check(self, key: Key, operation: str) -> None:
        if not key.is_primary:
            raise unsupported(f"{key.arn} is not a multi-region primary key.")


class Rotating:
    """Keys of this spec can have more than one material (wire-facts O8: no message)."""

    def __str__(self) -> str:
        return "symmetric"

    def check(self, key: Key, operation: str) -> None:
        if not key.family.spec.rotates:
            raise unsupported()


MULTI_REGION_PRIMARY = MultiRegionPrimary()
NOT_REPLICA = NotReplica()
ROTATING = Rotating()
SYMMETRIC = Symmetric()
ASYMMETRIC = Asymmetric()
OUTSIDE_KEY_STORES = OutsideKeyStores()
