"""What key material of any kind can be asked to do, and how a key pair is made on demand."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, NoReturn, TypeVar

from pytest_kmsmock._kms.crypto.pool import Leases
from pytest_kmsmock._kms.crypto.randomness import RandomSource
from pytest_kmsmock._kms.crypto.specs import KeySpec
from pytest_kmsmock._kms.locking import new_lock

T = TypeVar("T")


class Material(ABC):
    """
    The key material of one KMS key.

    A kind overrides what it can do; the rest raises TypeError, since the layers above have checked
    usage and algorithm against the spec. Key pairs are made at first use.
    """

    __slots__ = ("spec",)

    def __init__(self, spec: KeySpec) -> None:
        self.spec = spec

    def __deepcopy__(self, memo: object) -> "Material":
        return self  # it never changes; a copied KMS has the same keys

    def drawing_from(self, source: RandomSource) -> "Material":
        """Return this material, with *source* for what it draws at each use; most draw nothing."""
        return self

    @classmethod
    @abstractmethod
    def generate(
        cls, spec: KeySpec, *, source: RandomSource, leases: Leases, china: bool
    ) -> "Material":
        """Make new material, or promise to."""

    @classmethod
    @abstractmethod
    def load(cls, spec: KeySpec, raw: bytes, *, source: RandomSource, china: bool) -> "Material":
        """
        Take material in the one format that ImportKeyMaterial wants.

        Raises:
            BadMaterial: it has another format, or does not fit the spec.
        """

    @classmethod
    @abstractmethod
    def adopt(cls, spec: KeySpec, key: object, *, source: RandomSource, china: bool) -> "Material":
        """
        Take a private key in any format that its kind is found in.

        Raises:
            BadMaterial: it is none, or does not fit the spec.
        """

    def encrypt(self, algorithm: str, plaintext: bytes) -> bytes:
        """
        Encrypt under the public key.

        Raises:
            ValueError: *plaintext* is empty or longer than `KeySpec.max_plaintext`.
        """
        self._refuse("encrypt")

    def decrypt(self, algorithm: str, ciphertext: bytes) -> bytes:
        """
        Decrypt with the private key.

        Raises:
            DecryptionFailed: *ciphertext* was not made for this key and algorithm.
        """
        self._refuse("decrypt")

    def sign(self, algorithm: str, message: bytes, message_type: str) -> bytes:
        """
        Sign a message, or what *message_type* says it is.

        Raises:
            ValueError: a DIGEST or EXTERNAL_MU message is not `digest_length` bytes long, or the
                algorithm does not take the message type.
            Unavailable: the installed `cryptography` is too old for EXTERNAL_MU.
        """
        self._refuse("sign")

    def verify(self, algorithm: str, message: bytes, message_type: str, signature: bytes) -> bool:
        """
        Tell whether the signature is valid; a malformed one is not.

        Raises:
            ValueError, Unavailable: as `sign` does.
        """
        self._refuse("verify")

    def mac(self, algorithm: str, message: bytes) -> bytes:
        """Compute the HMAC of a message."""
        self._refuse("compute MACs")

    def derive(self, peer_spki: bytes) -> bytes:
        """
        Agree on a secret with a peer's DER SPKI: the raw x coordinate.

        Raises:
            InvalidPublicKey: it is no SPKI, of another curve, or off the curve.
        """
        self._refuse("agree on secrets")

    def encapsulate(self) -> tuple[bytes, bytes]:
        """Make a shared secret of 32 bytes, and the ciphertext that tells it to this key."""
        self._refuse("encapsulate")

    def decapsulate(self, ciphertext: bytes) -> bytes:
        """
        Give the shared secret of a ciphertext; one that looks random if it is not this key's.

        Raises:
            DecryptionFailed: *ciphertext* has another length.
        """
        self._refuse("decapsulate")

    def public_key(self) -> bytes:
        """Give the public key: DER SubjectPublicKeyInfo."""
        self._refuse("show a public key")

    @abstractmethod
    def private_key(self) -> bytes:
        """Give the private key: raw bytes for symmetric and HMAC keys, else DER PKCS#8."""

    def _refuse(self, deed: str) -> NoReturn:
        raise TypeError(f"{self.spec.name} material cannot {deed}")


class OnDemand(Generic[T]):
    """
    A value made at the first call, once, whichever thread comes first.

    What changes is the value: from nothing to what *make* returned.
    """

    __slots__ = ("_lock", "_make", "_value")

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._value: T | None = None
        self._lock = new_lock()

    def __call__(self) -> T:
        if self._value is None:
            with self._lock:
                if self._value is None:
                    self._value = self._make()
        return self._value
