"""JSON Web Tokens whose signing key never leaves KMS (ES256)."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING

import boto3
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

if TYPE_CHECKING:
    from types_boto3_kms.client import KMSClient

# Made when the module is imported, long before a test starts a mock: it is served all the same.
kms: "KMSClient" = boto3.client("kms", region_name="eu-west-1")

SIGNING_KEY = "alias/token-signer"
COORDINATE_LENGTH = 32


def sign_token(claims: Mapping[str, object]) -> str:
    signed_part = f"{_encode_json({'alg': 'ES256', 'typ': 'JWT'})}.{_encode_json(claims)}"
    answer = kms.sign(
        KeyId=SIGNING_KEY,
        Message=signed_part.encode(),
        MessageType="RAW",
        SigningAlgorithm="ECDSA_SHA_256",
    )
    return f"{signed_part}.{_encode(_as_jws(answer['Signature']))}"


def public_key() -> bytes:
    """Return the key that checks the tokens, as DER (SubjectPublicKeyInfo)."""
    return kms.get_public_key(KeyId=SIGNING_KEY)["PublicKey"]


def _as_jws(signature: bytes) -> bytes:
    # KMS answers ECDSA signatures in DER; RFC 7518, 3.4 wants r and s side by side.
    r, s = decode_dss_signature(signature)
    return r.to_bytes(COORDINATE_LENGTH, "big") + s.to_bytes(COORDINATE_LENGTH, "big")


def _encode_json(value: Mapping[str, object]) -> str:
    return _encode(json.dumps(value, separators=(",", ":")).encode())


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
