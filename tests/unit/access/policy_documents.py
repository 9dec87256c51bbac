"""Hypothesis's ideas of key policies: any JSON, and what is nearly a policy."""

from typing import Any

from hypothesis import strategies as st

ACCOUNT = "123456789012"
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/00000000-0000-4000-8000-000000000000"

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
)
any_json: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def mostly(*values: Any) -> st.SearchStrategy[Any]:
    """Draw one of *values*, a list of them, or now and then anything at all."""
    good = st.sampled_from(values)
    return good | st.lists(good, max_size=3) | any_json


principals = mostly(
    "*", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{ACCOUNT}:role/app", "s3.aws"
)
conditions = st.dictionaries(
    st.sampled_from(["StringEquals", "ForAllValues:StringLike", "Bool", "Null"])
    | st.text(max_size=8),
    st.dictionaries(
        st.sampled_from(["kms:ViaService", "kms:EncryptionContext:a", "aws:RequestTag/a"])
        | st.text(max_size=8),
        mostly("x", True, 1, 0.5),
        max_size=2,
    )
    | any_json,
    max_size=2,
)
statements = st.fixed_dictionaries(
    {},
    optional={
        "Sid": mostly("sid"),
        "Effect": st.sampled_from(["Allow", "Deny"]) | any_json,
        "Principal": st.dictionaries(
            st.sampled_from(["AWS", "Service", "Federated"]) | st.text(max_size=8), principals
        )
        | mostly("*"),
        "NotPrincipal": st.dictionaries(st.sampled_from(["AWS", "Service"]), principals),
        "Action": mostly("kms:*", "kms:Put*", "*", "kms:Encrypt", "kms:?"),
        "NotAction": mostly("kms:Encrypt", "*"),
        "Resource": mostly("*", KEY_ARN, "arn:aws:kms:*:*:key/*"),
        "NotResource": mostly("*", KEY_ARN),
        "Condition": conditions | any_json,
    },
)
near_policies = st.fixed_dictionaries(
    {
        "Version": st.just("2012-10-17") | mostly("2008-10-17"),
        "Statement": st.lists(statements | any_json, max_size=3) | statements | any_json,
    },
    optional={"Id": mostly("id"), "Other": any_json},
)
# As many as possible of them good, to get at what comes after the form.
good_statements = st.builds(
    lambda effect, principal, action, resource, condition: {
        "Effect": effect,
        **principal,
        **action,
        **resource,
        **condition,
    },
    st.sampled_from(["Allow", "Deny"]),
    st.builds(
        lambda name, principal: {name: principal},
        st.sampled_from(["Principal", "NotPrincipal"]),
        st.sampled_from(["*", {"AWS": ACCOUNT}, {"AWS": f"arn:aws:iam::{ACCOUNT}:user/a"}])
        | st.just({"Service": ["s3.amazonaws.com"], "Federated": "x"}),
    ),
    st.builds(
        lambda name, action: {name: action},
        st.sampled_from(["Action", "NotAction"]),
        st.lists(st.text("kmsPutKeyPolicy*?:", max_size=20), max_size=3) | st.just("kms:*"),
    ),
    st.builds(
        lambda name, resource: {name: resource},
        st.sampled_from(["Resource", "NotResource"]),
        st.just("*") | st.text("arn:kms*?", max_size=20),
    ),
    st.just({}) | st.just({"Condition": {"StringEquals": {"kms:ViaService": ["é", "ключ\n"]}}}),
)
good_policies = st.builds(
    lambda found, identity: {"Version": "2012-10-17", "Id": identity, "Statement": found},
    st.lists(good_statements, min_size=1, max_size=4),
    st.text(max_size=40),
)
