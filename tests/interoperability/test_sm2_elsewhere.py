"""SM2 keys of the China Regions, against `gmalg` and the `openssl` program."""

import os

import gmalg
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from tests.operations.importer import FOREVER, prepare
from tests.unit.crypto.openssl import OpenSSL, needs_openssl
from tests.vocabulary import create_key

MESSAGE = b"attack at dawn"
USER_ID = b"1234567812345678"
OTHER_ID = b"alice@example.com"
# What `openssl pkeyutl` is told to hash the message as SM2DSA does, under the default id.
RAW = ("-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{USER_ID.decode()}")
# How many points the base point generates (GB/T 32918.5).
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
LENGTHS = [1, 31, 32, 33, 255, 256, 1024]


@pytest.fixture
def china(kms_mock):
    return kms_mock.client("cn-northwest-1")


@pytest.fixture
def openssl(tmp_path):
    return OpenSSL(tmp_path)


def create_sm2(china, usage):
    return create_key(china, KeySpec="SM2", KeyUsage=usage)


def make_pair(china):
    """Let KMS make a data key pair, and return its private key: as PKCS#8, and the bare number."""
    pair = china.generate_data_key_pair(KeyId=create_key(china), KeyPairSpec="SM2")
    pkcs8 = pair["PrivateKeyPlaintext"]
    # ECPrivateKey begins with its version, 1, and the number as an octet string of 32 bytes.
    start = pkcs8.index(bytes.fromhex("0201010420")) + 5
    return pkcs8, pkcs8[start : start + 32]


def import_pair(china, pkcs8, usage):
    """Create a key with a private key that the test knows, and return its ARN."""
    key_arn = create_key(china, KeySpec="SM2", KeyUsage=usage, Origin="EXTERNAL")
    china.import_key_material(**prepare(china, key_arn, pkcs8), **FOREVER)
    return key_arn


def point_of(china, key_arn):
    """Return the public key as a point, 04 with x and y, at which its SPKI ends."""
    return china.get_public_key(KeyId=key_arn)["PublicKey"][-65:]


def implementation(china, key_arn, *, secret=None, user_id=USER_ID):
    """Return another implementation's view of the key."""
    return gmalg.SM2(secret, user_id, point_of(china, key_arn))


def digest_of(china, key_arn, message, user_id=USER_ID):
    """Hash a message as the guide says: SM3 of Z, which is made of id and public key, and of it."""
    curve = bytes.fromhex(
        "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC"
        "28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93"
        "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"
        "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0"
    )
    length = (8 * len(user_id)).to_bytes(2, "big")
    z = sm3(length + user_id + curve + point_of(china, key_arn)[1:])
    return sm3(z + message)


def sm3(message):
    hashing = gmalg.SM3()
    hashing.update(message)
    return hashing.value()


def to_der(signature):
    return encode_dss_signature(*(int.from_bytes(part, "big") for part in signature))


def from_der(signature):
    return [part.to_bytes(32, "big") for part in decode_dss_signature(signature)]


