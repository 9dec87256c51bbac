"""Keys of every kind in every state, brought there as a user of KMS would."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from botocore import xform_name
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from pytest_kmsmock import KmsMock
from tests.todays_client import todays_client
from tests.vocabulary import ACCOUNT

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

# What CreateKey is told: the first twelve columns of AWS's table of key types.
KINDS: Final[dict[str, dict[str, str]]] = {
    "symmetric": {},
    "hmac": {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
    "rsa_encrypt": {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"},
    "rsa_sign": {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"},
    "ecc_sign": {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
    "ecc_key_agreement": {"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"},
    "ed25519": {"KeySpec": "ECC_NIST_EDWARDS25519", "KeyUsage": "SIGN_VERIFY"},
    "ml_dsa": {"KeySpec": "ML_DSA_44", "KeyUsage": "SIGN_VERIFY"},
    "sm2_encrypt": {"KeySpec": "SM2", "KeyUsage": "ENCRYPT_DECRYPT"},
    "sm2_sign": {"KeySpec": "SM2", "KeyUsage": "SIGN_VERIFY"},
    "sm2_key_agreement": {"KeySpec": "SM2", "KeyUsage": "KEY_AGREEMENT"},
    "ml_kem": {"KeySpec": "ML_KEM_512", "KeyUsage": "ENCAPSULATE_DECAPSULATE"},
}
EXTERNAL: Final = {"Origin": "EXTERNAL"}
MULTI_REGION: Final = {"MultiRegion": True}
# Members of CreateKey without which a key cannot get into a state.
NEEDED_FOR: Final[dict[str, dict[str, Any]]] = {
    "PendingReplicaDeletion": MULTI_REGION,
    "PendingImport": EXTERNAL,
    "Creating": MULTI_REGION,
    "Updating": MULTI_REGION,
}
# What CreateCustomKeyStore is told, besides a name.
KEY_STORES: Final[dict[str, dict[str, Any]]] = {
    "AWS_CLOUDHSM": {
        "CloudHsmClusterId": "cluster-abcdefghijk",
        "KeyStorePassword": "kmsPswd",
        "TrustAnchorCertificate": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
    },
    "EXTERNAL_KEY_STORE": {
        "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
        "XksProxyConnectivity": "PUBLIC_ENDPOINT",
        "XksProxyUriEndpoint": "https://xks.example.com",
        "XksProxyUriPath": "/kms/xks/v1",
        "XksProxyAuthenticationCredential": {
            "AccessKeyId": "ABCDEFGHIJKLMNOPQRST",
            "RawSecretAccessKey": "A" * 43,
        },
    },
}
OAEP: Final = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


@dataclass(kw_only=True)
class Stage:
    """
    One account's KMS as seen from a Region, with other Regions of its partition to replicate to.

    What was imported is remembered, for it may have to be imported again.
    """

    mock: KmsMock
    region: str = "us-east-1"
    elsewhere: tuple[str, ...] = ("us-west-2", "eu-west-1")
    imported: dict[str, bytes] = field(default_factory=dict)

    @property
    def kms(self) -> "KMSClient":
        return todays_client(self.mock, self.region)

    @property
    def partition(self) -> str:
        return "aws-cn" if self.region.startswith("cn-") else "aws"

    @property
    def principal(self) -> str:
        return f"arn:{self.partition}:iam::{ACCOUNT}:root"

    @property
    def caller(self) -> str:
        return f"arn:{self.partition}:iam::{ACCOUNT}:user/kmsmock"

    def create(self, kind: str = "symmetric", **members: Any) -> str:
        """Create a key and return its ARN; one of Origin EXTERNAL gets its material."""
        key: str = self.kms.create_key(**{**KINDS[kind], **members})["KeyMetadata"]["Arn"]
        if members.get("Origin") == "EXTERNAL":
            self.import_material(key)
        return key

    def at(self, key: str) -> "KMSClient":
        """Return a client for the Region that a key's ARN names."""
        return todays_client(self.mock, key.split(":")[3])

    def call(self, operation: str, request: dict[str, Any]) -> Any:
        """Send a request, to the Region of the key that it names if it names one by its ARN."""
        named = request.get("KeyId", "")
        kms = self.at(named) if named.startswith("arn:") else self.kms
        return getattr(kms, xform_name(operation))(**request)

    def describe(self, key: str) -> Any:
        return self.at(key).describe_key(KeyId=key)["KeyMetadata"]

    def import_material(self, key: str) -> None:
        """Import what related keys have imported before, or else new material."""
        key_id = key.rpartition("/")[2]
        if key_id not in self.imported:
            self.imported[key_id] = self.make_material(key)
        request = self.wrap(key, self.imported[key_id])
        self.at(key).import_key_material(
            KeyId=key, ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE", **request
        )

    def import_new_material(self, key: str) -> None:
        """Import a second material, for the next rotation on demand."""
        request = self.wrap(key, bytes(31) + b"2")
        self.kms.import_key_material(
            KeyId=key,
            ImportType="NEW_KEY_MATERIAL",
            ExpirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE",
            **request,
        )

    def make_material(self, key: str) -> bytes:
        """Make material as ImportKeyMaterial takes it; KMS's own data key pairs have its format."""
        spec = self.describe(key)["KeySpec"]
        if spec == "SYMMETRIC_DEFAULT":
            return bytes(16 if self.partition == "aws-cn" else 32)
        if spec.startswith("HMAC"):
            return bytes(32)
        pair = self.kms.generate_data_key_pair(KeyId=self.create(), KeyPairSpec=spec)
        return pair["PrivateKeyPlaintext"]

    def wrap(self, key: str, material: bytes) -> dict[str, Any]:
        """Return the members of ImportKeyMaterial that carry *material*."""
        is_rsa = self.describe(key)["KeySpec"].startswith("RSA")
        parameters = self.at(key).get_parameters_for_import(
            KeyId=key,
            WrappingAlgorithm="RSA_AES_KEY_WRAP_SHA_256" if is_rsa else "RSAES_OAEP_SHA_256",
            WrappingKeySpec="RSA_2048",
        )
        public_key = load_der_public_key(parameters["PublicKey"])
        assert isinstance(public_key, rsa.RSAPublicKey)
        if is_rsa:
            aes_key = bytes(32)
            wrapped = keywrap.aes_key_wrap_with_padding(aes_key, material)
            wrapped = public_key.encrypt(aes_key, OAEP) + wrapped
        else:
            wrapped = public_key.encrypt(material, OAEP)
        return {"ImportToken": parameters["ImportToken"], "EncryptedKeyMaterial": wrapped}

    def replicate(self, key: str) -> str:
        """Replicate a primary, unless it has a replica; return the replica's ARN."""
        metadata = self.describe(key)
        for replica in metadata["MultiRegionConfiguration"]["ReplicaKeys"]:
            return str(replica["Arn"])
        region = self.elsewhere[0]
        self.kms.replicate_key(KeyId=key, ReplicaRegion=region)
        replica = key.replace(f":{self.region}:", f":{region}:")
        if metadata["Origin"] == "EXTERNAL":
            self.import_material(replica)
        return replica

    def create_key_store(self, kind: str = "AWS_CLOUDHSM") -> str:
        """Create a custom key store, connect it, and return its id."""
        store = self.kms.create_custom_key_store(CustomKeyStoreName=kind, **KEY_STORES[kind])
        self.kms.connect_custom_key_store(CustomKeyStoreId=store["CustomKeyStoreId"])
        return store["CustomKeyStoreId"]

    def create_in_key_store(self, kind: str = "AWS_CLOUDHSM") -> str:
        return self.create(**self.members_in_key_store(kind))

    def members_in_key_store(self, kind: str) -> dict[str, str]:
        """Create a key store, and return what CreateKey is told to make a key in it."""
        members = {"Origin": kind, "CustomKeyStoreId": self.create_key_store(kind)}
        return {**members, "XksKeyId": "external-key"} if kind == "EXTERNAL_KEY_STORE" else members

    def create_for(self, state: str, kind: str, **members: Any) -> str:
        """Create a key that can get into *state*, and is usable still."""
        if state == "Unavailable":
            return self.create_in_key_store()
        key = self.create(kind, **{**members, **NEEDED_FOR.get(state, {})})
        if state == "PendingReplicaDeletion":
            self.replicate(key)
        return key

    def enter(self, state: str, key: str) -> None:
        """Bring an enabled key, which `create_for` made, into *state*."""
        if state == "Disabled":
            self.at(key).disable_key(KeyId=key)
        elif state in ("PendingDeletion", "PendingReplicaDeletion"):
            self.at(key).schedule_key_deletion(KeyId=key)
        elif state == "PendingImport":
            self.at(key).delete_imported_key_material(KeyId=key)
        elif state == "Unavailable":
            store = self.describe(key)["CustomKeyStoreId"]
            self.kms.disconnect_custom_key_store(CustomKeyStoreId=store)
        elif state in ("Creating", "Updating"):
            self.force(state, key)
        assert state == self.describe(key)["KeyState"]

    def force(self, state: str, key: str) -> None:
        """
        Put a key into a state that nobody can observe: the one place that reaches into the engine.

        A replica is Creating, and two relatives are Updating, only until the next request is made.
        """
        world = self.mock._service.world
        _, _, _, region, account, _ = key.split(":")
        found = world.account(account).region(region).keys[key.rpartition("/")[2]]
        if state == "Creating":
            found.own_state = "Creating"
        else:
            found.cover("Updating")
