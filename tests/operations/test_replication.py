"""ReplicateKey, UpdatePrimaryRegion, and what related multi-Region keys share."""

import json

import pytest

from tests.todays_client import todays_client
from tests.vocabulary import ACCOUNT, create_key, refusal

PRIMARY, REPLICA, OTHER = "us-east-1", "eu-west-1", "ap-southeast-2"


@pytest.fixture
def eu(kms_mock):
    return todays_client(kms_mock, REPLICA)


@pytest.fixture
def primary(kms):
    return create_key(kms, MultiRegion=True, Description="the first")


def key_id_of(arn):
    return arn.rpartition("/")[2]


def arn_in(region, arn):
    return f"arn:aws:kms:{region}:{ACCOUNT}:key/{key_id_of(arn)}"


def replicate(kms, arn, region=REPLICA, **members):
    return kms.replicate_key(KeyId=arn, ReplicaRegion=region, **members)


def metadata(client, key_id):
    return client.describe_key(KeyId=key_id_of(key_id))["KeyMetadata"]


class TestReplicateKey:
    def test_create_key_multi_region(self, kms, primary):
        """A multi-Region key has an id of its own kind and is its own primary (wire-facts Z1)."""
        key_id = key_id_of(primary)

        assert key_id.startswith("mrk-")
        assert 32 == len(bytes.fromhex(key_id.removeprefix("mrk-"))) * 2
        assert {
            "MultiRegionKeyType": "PRIMARY",
            "PrimaryKey": {"Arn": primary, "Region": PRIMARY},
            "ReplicaKeys": [],
        } == metadata(kms, primary)["MultiRegionConfiguration"]

    def test_replicate_key_answer(self, kms, primary):
        """
        A replica is Creating in the answer, which has no tags, material id or description.

        wire-facts Z2, Z3, Z4; rules MR-6.
        """
        answer = replicate(kms, primary)

        shown = answer["ReplicaKeyMetadata"]
        assert {"ReplicaKeyMetadata", "ReplicaPolicy", "ResponseMetadata"} == set(answer)
        assert (False, "Creating", "", arn_in(REPLICA, primary)) == (
            shown["Enabled"],
            shown["KeyState"],
            shown["Description"],
            shown["Arn"],
        )
        assert "CurrentKeyMaterialId" not in shown
        assert [{"Arn": arn_in(REPLICA, primary), "Region": REPLICA}] == shown[
            "MultiRegionConfiguration"
        ]["ReplicaKeys"]
        assert (
            "Enable IAM User Permissions"
            == (json.loads(answer["ReplicaPolicy"])["Statement"][0]["Sid"])
        )

    def test_replicate_key_is_ready_at_the_next_call(self, kms, eu, primary):
        """A replica is Enabled when it is first looked at, with its primary's material (MR-7)."""
        replicate(kms, primary)

        shown = metadata(eu, primary)
        assert ("Enabled", "REPLICA") == (
            shown["KeyState"],
            shown["MultiRegionConfiguration"]["MultiRegionKeyType"],
        )
        assert metadata(kms, primary)["CurrentKeyMaterialId"] == shown["CurrentKeyMaterialId"]

    def test_replicate_key_while_it_is_used(self, kms, eu, primary):
        """Related keys show the same relatives in every Region (rules MR-11)."""
        replicate(kms, primary)
        expected = {
            "PrimaryKey": {"Arn": primary, "Region": PRIMARY},
            "ReplicaKeys": [{"Arn": arn_in(REPLICA, primary), "Region": REPLICA}],
        }

        for client in (kms, eu):
            shown = metadata(client, primary)["MultiRegionConfiguration"]
            del shown["MultiRegionKeyType"]
            assert expected == shown

    def test_replicate_key_owns_what_is_not_shared(self, kms, eu, primary):
        """Description, tags, policy, aliases and state belong to each key alone (rules MR-3)."""
        policy = json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                    "Action": "kms:*",
                    "Resource": "*",
                },
            }
        )
        tags = [{"TagKey": "stage", "TagValue": "test"}]
        kms.create_alias(AliasName="alias/app", TargetKeyId=primary)

        answer = replicate(kms, primary, Policy=policy, Description="the second", Tags=tags)
        kms.disable_key(KeyId=primary)

        key_id = key_id_of(primary)
        assert tags == answer["ReplicaTags"]
        assert json.loads(policy) == json.loads(answer["ReplicaPolicy"])
        assert ("the second", "Enabled") == (
            metadata(eu, primary)["Description"],
            metadata(eu, primary)["KeyState"],
        )
        assert tags == eu.list_resource_tags(KeyId=key_id)["Tags"]
        assert [] == kms.list_resource_tags(KeyId=key_id)["Tags"]
        assert [] == eu.list_aliases(KeyId=key_id)["Aliases"]
        assert answer["ReplicaPolicy"] == eu.get_key_policy(KeyId=key_id)["Policy"]

    def test_replicate_key_of_a_replica(self, kms, eu, primary):
        """A replica can't be replicated (wire-facts Z8)."""
        replicate(kms, primary)
        replica = arn_in(REPLICA, primary)

        assert (
            "UnsupportedOperationException",
            f"{replica} is not a multi-region primary key.",
        ) == refusal(eu.replicate_key, KeyId=replica, ReplicaRegion=OTHER)

    def test_replicate_key_of_a_single_region_key(self, kms):
        """A single-Region key can't be replicated (wire-facts V11; rules MR-4)."""
        key = create_key(kms)

        assert (
            "UnsupportedOperationException",
            f"{key} is not a multi-region key.",
        ) == refusal(kms.replicate_key, KeyId=key, ReplicaRegion=REPLICA)

    def test_replicate_key_to_a_region_that_has_a_replica(self, kms, primary):
        """A Region holds one of a set of related keys (wire-facts Z9, V8; rules MR-5)."""
        replicate(kms, primary)

        assert (
            "AlreadyExistsException",
            "You can create only one replica of each primary key in each AWS Region.",
        ) == refusal(kms.replicate_key, KeyId=primary, ReplicaRegion=REPLICA)

    @pytest.mark.parametrize("times", [0, 1])
    def test_replicate_key_to_its_own_region(self, kms, primary, times):
        """The primary's Region has the primary already (wire-facts V7, its code assumed)."""
        for _ in range(times):
            replicate(kms, primary)

        assert (
            "UnsupportedOperationException",
            f"{PRIMARY} cannot have a replica because it contains the primary.",
        ) == refusal(kms.replicate_key, KeyId=primary, ReplicaRegion=PRIMARY)

    def test_replicate_key_to_a_region_whose_replica_is_pending_deletion(self, kms, eu, primary):
        """A replica on its way out still holds its place (rules MR-5)."""
        replicate(kms, primary)
        eu.schedule_key_deletion(KeyId=key_id_of(primary))

        code, _ = refusal(kms.replicate_key, KeyId=primary, ReplicaRegion=REPLICA)

        assert "AlreadyExistsException" == code

    @pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
    def test_replicate_key_out_of_the_partition(self, kms, primary, region):
        """A replica never leaves its partition (wire-facts V12, its code assumed; rules MR-4)."""
        assert (
            "ValidationException",
            "The replica key Region must be in the same AWS partition as the primary key Region.",
        ) == refusal(kms.replicate_key, KeyId=primary, ReplicaRegion=region)

    def test_replicate_key_to_a_region_that_only_botocore_knows(self, kms, primary, monkeypatch):
        """A Region that is newer than our description will do, if the installed botocore has it."""
        monkeypatch.setattr(
            "pytest_kmsmock._kms.operations.replication.installed_regions",
            {"aws": {"us-east-9"}}.get,
        )

        replica = kms.replicate_key(KeyId=primary, ReplicaRegion="us-east-9")

        assert primary.replace(":us-east-1:", ":us-east-9:") == replica["ReplicaKeyMetadata"]["Arn"]

    def test_replicate_key_to_no_region(self, kms, primary):
        """A replica goes where a Region is (the text is assumed)."""
        assert (
            "ValidationException",
            "us-east-9 is not a valid Region in partition aws.",
        ) == refusal(kms.replicate_key, KeyId=primary, ReplicaRegion="us-east-9")

    def test_replicate_key_that_is_disabled(self, kms, primary):
        """A disabled primary can't be replicated (wire-facts Z10)."""
        kms.disable_key(KeyId=primary)

        assert ("DisabledException", f"{primary} is disabled.") == refusal(
            kms.replicate_key, KeyId=primary, ReplicaRegion=REPLICA
        )

    def test_replicate_key_with_bad_tags_changes_nothing(self, kms, eu, primary):
        """A refused replication leaves no key behind."""
        tags = [{"TagKey": "aws:x", "TagValue": ""}]

        assert ("TagException", "Tags beginning with aws: are reserved") == refusal(
            kms.replicate_key, KeyId=primary, ReplicaRegion=REPLICA, Tags=tags
        )
        assert [] == eu.list_keys()["Keys"]
        assert [] == metadata(kms, primary)["MultiRegionConfiguration"]["ReplicaKeys"]

    def test_replicate_key_that_locks_its_maker_out(self, kms, primary):
        """The lockout check holds for replicas too (rules POL-13)."""
        policy = {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": "kms:Encrypt",
                "Resource": "*",
            },
        }

        assert (
            "MalformedPolicyDocumentException",
            "The new key policy will not allow you to update the key policy in the future.",
        ) == refusal(
            kms.replicate_key, KeyId=primary, ReplicaRegion=REPLICA, Policy=json.dumps(policy)
        )

    def test_replicate_key_by_alias(self, kms, primary):
        """ReplicateKey takes no alias (wire-facts I17)."""
        assert (
            "InvalidArnException",
            "Key Aliases are not supported for this operation.",
        ) == refusal(kms.replicate_key, KeyId="alias/app", ReplicaRegion=REPLICA)