class TestSigning:
    """SM2DSA, over RAW messages and over DIGESTs (rules SIG-15)."""

    def sign(self, china, key_arn, message, message_type):
        answer = china.sign(
            KeyId=key_arn, Message=message, MessageType=message_type, SigningAlgorithm="SM2DSA"
        )
        return answer["Signature"]

    def verify(self, china, key_arn, message, message_type, signature):
        return china.verify(
            KeyId=key_arn,
            Message=message,
            MessageType=message_type,
            SigningAlgorithm="SM2DSA",
            Signature=signature,
        )["SignatureValid"]

    @pytest.mark.slow
    @pytest.mark.parametrize("message_type", ["RAW", "DIGEST"])
    def test_for_gmalg(self, china, message_type):
        """`gmalg` verifies what Sign makes, in DER and with the default user id."""
        key_arn = create_sm2(china, "SIGN_VERIFY")
        message = MESSAGE if message_type == "RAW" else digest_of(china, key_arn, MESSAGE)

        signature = self.sign(china, key_arn, message, message_type)

        theirs = implementation(china, key_arn)
        assert theirs.verify(MESSAGE, *from_der(signature))
        assert not theirs.verify(MESSAGE + b"!", *from_der(signature))
        assert 72 >= len(signature)

    @pytest.mark.parametrize("message_type", ["RAW", "DIGEST"])
    def test_by_gmalg(self, china, message_type):
        """Verify knows what `gmalg` makes with the same private key."""
        pkcs8, secret = make_pair(china)
        key_arn = import_pair(china, pkcs8, "SIGN_VERIFY")
        message = MESSAGE if message_type == "RAW" else digest_of(china, key_arn, MESSAGE)

        signature = implementation(china, key_arn, secret=secret).sign(MESSAGE)

        assert self.verify(china, key_arn, message, message_type, to_der(signature))

    def test_with_another_user_id(self, china):
        """A DIGEST may be made with any user id, of which RAW knows the default one alone."""
        key_arn = create_sm2(china, "SIGN_VERIFY")
        digest = digest_of(china, key_arn, MESSAGE, OTHER_ID)

        signature = from_der(self.sign(china, key_arn, digest, "DIGEST"))

        assert implementation(china, key_arn, user_id=OTHER_ID).verify(MESSAGE, *signature)
        assert not implementation(china, key_arn).verify(MESSAGE, *signature)

    @needs_openssl
    @pytest.mark.parametrize("message_type", ["RAW", "DIGEST"])
    def test_for_openssl(self, china, openssl, message_type):
        """`openssl` verifies what Sign makes."""
        key_arn = create_sm2(china, "SIGN_VERIFY")
        digest = digest_of(china, key_arn, MESSAGE)
        signed = {"RAW": MESSAGE, "DIGEST": digest}[message_type]
        openssl.write("public.der", china.get_public_key(KeyId=key_arn)["PublicKey"])
        openssl.write("signed", signed)
        openssl.write("signature", self.sign(china, key_arn, signed, message_type))

        told = openssl(
            *("pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "public.der"),
            *(RAW if message_type == "RAW" else ()),
            *("-in", "signed", "-sigfile", "signature"),
        )

        assert b"Signature Verified Successfully\n" == told

    @needs_openssl
    @pytest.mark.parametrize("message_type", ["RAW", "DIGEST"])
    def test_by_openssl(self, china, openssl, message_type):
        """Verify knows what `openssl` makes with the same private key."""
        pkcs8, _ = make_pair(china)
        key_arn = import_pair(china, pkcs8, "SIGN_VERIFY")
        signed = {"RAW": MESSAGE, "DIGEST": digest_of(china, key_arn, MESSAGE)}[message_type]
        openssl.write("private.der", pkcs8)
        openssl.write("signed", signed)

        signature = openssl(
            *("pkeyutl", "-sign", "-keyform", "DER", "-inkey", "private.der"),
            *(RAW if message_type == "RAW" else ()),
            *("-in", "signed"),
        )

        assert self.verify(china, key_arn, signed, message_type, signature)


class TestEncrypting:
    """SM2PKE, whose ciphertext is an ASN.1 structure (rules ENC-24)."""

    def encrypt(self, china, key_arn, plaintext):
        answer = china.encrypt(KeyId=key_arn, Plaintext=plaintext, EncryptionAlgorithm="SM2PKE")
        return answer["CiphertextBlob"]

    def decrypt(self, china, key_arn, blob):
        answer = china.decrypt(KeyId=key_arn, CiphertextBlob=blob, EncryptionAlgorithm="SM2PKE")
        return answer["Plaintext"]

    @needs_openssl
    @pytest.mark.parametrize("length", LENGTHS)
    def test_for_openssl(self, china, openssl, length):
        """`openssl` opens what Encrypt makes for the same private key."""
        pkcs8, _ = make_pair(china)
        key_arn = import_pair(china, pkcs8, "ENCRYPT_DECRYPT")
        plaintext = os.urandom(length)
        openssl.write("private.der", pkcs8)
        openssl.write("blob", self.encrypt(china, key_arn, plaintext))

        assert plaintext == openssl(
            *("pkeyutl", "-decrypt", "-keyform", "DER", "-inkey", "private.der", "-in", "blob")
        )

    @needs_openssl
    @pytest.mark.parametrize("length", LENGTHS)
    def test_by_openssl(self, china, openssl, length):
        """Decrypt opens what `openssl` makes with the public key."""
        key_arn = create_sm2(china, "ENCRYPT_DECRYPT")
        plaintext = os.urandom(length)
        openssl.write("public.der", china.get_public_key(KeyId=key_arn)["PublicKey"])
        openssl.write("plaintext", plaintext)

        blob = openssl(
            *("pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", "public.der"),
            *("-in", "plaintext"),
        )

        assert plaintext == self.decrypt(china, key_arn, blob)

    def test_for_gmalg(self, china):
        """`gmalg` opens what Encrypt makes, taken out of its ASN.1."""
        pkcs8, secret = make_pair(china)
        key_arn = import_pair(china, pkcs8, "ENCRYPT_DECRYPT")

        x, y, c3, c2 = read_ciphertext(self.encrypt(china, key_arn, MESSAGE))

        theirs = implementation(china, key_arn, secret=secret)
        assert MESSAGE == theirs.decrypt(b"\4" + x + y + c3 + c2)

    def test_by_gmalg(self, china):
        """Decrypt opens what `gmalg` makes, put into ASN.1."""
        key_arn = create_sm2(china, "ENCRYPT_DECRYPT")

        made = implementation(china, key_arn).encrypt(MESSAGE)

        parts = made[1:33], made[33:65], made[65:97], made[97:]
        assert MESSAGE == self.decrypt(china, key_arn, write_ciphertext(*parts))


class TestAgreeing:
    """ECDH: the x coordinate of the shared point, and no exchange as in GB/T 32918.3."""

    def test_with_gmalg(self, china):
        """The secret is what `gmalg` gets by multiplying the base point with both numbers."""
        (pkcs8, secret), (their_pkcs8, their_secret) = make_pair(china), make_pair(china)
        key_arn = import_pair(china, pkcs8, "KEY_AGREEMENT")
        peer = import_pair(china, their_pkcs8, "KEY_AGREEMENT")
        product = int.from_bytes(secret, "big") * int.from_bytes(their_secret, "big") % ORDER

        derived = china.derive_shared_secret(
            KeyId=key_arn,
            KeyAgreementAlgorithm="ECDH",
            PublicKey=china.get_public_key(KeyId=peer)["PublicKey"],
        )["SharedSecret"]

        shared_point = gmalg.SM2().generate_pk(product.to_bytes(32, "big"))
        assert shared_point[1:33] == derived


class TestKeys:
    """Key pairs, as others read and write them."""

    @needs_openssl
    def test_public_key(self, china, openssl):
        """`openssl` reads the public key as one on the curve SM2, and writes the same bytes."""
        public_key = china.get_public_key(KeyId=create_sm2(china, "SIGN_VERIFY"))["PublicKey"]
        openssl.write("public.der", public_key)

        again = openssl("pkey", "-pubin", "-inform", "DER", "-in", "public.der", "-outform", "DER")
        text = openssl("pkey", "-pubin", "-inform", "DER", "-in", "public.der", "-noout", "-text")

        assert public_key == again
        assert 91 == len(public_key)
        assert b"ASN1 OID: SM2" in text

    @needs_openssl
    def test_data_key_pair(self, china, openssl):
        """`openssl` finds a data key pair sound, and gets the public key that KMS has told."""
        pair = china.generate_data_key_pair(KeyId=create_key(china), KeyPairSpec="SM2")
        openssl.write("private.der", pair["PrivateKeyPlaintext"])

        private = ("pkey", "-inform", "DER", "-in", "private.der")
        told = openssl(*private, "-check", "-noout")
        public_key = openssl(*private, "-pubout", "-outform", "DER")

        assert b"Key is valid\n" == told
        assert pair["PublicKey"] == public_key
        assert (
            pair["PrivateKeyPlaintext"]
            == (china.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"])["Plaintext"])
        )

    def test_data_key_pair_without_plaintext(self, china):
        """The private key that Decrypt gives belongs to the public key that KMS has told."""
        pair = china.generate_data_key_pair_without_plaintext(
            KeyId=create_key(china), KeyPairSpec="SM2"
        )

        pkcs8 = china.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"])["Plaintext"]

        start = pkcs8.index(bytes.fromhex("0201010420")) + 5
        assert pair["PublicKey"][-65:] == gmalg.SM2().generate_pk(pkcs8[start : start + 32])


def read_ciphertext(blob):
    """Take SEQUENCE { x INTEGER, y INTEGER, C3 OCTET STRING, C2 OCTET STRING } apart."""
    assert (0x30, len(blob) - 2) == (blob[0], blob[1])
    parts, rest = [], blob[2:]
    for tag in (2, 2, 4, 4):
        assert tag == rest[0]
        parts.append(rest[2 : 2 + rest[1]])
        rest = rest[2 + rest[1] :]
    x, y = (int.from_bytes(part, "big").to_bytes(32, "big") for part in parts[:2])
    return x, y, *parts[2:]


def write_ciphertext(x, y, c3, c2):
    def tlv(tag, content):
        return bytes([tag, len(content)]) + content

    def integer(octets):
        number = int.from_bytes(octets, "big")
        return tlv(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))

    return tlv(0x30, integer(x) + integer(y) + tlv(4, c3) + tlv(4, c2))
