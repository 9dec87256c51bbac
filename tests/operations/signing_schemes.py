"""Every way to sign: key spec, algorithm and message type, and what is signed with it."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.libraries import needs_external_mu
from tests.vocabulary import create_key

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

ECDSA_ALGORITHMS = {
    "ECC_NIST_P256": "ECDSA_SHA_256",
    "ECC_NIST_P384": "ECDSA_SHA_384",
    "ECC_NIST_P521": "ECDSA_SHA_512",
    "ECC_SECG_P256K1": "ECDSA_SHA_256",
}
RSA_SPECS = ("RSA_2048", "RSA_3072", "RSA_4096")
ML_DSA_SPECS = ("ML_DSA_44", "ML_DSA_65", "ML_DSA_87")


def raw(message: bytes, spki: bytes) -> bytes:
    return message


def digest(name: str) -> Callable[[bytes, bytes], bytes]:
    return lambda message, spki: hashlib.new(name, message).digest()


def external_mu(message: bytes, spki: bytes) -> bytes:
    """Compute FIPS 204's message representative, without a context (rules SIG-7)."""
    raw_public_key = spki[22:]  # behind the AlgorithmIdentifier, which has one length in all three
    tr = hashlib.shake_256(raw_public_key).digest(64)
    return hashlib.shake_256(tr + b"\0\0" + message).digest(64)


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """One way to sign; *prepare* makes what is sent out of the message and the public key."""

    spec: str
    algorithm: str
    message_type: str
    prepare: Callable[[bytes, bytes], bytes]

    def __str__(self) -> str:
        return f"{self.spec}-{self.algorithm}-{self.message_type}"

    def create_key(self, kms: "KMSClient") -> str:
        return create_key(kms, KeySpec=self.spec, KeyUsage="SIGN_VERIFY")

    def request(self, kms: "KMSClient", key_arn: str, message: bytes) -> dict[str, Any]:
        """Return the members that Sign and Verify share."""
        spki = kms.get_public_key(KeyId=key_arn)["PublicKey"]
        return {
            "KeyId": key_arn,
            "SigningAlgorithm": self.algorithm,
            "MessageType": self.message_type,
            "Message": self.prepare(message, spki),
        }

    def sign(self, kms: "KMSClient", key_arn: str, message: bytes) -> bytes:
        return kms.sign(**self.request(kms, key_arn, message))["Signature"]


def _raw_and_digest(spec: str, algorithm: str) -> list[Scheme]:
    hash_name = "sha" + algorithm[-3:]
    return [
        Scheme(spec=spec, algorithm=algorithm, message_type="RAW", prepare=raw),
        Scheme(spec=spec, algorithm=algorithm, message_type="DIGEST", prepare=digest(hash_name)),
    ]


RSA_SCHEMES = [
    scheme
    for spec in RSA_SPECS
    for padding in ("PKCS1_V1_5", "PSS")
    for bits in (256, 384, 512)
    for scheme in _raw_and_digest(spec, f"RSASSA_{padding}_SHA_{bits}")
]
ECDSA_SCHEMES = [
    scheme
    for spec, algorithm in ECDSA_ALGORITHMS.items()
    for scheme in _raw_and_digest(spec, algorithm)
]
ED25519 = Scheme(
    spec="ECC_NIST_EDWARDS25519", algorithm="ED25519_SHA_512", message_type="RAW", prepare=raw
)
ED25519PH = Scheme(
    spec="ECC_NIST_EDWARDS25519",
    algorithm="ED25519_PH_SHA_512",
    message_type="DIGEST",
    prepare=digest("sha512"),
)
ML_DSA_SCHEMES = [
    Scheme(spec=spec, algorithm="ML_DSA_SHAKE_256", message_type=message_type, prepare=prepare)
    for spec in ML_DSA_SPECS
    for message_type, prepare in (("RAW", raw), ("EXTERNAL_MU", external_mu))
]
SCHEMES = [*RSA_SCHEMES, *ECDSA_SCHEMES, ED25519, ED25519PH, *ML_DSA_SCHEMES]


def each(schemes: Iterable[Scheme]) -> pytest.MarkDecorator:
    """Parametrise *scheme*; leave out what the installed `cryptography` cannot do."""
    return pytest.mark.parametrize(
        "scheme",
        [
            pytest.param(
                scheme,
                id=str(scheme),
                marks=needs_external_mu if scheme.message_type == "EXTERNAL_MU" else (),
            )
            for scheme in schemes
        ],
    )
