"""The 20 key specs of KMS, a row each: what such a key is, can do, and is imported as."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from pytest_kmsmock._kms.crypto import algorithms

ENCRYPT_DECRYPT = "ENCRYPT_DECRYPT"
SIGN_VERIFY = "SIGN_VERIFY"
GENERATE_VERIFY_MAC = "GENERATE_VERIFY_MAC"
KEY_AGREEMENT = "KEY_AGREEMENT"
ENCAPSULATE_DECAPSULATE = "ENCAPSULATE_DECAPSULATE"


class Kind(Enum):
    """The family of primitives that serves a key spec."""

    SYMMETRIC = "symmetric"
    HMAC = "HMAC"
    RSA = "RSA"
    ECC = "ECC"
    EDWARDS = "Edwards"
    ML_DSA = "ML-DSA"
    ML_KEM = "ML-KEM"
    SM2 = "SM2"


class Offer(Enum):
    """The Regions in which there are keys of a spec, in the words of a table."""

    EVERYWHERE = "all"
    CHINA = "China"
    OUTSIDE_CHINA = "all but China"


class KeySpec(NamedTuple):
    """
    A row of the key spec table.

    *bits* is the size of the key, modulus or curve, and 0 for ML-DSA and ML-KEM, which have
    *parameter_set* (FIPS 204, FIPS 203) instead; *curve* is the SEC name. Lengths are bytes of raw
    material, None for key pairs. *is_data_key_pair* says that the spec is offered to
    GenerateDataKeyPair, *has_legacy_name* that CustomerMasterKeySpec lists it too, *rotates* that
    keys of the spec can have more than one material.
    """

    name: str
    kind: Kind
    bits: int
    usages: tuple[str, ...]
    encryption_algorithms: tuple[str, ...] = ()
    signing_algorithms: tuple[str, ...] = ()
    mac_algorithms: tuple[str, ...] = ()
    key_agreement_algorithms: tuple[str, ...] = ()
    encapsulation_algorithms: tuple[str, ...] = ()
    curve: str | None = None
    parameter_set: str | None = None
    material_length: int | None = None
    material_length_in_china: int | None = None
    longest_import: int | None = None
    importable: bool = True
    rotates: bool = False
    offer: Offer = Offer.EVERYWHERE
    is_data_key_pair: bool = False
    has_legacy_name: bool = True

    @property
    def is_asymmetric(self) -> bool:
        return self.material_length is None

    def is_offered(self, china: bool) -> bool:
        """Tell whether there are keys of this spec in the China Regions, or in the others."""
        return self.offer is not (Offer.OUTSIDE_CHINA if china else Offer.CHINA)

    def algorithms(self, usage: str) -> tuple[str, ...]:
        """List the algorithms of a key of this usage, as its metadata does (wire-facts C8-C12)."""
        if usage not in self.usages:
            return ()
        return {
            ENCRYPT_DECRYPT: self.encryption_algorithms,
            SIGN_VERIFY: self.signing_algorithms,
            GENERATE_VERIFY_MAC: self.mac_algorithms,
            KEY_AGREEMENT: self.key_agreement_algorithms,
            ENCAPSULATE_DECAPSULATE: self.encapsulation_algorithms,
        }[usage]

    def max_plaintext(self, algorithm: str) -> int:
        """Count the bytes that Encrypt takes at most under this encryption algorithm."""
        return algorithms.ENCRYPTION[algorithm].max_plaintext(self.bits)

    def generated_length(self, china: bool) -> int:
        """
        Count the bytes of the raw material that KMS generates.

        Raises:
            TypeError: the spec's material is a key pair.
        """
        length = self.material_length_in_china if china else None
        length = length or self.material_length
        if length is None:
            raise TypeError(f"{self.name} material is a key pair")
        return length

    def import_lengths(self, china: bool) -> range:
        """
        Give the lengths of raw material that may be imported, as a range.

        For HMAC keys one page of the guide allows up to 128 bytes, another only the spec's own
        length (rules SRC-11); assumed: the wider one.
        """
        shortest = self.generated_length(china)
        return range(shortest, (self.longest_import or shortest) + 1)


def _hmac(bits: int) -> KeySpec:
    return KeySpec(
        name=f"HMAC_{bits}",
        kind=Kind.HMAC,
        bits=bits,
        usages=(GENERATE_VERIFY_MAC,),
        mac_algorithms=(f"HMAC_SHA_{bits}",),
        material_length=bits // 8,
        longest_import=128,
    )


def _rsa(bits: int) -> KeySpec:
    return KeySpec(
        name=f"RSA_{bits}",
        kind=Kind.RSA,
        bits=bits,
        usages=(ENCRYPT_DECRYPT, SIGN_VERIFY),
        encryption_algorithms=("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"),
        signing_algorithms=(
            "RSASSA_PKCS1_V1_5_SHA_256",
            "RSASSA_PKCS1_V1_5_SHA_384",
            "RSASSA_PKCS1_V1_5_SHA_512",
            "RSASSA_PSS_SHA_256",
            "RSASSA_PSS_SHA_384",
            "RSASSA_PSS_SHA_512",
        ),
        is_data_key_pair=True,
    )


def _nist(bits: int, algorithm: str) -> KeySpec:
    return KeySpec(
        name=f"ECC_NIST_P{bits}",
        kind=Kind.ECC,
        bits=bits,
        usages=(SIGN_VERIFY, KEY_AGREEMENT),
        signing_algorithms=(algorithm,),
        key_agreement_algorithms=(algorithms.ECDH,),
        curve=f"secp{bits}r1",
        is_data_key_pair=True,
    )


def _ml_dsa(level: int) -> KeySpec:
    return KeySpec(
        name=f"ML_DSA_{level}",
        kind=Kind.ML_DSA,
        bits=0,
        usages=(SIGN_VERIFY,),
        signing_algorithms=("ML_DSA_SHAKE_256",),
        parameter_set=f"ML-DSA-{level}",
        importable=False,
        has_legacy_name=False,
    )


def _ml_kem(size: int) -> KeySpec:
    # Never EXTERNAL (assumed, after ML-DSA): ImportKeyMaterial's page counts up the kinds of keys
    # that it takes, and ML-KEM is not among them.
    return KeySpec(
        name=f"ML_KEM_{size}",
        kind=Kind.ML_KEM,
        bits=0,
        usages=(ENCAPSULATE_DECAPSULATE,),
        encapsulation_algorithms=("ML_KEM",),
        parameter_set=f"ML-KEM-{size}",
        importable=False,
        offer=Offer.OUTSIDE_CHINA,
        is_data_key_pair=True,
        has_legacy_name=False,
    )


SPECS: Mapping[str, KeySpec] = MappingProxyType(
    {
        row.name: row
        for row in (
            KeySpec(
                name="SYMMETRIC_DEFAULT",
                kind=Kind.SYMMETRIC,
                bits=256,
                usages=(ENCRYPT_DECRYPT,),
                encryption_algorithms=(algorithms.SYMMETRIC_DEFAULT,),
                material_length=32,
                material_length_in_china=16,
                rotates=True,
            ),
            _hmac(224),
            _hmac(256),
            _hmac(384),
            _hmac(512),
            _rsa(2048),
            _rsa(3072),
            _rsa(4096),
            _nist(256, "ECDSA_SHA_256"),
            _nist(384, "ECDSA_SHA_384"),
            _nist(521, "ECDSA_SHA_512"),
            KeySpec(
                name="ECC_SECG_P256K1",
                kind=Kind.ECC,
                bits=256,
                usages=(SIGN_VERIFY,),
                signing_algorithms=("ECDSA_SHA_256",),
                curve="secp256k1",
                is_data_key_pair=True,
            ),
            KeySpec(
                name="ECC_NIST_EDWARDS25519",
                kind=Kind.EDWARDS,
                bits=256,
                usages=(SIGN_VERIFY,),
                signing_algorithms=("ED25519_SHA_512", "ED25519_PH_SHA_512"),
                is_data_key_pair=True,
                has_legacy_name=False,
            ),
            _ml_dsa(44),
            _ml_dsa(65),
            _ml_dsa(87),
            _ml_kem(512),
            _ml_kem(768),
            _ml_kem(1024),
            KeySpec(
                name="SM2",
                kind=Kind.SM2,
                bits=256,
                usages=(ENCRYPT_DECRYPT, SIGN_VERIFY, KEY_AGREEMENT),
                encryption_algorithms=(algorithms.SM2PKE,),
                signing_algorithms=("SM2DSA",),
                key_agreement_algorithms=(algorithms.ECDH,),
                offer=Offer.CHINA,
                is_data_key_pair=True,
            ),
        )
    }
)


def find_spec(name: str) -> KeySpec:
    """
    Return the row of the key spec *name*, which the service model has.

    Raises:
        NotImplementedError: A newer botocore brings a spec that is not built.
    """
    if name not in SPECS:
        raise NotImplementedError(f"pytest-kmsmock does not serve the key spec {name} yet")
    return SPECS[name]
