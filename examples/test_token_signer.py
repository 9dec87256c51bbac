"""The token signer, mostly under `@mock_kms`: the code under test makes its own client."""

import jwt
import pytest
import token_signer
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from pytest_kmsmock import mock_kms

CLAIMS = {"sub": "user-42", "scope": ["read"]}


def create_signing_key():
    key = token_signer.kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    token_signer.kms.create_alias(
        AliasName=token_signer.SIGNING_KEY, TargetKeyId=key["KeyMetadata"]["KeyId"]
    )


@mock_kms
def test_token_read_by_pyjwt():
    """PyJWT, which knows nothing of KMS, accepts the token with the public key alone."""
    create_signing_key()
    token = token_signer.sign_token(CLAIMS)

    public_key = load_der_public_key(token_signer.public_key())

    assert CLAIMS == jwt.decode(token, public_key, algorithms=["ES256"])


@mock_kms
def test_token_checked_with_another_key():
    """A token does not pass under the public key of another KMS key."""
    create_signing_key()
    token = token_signer.sign_token(CLAIMS)
    with mock_kms(isolated=True):
        create_signing_key()
        other_public_key = load_der_public_key(token_signer.public_key())

    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, other_public_key, algorithms=["ES256"])


def test_token_of_a_known_key(kms_mock):
    """A test may bring the signing key: here the one whose public half the readers have."""
    private_key = ec.generate_private_key(ec.SECP256R1())
    kms_mock.create_key(
        alias=token_signer.SIGNING_KEY,
        material=private_key,
        region_name="eu-west-1",
        KeySpec="ECC_NIST_P256",
        KeyUsage="SIGN_VERIFY",
    )

    token = token_signer.sign_token(CLAIMS)

    assert CLAIMS == jwt.decode(token, private_key.public_key(), algorithms=["ES256"])


@mock_kms
class TestFreshKms:
    """Under a decorated class every test has a KMS of its own, made before `setup_method`."""

    def setup_method(self):
        create_signing_key()

    @pytest.mark.parametrize("subject", ["user-42", "user-43"])
    def test_token_subject(self, subject):
        """The subject is signed for; the alias is free again in each test."""
        public_key = load_der_public_key(token_signer.public_key())

        token = token_signer.sign_token({"sub": subject})

        assert {"sub": subject} == jwt.decode(token, public_key, algorithms=["ES256"])


@mock_kms
def test_token_without_a_signing_key():
    """Where the signing key is missing, the signer fails as it would on AWS."""
    with pytest.raises(token_signer.kms.exceptions.NotFoundException) as caught:
        token_signer.sign_token(CLAIMS)

    assert (
        "Alias arn:aws:kms:eu-west-1:123456789012:alias/token-signer is not found."
        == caught.value.response["Error"]["Message"]
    )
