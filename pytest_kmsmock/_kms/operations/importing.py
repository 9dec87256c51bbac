"""Imported key material: GetParametersForImport, ImportKeyMaterial, DeleteImportedKeyMaterial."""

from datetime import datetime, timedelta
from typing import Final

from pytest_kmsmock._kms.crypto.errors import BadMaterial, DecryptionFailed
from pytest_kmsmock._kms.crypto.materials.making import Material, load
from pytest_kmsmock._kms.crypto.specs import SPECS, Kind
from pytest_kmsmock._kms.crypto.wrapping import unwrap
from pytest_kmsmock._kms.domain.changes import change
from pytest_kmsmock._kms.domain.creation import CHINA
from pytest_kmsmock._kms.domain.imports import (
    AES_KEY_WRAP,
    ImportParameters,
    associate,
    can_wrap,
    drop_copy,
    find_version,
    identify,
    issue_parameters,
    put_copy,
)
from pytest_kmsmock._kms.domain.keys import EXTERNAL, Key, MaterialVersion
from pytest_kmsmock._kms.domain.metadata import describe_material
from pytest_kmsmock._kms.errors import (
    KmsError,
    invalid_ciphertext,
    invalid_state,
    not_found,
    unsupported,
    validation,
)
from pytest_kmsmock._kms.rules.context import Context, RequestMembers, ResponseMembers
from pytest_kmsmock._kms.rules.operation import key_use, operation
from pytest_kmsmock._kms.rules.requirements import Origin
from pytest_kmsmock._kms.rules.states import IMPORTABLE, MATERIAL_DELETABLE, WRAPPABLE

LONGEST_VALIDITY: Final = timedelta(days=365)  # quotas Q-30
EXPIRES: Final = "KEY_MATERIAL_EXPIRES"
NEW: Final = "NEW_KEY_MATERIAL"
EXISTING: Final = "EXISTING_KEY_MATERIAL"
SYMMETRIC_MEMBERS: Final = ("ImportType", "KeyMaterialDescription", "KeyMaterialId")


