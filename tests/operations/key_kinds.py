"""Kinds of keys: the members with which CreateKey makes them."""

ENCRYPTING_RSA = {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}
SIGNING_RSA = {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}
SIGNING_P256 = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}
SIGNING_ED25519 = {"KeySpec": "ECC_NIST_EDWARDS25519", "KeyUsage": "SIGN_VERIFY"}
SIGNING_ML_DSA = {"KeySpec": "ML_DSA_44", "KeyUsage": "SIGN_VERIFY"}
ENCAPSULATING_512 = {"KeySpec": "ML_KEM_512", "KeyUsage": "ENCAPSULATE_DECAPSULATE"}
AGREEING_P256 = {"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"}
HMAC_256 = {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}
SYMMETRIC = {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"}

# One of each usage, or more where specs of one usage differ.
KINDS = {
    "symmetric": SYMMETRIC,
    "RSA encryption": ENCRYPTING_RSA,
    "RSA signing": SIGNING_RSA,
    "ECDSA": SIGNING_P256,
    "Ed25519": SIGNING_ED25519,
    "ML-DSA": SIGNING_ML_DSA,
    "agreement": AGREEING_P256,
    "ML-KEM": ENCAPSULATING_512,
    "HMAC": HMAC_256,
}


def kinds_without(usage: str) -> dict[str, dict[str, str]]:
    """Return the kinds of every other usage, by their names."""
    return {name: kind for name, kind in KINDS.items() if kind["KeyUsage"] != usage}
