"""The paddings of the RSA algorithms; apart from their rows, since they bring in all of RSA."""

from collections.abc import Mapping
from types import MappingProxyType

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from pytest_kmsmock._kms.crypto.algorithms import over_hashes


def _oaep(algorithm: hashes.HashAlgorithm) -> padding.OAEP:
    # MGF1 uses the same hash (wire-facts E13).
    return padding.OAEP(padding.MGF1(algorithm), algorithm, label=None)


def _pss(algorithm: hashes.HashAlgorithm) -> padding.PSS:
    # The salt is as long as the hash, when verifying too (rules SIG-14).
    return padding.PSS(padding.MGF1(algorithm), padding.PSS.DIGEST_LENGTH)


RSA_PADDING: Mapping[str, padding.AsymmetricPadding] = MappingProxyType(
    {
        "RSAES_OAEP_SHA_1": _oaep(hashes.SHA1()),
        "RSAES_OAEP_SHA_256": _oaep(hashes.SHA256()),
        **{row.name: padding.PKCS1v15() for row in over_hashes("RSASSA_PKCS1_V1_5")},
        **{row.name: _pss(row.hash) for row in over_hashes("RSASSA_PSS")},
    }
)
