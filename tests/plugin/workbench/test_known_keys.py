"""Keys, ciphertexts and worlds that a test knows beforehand."""

import base64
import os
import re
import textwrap
from hashlib import sha256

import boto3
import pytest
from botocore.config import Config
from Crypto.PublicKey import MLKEM
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from pytest_kmsmock import KmsMock, NitroEnclave, mock_kms
from tests.todays_client import todays_client
from tests.vocabulary import ACCOUNT, create_key, members, refusal

KEY_ID = "0f0e0d0c-0b0a-4908-8706-050403020100"
MULTI_REGION_ID = "mrk-" + "0123456789abcdef" * 2
MATERIAL = bytes(range(32))


def pkcs8(key, encoding=Encoding.PEM):
    return key.private_bytes(encoding, PrivateFormat.PKCS8, NoEncryption())


def spki(key):
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


class TestCreateKey:
    def test_create_key_with_id_alias_and_tags(self, kms, kms_mock):
        """A key has the id, alias and tags that the test gives, and the members of CreateKey."""
        key = kms_mock.create_key(
            key_id=KEY_ID, alias="app", tags={"team": "x"}, Description="mine"
        )

        shown = kms.describe_key(KeyId="alias/app")["KeyMetadata"]
        assert (KEY_ID, f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{KEY_ID}") == (key.key_id, key.arn)
        assert (key.arn, "mine") == (shown["Arn"], shown["Description"])
        assert [{"TagKey": "team", "TagValue": "x"}] == kms.list_resource_tags(KeyId=KEY_ID)["Tags"]

    def test_create_key_with_nothing(self, kms, kms_mock):
        """Without arguments it is CreateKey, and the handle tells the rest."""
        key = kms_mock.create_key()

        assert key.arn == kms.describe_key(KeyId=key.key_id)["KeyMetadata"]["Arn"]
        assert 32 == len(key.material())
        assert "us-east-1" == key.region_name

    def test_create_key_with_symmetric_material(self, kms, kms_mock):
        """The same material and id in two mocks open each other's ciphertexts."""
        kms_mock.create_key(key_id=KEY_ID, material=MATERIAL)
        blob = kms.encrypt(KeyId=KEY_ID, Plaintext=b"x")["CiphertextBlob"]

        with mock_kms(isolated=True) as other:
            other.create_key(key_id=KEY_ID, material=MATERIAL)

            assert b"x" == kms.decrypt(CiphertextBlob=blob)["Plaintext"]

    def test_create_key_with_hmac_material(self, kms, kms_mock):
        """An HMAC key makes the codes that its material makes anywhere."""
        import hmac

        kms_mock.create_key(
            alias="mac", material=MATERIAL, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC"
        )

        answer = kms.generate_mac(KeyId="alias/mac", Message=b"m", MacAlgorithm="HMAC_SHA_256")

        assert hmac.digest(MATERIAL, b"m", "sha256") == answer["Mac"]

    @pytest.mark.parametrize("form", ["object", "pem", "pem text", "der"])
    def test_create_key_with_a_key_pair(self, kms, kms_mock, form):
        """A private key may be an object of `cryptography`, PEM or DER."""
        private_key = ec.generate_private_key(ec.SECP256K1())
        forms = {
            "object": private_key,
            "pem": pkcs8(private_key),
            "pem text": pkcs8(private_key).decode(),
            "der": pkcs8(private_key, Encoding.DER),
        }

        key = kms_mock.create_key(
            material=forms[form], KeySpec="ECC_SECG_P256K1", KeyUsage="SIGN_VERIFY"
        )

        assert spki(private_key) == kms.get_public_key(KeyId=key.key_id)["PublicKey"]
        assert spki(private_key) == key.public_key()
        assert pkcs8(private_key, Encoding.DER) == key.material()

    @pytest.mark.parametrize("form", ["seed", "pem", "pem text", "der"])
    @pytest.mark.parametrize("spec", ["ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"])
    def test_create_key_with_an_ml_kem_key_pair(self, kms_mock, spec, form):
        """An ML-KEM key may be given as its seed, PEM or DER, and opens what others encapsulate."""
        private_key = MLKEM.generate(param_set=MLKEM.ParamSet[spec])
        pem = private_key.export_key(format="PEM")
        forms = {
            "seed": private_key.seed,
            "pem": pem.encode(),
            "pem text": pem,
            "der": private_key.export_key(format="DER"),
        }
        secret, blob = private_key.public_key()._encaps()  # public within HPKE only

        key = kms_mock.create_key(
            material=forms[form], KeySpec=spec, KeyUsage="ENCAPSULATE_DECAPSULATE"
        )
        told = todays_client(kms_mock).decapsulate(
            KeyId=key.arn, EncapsulationAlgorithm="ML_KEM", SharedSecretCiphertextBlob=blob
        )

        assert secret == told["SharedSecret"]
        assert MLKEM.import_key(key.public_key()) == private_key.public_key()
        assert private_key.seed == key.material()[-64:]

    @pytest.mark.parametrize(
        ("spec", "private_key"),
        [
            ("RSA_2048", rsa.generate_private_key(65537, 2048)),
            ("ECC_NIST_EDWARDS25519", ed25519.Ed25519PrivateKey.generate()),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_create_key_signs_with_the_given_key(self, kms, kms_mock, spec, private_key):
        """What KMS signs with a given key is verified by its public key as the test has it."""
        key = kms_mock.create_key(material=private_key, KeySpec=spec, KeyUsage="SIGN_VERIFY")
        algorithm = kms.describe_key(KeyId=key.key_id)["KeyMetadata"]["SigningAlgorithms"][0]

        signature = kms.sign(KeyId=key.key_id, Message=b"m", SigningAlgorithm=algorithm)

        assert kms.verify(
            KeyId=key.key_id,
            Message=b"m",
            SigningAlgorithm=algorithm,
            Signature=signature["Signature"],
        )["SignatureValid"]
        assert spki(private_key) == key.public_key()

    def test_create_key_for_import_with_material(self, kms, kms_mock):
        """A key for imports that is given its material is ready, as after the import."""
        kms_mock.create_key(key_id=KEY_ID, material=MATERIAL, Origin="EXTERNAL")

        shown = kms.describe_key(KeyId=KEY_ID)["KeyMetadata"]
        assert ("Enabled", "EXTERNAL", "KEY_MATERIAL_DOES_NOT_EXPIRE") == (
            shown["KeyState"],
            shown["Origin"],
            shown["ExpirationModel"],
        )
        assert kms.encrypt(KeyId=KEY_ID, Plaintext=b"x")["CiphertextBlob"]

    def test_create_key_multi_region(self, kms, kms_mock):
        """An mrk- id makes a multi-Region key."""
        kms_mock.create_key(key_id=MULTI_REGION_ID)
        kms.replicate_key(KeyId=MULTI_REGION_ID, ReplicaRegion="eu-west-1")

        replica = kms_mock.client("eu-west-1").describe_key(KeyId=MULTI_REGION_ID)

        assert "Enabled" == replica["KeyMetadata"]["KeyState"]

    def test_create_key_in_another_region(self, kms_mock):
        """A key may be made in any Region."""
        key = kms_mock.create_key(region_name="eu-west-1", alias="alias/app")

        listed = kms_mock.client("eu-west-1").list_aliases(KeyId=key.key_id)["Aliases"]

        assert ["alias/app"] == [alias["AliasName"] for alias in listed]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (
                {"key_id": "app"},
                "key_id 'app' is neither a UUID in lower case nor mrk- and 32 hexadecimal digits",
            ),
            (
                {"key_id": MULTI_REGION_ID, "MultiRegion": False},
                f"key_id '{MULTI_REGION_ID}' does not match MultiRegion: ids of multi-Region keys"
                " begin with mrk-",
            ),
            (
                {"material": b"short"},
                "material does not fit KeySpec SYMMETRIC_DEFAULT: SYMMETRIC_DEFAULT material has"
                " 32 bytes, not 5",
            ),
            (
                {"material": b"x", "KeySpec": "RSA_512"},
                "KeySpec 'RSA_512' is none of ",
            ),
            (
                {"KeySpec": "RSA_2048"},
                "CreateKey refuses it: ValidationException: You must specify a KeyUsage value for"
                " all KMS keys except for symmetric encryption keys.",
            ),
            (
                {"alias": "no spaces"},
                "CreateAlias refuses it: ValidationException: 1 validation error detected: Value"
                " 'alias/no spaces' at 'aliasName' failed to satisfy constraint: Member must"
                " satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$",
            ),
            (
                {"region_name": "mars"},
                "region_name 'mars' is not the name of a Region, such as 'eu-west-1'",
            ),
        ],
        ids=["id", "mrk", "material", "spec", "aws", "alias", "region"],
    )
    def test_create_key_with_what_can_not_be(self, kms, kms_mock, arguments, message):
        """A bad value is refused at the call, and nothing is made."""
        with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
            kms_mock.create_key(**arguments)

        assert [] == kms.list_keys()["Keys"]

    @pytest.mark.parametrize(
        ("argument", "hint"),
        [
            ("keyspec", "; did you mean KeySpec?"),
            ("name", "; did you mean alias?"),
            ("xyz", "."),
        ],
    )
    def test_create_key_with_an_unknown_argument(self, kms_mock, argument, hint):
        """An unknown argument is named, with the one that was meant."""
        with pytest.raises(TypeError) as refused:
            kms_mock.create_key(**{argument: "RSA_2048"})

        assert str(refused.value) == (
            f"create_key() has no argument {argument!r}{hint} It takes key_id, material, alias,"
            " tags, region_name, account_id and the members of CreateKey"
        )

    def test_create_key_with_a_malformed_policy(self, kms, kms_mock):
        """What is wrong with a policy is said, which AWS's own error does not say."""
        policy = {"Version": "2012-10-17", "Statement": [{"Efect": "Allow"}]}
        with pytest.raises(ValueError) as refused:  # noqa: PT011 - the text is compared whole
            kms_mock.create_key(Policy=policy)

        assert (
            "CreateKey refuses it: MalformedPolicyDocumentException (statement 1: a statement has"
            " no 'Efect': did you mean Effect?)"
        ) == str(refused.value)
        assert [] == kms.list_keys()["Keys"]

    def test_create_key_twice(self, kms_mock):
        """An id is given once."""
        kms_mock.create_key(key_id=KEY_ID)

        with pytest.raises(ValueError, match="CreateKey refuses it: AlreadyExistsException"):
            kms_mock.create_key(key_id=KEY_ID)

    def test_create_key_without_a_mock(self):
        """A handle that is not active can't make keys, and says what to do."""
        with pytest.raises(ValueError, match=r"this mock is not active: start\(\) it"):
            KmsMock().create_key()

    def test_public_key_of_a_symmetric_key(self, kms_mock):
        """A symmetric key has no public key."""
        with pytest.raises(TypeError, match="SYMMETRIC_DEFAULT material cannot show a public key"):
            kms_mock.create_key().public_key()


class TestLocalStackTags:
    def test_custom_id(self, kms):
        """CreateKey takes an id from LocalStack's tag, which is not kept."""
        key = create_key(kms, Tags=[{"TagKey": "_custom_id_", "TagValue": KEY_ID}])

        assert key.endswith(KEY_ID)
        assert [] == kms.list_resource_tags(KeyId=key)["Tags"]

    def test_custom_key_material(self, kms, kms_mock):
        """CreateKey takes material from LocalStack's tag, also where it is a whole RSA key."""
        private_key = rsa.generate_private_key(65537, 2048)
        encoded = base64.b64encode(pkcs8(private_key, Encoding.DER)).decode()

        key = create_key(
            kms,
            KeySpec="RSA_2048",
            KeyUsage="SIGN_VERIFY",
            Tags=[
                {"TagKey": "_custom_key_material_", "TagValue": encoded},
                {"TagKey": "team", "TagValue": "x"},
            ],
        )

        assert spki(private_key) == kms.get_public_key(KeyId=key)["PublicKey"]
        assert [{"TagKey": "team", "TagValue": "x"}] == kms.list_resource_tags(KeyId=key)["Tags"]

    def test_custom_id_that_is_taken(self, kms):
        """A taken id is AlreadyExistsException."""
        tags = [{"TagKey": "_custom_id_", "TagValue": KEY_ID}]
        key = create_key(kms, Tags=tags)

        assert ("AlreadyExistsException", f"Key '{key}' already exists") == refusal(
            kms.create_key, Tags=tags
        )

    @pytest.mark.parametrize(
        ("tag", "value", "message"),
        [
            ("_custom_key_material_", "?", "material is neither PEM nor base64"),
            ("_custom_id_", "mine", "key_id 'mine' is neither a UUID in lower case nor mrk-"),
        ],
    )
    def test_tags_that_can_not_be(self, kms, kms_mock, tag, value, message):
        """A tag that gives what no key can have is refused as a bad request is, and recorded."""
        code, text = refusal(kms.create_key, Tags=[{"TagKey": tag, "TagValue": value}])

        assert "ValidationException" == code
        assert text.startswith(message)
        assert "ValidationException" == kms_mock.calls[-1].error.code

    @pytest.mark.parametrize("tag", ["_custom_key_material_", "_custom_id_"])
    @pytest.mark.parametrize("value", [5, ["x"], {}, True], ids=repr)
    def test_tags_of_another_type(self, kms_mock, tag, value):
        """A value that is no text is refused as in any tag."""
        kms = kms_mock.client(config=Config(parameter_validation=False))

        code, _ = refusal(kms.create_key, Tags=[{"TagKey": tag, "TagValue": value}])

        assert "SerializationException" == code

    def test_custom_id_of_a_multi_region_key(self, kms):
        """An id that only multi-Region keys have makes one."""
        tags = [{"TagKey": "_custom_id_", "TagValue": "mrk-" + "1" * 32}]

        assert kms.create_key(Tags=tags)["KeyMetadata"]["MultiRegion"]


class TestLoad:
    def write(self, folder, text):
        path = folder / "keys.toml"
        path.write_text(textwrap.dedent(text))
        return path

    def test_load(self, kms, kms_mock, tmp_path):
        """A file gives keys with ids, aliases, tags, material and the members of CreateKey."""
        private_key = ec.generate_private_key(ec.SECP256R1())
        (tmp_path / "app.pem").write_bytes(pkcs8(private_key))
        path = self.write(
            tmp_path,
            f"""
            [[keys]]
            key_id = "{KEY_ID}"
            alias = "data"
            material = "{base64.b64encode(MATERIAL).decode()}"
            tags = {{ team = "x" }}

            [[keys]]
            alias = "sign"
            material_file = "app.pem"
            KeySpec = "ECC_NIST_P256"
            KeyUsage = "SIGN_VERIFY"
            """,
        )

        data, sign = kms_mock.load(path)

        assert (KEY_ID, MATERIAL) == (data.key_id, data.material())
        assert spki(private_key) == kms.get_public_key(KeyId="alias/sign")["PublicKey"]
        assert sign.arn == kms.describe_key(KeyId="alias/sign")["KeyMetadata"]["Arn"]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("[[keys]]\nalias = 'app'\nkey_id = 'x'\n", ":1: app: key_id 'x' is neither"),
            (
                "\n[[keys]]\nalias = 'a'\n\n[[keys]]\nalias = 'b'\nkeyspec = 1\n",
                ":5: b: create_key() has no argument 'keyspec'; did you mean KeySpec?",
            ),
            ("[[keys]]\nmaterial = '?'\n", ":1: a key without id and alias: material is neither"),
            ("[[keys]]\nalias = 'a'\nmaterial_file = 'none.pem'\n", ":1: a: [Errno 2]"),
            ("[[keys]\n", ": Expected ']]'"),
            ("[other]\n", ": a seed file has [[keys]] tables and nothing else"),
            ("keys = 1\n", ": a seed file has [[keys]] tables and nothing else"),
        ],
        ids=["id", "argument", "material", "file", "toml", "table", "type"],
    )
    def test_load_a_broken_file(self, kms_mock, tmp_path, text, message):
        """A broken seed file is refused with file, line and key."""
        path = self.write(tmp_path, text)

        with pytest.raises(ValueError, match=f"^{re.escape(str(path) + message)}"):
            kms_mock.load(path)

    def test_load_no_file(self, kms_mock, tmp_path):
        """A file that is not there is refused by name."""
        with pytest.raises(ValueError, match=r"the seed file can't be read: .*none\.toml"):
            kms_mock.load(tmp_path / "none.toml")


