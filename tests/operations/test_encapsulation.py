"""Encapsulate and Decapsulate: shared secrets by ML-KEM."""

import json
import os

import pytest
from Crypto.PublicKey import MLKEM

from pytest_kmsmock._kms.crypto.materials.ml_kem import library_keys
from tests.operations.key_kinds import ENCAPSULATING_512, kinds_without
from tests.operations.refusals import (
    AT_LEAST_ONE,
    INVALID_CIPHERTEXT,
    NOT_NULL,
    UNKNOWN_KEY,
    UNKNOWN_KEY_REFUSAL,
    at_most,
    one_of,
    violation,
    wrong_usage,
)
from tests.operations.unusable_keys import DISABLED, PENDING_IMPORT, UNUSABLE
from tests.todays_client import todays_client
from tests.vocabulary import ACCOUNT, OTHER_ACCOUNT, call_as, create_key, members, refusal

# key spec -> the bytes of a ciphertext
SPECS = {"ML_KEM_512": 768, "ML_KEM_768": 1088, "ML_KEM_1024": 1568}
ALGORITHM = {"EncapsulationAlgorithm": "ML_KEM"}
OTHER_USAGES = kinds_without("ENCAPSULATE_DECAPSULATE")

every_spec = pytest.mark.parametrize("spec", SPECS)
every_operation = pytest.mark.parametrize("operation", ["Encapsulate", "Decapsulate"])


def create(kms, spec="ML_KEM_512", **more):
    return create_key(kms, KeySpec=spec, KeyUsage="ENCAPSULATE_DECAPSULATE", **more)


def decapsulate(kms, key_id, blob, **more):
    return kms.decapsulate(KeyId=key_id, SharedSecretCiphertextBlob=blob, **ALGORITHM, **more)


def call(kms, operation, key_id, **more):
    """Call one of the two; the blob that Decapsulate needs is of the right length, and foreign."""
    if operation == "Encapsulate":
        return kms.encapsulate(KeyId=key_id, **{**ALGORITHM, **more})
    blob = {"SharedSecretCiphertextBlob": bytes(768)}
    return kms.decapsulate(KeyId=key_id, **{**ALGORITHM, **blob, **more})


class TestAnswer:
    """What the two operations answer, and that they agree."""

    @every_spec
    @pytest.mark.parametrize("named_by", ["ARN", "id", "alias", "alias ARN"])
    def test_members(self, kms, spec, named_by):
        """The secret of an encapsulation is told to nobody but the key, however it is named."""
        key_arn = create(kms, spec)
        kms.create_alias(AliasName="alias/app", TargetKeyId=key_arn)
        key_id = {
            "ARN": key_arn,
            "id": key_arn[-36:],
            "alias": "alias/app",
            "alias ARN": key_arn.rpartition(":")[0] + ":alias/app",
        }[named_by]

        made = members(kms.encapsulate(KeyId=key_id, **ALGORITHM))
        secret, blob = made.pop("SharedSecret"), made.pop("SharedSecretCiphertextBlob")
        told = members(decapsulate(kms, key_id, blob))

        assert {"KeyId": key_arn, **ALGORITHM} == made
        assert {"KeyId": key_arn, **ALGORITHM, "SharedSecret": secret} == told
        assert (32, SPECS[spec]) == (len(secret), len(blob))

    def test_never_twice(self, kms):
        """Each encapsulation has a secret and a ciphertext of its own."""
        key_arn = create(kms)

        made = [kms.encapsulate(KeyId=key_arn, **ALGORITHM) for _ in range(3)]

        assert 3 == len({answer["SharedSecret"] for answer in made})
        assert 3 == len({answer["SharedSecretCiphertextBlob"] for answer in made})

    @every_spec
    def test_elsewhere(self, kms, spec):
        """Whoever has the public key may encapsulate as well; `pycryptodome` does."""
        key_arn = create(kms, spec)
        public_key = MLKEM.import_key(kms.get_public_key(KeyId=key_arn)["PublicKey"])
        secret, blob = public_key._encaps()  # public within HPKE only

        assert secret == decapsulate(kms, key_arn, blob)["SharedSecret"]

    @pytest.mark.skipif(not library_keys(), reason="this build of cryptography has no ML-KEM")
    @pytest.mark.parametrize("size", [768, 1024])
    def test_elsewhere_with_cryptography(self, kms, kms_mock, size):
        """What `cryptography` encapsulates opens here, and the other way round."""
        private_key = library_keys()[f"ML-KEM-{size}"].generate()
        key = kms_mock.create_key(
            material=private_key, KeySpec=f"ML_KEM_{size}", KeyUsage="ENCAPSULATE_DECAPSULATE"
        )
        secret, blob = private_key.public_key().encapsulate()
        made = kms.encapsulate(KeyId=key.arn, **ALGORITHM)

        assert secret == decapsulate(kms, key.arn, blob)["SharedSecret"]
        assert made["SharedSecret"] == private_key.decapsulate(made["SharedSecretCiphertextBlob"])

    @every_spec
    def test_data_key_pair(self, kms, spec):
        """A data key pair's private key opens what is encapsulated with its public key."""
        pair = kms.generate_data_key_pair(KeyId=create_key(kms), KeyPairSpec=spec)
        secret, blob = MLKEM.import_key(pair["PublicKey"])._encaps()

        assert secret == MLKEM.import_key(pair["PrivateKeyPlaintext"])._decaps(blob)


