"""CreateGrant, ListGrants, ListRetirableGrants, RetireGrant, RevokeGrant."""

import re
from base64 import urlsafe_b64decode

import pytest

from pytest_kmsmock import KmsMock
from tests.vocabulary import ACCOUNT, OTHER_ACCOUNT, create_key, refusal

ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
RETIRING = f"arn:aws:iam::{ACCOUNT}:role/cleaner"
UNKNOWN_ID = "0" * 64
SOURCE_ARN = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders"


def grant(kms, key, **members):
    """Grant Decrypt to a role, unless *members* say otherwise."""
    return kms.create_grant(
        **{"KeyId": key, "GranteePrincipal": ROLE, "Operations": ["Decrypt"], **members}
    )


def refused_grant(kms, key, **members):
    return refusal(
        kms.create_grant,
        **{"KeyId": key, "GranteePrincipal": ROLE, "Operations": ["Decrypt"], **members},
    )


def grants_of(kms, key):
    return kms.list_grants(KeyId=key)["Grants"]


@pytest.fixture
def key(kms):
    return create_key(kms)


class TestCreateGrant:
    def test_create_grant(self, kms, key):
        """A grant has an id of 64 hex digits, which its token shows (wire-facts R1)."""
        answer = grant(kms, key)

        assert re.fullmatch("[0-9a-f]{64}", answer["GrantId"])
        assert answer["GrantToken"].startswith("AQpA")
        assert answer["GrantId"].encode() in urlsafe_b64decode(answer["GrantToken"] + "==")

    def test_create_grant_twice_without_a_name(self, kms, key):
        """Without a name the same request makes another grant (rules GRANT-8)."""
        first, second = grant(kms, key), grant(kms, key)

        assert first["GrantId"] != second["GrantId"]
        assert 2 == len(grants_of(kms, key))

    def test_create_grant_twice_with_a_name(self, kms, key):
        """The same request under the same name finds its grant, with a new token (GRANT-8)."""
        first = grant(kms, key, Name="mine", Operations=["Decrypt", "Encrypt"])
        second = grant(kms, key, Name="mine", Operations=["Encrypt", "Decrypt"])

        assert first["GrantId"] == second["GrantId"]
        assert first["GrantToken"] != second["GrantToken"]
        assert 1 == len(grants_of(kms, key))

    @pytest.mark.parametrize(
        "change",
        [
            {"Operations": ["Encrypt"]},
            {"RetiringPrincipal": RETIRING},
            {"GranteePrincipal": RETIRING},
            {"Constraints": {"EncryptionContextEquals": {"a": "b"}}},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_create_grant_with_a_name_and_other_terms(self, kms, key, change):
        """The same name with other terms makes another grant (rules GRANT-9)."""
        first, second = grant(kms, key, Name="mine"), grant(kms, key, Name="mine", **change)

        assert first["GrantId"] != second["GrantId"]

    @pytest.mark.parametrize(
        ("members", "operations"),
        [
            (
                {},
                [
                    "Encrypt",
                    "Decrypt",
                    "ReEncryptFrom",
                    "ReEncryptTo",
                    "GenerateDataKey",
                    "GenerateDataKeyWithoutPlaintext",
                    "GenerateDataKeyPair",
                    "GenerateDataKeyPairWithoutPlaintext",
                ],
            ),
            (
                {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"},
                ["Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GetPublicKey"],
            ),
            (
                {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
                ["Sign", "Verify", "GetPublicKey"],
            ),
            (
                {"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"},
                ["DeriveSharedSecret", "GetPublicKey"],
            ),
            (
                {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
                ["GenerateMac", "VerifyMac"],
            ),
            (
                {"KeySpec": "ML_KEM_512", "KeyUsage": "ENCAPSULATE_DECAPSULATE"},
                ["Encapsulate", "Decapsulate", "GetPublicKey"],
            ),
        ],
        ids=["symmetric", "rsa", "signing", "agreement", "hmac", "encapsulation"],
    )
    def test_create_grant_operations_by_key_type(self, kms, members, operations):
        """A grant allows what the key can do, nothing else (AZ92, AZ93; rules GRANT-3 to -5)."""
        key = create_key(kms, **members)
        every = kms.meta.service_model.shape_for("GrantOperation").enum
        allowed = [*operations, "CreateGrant", "RetireGrant", "DescribeKey"]
        spec, usage = members.get("KeySpec", "SYMMETRIC_DEFAULT"), members.get("KeyUsage")

        grant(kms, key, Operations=allowed)

        for operation in set(every) - set(allowed):
            assert (
                "ValidationException",
                f"Operation {operation} is not supported for a KMS key with key spec {spec} and"
                f" key usage {usage or 'ENCRYPT_DECRYPT'}.",
            ) == refused_grant(kms, key, Operations=["DescribeKey", operation])

    def test_create_grant_of_create_grant_alone(self, kms, key):
        """A grant of nothing but CreateGrant is refused (wire-facts R2)."""
        assert (
            "ValidationException",
            "Grants must not contain only the CreateGrant operation.",
        ) == refused_grant(kms, key, Operations=["CreateGrant"])

    def test_create_grant_of_nothing(self, kms, key):
        """A grant allows something (quotas Q-51)."""
        assert ("ValidationException", "Operations must not be empty.") == refused_grant(
            kms, key, Operations=[]
        )

    @pytest.mark.parametrize("member", ["GranteePrincipal", "RetiringPrincipal"])
    @pytest.mark.parametrize(
        "principal",
        [
            "app",
            "amazonaws.com",
            "sns.amazonaws.com.example",
            "Sns.amazonaws.com",
            f"arn:aws:iam::{ACCOUNT}:group/devs",
            ACCOUNT,
        ],
        ids=["name", "no-service", "no-domain", "capital", "group", "account-id"],
    )
    def test_create_grant_for_no_principal(self, kms, key, member, principal):
        """Principals are IAM's, by their ARNs, or services (wire-facts R3, V20; rules GRANT-6)."""
        assert (
            "InvalidArnException",
            f"ARN does not refer to a valid principal: {principal}",
        ) == refused_grant(kms, key, **{member: principal})
        assert [] == grants_of(kms, key)

    @pytest.mark.parametrize(
        "principal",
        [
            f"arn:aws:iam::{ACCOUNT}:root",
            f"arn:aws:iam::{OTHER_ACCOUNT}:user/division/ann",
            f"arn:aws:sts::{ACCOUNT}:assumed-role/app/session@host",
            f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
        ],
        ids=["root", "user", "session", "federated"],
    )
    def test_create_grant_for_every_kind_of_principal(self, kms, key, principal):
        """Accounts, users, roles, federated users and sessions may be grantees (GRANT-6)."""
        grant(kms, key, GranteePrincipal=principal)

        assert [principal] == [entry["GranteePrincipal"] for entry in grants_of(kms, key)]

    @pytest.mark.parametrize("member", ["GranteePrincipal", "RetiringPrincipal"])
    @pytest.mark.parametrize(
        "service",
        [
            "sns.amazonaws.com",
            "acm.us-east-2.amazonaws.com",
            "rds.us-east-1.amazonaws.com",
            "delivery.logs.amazonaws.com",
            "ec2.amazonaws.com.cn",
        ],
    )
    def test_create_grant_for_a_service_among_principals(self, kms, key, member, service):
        """A service may stand where a principal of IAM does, and is listed so (wire-facts V20)."""
        grant(kms, key, **{member: service})

        assert [service] == [entry[member] for entry in grants_of(kms, key)]

    def test_create_grant_by_alias(self, kms, key):
        """CreateGrant takes no alias (wire-facts R10, I17)."""
        kms.create_alias(AliasName="alias/app", TargetKeyId=key)

        assert (
            "InvalidArnException",
            "Key Aliases are not supported for this operation.",
        ) == refused_grant(kms, "alias/app")

    def test_create_grant_on_a_disabled_key(self, kms, key):
        """A disabled key takes no grants (wire-facts S11)."""
        kms.disable_key(KeyId=key)

        assert ("DisabledException", f"{key} is disabled.") == refused_grant(kms, key)

    def test_create_grant_over_the_quota(self, kms, kms_mock, key, monkeypatch):
        """A key has a limited number of grants (wire-facts R13, N11; quotas Q-3)."""
        from dataclasses import replace

        world = kms_mock._service.world
        monkeypatch.setattr(world, "quotas", replace(world.quotas, grants_per_key=1))
        named = grant(kms, key, Name="mine")

        assert (
            "LimitExceededException",
            f"The key {key} already has the maximum of 1 grants.",
        ) == refused_grant(kms, key)
        assert named["GrantId"] == grant(kms, key, Name="mine")["GrantId"]

    def test_create_grant_dry_run(self, kms, key):
        """A dry run of CreateGrant grants nothing (rules DRY-2, wire-facts W20)."""
        assert (
            "DryRunOperationException",
            "The request would have succeeded, but the DryRun option is set.",
        ) == refused_grant(kms, key, DryRun=True)
        assert [] == grants_of(kms, key)

    def test_create_grant_dry_run_that_would_fail(self, kms, key):
        """A dry run that would fail says why (rules DRY-2)."""
        assert ("ValidationException", "Operations must not be empty.") == refused_grant(
            kms, key, Operations=[], DryRun=True
        )


class TestConstraints:
    @pytest.mark.parametrize("name", ["EncryptionContextSubset", "EncryptionContextEquals"])
    def test_create_grant_with_a_constraint(self, kms, key, name):
        """Either encryption context constraint is recorded as given (rules GRANT-10)."""
        constraints = {name: {"Tenant": "7", "stage": "test"}}

        grant(kms, key, Constraints=constraints)

        assert [constraints] == [entry["Constraints"] for entry in grants_of(kms, key)]

    def test_create_grant_with_both_constraints(self, kms, key):
        """A grant has one encryption context constraint at most (wire-facts V21; GRANT-12)."""
        both = {"EncryptionContextSubset": {"a": "b"}, "EncryptionContextEquals": {"a": "b"}}

        assert ("ValidationException", "More than one constraint supplied") == refused_grant(
            kms, key, Constraints=both
        )

    @pytest.mark.parametrize(
        ("constraints", "kept"),
        [
            (
                {"EncryptionContextSubset": {"a": "b"}, "EncryptionContextEquals": {}},
                {"EncryptionContextSubset": {"a": "b"}},
            ),
            (
                {"EncryptionContextSubset": {}, "EncryptionContextEquals": {"a": "b"}},
                {"EncryptionContextEquals": {"a": "b"}},
            ),
            ({"EncryptionContextSubset": {}, "EncryptionContextEquals": {}}, None),
            ({"EncryptionContextEquals": {}}, None),
            (
                {"EncryptionContextEquals": {}, "SourceArn": SOURCE_ARN},
                {"SourceArn": SOURCE_ARN},
            ),
        ],
        ids=["equals", "subset", "both", "the only one", "beside another kind"],
    )
    def test_create_grant_with_an_empty_constraint(self, kms, key, constraints, kept):
        """A constraint without pairs counts as not given (wire-facts V32; its listing assumed)."""
        grant(kms, key, Constraints=constraints)

        assert [kept] == [entry.get("Constraints") for entry in grants_of(kms, key)]

    def test_create_grant_with_an_empty_constraint_on_another_key(self, kms):
        """A constraint without pairs is none on a key that could not have one (V32)."""
        key = create_key(kms, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")

        grant(kms, key, Operations=["Sign"], Constraints={"EncryptionContextEquals": {}})

        assert ["Constraints" in entry for entry in grants_of(kms, key)] == [False]

    def test_create_grant_twice_with_and_without_an_empty_constraint(self, kms, key):
        """A named grant is found again, whether an empty constraint was sent or not (V32)."""
        first = grant(kms, key, Name="mine")
        second = grant(kms, key, Name="mine", Constraints={"EncryptionContextSubset": {}})

        assert first["GrantId"] == second["GrantId"]

    @pytest.mark.parametrize(
        ("members", "operation"),
        [
            ({"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}, "Decrypt"),
            ({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}, "GenerateMac"),
        ],
        ids=["rsa", "hmac"],
    )
    def test_create_grant_with_a_constraint_on_another_key(self, kms, members, operation):
        """Only symmetric keys have an encryption context to constrain (wire-facts R4)."""
        key = create_key(kms, **members)

        assert (
            "ValidationException",
            "EncryptionContext is supported only when creating a grant for a symmetric encryption"
            " KMS key.",
        ) == refused_grant(
            kms,
            key,
            Operations=[operation],
            Constraints={"EncryptionContextEquals": {"a": "b"}},
        )

    def test_create_grant_with_nine_pairs(self, kms, key):
        """A constraint has eight pairs at most (AZ103; quotas Q-23)."""
        pairs = {str(index): "x" for index in range(9)}

        assert (
            "ValidationException",
            "EncryptionContextEquals cannot have more than 8 pairs.",
        ) == refused_grant(kms, key, Constraints={"EncryptionContextEquals": pairs})

    def test_create_grant_with_a_long_value(self, kms, key):
        """A value in a constraint has 384 characters at most (quotas Q-24)."""
        grant(kms, key, Constraints={"EncryptionContextSubset": {"a": "x" * 384}})

        assert (
            "ValidationException",
            "A value in EncryptionContextSubset cannot exceed 384 characters.",
        ) == refused_grant(kms, key, Constraints={"EncryptionContextSubset": {"a": "x" * 385}})


class TestServicePrincipals:
    """The members for AWS services as principals, which botocore has had since 1.43."""

    SERVICE = "dynamodb.us-east-1.amazonaws.com"

    @pytest.fixture(autouse=True)
    def _needs_a_model_with_them(self, kms):
        members = kms.meta.service_model.operation_model("CreateGrant").input_shape.members
        if "GranteeServicePrincipal" not in members:
            pytest.skip("the installed botocore's CreateGrant has no service principals")

    def test_create_grant_for_a_service(self, kms, key):
        """A service may be grantee for a resource, if someone may retire the grant."""
        kms.create_grant(
            KeyId=key,
            GranteeServicePrincipal=self.SERVICE,
            RetiringServicePrincipal=self.SERVICE,
            Operations=["Decrypt"],
            Constraints={"SourceArn": SOURCE_ARN},
        )

        (entry,) = grants_of(kms, key)
        assert (self.SERVICE, self.SERVICE, {"SourceArn": SOURCE_ARN}) == (
            entry["GranteeServicePrincipal"],
            entry["RetiringServicePrincipal"],
            entry["Constraints"],
        )
        assert "GranteePrincipal" not in entry

    @pytest.mark.parametrize(
        ("members", "message"),
        [
            ({}, "Please specify either GranteePrincipal or GranteeServicePrincipal."),
            (
                {"GranteePrincipal": ROLE, "GranteeServicePrincipal": SERVICE},
                "Please specify either GranteePrincipal or GranteeServicePrincipal, but not both.",
            ),
            (
                {
                    "GranteePrincipal": ROLE,
                    "RetiringPrincipal": ROLE,
                    "RetiringServicePrincipal": SERVICE,
                },
                "Please specify either RetiringPrincipal or RetiringServicePrincipal,"
                " but not both.",
            ),
            (
                {"GranteeServicePrincipal": SERVICE, "RetiringPrincipal": RETIRING},
                "A SourceArn grant constraint is required with GranteeServicePrincipal.",
            ),
            (
                {
                    "GranteeServicePrincipal": SERVICE,
                    "Constraints": {"SourceArn": SOURCE_ARN},
                },
                "A retiring principal is required with GranteeServicePrincipal.",
            ),
        ],
        ids=["none", "both", "both-retiring", "no-source", "no-retiring"],
    )
    def test_create_grant_principals_that_do_not_go_together(self, kms, key, members, message):
        """One grantee, at most one retiring principal, and a source for a service."""
        assert ("ValidationException", message) == refusal(
            kms.create_grant, KeyId=key, Operations=["Decrypt"], **members
        )


class TestListGrants:
    def test_list_grants(self, kms, key):
        """An entry shows the grant with the key's ARN and the issuing account (wire-facts R6)."""
        made = grant(
            kms,
            key,
            Name="mine",
            RetiringPrincipal=RETIRING,
            Constraints={"EncryptionContextEquals": {"a": "b"}},
        )

        (entry,) = grants_of(kms, key)
        created = entry.pop("CreationDate")

        assert created.tzinfo is not None
        assert {
            "KeyId": key,
            "GrantId": made["GrantId"],
            "Name": "mine",
            "GranteePrincipal": ROLE,
            "RetiringPrincipal": RETIRING,
            "IssuingAccount": f"arn:aws:iam::{ACCOUNT}:root",
            "Operations": ["Decrypt"],
            "Constraints": {"EncryptionContextEquals": {"a": "b"}},
        } == entry

    def test_list_grants_without_name_and_constraints(self, kms, key):
        """An unnamed grant is listed with an empty name (wire-facts R7, rules GRANT-23)."""
        grant(kms, key)

        (entry,) = grants_of(kms, key)

        assert "" == entry["Name"]
        assert not {"Constraints", "RetiringPrincipal"} & set(entry)

    def test_list_grants_filters(self, kms, key):
        """GrantId and GranteePrincipal choose among the grants (rules GRANT-22)."""
        first = grant(kms, key)["GrantId"]
        second = grant(kms, key, GranteePrincipal=RETIRING)["GrantId"]

        def ids(**members):
            return {entry["GrantId"] for entry in kms.list_grants(KeyId=key, **members)["Grants"]}

        assert {first} == ids(GrantId=first)
        assert {second} == ids(GranteePrincipal=RETIRING)
        assert set() == ids(GrantId=first, GranteePrincipal=RETIRING)
        assert set() == ids(GrantId=UNKNOWN_ID)

    def test_list_grants_by_a_malformed_id(self, kms, key):
        """A grant id is 64 hex digits (rules GRANT-30)."""
        assert ("InvalidGrantIdException", "Invalid grant ID x") == refusal(
            kms.list_grants, KeyId=key, GrantId="x"
        )

    def test_list_grants_in_pages(self, kms, key):
        """Pages hold every grant once, in the order of the ids (rules PAGE-1)."""
        made = sorted(grant(kms, key)["GrantId"] for _ in range(7))

        pages = list(
            kms.get_paginator("list_grants").paginate(KeyId=key, PaginationConfig={"PageSize": 3})
        )

        assert [3, 3, 1] == [len(page["Grants"]) for page in pages]
        assert made == [entry["GrantId"] for page in pages for entry in page["Grants"]]

    @pytest.mark.parametrize("key_id", ["invalid", "alias/app"])
    def test_list_grants_of_no_key(self, kms, key_id):
        """A bad key id is NotFoundException, an alias InvalidArnException (wire-facts I27)."""
        expected = {
            "invalid": ("NotFoundException", "Invalid keyId 'invalid'"),
            "alias/app": (
                "InvalidArnException",
                "Key Aliases are not supported for this operation.",
            ),
        }

        assert expected[key_id] == refusal(kms.list_grants, KeyId=key_id)

    def test_list_grants_of_replicas(self, kms, kms_mock):
        """Related multi-Region keys do not share grants (rules GRANT-18)."""
        key = create_key(kms, MultiRegion=True)
        kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
        grant(kms, key)

        replica = kms_mock.client("eu-west-1")

        assert [] == grants_of(replica, key.rpartition("/")[2])


class TestListRetirableGrants:
    def test_list_retirable_grants(self, kms, key):
        """The grants of all keys of the Region that the principal may retire (GRANT-25)."""
        other = create_key(kms)
        expected = {
            grant(kms, key, RetiringPrincipal=RETIRING)["GrantId"],
            grant(kms, other, RetiringPrincipal=RETIRING)["GrantId"],
        }
        grant(kms, key)
        grant(kms, key, RetiringPrincipal=ROLE)

        listed = kms.list_retirable_grants(RetiringPrincipal=RETIRING)["Grants"]

        assert expected == {entry["GrantId"] for entry in listed}

    def test_list_retirable_grants_of_another_region(self, kms, kms_mock, key):
        """A Region lists its own grants only."""
        grant(kms, key, RetiringPrincipal=RETIRING)

        elsewhere = kms_mock.client("eu-west-1")

        assert [] == elsewhere.list_retirable_grants(RetiringPrincipal=RETIRING)["Grants"]

    def test_list_retirable_grants_of_no_principal(self, kms, key):
        """What is no IAM principal is refused (wire-facts R14)."""
        assert (
            "InvalidArnException",
            f"ARN does not refer to a valid principal: {key}",
        ) == refusal(kms.list_retirable_grants, RetiringPrincipal=key)

    def test_list_retirable_grants_of_a_service(self, kms, key):
        """A service that is a retiring principal is asked for like any other (wire-facts V20)."""
        service = "dynamodb.us-west-2.amazonaws.com"
        mine = grant(kms, key, RetiringPrincipal=service)
        grant(kms, key, RetiringPrincipal=RETIRING)

        listed = kms.list_retirable_grants(RetiringPrincipal=service)["Grants"]

        assert [mine["GrantId"]] == [entry["GrantId"] for entry in listed]

    def test_list_retirable_grants_of_another_account(self, kms):
        """Only principals of the caller's account may be asked for (rules GRANT-25)."""
        principal = f"arn:aws:iam::{OTHER_ACCOUNT}:root"

        assert (
            "AccessDeniedException",
            f"User: arn:aws:iam::{ACCOUNT}:user/kmsmock is not authorized to perform:"
            f" kms:ListRetirableGrants on resource: {principal} because no identity-based policy"
            " allows the kms:ListRetirableGrants action",
        ) == refusal(kms.list_retirable_grants, RetiringPrincipal=principal)


class TestEnd:
    def test_revoke_grant(self, kms, key):
        """A revoked grant is gone; the others stay (rules GRANT-29, GRANT-31)."""
        first, second = grant(kms, key)["GrantId"], grant(kms, key)["GrantId"]

        kms.revoke_grant(KeyId=key, GrantId=first)

        assert [second] == [entry["GrantId"] for entry in grants_of(kms, key)]

    def test_retire_grant_by_token(self, kms, key):
        """Any token of a grant retires it (rules GRANT-20, GRANT-26)."""
        grant(kms, key, Name="mine")
        again = grant(kms, key, Name="mine")

        kms.retire_grant(GrantToken=again["GrantToken"])

        assert [] == grants_of(kms, key)

    @pytest.mark.parametrize("form", ["arn", "id"])
    def test_retire_grant_by_id(self, kms, key, form):
        """Key and grant id together retire a grant (rules ID-4, GRANT-26)."""
        made = grant(kms, key)
        key_id = key if form == "arn" else key.rpartition("/")[2]

        kms.retire_grant(KeyId=key_id, GrantId=made["GrantId"])

        assert [] == grants_of(kms, key)

    @pytest.mark.parametrize("members", [(), ("KeyId",), ("GrantId",), ("GrantToken", "KeyId")])
    def test_retire_grant_by_another_mixture(self, kms, key, members):
        """A token, or key and grant id: other mixtures are refused (rules GRANT-26)."""
        made = grant(kms, key)
        every = {"KeyId": key, "GrantId": made["GrantId"], "GrantToken": made["GrantToken"]}

        assert (
            "ValidationException",
            "Please specify either a grant token, or a key ID and a grant ID.",
        ) == refusal(kms.retire_grant, **{member: every[member] for member in members})
        assert 1 == len(grants_of(kms, key))

    @pytest.mark.parametrize("operation", ["retire_grant", "revoke_grant"])
    def test_end_a_grant_that_is_not_there(self, kms, key, operation):
        """Unknown and malformed grant ids are told apart (rules GRANT-30)."""
        end = getattr(kms, operation)

        assert ("NotFoundException", f"Grant {UNKNOWN_ID} is not found.") == refusal(
            end, KeyId=key, GrantId=UNKNOWN_ID
        )
        assert ("InvalidGrantIdException", "Invalid grant ID x") == refusal(
            end, KeyId=key, GrantId="x"
        )

    def test_retire_grant_twice(self, kms, key):
        """The token of a grant that is gone finds nothing."""
        made = grant(kms, key)
        kms.retire_grant(GrantToken=made["GrantToken"])

        assert ("NotFoundException", f"Grant {made['GrantId']} is not found.") == refusal(
            kms.retire_grant, GrantToken=made["GrantToken"]
        )

    @pytest.mark.parametrize("token", ["x", "AQpA", "é", "A" * 8192], ids=len)
    def test_retire_grant_by_no_token(self, kms, token):
        """What KMS did not make is no token (rules GRANT-21)."""
        assert ("InvalidGrantTokenException", "Invalid grant token") == refusal(
            kms.retire_grant, GrantToken=token
        )

    def test_retire_grant_by_the_token_of_another_kms(self, kms, key):
        """A token says who made it: another mock's is no token here."""
        made = grant(kms, key)
        other = KmsMock().start()
        try:
            assert ("InvalidGrantTokenException", "Invalid grant token") == refusal(
                kms.retire_grant, GrantToken=made["GrantToken"]
            )
        finally:
            other.stop()

    @pytest.mark.parametrize("operation", ["retire_grant", "revoke_grant"])
    def test_end_a_grant_dry_run(self, kms, key, operation):
        """A dry run ends nothing (rules DRY-1)."""
        made = grant(kms, key)

        code, _ = refusal(getattr(kms, operation), KeyId=key, GrantId=made["GrantId"], DryRun=True)

        assert "DryRunOperationException" == code
        assert 1 == len(grants_of(kms, key))

    def test_grants_of_a_deleted_key(self, kms, kms_mock, key):
        """Grants end with their key (rules DEL-5)."""
        made = grant(kms, key, RetiringPrincipal=RETIRING)
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)

        kms_mock.clock.advance(days=7)

        assert [] == kms.list_retirable_grants(RetiringPrincipal=RETIRING)["Grants"]
        assert "NotFoundException" == refusal(kms.retire_grant, GrantToken=made["GrantToken"])[0]


class TestGrantTokens:
    def test_encrypt_with_a_grant_token(self, kms, key):
        """A token may come with any request that takes tokens, also when its grant is gone."""
        made = grant(kms, key)
        tokens = [made["GrantToken"]]

        kms.encrypt(KeyId=key, Plaintext=b"x", GrantTokens=tokens)
        kms.revoke_grant(KeyId=key, GrantId=made["GrantId"])

        assert kms.encrypt(KeyId=key, Plaintext=b"x", GrantTokens=tokens)["CiphertextBlob"]

    def test_encrypt_with_no_grant_token(self, kms, key):
        """A string that is no token is refused (rules GRANT-21)."""
        assert ("InvalidGrantTokenException", "Invalid grant token") == refusal(
            kms.encrypt, KeyId=key, Plaintext=b"x", GrantTokens=["x"]
        )
