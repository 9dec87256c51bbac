"""The names and targets that no alias may have."""

from typing import Final

import pytest

from tests.vocabulary import ACCOUNT, OTHER_ACCOUNT, REGION, create_key, harmless_refusal

ARN: Final = f"arn:aws:kms:{REGION}:{ACCOUNT}"
UNKNOWN: Final = "00000000-0000-4000-8000-000000000000"

CREATE_OR_UPDATE: Final = ["create_alias", "update_alias"]

WITHOUT_PREFIX: Final = (
    "ValidationException",
    'Alias must start with the prefix "alias/". Please see'
    " https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
)
RESERVED: Final = (
    "NotAuthorizedException",
    "The alias name for a customer managed CMK cannot begin with alias/aws/.",
)


def is_not_found(name: str) -> tuple[str, str]:
    return "NotFoundException", f"Alias {ARN}:{name} is not found."


def refused_character(name: str) -> tuple[str, str]:
    return "ValidationException", f"{name} contains invalid characters for an alias"


def refused_pattern(name: str) -> tuple[str, str]:
    return (
        "ValidationException",
        f"1 validation error detected: Value '{name}' at 'aliasName' failed to satisfy constraint:"
        " Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$",
    )


REFUSED_NAMES: Final = {
    # A1, X12
    "app": WITHOUT_PREFIX,
    "Alias/app": WITHOUT_PREFIX,
    "alias": WITHOUT_PREFIX,
    # A3, V4; rules ALIAS-2
    "alias/aws/app": RESERVED,
    "alias/aws/s3": RESERVED,
    "alias/aws/": RESERVED,
    # A4
    "alias/my-alias!": refused_pattern("alias/my-alias!"),
    "alias/größe": refused_pattern("alias/größe"),
    "alias/a b": refused_pattern("alias/a b"),
    "alias/a\n": refused_pattern("alias/a\n"),
    # A5
    "alias/my:alias": refused_character("alias/my:alias"),
    # rules ALIAS-5; assumed
    "alias/": refused_character("alias/"),
}


@pytest.mark.parametrize(("name", "expected"), REFUSED_NAMES.items(), ids=map(ascii, REFUSED_NAMES))
@pytest.mark.parametrize("method", [*CREATE_OR_UPDATE, "delete_alias"])
def test_refused_names(kms, method, name, expected):
    """
    Bad and reserved names are refused.

    wire-facts A1, A3, A4, A5, V4, X12; rules ALIAS-2, ALIAS-5, ERR-16.

    Recorded of CreateAlias only; that the other two answer likewise is assumed.
    """
    target = {} if method == "delete_alias" else {"TargetKeyId": create_key(kms)}

    assert expected == harmless_refusal(getattr(kms, method), AliasName=name, **target)


@pytest.mark.parametrize("method", CREATE_OR_UPDATE)
def test_name_is_looked_at_before_the_key(kms, method):
    """A bad name is refused whatever key it is for (assumed)."""
    assert WITHOUT_PREFIX == harmless_refusal(
        getattr(kms, method), AliasName="app", TargetKeyId=UNKNOWN
    )


@pytest.mark.parametrize("method", CREATE_OR_UPDATE)
def test_name_too_long(kms, method):
    """A name has at most 256 characters (quotas Q-19)."""
    name = "alias/" + "x" * 251

    assert (
        "ValidationException",
        f"1 validation error detected: Value '{name}' at 'aliasName' failed to satisfy constraint:"
        " Member must have length less than or equal to 256",
    ) == harmless_refusal(getattr(kms, method), AliasName=name, TargetKeyId=create_key(kms))


@pytest.mark.parametrize("same", [True, False], ids=["same key", "another key"])
def test_create_alias_that_exists(kms, same):
    """A name is taken, even for the key that has it (wire-facts A2; rules ALIAS-4, ERR-15)."""
    key_arn = create_key(kms)
    kms.create_alias(AliasName="alias/app", TargetKeyId=key_arn)

    assert (
        "AlreadyExistsException",
        f"An alias with the name {ARN}:alias/app already exists",
    ) == harmless_refusal(
        kms.create_alias,
        AliasName="alias/app",
        TargetKeyId=key_arn if same else create_key(kms),
    )


def test_update_alias_that_does_not_exist(kms):
    """Only an alias that exists can be updated (wire-facts I16; rules ALIAS-7)."""
    assert is_not_found("alias/app") == harmless_refusal(
        kms.update_alias, AliasName="alias/app", TargetKeyId=create_key(kms)
    )


def test_delete_alias_that_does_not_exist(kms):
    """Only an alias that exists can be deleted (wire-facts I16; rules ALIAS-9)."""
    assert is_not_found("alias/app") == harmless_refusal(kms.delete_alias, AliasName="alias/app")


