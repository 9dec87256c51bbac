"""Data keys, data key pairs and random bytes: the GenerateDataKey family and GenerateRandom."""

from typing import Final

from pytest_kmsmock._kms.crypto.materials.making import generate_key_pair
from pytest_kmsmock._kms.crypto.specs import ENCRYPT_DECRYPT, find_spec
from pytest_kmsmock._kms.domain.creation import CHINA
from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.domain.metadata import describe_material
from pytest_kmsmock._kms.domain.recipients import hand_over
from pytest_kmsmock._kms.domain.sealing import seal_under
from pytest_kmsmock._kms.errors import unsupported, validation
from pytest_kmsmock._kms.lazily import lazily
from pytest_kmsmock._kms.rules.context import Context, RequestMembers, ResponseMembers
from pytest_kmsmock._kms.rules.operation import (
    KeyUse,
    by_identifier,
    key_use,
    operation,
    stop_dry_run,
)
from pytest_kmsmock._kms.rules.requirements import OUTSIDE_KEY_STORES, SYMMETRIC, Usage
from pytest_kmsmock._kms.rules.states import USABLE

DATA_KEY_LENGTHS: Final = {"AES_128": 16, "AES_256": 32}  # bytes


def locate_for_length(ctx: Context, request: RequestMembers, use: KeyUse) -> Key | None:
    """Find the key; the length comes next, before the key's usage and state (wire-facts V25)."""
    key = by_identifier(ctx, request, use)
    read_length(request)
    return key


DATA_KEY_USE: Final = key_use(
    Usage(ENCRYPT_DECRYPT),
    USABLE,
    SYMMETRIC,
    aliases=True,
    cross_account=True,
    locate=locate_for_length,
)
KEY_PAIR_USE: Final = key_use(
    Usage(ENCRYPT_DECRYPT),
    OUTSIDE_KEY_STORES,
    USABLE,
    SYMMETRIC,
    aliases=True,
    cross_account=True,
)


@operation("GenerateDataKey", DATA_KEY_USE)
def generate_data_key(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html"""
    plaintext = ctx.world.source.token_bytes(read_length(request))
    shown = hand_over(request, "Plaintext", plaintext, ctx.world.source)
    return {**protect(ctx, request, key, plaintext), **shown}


@operation("GenerateDataKeyWithoutPlaintext", DATA_KEY_USE)
def generate_data_key_without_plaintext(
    ctx: Context, request: RequestMembers, key: Key
) -> ResponseMembers:
    """
    https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyWithoutPlaintext.html
    """
    return protect(ctx, request, key, ctx.world.source.token_bytes(read_length(request)))


@operation("GenerateDataKeyPair", KEY_PAIR_USE)
def generate_data_key_pair(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPair.html"""
    private_key, members = generate_protected_pair(ctx, request, key)
    return {
        **members,
        **hand_over(request, "PrivateKeyPlaintext", private_key, ctx.world.source),
    }


@operation("GenerateDataKeyPairWithoutPlaintext", KEY_PAIR_USE)
def generate_data_key_pair_without_plaintext(
    ctx: Context, request: RequestMembers, key: Key
) -> ResponseMembers:
    """
    https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPairWithoutPlaintext.html
    """
    _, members = generate_protected_pair(ctx, request, key)
    return members


@operation("GenerateRandom")
def generate_random(ctx: Context, request: RequestMembers) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html"""
    if "NumberOfBytes" not in request:
        raise validation("NumberOfBytes is required.")  # wire-facts D16
    if (store_id := request.get("CustomKeyStoreId")) is not None:
        with lazily():
            from pytest_kmsmock._kms.rules.key_stores.working import (  # noqa: PLC0415 - see there
                check_store_of_random,
            )

        check_store_of_random(ctx, store_id)
    plaintext = ctx.world.source.token_bytes(request["NumberOfBytes"])
    return hand_over(request, "Plaintext", plaintext, ctx.world.source)


def read_length(request: RequestMembers) -> int:
    """
    Return how many bytes the data key has.

    Raises:
        KmsError: ValidationException unless exactly one of the two members says it (D5).
    """
    if ("KeySpec" in request) is ("NumberOfBytes" in request):
        raise validation("Please specify either number of bytes or key spec.")
    length: int = request.get("NumberOfBytes") or DATA_KEY_LENGTHS[request["KeySpec"]]
    return length


def protect(ctx: Context, request: RequestMembers, key: Key, plaintext: bytes) -> ResponseMembers:
    """Return the members that tell a data key's ciphertext and the key that protects it."""
    blob, material_id = seal_data_key(ctx, request, key, plaintext)
    members = {"CiphertextBlob": blob, "KeyId": key.arn}
    if "Recipient" not in request:  # rules REC-2; the pair operations keep it (the model says)
        members |= describe_material(material_id)
    return members


def generate_protected_pair(
    ctx: Context, request: RequestMembers, key: Key
) -> tuple[bytes, ResponseMembers]:
    """
    Return the private key and the members that do not show it.

    Raises:
        KmsError: UnsupportedOperationException for SM2 outside China, and for ML-KEM inside it
            (assumed, after C17).
    """
    spec = find_spec(request["KeyPairSpec"])
    if not spec.is_offered(ctx.region.partition == CHINA):
        raise unsupported(f"KeyPairSpec {spec.name} is not supported in this Region")
    stop_dry_run(request)  # before an RSA pair is made for nothing
    private_key, public_key = generate_key_pair(
        spec, source=ctx.world.source, leases=ctx.world.leases
    )
    blob, material_id = seal_data_key(ctx, request, key, private_key)
    return private_key, {
        "PrivateKeyCiphertextBlob": blob,
        "PublicKey": public_key,
        "KeyId": key.arn,
        "KeyPairSpec": spec.name,
        **describe_material(material_id),
    }


def seal_data_key(
    ctx: Context, request: RequestMembers, key: Key, plaintext: bytes
) -> tuple[bytes, bytes | None]:
    return seal_under(
        key,
        plaintext,
        request.get("EncryptionContext"),
        data_key=True,
        source=ctx.world.source,
    )
