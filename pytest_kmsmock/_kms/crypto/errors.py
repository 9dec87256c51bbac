"""What can go wrong in the cryptography; the layers above decide what AWS would answer."""


class CryptoError(Exception):
    """The root of this layer's errors."""


class DecryptionFailed(CryptoError):
    """A ciphertext that this key, algorithm or encryption context does not open."""


class MalformedCiphertext(CryptoError):
    """Bytes that do not have the shape of a ciphertext at all."""


class InvalidPublicKey(CryptoError):
    """A peer's public key that is no SPKI, or of another kind or curve, or off the curve."""


class BadMaterial(CryptoError):
    """Key material that does not fit the key spec; the message says why."""


class BadDocument(CryptoError):
    """An attestation document that cannot be read, or does not verify."""


class MalformedDer(CryptoError):
    """Bytes that are not the strict DER that was expected."""


class Unavailable(CryptoError):
    """An algorithm that the installed libraries lack; the message says what to install."""