REFUSED_TARGETS: Final = {
    "alias name": ("alias/old", ("ValidationException", "Aliases must refer to keys. Not aliases")),
    "alias ARN": (
        f"{ARN}:alias/old",
        ("ValidationException", "Aliases must refer to keys. Not aliases"),
    ),
    "unknown key": (UNKNOWN, ("NotFoundException", f"Key '{ARN}:key/{UNKNOWN}' does not exist")),
    "no key id": ("foo", ("NotFoundException", "Invalid keyId 'foo'")),
    "another Region": (
        f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{UNKNOWN}",
        ("NotFoundException", "Invalid arn eu-west-1"),
    ),
    "no ARN of KMS": ("arn:aws:s3:::x", ("NotFoundException", "Invalid arn arn:aws:s3:::x")),
}


@pytest.mark.parametrize(
    ("target", "expected"), REFUSED_TARGETS.values(), ids=REFUSED_TARGETS.keys()
)
@pytest.mark.parametrize("method", CREATE_OR_UPDATE)
def test_refused_targets(kms, method, target, expected):
    """An alias is for a key of the same Region (wire-facts A6, I1, I4, I9; rules ID-3, ALIAS-1)."""
    kms.create_alias(AliasName="alias/old", TargetKeyId=create_key(kms))
    name = "alias/new" if method == "create_alias" else "alias/old"

    assert expected == harmless_refusal(getattr(kms, method), AliasName=name, TargetKeyId=target)


@pytest.mark.parametrize("method", CREATE_OR_UPDATE)
def test_target_in_another_account(kms, method):
    """An alias is for a key of the same account (wire-facts V13, its code assumed; ALIAS-1)."""
    kms.create_alias(AliasName="alias/old", TargetKeyId=create_key(kms))
    name = {"create_alias": "alias/new", "update_alias": "alias/old"}[method]

    assert (
        "ValidationException",
        "This operation cannot be called cross account",
    ) == harmless_refusal(
        getattr(kms, method),
        AliasName=name,
        TargetKeyId=f"arn:aws:kms:{REGION}:{OTHER_ACCOUNT}:key/{UNKNOWN}",
    )


@pytest.mark.parametrize("method", CREATE_OR_UPDATE)
def test_target_pending_deletion(kms, method):
    """No alias is given to a key on its way out (wire-facts A7)."""
    leaving = create_key(kms)
    kms.schedule_key_deletion(KeyId=leaving)
    kms.create_alias(AliasName="alias/old", TargetKeyId=create_key(kms))
    name = "alias/new" if method == "create_alias" else "alias/old"

    assert (
        "KMSInvalidStateException",
        f"{leaving} is pending deletion.",
    ) == harmless_refusal(getattr(kms, method), AliasName=name, TargetKeyId=leaving)


@pytest.mark.parametrize(
    ("old", "new", "usages"),
    [
        (
            {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"},
            {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"},
            ("SIGN_VERIFY", "ENCRYPT_DECRYPT"),
        ),
        (
            {"KeySpec": "ECC_NIST_P256", "KeyUsage": "KEY_AGREEMENT"},
            {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
            ("KEY_AGREEMENT", "SIGN_VERIFY"),
        ),
        (
            {},
            {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
            ("ENCRYPT_DECRYPT", "GENERATE_VERIFY_MAC"),
        ),
    ],
    ids=["RSA", "ECC", "HMAC"],
)
def test_update_alias_to_another_usage(kms, old, new, usages):
    """The new key has the usage of the old one (wire-facts A9; rules ALIAS-7)."""
    kms.create_alias(AliasName="alias/app", TargetKeyId=create_key(kms, **old))

    assert (
        "ValidationException",
        f"Alias alias/app cannot be changed from a CMK with key usage {usages[0]} to a CMK with"
        f" key usage {usages[1]}. The key usage of the current CMK and the new CMK must be the"
        " same.",
    ) == harmless_refusal(
        kms.update_alias, AliasName="alias/app", TargetKeyId=create_key(kms, **new)
    )


def test_update_alias_to_another_type(kms):
    """The new key is symmetric if the old one is (rules ALIAS-7; the text is assumed)."""
    rsa = create_key(kms, KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    kms.create_alias(AliasName="alias/app", TargetKeyId=create_key(kms))

    assert (
        "ValidationException",
        "Alias alias/app cannot be changed from a CMK with key spec SYMMETRIC_DEFAULT to a CMK with"
        " key spec RSA_2048. The type of the current CMK and the new CMK must be the same.",
    ) == harmless_refusal(kms.update_alias, AliasName="alias/app", TargetKeyId=rsa)
