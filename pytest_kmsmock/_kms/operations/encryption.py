"""Encrypting and decrypting: Encrypt, Decrypt, ReEncrypt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pytest_kmsmock._kms.crypto.algorithms import SYMMETRIC_DEFAULT
from pytest_kmsmock._kms.crypto.errors import DecryptionFailed, MalformedCiphertext
from pytest_kmsmock._kms.crypto.specs import ENCRYPT_DECRYPT
from pytest_kmsmock._kms.domain.keys import Key, KeyFamily
from pytest_kmsmock._kms.domain.metadata import describe_material
from pytest_kmsmock._kms.domain.recipients import hand_over
from pytest_kmsmock._kms.domain.sealing import material_id_in, seal_under, unseal_under
from pytest_kmsmock._kms.errors import (
    dry_run,
    incompatible_algorithm,
    incorrect_key,
    invalid_ciphertext,
    validation,
)
from pytest_kmsmock._kms.rules.context import Context, RequestMembers, ResponseMembers
from pytest_kmsmock._kms.rules.operation import KeyUse, by_identifier, key_use, operation
from pytest_kmsmock._kms.rules.permissions import deny_missing
from pytest_kmsmock._kms.rules.requirements import Usage
from pytest_kmsmock._kms.rules.states import USABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The names of one side's members: ReEncrypt has a source and a destination."""

    key_id: str = "KeyId"
    algorithm: str = "EncryptionAlgorithm"
    context: str = "EncryptionContext"


PLAIN: Final = Side()
SOURCE: Final = Side(
    key_id="SourceKeyId",
    algorithm="SourceEncryptionAlgorithm",
    context="SourceEncryptionContext",
)
DESTINATION: Final = Side(
    key_id="DestinationKeyId",
    algorithm="DestinationEncryptionAlgorithm",
    context="DestinationEncryptionContext",
)


def locate_by_ciphertext(ctx: Context, request: RequestMembers, use: KeyUse) -> Key | None:
    """
    Find the key that made the ciphertext: symmetric ones name it, the others need a KeyId.

    Raises:
        KmsError: As measured: wire-facts E14, E16, E17, E20, E26, E28.
    """
    side = SOURCE if use.member == SOURCE.key_id else PLAIN
    check_dry_run_modifiers(request)
    named = by_identifier(ctx, request, use)
    is_asymmetric = request.get(side.algorithm, SYMMETRIC_DEFAULT) != SYMMETRIC_DEFAULT
    if is_asymmetric or ignores_ciphertext(request):
        if named is None:  # without the ciphertext: rules DRY-5; the text is assumed there
            raise validation(f"{side.key_id} must not be null")
        return named
    family = find_family(ctx, request["CiphertextBlob"])
    if named is not None:
        if named.family is not family:
            raise incorrect_key()
        return named
    key = None if family is None else family.members.get(ctx.region.name)
    if key is None:
        action = use.action or ctx.model.name
        raise deny_missing(ctx, action, "*", "", by_ciphertext=True)
    return key


def find_family(ctx: Context, blob: bytes) -> KeyFamily | None:
    """
    Find the key, with its relatives, that made a symmetric ciphertext; None if it is gone.

    Raises:
        KmsError: InvalidCiphertextException (wire-facts E14).
    """
    known = ctx.world.known_ciphertexts.get(blob)
    if known is not None:
        return known.key.family
    try:
        material_id = material_id_in(blob)
    except MalformedCiphertext:
        raise invalid_ciphertext() from None
    family, _ = ctx.world.materials.get(material_id, (None, None))
    return family


