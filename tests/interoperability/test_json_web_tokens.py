"""PyJWT: tokens signed through KMS pass there, and tokens signed there pass Verify."""

import base64
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from tests.interoperability.given_keys import create_imported_key
from tests.vocabulary import create_key

CLAIMS = {"sub": "user-42", "aud": "shop", "scope": ["read", "write"]}

# JOSE's name (RFC 7518, RFC 8037, RFC 8812) -> key spec, AWS's name
ALGORITHMS = {
    "RS256": ("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_256"),
    "RS384": ("RSA_3072", "RSASSA_PKCS1_V1_5_SHA_384"),
    "RS512": ("RSA_2048", "RSASSA_PKCS1_V1_5_SHA_512"),
    "PS256": ("RSA_2048", "RSASSA_PSS_SHA_256"),
    "PS384": ("RSA_3072", "RSASSA_PSS_SHA_384"),
    "PS512": ("RSA_2048", "RSASSA_PSS_SHA_512"),
    "ES256": ("ECC_NIST_P256", "ECDSA_SHA_256"),
    "ES384": ("ECC_NIST_P384", "ECDSA_SHA_384"),
    "ES512": ("ECC_NIST_P521", "ECDSA_SHA_512"),
    "ES256K": ("ECC_SECG_P256K1", "ECDSA_SHA_256"),
    "EdDSA": ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512"),
}
COORDINATE_LENGTHS = {"ES256": 32, "ES384": 48, "ES512": 66, "ES256K": 32}

every_algorithm = pytest.mark.parametrize("name", ALGORITHMS)


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def to_jose(name: str, signature: bytes) -> bytes:
    """Set r and s side by side, as RFC 7518, 3.4 wants them; KMS answers them in DER (G22)."""
    if name not in COORDINATE_LENGTHS:
        return signature
    length = COORDINATE_LENGTHS[name]
    return b"".join(number.to_bytes(length, "big") for number in decode_dss_signature(signature))


def from_jose(name: str, signature: bytes) -> bytes:
    if name not in COORDINATE_LENGTHS:
        return signature
    length = COORDINATE_LENGTHS[name]
    r, s = signature[:length], signature[length:]
    return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))


def sign_token(kms, key_arn, name, claims):
    header = {"alg": name, "typ": "JWT"}
    signed = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
    signature = kms.sign(
        KeyId=key_arn, Message=signed.encode(), SigningAlgorithm=ALGORITHMS[name][1]
    )["Signature"]
    return f"{signed}.{encode(to_jose(name, signature))}"


@every_algorithm
def test_sign_a_token(kms, name):
    """PyJWT reads a token that KMS signed, with the public key of GetPublicKey."""
    key_arn = create_key(kms, KeySpec=ALGORITHMS[name][0], KeyUsage="SIGN_VERIFY")
    public_key = load_der_public_key(kms.get_public_key(KeyId=key_arn)["PublicKey"])

    token = sign_token(kms, key_arn, name, CLAIMS)

    assert CLAIMS == jwt.decode(token, public_key, algorithms=[name], audience="shop")


@every_algorithm
def test_forge_a_token(kms, name):
    """PyJWT refuses other claims under the same signature, and the same under another key."""
    spec = ALGORITHMS[name][0]
    key_arn, other = (create_key(kms, KeySpec=spec, KeyUsage="SIGN_VERIFY") for _ in range(2))
    public_key, other_public_key = (
        load_der_public_key(kms.get_public_key(KeyId=arn)["PublicKey"]) for arn in (key_arn, other)
    )
    token = sign_token(kms, key_arn, name, CLAIMS)
    header, _, signature = token.split(".")
    forged = ".".join((header, encode(json.dumps({**CLAIMS, "sub": "root"}).encode()), signature))

    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(forged, public_key, algorithms=[name], audience="shop")
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, other_public_key, algorithms=[name], audience="shop")


@every_algorithm
def test_verify_a_token(kms, name):
    """Verify accepts a token that PyJWT signed with the private key of an imported key."""
    spec, algorithm = ALGORITHMS[name]
    pkcs8 = kms.generate_data_key_pair(KeyId=create_key(kms), KeyPairSpec=spec)[
        "PrivateKeyPlaintext"
    ]
    key_arn = create_imported_key(kms, pkcs8, KeySpec=spec, KeyUsage="SIGN_VERIFY")
    private_key = load_der_private_key(pkcs8, None, unsafe_skip_rsa_key_validation=True)
    signed, _, signature = jwt.encode(CLAIMS, private_key, algorithm=name).rpartition(".")

    verified = kms.verify(
        KeyId=key_arn,
        Message=signed.encode(),
        SigningAlgorithm=algorithm,
        Signature=from_jose(name, decode(signature)),
    )

    assert verified["SignatureValid"] is True


def test_generate_mac_for_a_token(kms):
    """PyJWT reads an HS256 token whose MAC KMS computed with an imported key."""
    secret = bytes(range(32))
    key_arn = create_imported_key(kms, secret, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    signed = jwt.encode(CLAIMS, bytes(32), algorithm="HS256").rpartition(".")[0]
    mac = kms.generate_mac(KeyId=key_arn, Message=signed.encode(), MacAlgorithm="HMAC_SHA_256")

    token = f"{signed}.{encode(mac['Mac'])}"

    assert CLAIMS == jwt.decode(token, secret, algorithms=["HS256"], audience="shop")
