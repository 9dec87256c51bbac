"""Imported key material of every kind in every wrapping, and what is refused."""

import os

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_public_key,
)

from tests.operations.importer import (
    FOREVER,
    KEY_WRAP,
    OAEP,
    WRAPPING_SPECS,
    create_external,
    get_parameters,
    import_material,
    make_pair,
    prepare,
    state_of,
    wrap,
)
from tests.operations.refusals import INVALID_CIPHERTEXT, invalid
from tests.unit.crypto.openssl import OpenSSL, needs_openssl
from tests.vocabulary import create_key, members, refusal

INCORRECT_MATERIAL = ("IncorrectKeyMaterialException", "")
INVALID_SIZE = invalid("Invalid encrypted key size.")


def algorithm_for(spec):
    return KEY_WRAP[1] if spec.startswith("RSA") else OAEP[1]


BAD_SECRETS = {
    "a symmetric key too short": ("SYMMETRIC_DEFAULT", 31),
    "a symmetric key for China": ("SYMMETRIC_DEFAULT", 16),
    "a symmetric key too long": ("SYMMETRIC_DEFAULT", 33),
    "an HMAC key too short": ("HMAC_256", 31),
    "an HMAC key too long": ("HMAC_256", 129),
}
FORMATS = {
    "PKCS #1": lambda: (
        "RSA_2048",
        rsa.generate_private_key(65537, 2048).private_bytes(
            Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        ),
    ),
    "SEC 1": lambda: (
        "ECC_NIST_P256",
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        ),
    ),
    "PEM": lambda: (
        "ECC_NIST_P256",
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ),
    ),
    "a public key": lambda: ("ECC_NIST_P256", make_pair("ECC_NIST_P256")[1]),
    "more behind it": lambda: ("ECC_NIST_P256", make_pair("ECC_NIST_P256")[0] + b"\0"),
    "a raw scalar": lambda: ("ECC_NIST_P256", os.urandom(32)),
    "one byte": lambda: ("ECC_NIST_P256", b"\0"),
}