class TestImplicitRejection:
    """A blob that is not the key's own tells a secret, too: one that nobody else has."""

    @every_spec
    @pytest.mark.parametrize("what", ["altered", "of another key", "made up"])
    def test_another_blob(self, kms, spec, what):
        """It is 32 bytes that look random, the same each time (FIPS 203, algorithm 18)."""
        key_arn = create(kms, spec)
        made = kms.encapsulate(KeyId=key_arn, **ALGORITHM)
        blob = {
            "altered": bytes([made["SharedSecretCiphertextBlob"][0] ^ 1])
            + made["SharedSecretCiphertextBlob"][1:],
            "of another key": kms.encapsulate(KeyId=create(kms, spec), **ALGORITHM)[
                "SharedSecretCiphertextBlob"
            ],
            "made up": os.urandom(SPECS[spec]),
        }[what]

        first, second = (decapsulate(kms, key_arn, blob)["SharedSecret"] for _ in range(2))

        assert 32 == len(first)
        assert first == second != made["SharedSecret"]
        assert first != decapsulate(kms, create(kms, spec), blob)["SharedSecret"]

    @pytest.mark.parametrize(
        ("spec", "length"),
        [
            (spec, length)
            for spec, right in SPECS.items()
            for length in (1, *SPECS.values(), 6144)
            if length != right
        ],
    )
    def test_wrong_length(self, kms, spec, length):
        """A blob of another length is no ciphertext (that there is no message is inferred)."""
        blob = bytes(length)

        assert INVALID_CIPHERTEXT == refusal(
            decapsulate, kms=kms, key_id=create(kms, spec), blob=blob
        )


