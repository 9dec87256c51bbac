"""Five suites as users have them: what takes their time decides what is made faster."""

from dataclasses import dataclass
from typing import Final

EVERYDAY: Final = """
    import pytest

    @pytest.mark.parametrize("number", range({tests}))
    def test_all(kms, number):
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        signer = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        signer = signer["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName="alias/app", TargetKeyId=key)
        data_key = kms.generate_data_key(KeyId="alias/app", KeySpec="AES_256")
        kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])
        request = dict(KeyId=signer, Message=b"m", SigningAlgorithm="ECDSA_SHA_256")
        signed = kms.sign(**request)
        kms.verify(Signature=signed["Signature"], **request)
"""
RSA: Final = """
    import pytest

    @pytest.mark.parametrize("number", range({tests}))
    def test_all(kms, number):
        spec = ("RSA_2048", "RSA_3072", "RSA_4096")[number % 3]
        key = kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        request = dict(KeyId=key, Message=b"m", SigningAlgorithm="RSASSA_PSS_SHA_256")
        signed = kms.sign(**request)
        assert kms.verify(Signature=signed["Signature"], **request)["SignatureValid"]
        kms.get_public_key(KeyId=key)
"""
ASYNCHRONOUS: Final = """
    import asyncio

    import pytest
    from aiobotocore.session import get_session

    SESSION = get_session()

    @pytest.mark.parametrize("number", range({tests}))
    def test_all(kms_mock, number):
        async def work():
            async with SESSION.create_client("kms", region_name="us-east-1") as kms:
                key = (await kms.create_key())["KeyMetadata"]["KeyId"]
                data_key = await kms.generate_data_key(KeyId=key, KeySpec="AES_256")
                await kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])
                blobs = await asyncio.gather(
                    *(kms.encrypt(KeyId=key, Plaintext=b"%d" % one) for one in range(5))
                )
                assert 5 == len(blobs)

        asyncio.run(work())
"""
POLICIES: Final = """
    import json

    import pytest

    @pytest.mark.parametrize("number", range({tests}))
    def test_all(kms_mock, kms, number):
        key = kms.create_key()["KeyMetadata"]
        worker, auditor = kms_mock.role("worker"), kms_mock.user("auditor")
        policy = {{
            "Version": "2012-10-17",
            "Statement": [
                {{
                    "Effect": "Allow",
                    "Principal": {{"AWS": "arn:aws:iam::123456789012:root"}},
                    "Action": "kms:*",
                    "Resource": "*",
                }},
                {{
                    "Effect": "Deny",
                    "Principal": {{"AWS": worker.arn}},
                    "Action": "kms:Encrypt",
                    "Resource": "*",
                    "Condition": {{"Null": {{"kms:EncryptionContext:tenant": "true"}}}},
                }},
            ],
        }}
        kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=json.dumps(policy))
        worker.allow("kms:Encrypt", "kms:Decrypt", resource=key["Arn"])
        mine, theirs = worker.client(), auditor.client()
        blob = mine.encrypt(KeyId=key["KeyId"], Plaintext=b"x", EncryptionContext={{"tenant": "a"}})
        with pytest.raises(mine.exceptions.ClientError):
            mine.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
        with pytest.raises(theirs.exceptions.ClientError):
            theirs.decrypt(CiphertextBlob=blob["CiphertextBlob"])
        kms.create_grant(
            KeyId=key["KeyId"], GranteePrincipal=auditor.arn, Operations=["Decrypt"]
        )
        theirs.decrypt(
            CiphertextBlob=blob["CiphertextBlob"], EncryptionContext={{"tenant": "a"}}
        )
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RealSuite:
    """*source* is a test module, with a place for the number of its *tests*."""

    name: str
    source: str
    tests: int
    workers: int = 0


SUITES: Final = (
    RealSuite(name="everyday", source=EVERYDAY, tests=300),
    RealSuite(name="RSA keys of three sizes", source=RSA, tests=100, workers=2),
    RealSuite(name="aiobotocore", source=ASYNCHRONOUS, tests=200),
    RealSuite(name="policies and grants", source=POLICIES, tests=100),
)