DOCUMENT = NitroEnclave().attestation_document()


def make_keys(mock):
    kms, china = mock.client(), mock.client("cn-north-1")
    return [
        create_key(kms),
        create_key(kms, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY"),
        create_key(kms, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY"),
        create_key(kms, KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT"),
        create_key(china, KeySpec="SM2", KeyUsage="SIGN_VERIFY"),
        create_key(china, KeySpec="SM2", KeyUsage="ENCRYPT_DECRYPT"),
    ]


def use_keys(mock, keys):
    """Use each key for what draws at random."""
    kms, china = mock.client(), mock.client("cn-north-1")
    symmetric, ecc, pss, oaep, sm2_sign, sm2_encrypt = keys
    return [
        kms.encrypt(KeyId=symmetric, Plaintext=b"x")["CiphertextBlob"],
        kms.sign(KeyId=ecc, Message=b"x", SigningAlgorithm="ECDSA_SHA_256")["Signature"],
        kms.sign(KeyId=pss, Message=b"x", SigningAlgorithm="RSASSA_PSS_SHA_256")["Signature"],
        kms.encrypt(KeyId=oaep, Plaintext=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_256")[
            "CiphertextBlob"
        ],
        china.sign(KeyId=sm2_sign, Message=b"x", SigningAlgorithm="SM2DSA")["Signature"],
        china.encrypt(KeyId=sm2_encrypt, Plaintext=b"x", EncryptionAlgorithm="SM2PKE")[
            "CiphertextBlob"
        ],
    ]


class TestSeed:
    def play(self):
        """Do a little of everything, and return all that is random on AWS."""
        with mock_kms(isolated=True) as mock:
            kms = mock.client()
            mock.seed(42)
            mock.clock.freeze()
            key = create_key(kms)
            ecc = create_key(kms, KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
            rsa_key = create_key(kms, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
            signed = [
                kms.sign(KeyId=signer, Message=b"m", SigningAlgorithm=algorithm)["Signature"]
                for signer, algorithm in [
                    (ecc, "ECDSA_SHA_256"),
                    (rsa_key, "RSASSA_PSS_SHA_256"),
                ]
            ]
            return [
                key,
                kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"],
                kms.generate_data_key(KeyId=key, KeySpec="AES_256")["Plaintext"],
                kms.generate_random(NumberOfBytes=8)["Plaintext"],
                members(
                    kms.create_grant(
                        KeyId=key,
                        GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:root",
                        Operations=["Decrypt"],
                    )
                ),
                kms.generate_random(
                    NumberOfBytes=8,
                    Recipient={
                        "AttestationDocument": DOCUMENT,
                        "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256",
                    },
                )["CiphertextForRecipient"],
                *signed,
            ]

    @pytest.mark.slow
    def test_seed(self):
        """With the same seed, everything that is random on AWS repeats itself."""
        assert self.play() == self.play()

    def test_seed_after_the_keys(self):
        """Keys that were there before the seed use it, too: in signatures and ciphertexts."""
        with mock_kms(isolated=True) as mock:
            keys = make_keys(mock)
            played = []
            for _ in range(2):
                mock.seed(42)
                played.append(use_keys(mock, keys))

        assert played[0] == played[1]

    @pytest.mark.slow
    def test_seed_in_a_snapshot(self):
        """What is restored goes on from the same randomness, whatever draws from it."""
        with mock_kms(isolated=True) as mock:
            mock.seed(42)
            keys = make_keys(mock)
            snapshot = mock.snapshot()
            played = []
            for _ in range(2):
                mock.restore(snapshot)
                played.append(use_keys(mock, keys))

        assert played[0] == played[1]

    def test_seed_leaves_grant_tokens_good(self, kms, kms_mock):
        """A grant token from before the seed is known after it."""
        key = create_key(kms)
        token = kms.create_grant(
            KeyId=key,
            GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:root",
            Operations=["Decrypt"],
        )["GrantToken"]

        kms_mock.seed(42)
        kms.retire_grant(GrantToken=token)

        assert [] == kms.list_grants(KeyId=key)["Grants"]

    @pytest.mark.parametrize("multi_region", [False, True], ids=["uuid", "mrk"])
    def test_seed_again_for_keys(self, kms_mock, multi_region):
        """Seeding again repeats no id of a key that there is, in whatever Region or account."""

        def play():
            kms_mock.reset()
            created = []
            for region in ("eu-west-1", "eu-west-1", "us-east-1"):
                kms_mock.seed(42)
                client = kms_mock.client(region)
                created.append(client.create_key(MultiRegion=multi_region)["KeyMetadata"]["KeyId"])
            kms_mock.seed(42)
            other = kms_mock.account("111122223333").create_key(MultiRegion=multi_region)
            return [*created, other.key_id]

        first = play()

        assert 4 == len({*first})
        assert first == play()

    def test_seed_again_for_the_rest(self, kms, kms_mock):
        """Seeding again repeats no grant, no custom key store and no import token that there is."""
        key = create_key(kms)
        external = create_key(kms, Origin="EXTERNAL")
        stores, grants, tokens = [], [], []
        for operation in ("Decrypt", "Encrypt"):
            kms_mock.seed(42)
            granted = kms.create_grant(
                KeyId=key,
                GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:root",
                Operations=[operation],
            )
            grants.append(granted["GrantId"])
            kms_mock.seed(42)
            stores.append(kms_mock.key_store(operation).custom_key_store_id)
            kms_mock.seed(42)
            parameters = kms.get_parameters_for_import(
                KeyId=external, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
            )
            tokens.append(parameters["ImportToken"])

        listed = kms.list_grants(KeyId=key)["Grants"]
        assert {*grants} == {grant["GrantId"] for grant in listed}
        listed = kms.describe_custom_key_stores()["CustomKeyStores"]
        assert {*stores} == {store["CustomKeyStoreId"] for store in listed}
        assert (2, 2, 2) == (len({*grants}), len({*stores}), len({*tokens}))

    def test_source_that_a_test_has_fixed(self, kms, kms_mock, monkeypatch):
        """A test may replace `os.urandom` by a constant: keys, grants and stores differ still."""
        monkeypatch.setattr(os, "urandom", bytes)

        keys = {create_key(kms) for _ in range(3)}
        grants = {
            kms.create_grant(
                KeyId=next(iter(keys)),
                GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:root",
                Operations=["Decrypt"],
            )["GrantId"]
            for _ in range(3)
        }
        stores = {kms_mock.key_store(name).custom_key_store_id for name in "abc"}

        assert (3, 3, 3) == (len(keys), len(grants), len(stores))

    def test_seed_of_another_type(self, kms_mock):
        """A seed is a number, a text or bytes."""
        with pytest.raises(TypeError, match=r"a seed is an int, a str or bytes, not 1\.5"):
            kms_mock.seed(1.5)


class TestRegisterCiphertext:
    BLOB = b"\x01\x02\x02\x00x" + bytes(100)

    def test_register_ciphertext(self, kms, kms_mock):
        """A registered ciphertext is decrypted as if this KMS had made it."""
        key = kms_mock.create_key(alias="app")
        kms_mock.register_ciphertext(self.BLOB, b"secret", key=key, encryption_context={"a": "b"})

        answer = kms.decrypt(CiphertextBlob=self.BLOB, EncryptionContext={"a": "b"})

        assert (b"secret", key.arn) == (answer["Plaintext"], answer["KeyId"])

    @pytest.mark.parametrize("name", ["key_id", "arn", "alias/app"])
    def test_register_ciphertext_by_any_name_of_the_key(self, kms, kms_mock, name):
        """The key may be named by id, ARN or alias."""
        key = kms_mock.create_key(alias="app")
        kms_mock.register_ciphertext(self.BLOB, b"secret", key=getattr(key, name, name))

        assert b"secret" == kms.decrypt(CiphertextBlob=self.BLOB, KeyId=key.arn)["Plaintext"]

    def test_register_ciphertext_keeps_the_rules(self, kms, kms_mock):
        """Context, key and state are checked as for any other ciphertext."""
        key = kms_mock.create_key()
        other = create_key(kms)
        kms_mock.register_ciphertext(self.BLOB, b"secret", key=key)

        assert ("InvalidCiphertextException", "") == refusal(
            kms.decrypt, CiphertextBlob=self.BLOB, EncryptionContext={"a": "b"}
        )
        assert (
            "IncorrectKeyException"
            == refusal(kms.decrypt, CiphertextBlob=self.BLOB, KeyId=other)[0]
        )
        kms.disable_key(KeyId=key.key_id)
        assert ("DisabledException", f"{key.arn} is disabled.") == refusal(
            kms.decrypt, CiphertextBlob=self.BLOB
        )

    def test_re_encrypt_a_registered_ciphertext(self, kms, kms_mock):
        """ReEncrypt knows registered ciphertexts too."""
        key = kms_mock.create_key()
        kms_mock.register_ciphertext(self.BLOB, b"secret", key=key)

        blob = kms.re_encrypt(CiphertextBlob=self.BLOB, DestinationKeyId=create_key(kms))

        assert b"secret" == kms.decrypt(CiphertextBlob=blob["CiphertextBlob"])["Plaintext"]

    def test_register_ciphertext_of_no_key(self, kms_mock):
        """The key must be there first."""
        with pytest.raises(ValueError, match="there is no key alias/app in us-east-1: create it"):
            kms_mock.register_ciphertext(self.BLOB, b"x", key="alias/app")

    @pytest.mark.parametrize("length", [0, 6145])
    def test_register_ciphertext_of_no_length(self, kms_mock, length):
        """What Decrypt could never be given can't be registered."""
        with pytest.raises(ValueError, match=f"a ciphertext has 1 to 6144 bytes, not {length}"):
            kms_mock.register_ciphertext(bytes(length), b"x", key=kms_mock.create_key())


class TestSnapshot:
    def test_restore(self, kms, kms_mock):
        """A restored KMS is as it was: keys, aliases, states, ciphertexts, time."""
        key = create_key(kms)
        blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
        then = kms_mock.clock.now()
        snapshot = kms_mock.snapshot()
        kms.create_alias(AliasName="alias/app", TargetKeyId=key)
        kms.schedule_key_deletion(KeyId=key)
        kms_mock.clock.advance(days=31)

        kms_mock.restore(snapshot)

        assert "Enabled" == kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
        assert [] == kms.list_aliases(KeyId=key)["Aliases"]
        assert b"x" == kms.decrypt(CiphertextBlob=blob)["Plaintext"]
        assert (kms_mock.clock.now() - then).days == 0

    def test_restore_in_another_mock(self, kms):
        """An expensive set-up is paid once, and used by many mocks, each on its own."""
        with mock_kms(isolated=True) as first:
            key = create_key(kms, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
            public_key = kms.get_public_key(KeyId=key)["PublicKey"]
            snapshot = first.snapshot()

        for _ in range(2):
            with mock_kms(isolated=True) as mock:
                mock.restore(snapshot)
                assert public_key == kms.get_public_key(KeyId=key)["PublicKey"]
                kms.disable_key(KeyId=key)

    def test_key_pairs_of_a_snapshot_are_nobody_elses(self, kms):
        """The key pairs in a snapshot never come back as a new key's."""
        with mock_kms(isolated=True) as first:
            key = create_key(kms, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
            digest = sha256(kms.get_public_key(KeyId=key)["PublicKey"]).digest()
            first.snapshot()

        with mock_kms(isolated=True):
            for _ in range(3):
                key = create_key(kms, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
                other = kms.get_public_key(KeyId=key)["PublicKey"]
                assert digest != sha256(other).digest()

    def test_snapshot_does_not_change(self, kms, kms_mock):
        """What happens after a restore leaves the snapshot as it was."""
        key = create_key(kms)
        snapshot = kms_mock.snapshot()
        for _ in range(2):
            kms_mock.restore(snapshot)
            assert "Enabled" == kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
            kms.disable_key(KeyId=key)

    def test_restore_something_else(self, kms_mock):
        """Only a snapshot can be restored."""
        with pytest.raises(TypeError, match=r"restore\(\) takes what snapshot\(\) returned"):
            kms_mock.restore({})


def test_boto3_session(kms_mock):
    """A boto3 session has the mock's Region, and needs no credentials."""
    session = kms_mock.boto3_session()

    assert isinstance(session, boto3.session.Session)
    assert "us-east-1" == session.region_name
    assert [] == session.client("kms").list_keys()["Keys"]