@operation("GetParametersForImport", key_use(Origin(EXTERNAL), WRAPPABLE))
def get_parameters_for_import(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GetParametersForImport.html"""
    spec, china = key.family.spec, key.family.partition == CHINA
    algorithm, wrapping_spec = request["WrappingAlgorithm"], SPECS[request["WrappingKeySpec"]]
    if not wrapping_spec.is_offered(china):  # after C17 (assumed)
        raise unsupported(f"WrappingKeySpec {wrapping_spec.name} is not supported in this Region")
    if not can_wrap(spec, algorithm, wrapping_spec, china=china):
        # wire-facts M4; that the other combinations, RSAES_PKCS1_V1_5 among them, are refused in
        # the same words is assumed.
        raise validation(
            f"Wrapping algorithm {algorithm} and wrapping key spec {wrapping_spec.name} cannot be"
            f" used to import a {spec.name} key."
        )
    token, parameters = issue_parameters(ctx.world, key, algorithm, wrapping_spec, ctx.now)
    return {
        "KeyId": key.arn,
        "ImportToken": token,
        "PublicKey": parameters.wrapping_key.public_key(),
        "ParametersValidTo": parameters.valid_to,
    }


@operation("ImportKeyMaterial", key_use(Origin(EXTERNAL), IMPORTABLE))
def import_key_material(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ImportKeyMaterial.html"""
    family = key.family
    valid_to = read_valid_to(request, ctx.now)
    import_type = read_import_type(request, key)
    parameters = read_token(ctx, request["ImportToken"], key)
    material = unwrap_material(request["EncryptedKeyMaterial"], parameters, key)
    identity = identify(family, material)
    version = find_version(family, identity)
    check_association(request, import_type, key, identity, version)

    if version is None:
        version = associate(ctx.world, family, identity)
    # A description that is left out stays as it was (rules IMP-24).
    change(version, description=request.get("KeyMaterialDescription", version.description))
    put_copy(ctx.world, key, version, material, valid_to)
    return name_material(key, version)


@operation("DeleteImportedKeyMaterial", key_use(Origin(EXTERNAL), MATERIAL_DELETABLE))
def delete_imported_key_material(
    ctx: Context, request: RequestMembers, key: Key
) -> ResponseMembers:
    """
    https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteImportedKeyMaterial.html

    Where there is nothing to delete, it succeeds all the same (rules IMP-27).
    """
    version = key.family.current
    if (material_id := request.get("KeyMaterialId")) is not None:
        version = find_version(key.family, bytes.fromhex(material_id))
        if version is None or version.material_id is None:
            # The one modelled exception that fits; never recorded (assumed).
            raise not_found(f"Key material '{material_id}' does not exist in key '{key.arn}'")
    if version is None:
        return {"KeyId": key.arn}
    drop_copy(ctx.world, key, version)
    return name_material(key, version)


def name_material(key: Key, version: MaterialVersion) -> ResponseMembers:
    """Return KeyId and, of symmetric keys, KeyMaterialId (rules IMP-29)."""
    return {"KeyId": key.arn, **describe_material(version.material_id)}


def read_valid_to(request: RequestMembers, now: datetime) -> datetime | None:
    """
    Return when the material expires, or None where it never does (rules IMP-8, IMP-9).

    Raises:
        KmsError: ValidationException (wire-facts M6; the texts for a ValidTo that may not be there
            or is out of range were never recorded: assumed).
    """
    valid_to: datetime | None = request.get("ValidTo")
    if request.get("ExpirationModel", EXPIRES) != EXPIRES:
        if valid_to is not None:
            raise validation(
                "A validTo date must not be set if the ExpirationModel is"
                " KEY_MATERIAL_DOES_NOT_EXPIRE"
            )
        return None
    if valid_to is None:
        raise validation(
            "A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES"
        )
    if not now < valid_to <= now + LONGEST_VALIDITY:
        raise validation(
            "The validTo date must be in the future and at most"
            f" {LONGEST_VALIDITY.days} days from now"
        )
    return valid_to


def read_import_type(request: RequestMembers, key: Key) -> str:
    """
    Return what kind of import this is, for which the other members must fit (IMP-13 to IMP-15).

    Raises:
        KmsError: ValidationException, or UnsupportedOperationException where a replica is to get
            what its primary does not have (rules IMP-22, IMP-23); never recorded (assumed).
    """
    family = key.family
    if family.spec.kind is not Kind.SYMMETRIC:
        for member in SYMMETRIC_MEMBERS:
            if member in request:
                raise validation(
                    f"{member} is supported only when importing key material into a symmetric"
                    " encryption KMS key."
                )
    # By default new for a key that never had any (rules IMP-14).
    import_type: str = request.get("ImportType", EXISTING if family.versions else NEW)
    if import_type == NEW and "KeyMaterialId" in request:
        raise validation("KeyMaterialId cannot be set if the ImportType is NEW_KEY_MATERIAL")
    if not key.is_primary and (import_type == NEW or "KeyMaterialDescription" in request):
        raise unsupported(f"{key.arn} is not a multi-region primary key.")
    return import_type


def read_token(ctx: Context, token: bytes, key: Key) -> ImportParameters:
    """
    Return what *token* stands for, which must be an import into *key* (rules IMP-7).

    Raises:
        KmsError: InvalidImportTokenException, ExpiredImportTokenException; their texts were never
            recorded, so that they have none (assumed).
    """
    parameters = ctx.world.import_parameters.get(token)
    if parameters is None or parameters.key_arn != key.arn:
        raise KmsError("InvalidImportTokenException")
    if parameters.valid_to <= ctx.now:
        raise KmsError("ExpiredImportTokenException")
    return parameters


def unwrap_material(wrapped: bytes, parameters: ImportParameters, key: Key) -> Material:
    """
    Take the material out of its wrapping, and look at it (rules IMP-7).

    Raises:
        KmsError: ValidationException for a wrapping of impossible size (wire-facts M7),
            InvalidCiphertextException for one that does not open, IncorrectKeyMaterialException
            for material that does not fit the key spec (texts as in `read_token()`).
    """
    wrapping_spec = parameters.wrapping_key.spec
    if wrapping_spec.kind is Kind.RSA:
        size = wrapping_spec.bits // 8
        has_more = parameters.algorithm in AES_KEY_WRAP  # the material follows its AES key
        if len(wrapped) <= size if has_more else len(wrapped) != size:
            raise validation("Invalid encrypted key size.")
    try:
        raw = unwrap(parameters.wrapping_key, parameters.algorithm, wrapped)
        return load(key.family.spec, raw, china=key.family.partition == CHINA)
    except DecryptionFailed:
        raise invalid_ciphertext() from None
    except BadMaterial:
        raise KmsError("IncorrectKeyMaterialException") from None


def check_association(
    request: RequestMembers,
    import_type: str,
    key: Key,
    identity: bytes,
    version: MaterialVersion | None,
) -> None:
    """
    Refuse known material as new, and unknown or unexpected material as existing (IMP-15, IMP-16).

    Raises:
        KmsError: IncorrectKeyMaterialException (without a text, as in `read_token()`), or
            KMSInvalidStateException while other material is pending rotation (wire-facts M13).
    """
    if (version is None) is not (import_type == NEW):
        raise KmsError("IncorrectKeyMaterialException")
    if request.get("KeyMaterialId", identity.hex()) != identity.hex():
        raise KmsError("IncorrectKeyMaterialException")
    pending = key.family.pending
    if version is None and pending is not None and pending.material_id is not None:
        raise invalid_state(
            f"New key material (id: {identity.hex()}) cannot be imported into KMS key {key.arn},"
            f" because another key material (id: {pending.material_id.hex()}) is pending rotation."
        )