@operation("Encrypt", key_use(Usage(ENCRYPT_DECRYPT), USABLE, aliases=True, cross_account=True))
def encrypt(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html"""
    algorithm = read_algorithm(request, PLAIN, key)
    blob, _ = encrypt_under(ctx, key, algorithm, request["Plaintext"], request.get(PLAIN.context))
    return {"CiphertextBlob": blob, "KeyId": key.arn, "EncryptionAlgorithm": algorithm}


@operation(
    "Decrypt",
    key_use(
        Usage(ENCRYPT_DECRYPT),
        USABLE,
        aliases=True,
        cross_account=True,
        locate=locate_by_ciphertext,
        by_ciphertext=True,
    ),
)
def decrypt(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html"""
    if ignores_ciphertext(request):
        raise dry_run()
    algorithm = read_algorithm(request, PLAIN, key)
    plaintext, material_id = decrypt_under(
        ctx, key, algorithm, request["CiphertextBlob"], request.get(PLAIN.context)
    )
    answer: ResponseMembers = {
        "KeyId": key.arn,
        "EncryptionAlgorithm": algorithm,
        **hand_over(request, "Plaintext", plaintext, ctx.world.source),
    }
    if "Recipient" not in request:  # rules REC-2
        answer |= describe_material(material_id)
    return answer


@operation(
    "ReEncrypt",
    key_use(
        Usage(ENCRYPT_DECRYPT),
        USABLE,
        member=SOURCE.key_id,
        aliases=True,
        cross_account=True,
        locate=locate_by_ciphertext,
        by_ciphertext=True,
        action="ReEncryptFrom",
    ),
    key_use(
        Usage(ENCRYPT_DECRYPT),
        USABLE,
        member=DESTINATION.key_id,
        aliases=True,
        cross_account=True,
        action="ReEncryptTo",
    ),
)
def re_encrypt(
    ctx: Context, request: RequestMembers, source: Key, destination: Key
) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html"""
    if ignores_ciphertext(request):
        raise dry_run()
    source_algorithm = read_algorithm(request, SOURCE, source)
    destination_algorithm = read_algorithm(request, DESTINATION, destination)
    plaintext, source_material_id = decrypt_under(
        ctx, source, source_algorithm, request["CiphertextBlob"], request.get(SOURCE.context)
    )
    blob, material_id = encrypt_under(
        ctx, destination, destination_algorithm, plaintext, request.get(DESTINATION.context)
    )
    answer: ResponseMembers = {
        "CiphertextBlob": blob,
        "SourceKeyId": source.arn,
        "KeyId": destination.arn,
        "SourceEncryptionAlgorithm": source_algorithm,
        "DestinationEncryptionAlgorithm": destination_algorithm,
    }
    if source_material_id is not None:
        answer["SourceKeyMaterialId"] = source_material_id.hex()
    if material_id is not None:
        answer["DestinationKeyMaterialId"] = material_id.hex()
    return answer


def ignores_ciphertext(request: RequestMembers) -> bool:
    """Tell whether this is a dry run that only asks for permissions (rules DRY-5)."""
    return "IGNORE_CIPHERTEXT" in request.get("DryRunModifiers", ())


def check_dry_run_modifiers(request: RequestMembers) -> None:
    """
    Refuse modifiers of what is no dry run (rules DRY-6; the text is assumed).

    Raises:
        KmsError: ValidationException.
    """
    if request.get("DryRunModifiers") and not request.get("DryRun"):
        raise validation("DryRunModifiers can only be used when DryRun is true.")


def read_algorithm(request: RequestMembers, side: Side, key: Key) -> str:
    """
    Return the algorithm of *side*, which must fit the key and the encryption context.

    Raises:
        KmsError: InvalidKeyUsageException (wire-facts E6, E7), ValidationException (E11).
    """
    algorithm: str = request.get(side.algorithm, SYMMETRIC_DEFAULT)
    spec = key.family.spec
    if algorithm not in spec.encryption_algorithms:
        raise incompatible_algorithm(algorithm, spec.name)
    if algorithm != SYMMETRIC_DEFAULT and request.get(side.context):
        raise validation(
            "EncryptionContext is not supported when encrypting/decrypting with asymmetric CMKs."
        )
    return algorithm


def encrypt_under(
    ctx: Context,
    key: Key,
    algorithm: str,
    plaintext: bytes,
    encryption_context: Mapping[str, str] | None,
) -> tuple[bytes, bytes | None]:
    """Return the ciphertext and the id of the material, if the key's materials have ids."""
    if algorithm == SYMMETRIC_DEFAULT:
        return seal_under(
            key, plaintext, encryption_context, data_key=False, source=ctx.world.source
        )
    spec = key.family.spec
    limit = spec.max_plaintext(algorithm)
    if len(plaintext) > limit:  # wire-facts E9
        raise validation(
            f"Algorithm {algorithm} and key spec {spec.name} cannot encrypt data larger than"
            f" {limit} bytes."
        )
    material = key.material.drawing_from(ctx.world.source)
    return material.encrypt(algorithm, plaintext), None


def decrypt_under(
    ctx: Context,
    key: Key,
    algorithm: str,
    blob: bytes,
    encryption_context: Mapping[str, str] | None,
) -> tuple[bytes, bytes | None]:
    """Return the plaintext and the id of the material that opened it, if materials have ids."""
    known = ctx.world.known_ciphertexts.get(blob)
    if known is not None and known.key.family is key.family:
        if known.encryption_context != (encryption_context or {}):
            raise invalid_ciphertext()
        current = key.family.current
        return known.plaintext, None if current is None else current.material_id
    try:
        if algorithm != SYMMETRIC_DEFAULT:
            return key.material.decrypt(algorithm, blob), None
        return unseal_under(key, blob, encryption_context)
    except DecryptionFailed:
        raise invalid_ciphertext() from None
