"""
Nitro attestation documents: a COSE_Sign1 over a CBOR map, signed with ES384.

`cryptography.x509` costs 36 ms to import, so it waits for the functions that need certificates;
reading a document does not.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning

from pytest_kmsmock._kms.crypto.errors import BadDocument
from pytest_kmsmock._kms.crypto.nitro import cbor

if TYPE_CHECKING:
    from cryptography import x509

_ES384 = ec.ECDSA(hashes.SHA384())
_HALF_SIGNATURE = 48
_PROTECTED = cbor.dumps({1: -35})  # {alg: ES384}
_EMPTY: Mapping[int, bytes] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationDocument:
    """
    What a document says.

    *timestamp* counts milliseconds since 1970; *certificate* and *cabundle* are DER, the root
    first; *public_key* is the DER SPKI that answers are encrypted for. A document of a Nitro
    enclave has *pcrs*, one of NitroTPM has *nitrotpm_pcrs*; the other is empty.
    """

    module_id: str
    timestamp: int
    certificate: bytes
    cabundle: tuple[bytes, ...]
    pcrs: Mapping[int, bytes]
    nitrotpm_pcrs: Mapping[int, bytes]
    public_key: bytes | None
    user_data: bytes | None
    nonce: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Whoever signs documents: a P-384 key and its DER certificates, the root first."""

    key: ec.EllipticCurvePrivateKey
    certificates: tuple[bytes, ...]


def parse(document: bytes) -> AttestationDocument:
    """
    Read a document without verifying anything.

    Raises:
        BadDocument: it is no attestation document.
    """
    _, payload, _ = _open(document)
    return _read(payload)


def verify(
    document: bytes, *, root: bytes | None = None, at: datetime | None = None
) -> AttestationDocument:
    """
    Read a document and check its signature and that each certificate was issued by the one above.

    Args:
        root: the DER certificate that must be the topmost one; None trusts any.
        at: when every certificate must be valid; None does not ask.

    Raises:
        BadDocument: it is no attestation document, or a check failed.
    """
    protected, payload, signature = _open(document)
    found = _read(payload)
    _check_algorithm(protected)
    chain = _certificates((*found.cabundle, found.certificate))
    _check_signature(chain[-1], cbor.dumps(["Signature1", protected, b"", payload]), signature)
    for issuer, issued in pairwise(chain):
        _check_issuer(issuer, issued)
    if root is not None and root != (*found.cabundle, found.certificate)[0]:
        raise BadDocument("the certificates lead to another root")
    if at is not None and not all(
        certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
        for certificate in chain
    ):
        raise BadDocument("a certificate is not valid at this time")
    return found


def mint(
    signer: Signer,
    *,
    public_key: bytes | None,
    timestamp: int,
    pcrs: Mapping[int, bytes] = _EMPTY,
    nitrotpm_pcrs: Mapping[int, bytes] = _EMPTY,
    module_id: str = "i-0123456789abcdef0-enc0123456789abcdef",
    user_data: bytes | None = None,
    nonce: bytes | None = None,
) -> bytes:
    """
    Make a signed document; see `AttestationDocument` for the arguments.

    Without *nitrotpm_pcrs* it is one of an enclave, even if *pcrs* is empty.
    """
    *cabundle, certificate = signer.certificates
    payload = cbor.dumps(
        {
            "module_id": module_id,
            "digest": "SHA384",
            "timestamp": timestamp,
            **({"nitrotpm_pcrs": nitrotpm_pcrs} if nitrotpm_pcrs else {"pcrs": pcrs}),
            "certificate": certificate,
            "cabundle": cabundle,
            "public_key": public_key,
            "user_data": user_data,
            "nonce": nonce,
        }
    )
    signed = signer.key.sign(cbor.dumps(["Signature1", _PROTECTED, b"", payload]), _ES384)
    signature = b"".join(
        number.to_bytes(_HALF_SIGNATURE, "big") for number in decode_dss_signature(signed)
    )
    return cbor.dumps([_PROTECTED, {}, payload, signature])