class TestInterchangeability:
    def test_decrypt_in_another_region(self, kms, eu, primary):
        """What one related key encrypts another decrypts, and answers with its own ARN (ENC-13)."""
        replicate(kms, primary)
        blob = kms.encrypt(KeyId=primary, Plaintext=b"x", EncryptionContext={"a": "b"})

        answer = eu.decrypt(CiphertextBlob=blob["CiphertextBlob"], EncryptionContext={"a": "b"})

        assert (b"x", arn_in(REPLICA, primary)) == (answer["Plaintext"], answer["KeyId"])

    def test_decrypt_in_a_region_without_a_replica(self, kms, eu, primary):
        """In a Region without a related key the ciphertext is nobody's (wire-facts E26)."""
        blob = kms.encrypt(KeyId=primary, Plaintext=b"x")["CiphertextBlob"]

        assert (
            "AccessDeniedException",
            f"User: arn:aws:iam::{ACCOUNT}:user/kmsmock is not authorized to perform: kms:Decrypt"
            " on the resource associated with this ciphertext because the resource does not exist"
            " in this Region, no resource-based policies allow access, or a resource-based policy"
            " explicitly denies access",
        ) == refusal(eu.decrypt, CiphertextBlob=blob)

    def test_decrypt_while_the_primary_is_disabled(self, kms, eu, primary):
        """A replica works whatever its siblings' states are (rules MR-10)."""
        replicate(kms, primary)
        blob = kms.encrypt(KeyId=primary, Plaintext=b"x")["CiphertextBlob"]
        kms.disable_key(KeyId=primary)

        assert b"x" == eu.decrypt(CiphertextBlob=blob)["Plaintext"]
        assert ("DisabledException", f"{primary} is disabled.") == refusal(
            kms.decrypt, CiphertextBlob=blob
        )

    @pytest.mark.parametrize(
        ("members", "algorithm"),
        [
            ({"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"}, "ECDSA_SHA_256"),
            ({"KeySpec": "ML_DSA_44", "KeyUsage": "SIGN_VERIFY"}, "ML_DSA_SHAKE_256"),
            ({"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}, "RSASSA_PSS_SHA_256"),
        ],
        ids=["ecc", "ml-dsa", "rsa"],
    )
    def test_verify_in_another_region(self, kms, eu, members, algorithm):
        """Asymmetric keys may be multi-Region too (rules MR-2)."""
        key = create_key(kms, MultiRegion=True, **members)
        replicate(kms, key)
        message = {"KeyId": key_id_of(key), "Message": b"m", "SigningAlgorithm": algorithm}

        signature = kms.sign(**message)["Signature"]

        assert eu.verify(**message, Signature=signature)["SignatureValid"] is True

    def test_generate_mac_in_another_region(self, kms, eu):
        """Related HMAC keys make the same codes (rules MR-2)."""
        key = create_key(kms, MultiRegion=True, KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
        replicate(kms, key)
        message = {"KeyId": key_id_of(key), "Message": b"m", "MacAlgorithm": "HMAC_SHA_256"}

        assert kms.generate_mac(**message)["Mac"] == eu.generate_mac(**message)["Mac"]


class TestDeletion:
    def test_schedule_key_deletion_of_a_primary_with_replicas(self, kms, primary):
        """A primary waits for its replicas: no date, but a window (wire-facts DL7)."""
        replicate(kms, primary)

        answer = kms.schedule_key_deletion(KeyId=primary, PendingWindowInDays=9)
        del answer["ResponseMetadata"]

        shown = metadata(kms, primary)
        assert {
            "KeyId": primary,
            "KeyState": "PendingReplicaDeletion",
            "PendingWindowInDays": 9,
        } == answer
        assert ("PendingReplicaDeletion", 9, None) == (
            shown["KeyState"],
            shown["PendingDeletionWindowInDays"],
            shown.get("DeletionDate"),
        )

    def test_schedule_key_deletion_of_a_replica(self, kms, eu, primary):
        """A replica is deleted like any key (wire-facts DL8, rules DEL-9)."""
        replicate(kms, primary)

        answer = eu.schedule_key_deletion(KeyId=key_id_of(primary), PendingWindowInDays=7)

        assert ("PendingDeletion", 7) == (answer["KeyState"], answer["PendingWindowInDays"])
        assert answer["DeletionDate"] == metadata(eu, primary)["DeletionDate"]

    def test_window_of_a_primary_starts_with_the_end_of_its_last_replica(
        self, kms, eu, kms_mock, primary
    ):
        """The primary's window begins when its last replica is really gone (rules DEL-8)."""
        replicate(kms, primary)
        kms.schedule_key_deletion(KeyId=primary, PendingWindowInDays=10)
        eu.schedule_key_deletion(KeyId=key_id_of(primary), PendingWindowInDays=7)

        kms_mock.clock.advance(days=7)
        waiting = metadata(kms, primary)["KeyState"]
        kms_mock.clock.advance(days=10)

        assert "PendingDeletion" == waiting
        assert ("NotFoundException", f"Key '{primary}' does not exist") == refusal(
            kms.describe_key, KeyId=primary
        )

    def test_both_ends_happen_in_one_jump_of_the_clock(self, kms, eu, kms_mock, primary):
        """However far the clock jumps, replica and primary go in their order."""
        replicate(kms, primary)
        kms.schedule_key_deletion(KeyId=primary, PendingWindowInDays=10)
        eu.schedule_key_deletion(KeyId=key_id_of(primary), PendingWindowInDays=7)

        kms_mock.clock.advance(days=17)

        assert ("NotFoundException", f"Key '{primary}' does not exist") == refusal(
            kms.describe_key, KeyId=primary
        )

    def test_encrypt_under_a_primary_that_waits(self, kms, primary):
        """A primary that waits for its replicas is of no use (rules DEL-7)."""
        replicate(kms, primary)
        kms.schedule_key_deletion(KeyId=primary)

        assert (
            "KMSInvalidStateException",
            f"{primary} is pending replica deletion.",
        ) == refusal(kms.encrypt, KeyId=primary, Plaintext=b"x")

    def test_cancel_key_deletion_of_a_primary_that_waits(self, kms, primary):
        """The deletion of a waiting primary can be cancelled (rules DEL-10)."""
        replicate(kms, primary)
        kms.schedule_key_deletion(KeyId=primary)

        assert primary == kms.cancel_key_deletion(KeyId=primary)["KeyId"]
        shown = metadata(kms, primary)
        assert "Disabled" == shown["KeyState"]
        assert "PendingDeletionWindowInDays" not in shown

    def test_replicate_key_anew_after_a_replica_is_gone(self, kms, eu, kms_mock, primary):
        """A deleted replica can be made again, with the old material (rules DEL-9)."""
        replicate(kms, primary)
        blob = eu.encrypt(KeyId=key_id_of(primary), Plaintext=b"x")["CiphertextBlob"]
        eu.schedule_key_deletion(KeyId=key_id_of(primary), PendingWindowInDays=7)
        kms_mock.clock.advance(days=7)

        replicate(kms, primary)

        assert b"x" == eu.decrypt(CiphertextBlob=blob)["Plaintext"]


class TestUpdatePrimaryRegion:
    def test_update_primary_region(self, kms, eu, primary):
        """Primary and replica change parts; there is no output (wire-facts W9, rules MR-12)."""
        replicate(kms, primary)
        replicate(kms, primary, OTHER)

        answer = kms.update_primary_region(KeyId=primary, PrimaryRegion=REPLICA)

        shown = metadata(kms, primary)
        assert {"ResponseMetadata"} == set(answer)
        assert "Enabled" == shown["KeyState"]
        assert "REPLICA" == shown["MultiRegionConfiguration"]["MultiRegionKeyType"]
        assert {"Arn": arn_in(REPLICA, primary), "Region": REPLICA} == shown[
            "MultiRegionConfiguration"
        ]["PrimaryKey"]
        assert {PRIMARY, OTHER} == {
            replica["Region"] for replica in shown["MultiRegionConfiguration"]["ReplicaKeys"]
        }
        assert (
            "PRIMARY" == (metadata(eu, primary)["MultiRegionConfiguration"]["MultiRegionKeyType"])
        )

    def test_update_primary_region_hands_the_right_to_replicate_over(self, kms, eu, primary):
        """After the change only the new primary can be replicated."""
        replicate(kms, primary)
        kms.update_primary_region(KeyId=primary, PrimaryRegion=REPLICA)

        assert (
            "UnsupportedOperationException",
            f"{primary} is not a multi-region primary key.",
        ) == refusal(kms.replicate_key, KeyId=primary, ReplicaRegion=OTHER)
        assert (
            "Creating"
            == (replicate(eu, arn_in(REPLICA, primary), OTHER)["ReplicaKeyMetadata"]["KeyState"])
        )

    def test_update_primary_region_without_a_replica_there(self, kms, primary):
        """The new primary must exist already (rules MR-15)."""
        assert (
            "NotFoundException",
            f"Key '{arn_in(REPLICA, primary)}' does not exist",
        ) == refusal(kms.update_primary_region, KeyId=primary, PrimaryRegion=REPLICA)

    def test_update_primary_region_on_a_replica(self, kms, eu, primary):
        """Only the primary can hand its part over (rules MR-15)."""
        replicate(kms, primary)
        replica = arn_in(REPLICA, primary)

        assert (
            "UnsupportedOperationException",
            f"{replica} is not a multi-region primary key.",
        ) == refusal(eu.update_primary_region, KeyId=replica, PrimaryRegion=PRIMARY)

    def test_update_primary_region_to_its_own(self, kms, primary):
        """The primary can't become what it is."""
        assert (
            "UnsupportedOperationException",
            f"{primary} is already the multi-region primary key.",
        ) == refusal(kms.update_primary_region, KeyId=primary, PrimaryRegion=PRIMARY)

    def test_update_primary_region_to_a_disabled_replica(self, kms, eu, primary):
        """Both keys must be usable (wire-facts Z10)."""
        replicate(kms, primary)
        eu.disable_key(KeyId=key_id_of(primary))

        assert (
            "DisabledException",
            f"{arn_in(REPLICA, primary)} is disabled.",
        ) == refusal(kms.update_primary_region, KeyId=primary, PrimaryRegion=REPLICA)
        assert (
            "PRIMARY" == (metadata(kms, primary)["MultiRegionConfiguration"]["MultiRegionKeyType"])
        )