class TestRequest:
    """What a request must be."""

    @every_operation
    def test_algorithm(self, kms, operation):
        """There is one algorithm (the text is inferred, after G40)."""
        assert violation("Value 'FOO' at 'encapsulationAlgorithm'", one_of("[ML_KEM]")) == refusal(
            call, kms=kms, operation=operation, key_id=UNKNOWN_KEY, EncapsulationAlgorithm="FOO"
        )

    def test_missing(self, unchecked_kms):
        """Algorithm and blob are required (inferred, after G6 and W16)."""
        kms = unchecked_kms

        assert violation("Value null at 'encapsulationAlgorithm'", NOT_NULL) == refusal(
            kms.encapsulate, KeyId=UNKNOWN_KEY
        )
        assert violation("Value null at 'sharedSecretCiphertextBlob'", NOT_NULL) == refusal(
            kms.decapsulate, KeyId=UNKNOWN_KEY, **ALGORITHM
        )

    def test_length_of_blob(self, unchecked_kms):
        """A blob has 1 to 6,144 bytes (inferred, after E22)."""
        for size, limit in ((0, AT_LEAST_ONE), (6145, at_most(6144))):
            assert violation("Value at 'sharedSecretCiphertextBlob'", limit) == refusal(
                decapsulate, kms=unchecked_kms, key_id=UNKNOWN_KEY, blob=bytes(size)
            )

    @every_operation
    def test_grant_tokens(self, kms, operation):
        """Both take grant tokens, and look at them."""
        assert (
            "InvalidGrantTokenException"
            == refusal(
                call, kms=kms, operation=operation, key_id=create(kms), GrantTokens=["none"]
            )[0]
        )


class TestKey:
    """What the key must be: made for encapsulation, enabled."""

    @every_operation
    def test_unknown(self, kms, operation):
        """A key that does not exist is named by its ARN (wire-facts I1)."""
        assert UNKNOWN_KEY_REFUSAL == refusal(
            call, kms=kms, operation=operation, key_id=UNKNOWN_KEY
        )

    @every_operation
    @pytest.mark.parametrize("kind", OTHER_USAGES.values(), ids=OTHER_USAGES)
    def test_usage(self, kms, operation, kind):
        """A key of another usage is refused (inferred, after G39)."""
        key_arn = create_key(kms, **kind)

        assert wrong_usage(key_arn, kind["KeyUsage"], operation) == refusal(
            call, kms=kms, operation=operation, key_id=key_arn
        )

    @every_operation
    @pytest.mark.parametrize(
        "state", [state for state in UNUSABLE.values() if state is not PENDING_IMPORT]
    )
    def test_state(self, kms, operation, state):
        """A key that is not enabled is refused; none is ever pending import."""
        key_arn = state.create(kms, **ENCAPSULATING_512)

        assert state.refusal(key_arn) == refusal(call, kms=kms, operation=operation, key_id=key_arn)

    def test_state_before_blob(self, kms):
        """The state is refused before a blob of the wrong length (assumed)."""
        key_arn = DISABLED.create(kms, **ENCAPSULATING_512)

        assert DISABLED.refusal(key_arn) == refusal(
            decapsulate, kms=kms, key_id=key_arn, blob=b"short"
        )

    @every_operation
    def test_other_account(self, kms, kms_mock, operation):
        """A key of another account will do, named by its ARN, if its policy lets us in."""
        policy = {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"AWS": [ACCOUNT, OTHER_ACCOUNT]},
                "Action": "kms:*",
                "Resource": "*",
            },
        }
        made = call_as(
            OTHER_ACCOUNT, kms_mock, "CreateKey", **ENCAPSULATING_512, Policy=json.dumps(policy)
        )
        theirs = made["KeyMetadata"]["Arn"]

        assert theirs == call(kms, operation, theirs)["KeyId"]


def test_related_multi_region_keys(kms, kms_mock):
    """What is encapsulated for a primary is told by its replica in another Region."""
    key_arn = create(kms, MultiRegion=True)
    kms.replicate_key(KeyId=key_arn, ReplicaRegion="eu-west-1")
    europe, key_id = todays_client(kms_mock, "eu-west-1"), key_arn.rpartition("/")[2]

    made = kms.encapsulate(KeyId=key_id, **ALGORITHM)

    blob = made["SharedSecretCiphertextBlob"]
    assert made["SharedSecret"] == decapsulate(europe, key_id, blob)["SharedSecret"]
    assert (
        kms.get_public_key(KeyId=key_id)["PublicKey"]
        == europe.get_public_key(KeyId=key_id)["PublicKey"]
    )