def make_signer() -> Signer:
    """Make a root and a leaf certificate of our own, valid on whatever day a test plays."""
    from cryptography import x509  # noqa: PLC0415  (see the module's docstring)

    def issue(
        subject: str, key: ec.EllipticCurvePrivateKey, issuer_key: ec.EllipticCurvePrivateKey
    ) -> bytes:
        constraints = x509.BasicConstraints(ca=key is issuer_key, path_length=None)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(subject))
            .issuer_name(_name("pytest-kmsmock.nitro-enclaves"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime(1970, 1, 2, tzinfo=timezone.utc))
            .not_valid_after(datetime(2999, 12, 31, tzinfo=timezone.utc))
            .add_extension(constraints, critical=True)
        )
        return builder.sign(issuer_key, hashes.SHA384()).public_bytes(Encoding.DER)

    root_key = ec.generate_private_key(ec.SECP384R1())
    key = ec.generate_private_key(ec.SECP384R1())
    root = issue("pytest-kmsmock.nitro-enclaves", root_key, root_key)
    leaf = issue("i-0123456789abcdef0-enc0123456789abcdef", key, root_key)
    return Signer(key=key, certificates=(root, leaf))


def _name(common_name: str) -> "x509.Name":
    from cryptography import x509  # noqa: PLC0415  (see the module's docstring)

    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])


def _open(document: bytes) -> tuple[bytes, bytes, bytes]:
    match cbor.loads(document):
        case [bytes(protected), dict(), bytes(payload), bytes(signature)]:
            return protected, payload, signature
        case _:
            raise BadDocument("not a COSE_Sign1")


def _read(payload: bytes) -> AttestationDocument:
    match cbor.loads(payload):
        case {
            "module_id": str(module_id),
            "digest": "SHA384",
            "timestamp": int(timestamp),
            "certificate": bytes(certificate),
            "cabundle": [*cabundle],
            **rest,
        } if rest.keys() & {"pcrs", "nitrotpm_pcrs"} and _are_bytes(cabundle):
            return AttestationDocument(
                module_id=module_id,
                timestamp=timestamp,
                certificate=certificate,
                cabundle=tuple(cabundle),
                pcrs=_registers(rest.get("pcrs", {})),
                nitrotpm_pcrs=_registers(rest.get("nitrotpm_pcrs", {})),
                public_key=_optional(rest.get("public_key")),
                user_data=_optional(rest.get("user_data")),
                nonce=_optional(rest.get("nonce")),
            )
        case _:
            raise BadDocument("not an attestation document")


def _are_bytes(values: list[object]) -> bool:
    return all(isinstance(value, bytes) for value in values)


def _registers(value: object) -> dict[int, bytes]:
    if not isinstance(value, dict):
        raise BadDocument("the PCRs are no map")
    if not all(type(index) is int and isinstance(pcr, bytes) for index, pcr in value.items()):
        raise BadDocument("the PCRs are no map of numbers to bytes")
    return value


def _optional(value: object) -> bytes | None:
    if value is not None and not isinstance(value, bytes):
        raise BadDocument("an optional member is not bytes")
    return value


def _check_algorithm(protected: bytes) -> None:
    match cbor.loads(protected):
        case {1: -35}:
            return
        case _:
            raise BadDocument("not signed with ES384")


def _certificates(chain: tuple[bytes, ...]) -> "list[x509.Certificate]":
    from cryptography import x509  # noqa: PLC0415  (see the module's docstring)

    try:
        with warnings.catch_warnings():
            # Of certificates that it reads against its better judgement, such as those with a
            # negative serial number. No authority issues them: they are refused.
            warnings.simplefilter("error", CryptographyDeprecationWarning)
            return [x509.load_der_x509_certificate(encoded) for encoded in chain]
    except (ValueError, x509.InvalidVersion, CryptographyDeprecationWarning) as error:
        raise BadDocument(f"a certificate cannot be read: {error}") from None


def _check_signature(leaf: "x509.Certificate", signed: bytes, signature: bytes) -> None:
    try:
        key = leaf.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadDocument(f"the leaf's public key cannot be read: {error}") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or len(signature) != 2 * _HALF_SIGNATURE:
        raise BadDocument("not signed with ES384")
    r, s = signature[:_HALF_SIGNATURE], signature[_HALF_SIGNATURE:]
    encoded = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    try:
        key.verify(encoded, signed, _ES384)
    except InvalidSignature:
        raise BadDocument("the signature does not match") from None


def _check_issuer(issuer: "x509.Certificate", issued: "x509.Certificate") -> None:
    try:
        issued.verify_directly_issued_by(issuer)
    except (InvalidSignature, TypeError, UnsupportedAlgorithm, ValueError):
        raise BadDocument("a certificate was not issued by the one above it") from None
