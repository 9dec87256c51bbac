"""GetKeyPolicy, PutKeyPolicy and ListKeyPolicies: which policy a key has, and its text."""

import json
from typing import TYPE_CHECKING, Final

import pytest

from tests.operations.key_policies import ALLOWED, BOTH, ROOT, policy, prepare
from tests.vocabulary import ACCOUNT, create_key, harmless_refusal, members

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

DEFAULT: Final = """{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:%s:iam::%s:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}"""


def policy_of(kms: "KMSClient", key_id: str) -> str:
    return kms.get_key_policy(KeyId=key_id)["Policy"]


def of_size(size: int, filler: str = "x") -> str:
    """Return a policy of so many bytes, its Sid full of *filler*."""
    text = json.dumps(policy(ALLOWED, Id=""), ensure_ascii=False)
    left = size - len(text.encode())
    length = len(filler.encode())
    return text.replace('"Id": ""', f'"Id": "{filler * (left // length)}{"y" * (left % length)}"')


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_default_policy(kms_mock, region, partition):
    """
    A key without a policy has the default one, in AWS's layout.

    wire-facts P1, P2; rules POL-2, POL-3, POL-4.
    """
    kms = kms_mock.client(region)

    answered = members(kms.get_key_policy(KeyId=create_key(kms)))

    assert {"Policy": DEFAULT % (partition, ACCOUNT), "PolicyName": "default"} == answered


@pytest.mark.parametrize("identify", ["KeyId", "Arn"])
def test_put_key_policy(kms, identify):
    """The whole policy is replaced, with nothing in answer (wire-facts P3; rules POL-16)."""
    key = kms.create_key(Policy=json.dumps(policy(ALLOWED, Id="old")))["KeyMetadata"]
    document = policy(ALLOWED, Id="new")

    answered = members(kms.put_key_policy(KeyId=key[identify], Policy=json.dumps(document)))

    assert {} == answered
    assert document == json.loads(policy_of(kms, key["KeyId"]))


def test_create_key_with_a_policy(kms):
    """A key is made with the policy of the request (rules POL-16)."""
    document = policy(ALLOWED, Id="mine")

    key_id = create_key(kms, Policy=json.dumps(document))

    assert document == json.loads(policy_of(kms, key_id))


def test_policies_of_related_keys(kms, kms_mock):
    """Related multi-Region keys have their own policies each (rules POL-17)."""
    document = policy(ALLOWED, Id="mine")
    key_id = create_key(kms, MultiRegion=True, Policy=json.dumps(document)).rpartition("/")[2]
    kms.replicate_key(KeyId=key_id, ReplicaRegion="eu-west-1")

    assert document == json.loads(policy_of(kms, key_id))
    assert DEFAULT % ("aws", ACCOUNT) == policy_of(kms_mock.client("eu-west-1"), key_id)


def test_layout_of_a_policy(kms):
    """A policy is laid out anew, whatever it looked like (wire-facts P3, in the layout of P2)."""
    document = policy(
        ALLOWED,
        {
            "Effect": "Deny",
            "NotPrincipal": {"AWS": [ROOT, "111122223333"], "Service": "s3.amazonaws.com"},
            "Action": ["kms:Encrypt", "kms:Decrypt"],
            "Resource": [],
            "Condition": {
                "Bool": {"aws:SecureTransport": False},
                "NumericLessThan": {"aws:MultiFactorAuthAge": [3600, 0.5]},
                "Null": {},
            },
        },
        {"Effect": "Allow", "Principal": "*", "Condition": {}},
        Id='say "hi"\t\\ é',
    )

    key_id = create_key(kms, Policy=json.dumps(document, separators=(",", ":")))

    assert rf"""{{
  "Version" : "2012-10-17",
  "Statement" : [ {{
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "{ROOT}"
    }},
    "Action" : "kms:*",
    "Resource" : "*"
  }}, {{
    "Effect" : "Deny",
    "NotPrincipal" : {{
      "AWS" : [ "{ROOT}", "111122223333" ],
      "Service" : "s3.amazonaws.com"
    }},
    "Action" : [ "kms:Encrypt", "kms:Decrypt" ],
    "Resource" : [ ],
    "Condition" : {{
      "Bool" : {{
        "aws:SecureTransport" : false
      }},
      "NumericLessThan" : {{
        "aws:MultiFactorAuthAge" : [ 3600, 0.5 ]
      }},
      "Null" : {{ }}
    }}
  }}, {{
    "Effect" : "Allow",
    "Principal" : "*",
    "Condition" : {{ }}
  }} ],
  "Id" : "say \"hi\"\t\\ é"
}}""" == policy_of(kms, key_id)


@pytest.mark.parametrize("text", ["Schlüssel ÿ", "ключ", "🔑", "\ud800", "\x7f\x80"], ids=ascii)
def test_policy_with_characters_beyond_ascii(kms, text):
    """Whatever text a policy holds, it comes back, and can be put again as it came."""
    document = policy(ALLOWED, Id=text)
    key_id = create_key(kms, Policy=json.dumps(document))

    first = policy_of(kms, key_id)
    kms.put_key_policy(KeyId=key_id, Policy=first)

    assert document == json.loads(first)
    assert first == policy_of(kms, key_id)


