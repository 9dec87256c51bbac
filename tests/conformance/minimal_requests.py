"""The smallest valid request of every operation, about a key (or key store) that suits it."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from tests.conformance.stage import EXTERNAL, KEY_STORES, MULTI_REGION, Stage

# From the stage and the subject (a key's ARN, or a custom key store's id) to the members. Whatever
# else a request needs (a ciphertext, a signature, an alias, a grant) is made on the way, so the
# subject must be usable then; where its kind does not allow that, a member that is only well formed
# takes its place.
Request: TypeAlias = dict[str, Any]
Prepare: TypeAlias = Callable[[Stage, str], Request]

MINIMAL: Final[dict[str, Prepare]] = {}

# Operations about no key and no key store, whose `Prepare` ignores its subject.
WITHOUT_SUBJECT: Final = (
    "CreateCustomKeyStore",
    "CreateKey",
    "DescribeCustomKeyStores",
    "GenerateRandom",
    "ListKeys",
    "ListRetirableGrants",
)
ABOUT_KEY_STORES: Final = (
    "ConnectCustomKeyStore",
    "DeleteCustomKeyStore",
    "DisconnectCustomKeyStore",
    "UpdateCustomKeyStore",
)

# The key that suits an operation, where a symmetric one of KMS's own making does not.
KIND_FOR: Final = {
    "Decapsulate": "ml_kem",
    "DeriveSharedSecret": "ecc_key_agreement",
    "Encapsulate": "ml_kem",
    "GenerateMac": "hmac",
    "GetPublicKey": "ecc_sign",
    "Sign": "ecc_sign",
    "Verify": "ecc_sign",
    "VerifyMac": "hmac",
}

MEMBERS_FOR: Final[dict[str, dict[str, Any]]] = {
    "DeleteImportedKeyMaterial": EXTERNAL,
    "GetParametersForImport": EXTERNAL,
    "ImportKeyMaterial": EXTERNAL,
    "ReplicateKey": MULTI_REGION,
    "UpdatePrimaryRegion": MULTI_REGION,
}

MESSAGE: Final = b"m"


def minimal(*operations: str) -> Callable[[Prepare], Prepare]:
    def register(prepare: Prepare) -> Prepare:
        MINIMAL.update(dict.fromkeys(operations, prepare))
        return prepare

    return register


def prepare(stage: Stage, operation: str) -> Request:
    """Make a subject that suits an operation, and return the minimal request about it."""
    if operation in WITHOUT_SUBJECT:
        return MINIMAL[operation](stage, "")
    if operation in ABOUT_KEY_STORES:
        return MINIMAL[operation](stage, stage.create_key_store())
    key = stage.create(KIND_FOR.get(operation, "symmetric"), **MEMBERS_FOR.get(operation, {}))
    request = MINIMAL[operation](stage, key)
    if operation == "CancelKeyDeletion":
        stage.enter("PendingDeletion", key)
    return request


@minimal(
    "CancelKeyDeletion",
    "DeleteImportedKeyMaterial",
    "DescribeKey",
    "DisableKey",
    "DisableKeyRotation",
    "EnableKey",
    "EnableKeyRotation",
    "GetKeyLastUsage",
    "GetKeyPolicy",
    "GetKeyRotationStatus",
    "GetPublicKey",
    "ListAliases",
    "ListGrants",
    "ListKeyPolicies",
    "ListKeyRotations",
    "ListResourceTags",
    "RotateKeyOnDemand",
    "ScheduleKeyDeletion",
)
def name_key(stage: Stage, key: str) -> Request:
    return {"KeyId": key}


@minimal("CreateKey", "DescribeCustomKeyStores", "ListKeys")
def say_nothing(stage: Stage, subject: str) -> Request:
    return {}


@minimal("CreateAlias")
def create_alias(stage: Stage, key: str) -> Request:
    return {"AliasName": "alias/new", "TargetKeyId": key}


@minimal("DeleteAlias")
def delete_alias(stage: Stage, key: str) -> Request:
    stage.kms.create_alias(AliasName="alias/old", TargetKeyId=key)
    return {"AliasName": "alias/old"}


@minimal("UpdateAlias")
def update_alias(stage: Stage, key: str) -> Request:
    """Move an alias from *key* to another one of its type."""
    return {**delete_alias(stage, key), "TargetKeyId": create_like(stage, key)}


def update_alias_to(stage: Stage, key: str) -> Request:
    """Move an alias from another key of its type to *key*."""
    return {**delete_alias(stage, create_like(stage, key)), "TargetKeyId": key}


def create_like(stage: Stage, key: str) -> str:
    metadata = stage.describe(key)
    return stage.create(KeySpec=metadata["KeySpec"], KeyUsage=metadata["KeyUsage"])


@minimal("TagResource")
def tag_resource(stage: Stage, key: str) -> Request:
    return {"KeyId": key, "Tags": [{"TagKey": "name", "TagValue": ""}]}


@minimal("UntagResource")
def untag_resource(stage: Stage, key: str) -> Request:
    return {"KeyId": key, "TagKeys": ["name"]}


@minimal("UpdateKeyDescription")
def update_key_description(stage: Stage, key: str) -> Request:
    return {"KeyId": key, "Description": ""}


@minimal("PutKeyPolicy")
def put_key_policy(stage: Stage, key: str) -> Request:
    return {"KeyId": key, "Policy": stage.kms.get_key_policy(KeyId=key)["Policy"]}


@minimal("CreateGrant")
def create_grant(stage: Stage, key: str) -> Request:
    return {"KeyId": key, "GranteePrincipal": stage.principal, "Operations": ["DescribeKey"]}


@minimal("ListRetirableGrants")
def list_retirable_grants(stage: Stage, subject: str) -> Request:
    return {"RetiringPrincipal": stage.principal}


@minimal("RetireGrant")
def retire_grant(stage: Stage, key: str) -> Request:
    return {"GrantToken": stage.kms.create_grant(**create_grant(stage, key))["GrantToken"]}


@minimal("RevokeGrant")
def revoke_grant(stage: Stage, key: str) -> Request:
    grant = stage.kms.create_grant(**create_grant(stage, key))
    return {"KeyId": key, "GrantId": grant["GrantId"]}


@minimal("Encrypt")
def encrypt(stage: Stage, key: str) -> Request:
    return {"KeyId": key, "Plaintext": MESSAGE, **encryption_algorithm(stage, key)}


@minimal("Decrypt")
def decrypt(stage: Stage, key: str) -> Request:
    """A symmetric ciphertext names its key; for any other key it is named with its algorithm."""
    algorithm = encryption_algorithm(stage, key)
    blob = make_ciphertext(stage, key)
    return {"CiphertextBlob": blob, **algorithm, **({"KeyId": key} if algorithm else {})}


@minimal("ReEncrypt")
def re_encrypt(stage: Stage, key: str) -> Request:
    return {**re_encrypt_from(stage, key), "DestinationKeyId": stage.create()}


def re_encrypt_from(stage: Stage, key: str) -> Request:
    """Return the members that name the source."""
    return {
        member if member == "CiphertextBlob" else f"Source{member}": value
        for member, value in decrypt(stage, key).items()
    }


def re_encrypt_to(stage: Stage, key: str) -> Request:
    """Return a request whose destination is *key*, and its source another one."""
    algorithm = encryption_algorithm(stage, key)
    return {
        **re_encrypt_from(stage, stage.create()),
        "DestinationKeyId": key,
        **{f"Destination{member}": value for member, value in algorithm.items()},
    }


def encryption_algorithm(stage: Stage, key: str) -> Request:
    """Name the algorithm where the default will not do."""
    algorithms = stage.describe(key).get("EncryptionAlgorithms", ["RSAES_OAEP_SHA_256"])
    return {} if "SYMMETRIC_DEFAULT" in algorithms else {"EncryptionAlgorithm": algorithms[0]}


def make_ciphertext(stage: Stage, key: str) -> bytes:
    if "EncryptionAlgorithms" not in stage.describe(key):
        return bytes(256)
    return stage.kms.encrypt(**encrypt(stage, key))["CiphertextBlob"]


@minimal("GenerateDataKey", "GenerateDataKeyWithoutPlaintext")
def generate_data_key(stage: Stage, key: str) -> Request:
    return {"KeyId": key, "NumberOfBytes": 1}


@minimal("GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext")
def generate_data_key_pair(stage: Stage, key: str) -> Request:
    return {"KeyId": key, "KeyPairSpec": "ECC_NIST_P256"}


@minimal("GenerateRandom")
def generate_random(stage: Stage, subject: str) -> Request:
    return {"NumberOfBytes": 1}


@minimal("Sign")
def sign(stage: Stage, key: str) -> Request:
    algorithms = stage.describe(key).get("SigningAlgorithms", ["ECDSA_SHA_256"])
    return {"KeyId": key, "Message": MESSAGE, "SigningAlgorithm": algorithms[0]}


@minimal("Verify")
def verify(stage: Stage, key: str) -> Request:
    request = sign(stage, key)
    can_sign = "SigningAlgorithms" in stage.describe(key)
    signature = stage.kms.sign(**request)["Signature"] if can_sign else bytes(64)
    return {**request, "Signature": signature}


@minimal("GenerateMac")
def generate_mac(stage: Stage, key: str) -> Request:
    algorithms = stage.describe(key).get("MacAlgorithms", ["HMAC_SHA_256"])
    return {"KeyId": key, "Message": MESSAGE, "MacAlgorithm": algorithms[0]}


@minimal("VerifyMac")
def verify_mac(stage: Stage, key: str) -> Request:
    request = generate_mac(stage, key)
    has_mac = "MacAlgorithms" in stage.describe(key)
    return {**request, "Mac": stage.kms.generate_mac(**request)["Mac"] if has_mac else bytes(32)}


@minimal("Encapsulate")
def encapsulate(stage: Stage, key: str) -> Request:
    return {"KeyId": key, "EncapsulationAlgorithm": "ML_KEM"}


@minimal("Decapsulate")
def decapsulate(stage: Stage, key: str) -> Request:
    """Name any blob that is as long as one: what it tells is random, but it is no error."""
    return {**encapsulate(stage, key), "SharedSecretCiphertextBlob": bytes(768)}


@minimal("DeriveSharedSecret")
def derive_shared_secret(stage: Stage, key: str) -> Request:
    """Agree with another key of the same curve."""
    metadata = stage.describe(key)
    spec = metadata["KeySpec"] if metadata["KeyUsage"] == "KEY_AGREEMENT" else "ECC_NIST_P256"
    peer = stage.create(KeySpec=spec, KeyUsage="KEY_AGREEMENT")
    return {
        "KeyId": key,
        "KeyAgreementAlgorithm": "ECDH",
        "PublicKey": stage.kms.get_public_key(KeyId=peer)["PublicKey"],
    }


@minimal("GetParametersForImport")
def get_parameters_for_import(stage: Stage, key: str) -> Request:
    is_rsa = stage.describe(key)["KeySpec"].startswith("RSA")
    algorithm = "RSA_AES_KEY_WRAP_SHA_256" if is_rsa else "RSAES_OAEP_SHA_256"
    return {"KeyId": key, "WrappingAlgorithm": algorithm, "WrappingKeySpec": "RSA_2048"}


@minimal("ImportKeyMaterial")
def import_key_material(stage: Stage, key: str) -> Request:
    """Import the same material once more."""
    if stage.describe(key)["Origin"] == "EXTERNAL":
        wrapped = stage.wrap(key, stage.imported[key.rpartition("/")[2]])
    else:
        wrapped = {"ImportToken": MESSAGE, "EncryptedKeyMaterial": MESSAGE}
    return {"KeyId": key, **wrapped, "ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}


@minimal("ReplicateKey")
def replicate_key(stage: Stage, key: str) -> Request:
    """Replicate into the last Region, which has no replica yet."""
    return {"KeyId": key, "ReplicaRegion": stage.elsewhere[-1]}


@minimal("UpdatePrimaryRegion")
def update_primary_region(stage: Stage, key: str) -> Request:
    if stage.describe(key)["MultiRegion"]:
        stage.replicate(key)
    return {"KeyId": key, "PrimaryRegion": stage.elsewhere[0]}


def update_primary_region_to(stage: Stage, key: str) -> Request:
    """Move the primary to the Region of its replica *key*."""
    relatives = stage.describe(key)["MultiRegionConfiguration"]
    return {"KeyId": relatives["PrimaryKey"]["Arn"], "PrimaryRegion": key.split(":")[3]}


@minimal("CreateCustomKeyStore")
def create_custom_key_store(stage: Stage, subject: str) -> Request:
    return {"CustomKeyStoreName": "store", **KEY_STORES["AWS_CLOUDHSM"]}


@minimal("ConnectCustomKeyStore", "DisconnectCustomKeyStore")
def name_key_store(stage: Stage, store: str) -> Request:
    return {"CustomKeyStoreId": store}


@minimal("DeleteCustomKeyStore")
def delete_custom_key_store(stage: Stage, store: str) -> Request:
    """Name a store that is not connected, as deleting it wants."""
    stage.kms.disconnect_custom_key_store(CustomKeyStoreId=store)
    return {"CustomKeyStoreId": store}


@minimal("UpdateCustomKeyStore")
def update_custom_key_store(stage: Stage, store: str) -> Request:
    return {"CustomKeyStoreId": store, "NewCustomKeyStoreName": "renamed"}