class TestMaterial:
    """Material of every kind, and what is none."""

    @pytest.mark.parametrize("wrapping_spec", WRAPPING_SPECS)
    @pytest.mark.parametrize("algorithm", OAEP)
    def test_symmetric(self, kms, algorithm, wrapping_spec):
        """A symmetric key encrypts with what was wrapped for it (rules IMP-2, IMP-3)."""
        key_arn = create_external(kms)
        request = prepare(kms, key_arn, os.urandom(32), algorithm, wrapping_spec)

        kms.import_key_material(**request, **FOREVER)

        blob = kms.encrypt(KeyId=key_arn, Plaintext=b"x")["CiphertextBlob"]
        assert b"x" == kms.decrypt(CiphertextBlob=blob)["Plaintext"]

    @pytest.mark.parametrize("length", ["shortest", "longest"])
    @pytest.mark.parametrize("bits", [224, 256, 384, 512])
    def test_hmac(self, kms, bits, length):
        """
        An HMAC key computes with its imported material, which may have up to 128 bytes.

        wire-facts C5, M16; rules SRC-7, SRC-11.
        """
        material = os.urandom(bits // 8 if length == "shortest" else 128)
        key_arn = create_external(kms, f"HMAC_{bits}")

        answer = import_material(kms, key_arn, material)

        code = hmac.HMAC(material, getattr(hashes, f"SHA{bits}")())
        code.update(b"message")
        mac = kms.generate_mac(KeyId=key_arn, Message=b"message", MacAlgorithm=f"HMAC_SHA_{bits}")
        assert {"KeyId": key_arn} == answer
        assert code.finalize() == mac["Mac"]
        assert "CurrentKeyMaterialId" not in kms.describe_key(KeyId=key_arn)["KeyMetadata"]

    @pytest.mark.sweep(7)
    @pytest.mark.parametrize("wrapping_spec", WRAPPING_SPECS)
    @pytest.mark.parametrize("algorithm", KEY_WRAP)
    @pytest.mark.parametrize("spec", ["RSA_2048", "RSA_3072", "RSA_4096"])
    def test_rsa(self, kms, spec, algorithm, wrapping_spec):
        """
        An RSA private key goes through RSA_AES_KEY_WRAP, and KMS shows its public key.

        wire-facts M16, M17; rules IMP-3, IMP-5.
        """
        private_key, public_key = make_pair(spec)
        key_arn = create_external(kms, spec)
        request = prepare(kms, key_arn, private_key, algorithm, wrapping_spec)

        answer = members(kms.import_key_material(**request, **FOREVER))

        assert {"KeyId": key_arn} == answer
        assert public_key == kms.get_public_key(KeyId=key_arn)["PublicKey"]

    @pytest.mark.parametrize("algorithm", [*OAEP, *KEY_WRAP])
    @pytest.mark.parametrize(
        "spec",
        [
            "ECC_NIST_P256",
            "ECC_NIST_P384",
            "ECC_NIST_P521",
            "ECC_SECG_P256K1",
            "ECC_NIST_EDWARDS25519",
        ],
    )
    def test_elliptic(self, kms, spec, algorithm):
        """A private key on a curve goes through either kind of wrapping (wire-facts M5, M16)."""
        private_key, public_key = make_pair(spec)
        key_arn = create_external(kms, spec)
        request = prepare(kms, key_arn, private_key, algorithm, "RSA_3072")

        kms.import_key_material(**request, **FOREVER)

        assert public_key == kms.get_public_key(KeyId=key_arn)["PublicKey"]

    def test_private_key_signs(self, kms):
        """What an imported private key signs verifies with the public key of its maker."""
        private_key, public_key = make_pair("RSA_2048")
        key_arn = create_external(kms, "RSA_2048")
        request = prepare(kms, key_arn, private_key, KEY_WRAP[1])
        kms.import_key_material(**request, **FOREVER)

        signed = kms.sign(KeyId=key_arn, Message=b"m", SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256")

        load_der_public_key(public_key).verify(
            signed["Signature"], b"m", PKCS1v15(), hashes.SHA256()
        )
        assert key_arn == signed["KeyId"]

    @pytest.mark.parametrize(
        ("spec", "algorithms"),
        [
            ("HMAC_256", {"MacAlgorithms": ["HMAC_SHA_256"]}),
            ("ECC_NIST_P256", {"SigningAlgorithms": ["ECDSA_SHA_256"]}),
            (
                "RSA_2048",
                {
                    "SigningAlgorithms": [
                        "RSASSA_PKCS1_V1_5_SHA_256",
                        "RSASSA_PKCS1_V1_5_SHA_384",
                        "RSASSA_PKCS1_V1_5_SHA_512",
                        "RSASSA_PSS_SHA_256",
                        "RSASSA_PSS_SHA_384",
                        "RSASSA_PSS_SHA_512",
                    ]
                },
            ),
        ],
        ids=["HMAC", "ECC", "RSA"],
    )
    def test_algorithms_are_shown_before_the_import(self, kms, spec, algorithms):
        """A key tells its algorithms before it has material (wire-facts M18)."""
        metadata = kms.describe_key(KeyId=create_external(kms, spec))["KeyMetadata"]

        assert "PendingImport" == metadata["KeyState"]
        assert algorithms == {
            name: value for name, value in metadata.items() if name.endswith("Algorithms")
        }

    def test_agreement(self, kms):
        """A P-256 key for agreement takes imported material too."""
        private_key, _ = make_pair("ECC_NIST_P256")
        _, peer = make_pair("ECC_NIST_P256")
        key_arn = create_key(
            kms, KeySpec="ECC_NIST_P256", KeyUsage="KEY_AGREEMENT", Origin="EXTERNAL"
        )
        import_material(kms, key_arn, private_key)

        shared = kms.derive_shared_secret(
            KeyId=key_arn, KeyAgreementAlgorithm="ECDH", PublicKey=peer
        )

        assert ("EXTERNAL", 32) == (shared["KeyOrigin"], len(shared["SharedSecret"]))

    @pytest.mark.parametrize(("spec", "length"), BAD_SECRETS.values(), ids=BAD_SECRETS)
    def test_wrong_length(self, kms, spec, length):
        """Secret material of a wrong length is incorrect, and the key goes on waiting (IMP-7)."""
        key_arn = create_external(kms, spec)
        request = prepare(kms, key_arn, os.urandom(length))

        refused = refusal(kms.import_key_material, **request, **FOREVER)

        assert INCORRECT_MATERIAL == refused
        assert "PendingImport" == state_of(kms, key_arn)

    @pytest.mark.parametrize(
        ("spec", "other"),
        [
            ("RSA_2048", "RSA_3072"),
            ("RSA_2048", "ECC_NIST_P256"),
            ("ECC_NIST_P256", "ECC_NIST_P384"),
            ("ECC_NIST_P256", "ECC_SECG_P256K1"),
            ("ECC_NIST_P256", "ECC_NIST_EDWARDS25519"),
            ("ECC_NIST_EDWARDS25519", "ECC_NIST_P256"),
        ],
    )
    def test_wrong_private_key(self, kms, spec, other):
        """A private key of another kind, curve or size is incorrect (rules IMP-7)."""
        private_key, _ = make_pair(other)
        key_arn = create_external(kms, spec)
        request = prepare(kms, key_arn, private_key, algorithm_for(spec), "RSA_4096")

        assert INCORRECT_MATERIAL == refusal(kms.import_key_material, **request, **FOREVER)
        assert "PendingImport" == state_of(kms, key_arn)

    @pytest.mark.parametrize("make", FORMATS.values(), ids=FORMATS)
    def test_wrong_format(self, kms, make):
        """A private key in any other format than DER PKCS#8 is incorrect (rules IMP-7)."""
        spec, material = make()
        key_arn = create_external(kms, spec)
        request = prepare(kms, key_arn, material, KEY_WRAP[1], "RSA_4096")

        assert INCORRECT_MATERIAL == refusal(kms.import_key_material, **request, **FOREVER)
        assert "PendingImport" == state_of(kms, key_arn)


@needs_openssl
class TestOpenSSL:
    """The commands of the developer guide."""

    @pytest.fixture
    def openssl(self, tmp_path):
        return OpenSSL(tmp_path)

    def wrap(self, openssl, public_key, source, target, digest):
        openssl.write("wrapping.bin", public_key)
        openssl(
            *("pkeyutl", "-encrypt", "-in", source, "-out", target),
            *("-inkey", "wrapping.bin", "-keyform", "DER", "-pubin"),
            *("-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", f"rsa_oaep_md:{digest}"),
            *("-pkeyopt", f"rsa_mgf1_md:{digest}"),
        )

    @pytest.mark.parametrize("digest", ["sha1", "sha256"])
    def test_symmetric(self, kms, openssl, digest):
        """A symmetric key that `openssl` made and wrapped is imported (rules IMP-3)."""
        key_arn = create_external(kms)
        algorithm = {"sha1": OAEP[0], "sha256": OAEP[1]}[digest]
        parameters = get_parameters(kms, key_arn, algorithm, "RSA_4096")
        openssl("rand", "-out", "material.bin", "32")
        self.wrap(openssl, parameters["PublicKey"], "material.bin", "wrapped.bin", digest)

        kms.import_key_material(
            KeyId=key_arn,
            ImportToken=parameters["ImportToken"],
            EncryptedKeyMaterial=openssl.read("wrapped.bin"),
            **FOREVER,
        )

        assert "Enabled" == state_of(kms, key_arn)

    @pytest.mark.sweep(2)
    @pytest.mark.parametrize("digest", ["sha1", "sha256"])
    def test_rsa(self, kms, openssl, digest):
        """
        A private key that `openssl` made and wrapped is imported, and KMS shows its public key.

        The wrapped AES key comes first (wire-facts M17, rules IMP-5).
        """
        key_arn = create_external(kms, "RSA_2048")
        algorithm = {"sha1": KEY_WRAP[0], "sha256": KEY_WRAP[1]}[digest]
        parameters = get_parameters(kms, key_arn, algorithm, "RSA_3072")
        openssl(
            *("genpkey", "-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:2048"),
            *("-out", "private.pem"),
        )
        openssl(
            *("pkcs8", "-topk8", "-nocrypt", "-outform", "der"),
            *("-in", "private.pem", "-out", "material.bin"),
        )
        openssl("rsa", "-in", "private.pem", "-pubout", "-outform", "der", "-out", "public.bin")
        openssl("rand", "-out", "aes.bin", "32")
        openssl(
            *("enc", "-id-aes256-wrap-pad", "-K", openssl.read("aes.bin").hex()),
            *("-iv", "A65959A6", "-in", "material.bin", "-out", "wrapped.bin"),
        )
        self.wrap(openssl, parameters["PublicKey"], "aes.bin", "wrapped-aes.bin", digest)

        kms.import_key_material(
            KeyId=key_arn,
            ImportToken=parameters["ImportToken"],
            EncryptedKeyMaterial=openssl.read("wrapped-aes.bin") + openssl.read("wrapped.bin"),
            **FOREVER,
        )

        assert openssl.read("public.bin") == kms.get_public_key(KeyId=key_arn)["PublicKey"]


class TestWrapping:
    """Wrappings that do not open."""

    @pytest.mark.parametrize("length", [1, 32, 255, 257, 512])
    def test_wrong_size(self, kms, length):
        """
        An OAEP ciphertext is as long as the wrapping key's modulus (wire-facts M7).
        """
        key_arn = create_external(kms)
        request = prepare(kms, key_arn, os.urandom(32)) | {
            "EncryptedKeyMaterial": os.urandom(length)
        }

        assert INVALID_SIZE == refusal(kms.import_key_material, **request, **FOREVER)

    @pytest.mark.parametrize("length", [1, 255, 256])
    def test_wrong_size_with_aes_key(self, kms, length):
        """After the wrapped AES key there must be something (wire-facts M7; assumed)."""
        key_arn = create_external(kms, "RSA_2048")
        private_key, _ = make_pair("RSA_2048")
        request = prepare(kms, key_arn, private_key, KEY_WRAP[1])
        request["EncryptedKeyMaterial"] = request["EncryptedKeyMaterial"][:length]

        assert INVALID_SIZE == refusal(kms.import_key_material, **request, **FOREVER)

    def test_garbage(self, kms):
        """A wrapping of the right size that does not open is refused (rules IMP-7)."""
        key_arn = create_external(kms)
        request = prepare(kms, key_arn, os.urandom(32))
        request["EncryptedKeyMaterial"] = bytes(256)

        assert INVALID_CIPHERTEXT == refusal(kms.import_key_material, **request, **FOREVER)
        assert "PendingImport" == state_of(kms, key_arn)

    @pytest.mark.parametrize("position", [0, 255, 256, -1])
    def test_flipped_bit(self, kms, position):
        """A damaged byte in either part of RSA_AES_KEY_WRAP is noticed (rules IMP-5, IMP-7)."""
        key_arn = create_external(kms, "ECC_NIST_P256")
        private_key, _ = make_pair("ECC_NIST_P256")
        request = prepare(kms, key_arn, private_key, KEY_WRAP[1])
        damaged = bytearray(request["EncryptedKeyMaterial"])
        damaged[position] ^= 1
        request["EncryptedKeyMaterial"] = bytes(damaged)

        assert INVALID_CIPHERTEXT == refusal(kms.import_key_material, **request, **FOREVER)

    def test_other_algorithm(self, kms):
        """Material must be wrapped by the algorithm that the parameters were asked for."""
        key_arn = create_external(kms)
        parameters = get_parameters(kms, key_arn, OAEP[0])
        wrapped = wrap(parameters["PublicKey"], OAEP[1], os.urandom(32))

        assert INVALID_CIPHERTEXT == refusal(
            kms.import_key_material,
            KeyId=key_arn,
            ImportToken=parameters["ImportToken"],
            EncryptedKeyMaterial=wrapped,
            **FOREVER,
        )

    def test_public_key_of_another_token(self, kms):
        """Public key and token belong together (rules IMP-6)."""
        key_arn = create_external(kms)
        first, second = (prepare(kms, key_arn, os.urandom(32)) for _ in range(2))
        mixed = first | {"ImportToken": second["ImportToken"]}

        assert INVALID_CIPHERTEXT == refusal(kms.import_key_material, **mixed, **FOREVER)
