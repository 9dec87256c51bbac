"""Ciphertexts that this KMS did not make, and knows what is in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.keys import Key


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class KnownCiphertext:
    """What Decrypt answers for one blob, under the key and the context that made it."""

    key: "Key"
    plaintext: bytes
    encryption_context: Mapping[str, str]