def test_latin_1_in_the_text_of_a_policy(kms):
    """Characters up to U+00FF may stand in the text as they are, and come back so (Q-36)."""
    text = json.dumps(policy(ALLOWED, Id="Schlüssel ÿ"), ensure_ascii=False)

    assert '"Id" : "Schlüssel ÿ"' in policy_of(kms, create_key(kms, Policy=text))


def test_statement_that_is_no_list(kms):
    """A single statement may stand without a list, and comes back so (wire-facts P3)."""
    document = policy(ALLOWED)
    document["Statement"] = document["Statement"][0]

    assert document == json.loads(policy_of(kms, create_key(kms, Policy=json.dumps(document))))


def test_policy_by_its_name(kms):
    """The one policy is called default (rules POL-1)."""
    key_id = create_key(kms)
    document = policy(ALLOWED, Id="named")

    kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=json.dumps(document))

    assert document == json.loads(kms.get_key_policy(KeyId=key_id, PolicyName="default")["Policy"])


def test_get_key_policy_by_another_name(kms):
    """No other policy exists (wire-facts P9, V9)."""
    assert ("NotFoundException", "No such policy exists") == harmless_refusal(
        kms.get_key_policy, KeyId=create_key(kms), PolicyName="Default"
    )


def test_put_key_policy_by_another_name(kms):
    """No other policy can be put (wire-facts V10; rules POL-1)."""
    assert (
        "AlreadyExistsException",
        "Only one policy per key is supported",
    ) == harmless_refusal(
        kms.put_key_policy,
        KeyId=create_key(kms),
        PolicyName="mine",
        Policy=json.dumps(policy(ALLOWED, Id="x")),
    )


@pytest.mark.parametrize("method", ["get_key_policy", "put_key_policy"])
def test_policy_by_an_impossible_name(kms, method):
    """A name has letters, digits and underscores alone (the model's pattern)."""
    request = {"Policy": json.dumps(policy(ALLOWED, Id="x"))} if method == "put_key_policy" else {}

    assert (
        "ValidationException",
        "1 validation error detected: Value 'my-policy' at 'policyName' failed to satisfy"
        r" constraint: Member must satisfy regular expression pattern: [\w]+",
    ) == harmless_refusal(
        getattr(kms, method), KeyId=create_key(kms), PolicyName="my-policy", **request
    )


def test_list_key_policies(kms):
    """A key has the policy default, whoever wrote it (wire-facts P8; rules POL-1, POL-2)."""
    expected = {"PolicyNames": ["default"], "Truncated": False}
    written = create_key(kms, Policy=json.dumps(policy(ALLOWED, Id="mine")))

    assert expected == members(kms.list_key_policies(KeyId=create_key(kms)))
    assert expected == members(kms.list_key_policies(KeyId=written))


TOO_LARGE: Final = (
    "LimitExceededException",
    "The policy exceeds the maximum size of 32768 bytes.",
)


FILLERS: Final = pytest.mark.parametrize("filler", ["x", "ÿ"], ids=["ASCII", "Latin-1"])


@BOTH
@FILLERS
def test_largest_policy(kms, method, filler):
    """A policy has up to 32,768 bytes (wire-facts C27, N11; quotas Q-6)."""
    call, request = prepare(kms, method)
    text = of_size(32_768, filler)

    answered = call(Policy=text, **request)

    key_id = request.get("KeyId") or answered["KeyMetadata"]["KeyId"]
    assert 32_768 == len(text.encode())
    assert json.loads(text) == json.loads(policy_of(kms, key_id))


@BOTH
@FILLERS
def test_policy_too_large(kms, method, filler):
    """A larger one is refused, counted in bytes (wire-facts C27; rules POL-12; text assumed)."""
    call, request = prepare(kms, method)

    assert TOO_LARGE == harmless_refusal(call, Policy=of_size(32_769, filler), **request)


@BOTH
def test_policy_beyond_the_shape(kms, method):
    """What not even the model's shape allows is refused by it (quotas Q-36)."""
    call, request = prepare(kms, method)
    text = of_size(131_073)

    assert (
        "ValidationException",
        f"1 validation error detected: Value '{text}' at 'policy' failed to satisfy constraint:"
        " Member must have length less than or equal to 131072",
    ) == harmless_refusal(call, Policy=text, **request)


@BOTH
def test_policy_with_characters_beyond_latin_1(kms, method):
    """Characters beyond U+00FF cannot stand in the text, nor in AWS's echo of it (V15; Q-36)."""
    call, request = prepare(kms, method)
    text = json.dumps(policy(ALLOWED, Id="clé ключ 🔑"), ensure_ascii=False)
    echo = json.dumps(policy(ALLOWED, Id="clé ???? ?"), ensure_ascii=False)

    assert (
        "ValidationException",
        f"1 validation error detected: Value '{echo}' at 'policy' failed to satisfy constraint:"
        r" Member must satisfy regular expression pattern: [\u0009\u000A\u000D\u0020-\u00FF]+",
    ) == harmless_refusal(call, Policy=text, **request)
