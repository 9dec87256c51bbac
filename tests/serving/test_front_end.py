"""AWS's front end over raw sockets: what it answers before KMS sees a request (FE1 to FE13)."""

import re
from email.utils import parsedate_to_datetime

import pytest

from tests.serving.raw import AUTHORIZATION, SCOPE, request

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
CREDENTIAL = f"Credential=AKIAIOSFODNN7EXAMPLE/{SCOPE}"
SIGNED_HEADERS = "SignedHeaders=host;x-amz-date;x-amz-target"
SIGNATURE = f"Signature={'0' * 64}"


def check_headers(headers):
    assert [
        "x-amzn-RequestId",
        "Cache-Control",
        "Expires",
        "Pragma",
        "Date",
        "Content-Type",
        "Content-Length",
    ] == list(headers)
    assert re.fullmatch(UUID, headers["x-amzn-RequestId"])
    assert "no-cache, no-store, must-revalidate, private" == headers["Cache-Control"]
    assert ("no-cache", "0") == (headers["Pragma"], headers["Expires"])
    assert "application/x-amz-json-1.1" == headers["Content-Type"]


def test_success_has_the_headers_of_aws(wire, mock):
    """A success has a body of JSON and the headers that KMS sends, spelt so (FE1, W7)."""
    answer = wire.ask(request("CreateKey"))

    assert 200 == answer.status
    check_headers(answer.headers)
    assert mock.clock.now().replace(microsecond=0) >= parsedate_to_datetime(answer.headers["Date"])
    assert "eu-west-1" == answer.json["KeyMetadata"]["Arn"].split(":")[3]


def test_each_answer_has_a_request_id_of_its_own(wire):
    """No two answers have one request id."""
    ids = {wire.ask(request(name)).headers["x-amzn-RequestId"] for name in ("ListKeys", "None")}

    assert 2 == len(ids)


def test_operation_without_output_has_no_body(wire):
    """An operation without output answers with an empty body, and the connection stays (FE1)."""
    key_id = wire.ask(request("CreateKey")).json["KeyMetadata"]["KeyId"]

    answer = wire.ask(request("DisableKey", {"KeyId": key_id}))

    assert (200, b"") == (answer.status, answer.body)
    check_headers(answer.headers)
    assert 200 == wire.ask(request("ListKeys")).status


def test_error_of_kms(wire):
    """An error of KMS is its JSON, with the headers of a success (FE2)."""
    answer = wire.ask(request("DescribeKey", {"KeyId": "alias/none"}))

    assert 400 == answer.status
    check_headers(answer.headers)
    assert {
        "__type": "NotFoundException",
        "message": "Alias arn:aws:kms:eu-west-1:123456789012:alias/none is not found.",
    } == answer.json


@pytest.mark.parametrize(
    "changes",
    [
        {"operation": None},
        {"x_amz_target": ""},
        {"x_amz_target": "TrentService"},
        {"x_amz_target": "TrentService."},
        {"x_amz_target": "ListKeys"},
        {"x_amz_target": "DynamoDB_20120810.ListTables"},
        {"x_amz_target": "trentservice.ListKeys"},
        {"operation": "ListKey"},
        {"operation": "FlyToTheMoon"},
        {"content_type": None},
        {"content_type": "text/plain"},
        {"content_type": "application/json"},
        {"content_type": "application/x-amz-json-1.0"},
        {"content_type": "application/x-www-form-urlencoded"},
    ],
    ids=str,
)
def test_unknown_operation(wire, changes):
    """What names no operation of KMS, in its protocol, is an UnknownOperationException (FE3)."""
    answer = wire.ask(request(**changes))

    assert 400 == answer.status
    check_headers(answer.headers)
    assert {"__type": "UnknownOperationException"} == answer.json


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_other_methods(wire, method):
    """Another method than POST is an orderly refusal, and the connection stays (FE11)."""
    answer = wire.ask(request(method=method))

    assert 400 == answer.status
    assert {"__type": "UnknownOperationException"} == answer.json
    assert 200 == wire.ask(request()).status


def test_head_has_no_body(wire):
    """HEAD is refused without a body, and the connection stays (FE11)."""
    answer = wire.ask(request(method="HEAD"), head_only=True)

    assert (400, "38") == (answer.status, answer.headers["Content-Length"])
    assert 200 == wire.ask(request()).status


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b'{"KeyId": "alias/x"',
        b"[]",
        b'"KeyId"',
        b"null",
        b"17",
        b"{} x",
        b"{}{}",
        b'{"KeyId": "\xff\xfe"}',
        b'{"KeyId": 17, "Plaintext": "aGk="}',
        b'{"KeyId": {}, "Plaintext": "aGk="}',
        b'{"KeyId": "alias/x", "Plaintext": "%%%"}',
        b'{"KeyId": "alias/x", "Plaintext": "aGk"}',
        b'{"KeyId": "alias/x", "Plaintext": "aGk=", "DryRun": "yes"}',
        b"\x00\x01\x02",
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:40]),
)
def test_body_that_is_no_request(wire, body):
    """A body that is no JSON object, or has a value of another type, can't be read (FE4)."""
    answer = wire.ask(request("Encrypt", body=body))

    expected = "ValidationException" if body == b"" else "SerializationException"
    assert (400, expected) == (answer.status, answer.json["__type"])
    assert 200 == wire.ask(request()).status


def test_unknown_members_and_nulls(wire):
    """Members that are unknown, as other versions of clients send, or null do no harm (FE5)."""
    answer = wire.ask(request("CreateKey", {"Policy": None, "Flavour": "mint", "Tags": []}))

    assert 200 == answer.status


def test_body_of_megabytes(wire):
    """A body of megabytes is for the operation to refuse (FE6)."""
    answer = wire.ask(request("Encrypt", {"KeyId": "alias/x", "Plaintext": b"0" * 5_000_000}))

    assert 400 == answer.status
    assert {
        "__type": "ValidationException",
        "message": "1 validation error detected: Value at 'plaintext' failed to satisfy "
        "constraint: Member must have length less than or equal to 4096",
    } == answer.json


def test_body_too_large(wire):
    """A body beyond the limit is read to its end before it is refused, and nothing breaks (FE6)."""
    answer = wire.ask(request("Encrypt", body=b"x" * (17 * 1024 * 1024)))

    assert 413 == answer.status
    assert {"__type": "RequestEntityTooLargeException"} == answer.json
    assert 200 == wire.ask(request()).status


@pytest.mark.parametrize("authorization", [None, ""])
def test_missing_authorization(wire, authorization):
    """A request that nobody has signed lacks its token (FE7)."""
    answer = wire.ask(request(authorization=authorization))

    assert 400 == answer.status
    assert {
        "__type": "MissingAuthenticationTokenException",
        "message": "Missing Authentication Token",
    } == answer.json


@pytest.mark.parametrize(
    ("authorization", "missing"),
    [
        (f"AWS4-HMAC-SHA256 {CREDENTIAL}, {SIGNED_HEADERS}", ["Signature"]),
        (f"AWS4-HMAC-SHA256 {SIGNED_HEADERS}, {SIGNATURE}", ["Credential"]),
        (f"AWS4-HMAC-SHA256 {CREDENTIAL}, {SIGNATURE}", ["SignedHeaders"]),
        (
            f"AWS4-HMAC-SHA256 {CREDENTIAL}, Signature=, SignedHeaders=",
            ["Signature", "SignedHeaders"],
        ),
        ("AWS4-HMAC-SHA256", ["Credential", "Signature", "SignedHeaders"]),
        ("Bearer abc", ["Credential", "Signature", "SignedHeaders"]),
        ("Basic dXNlcjpwYXNz", ["Credential", "Signature", "SignedHeaders"]),
    ],
)
def test_incomplete_authorization(wire, authorization, missing):
    """An Authorization header is told each part that it lacks, and then itself (FE8)."""
    answer = wire.ask(request(authorization=authorization))

    sentences = "".join(f"Authorization header requires '{name}' parameter. " for name in missing)
    assert 400 == answer.status
    assert {
        "__type": "IncompleteSignatureException",
        "message": f"{sentences}Authorization={authorization}",
    } == answer.json


def test_authorization_without_a_date(wire):
    """A signature without any date is told that, too (FE8)."""
    answer = wire.ask(request(x_amz_date=None))

    assert {
        "__type": "IncompleteSignatureException",
        "message": "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' "
        f"header. Authorization={AUTHORIZATION}",
    } == answer.json


@pytest.mark.parametrize(
    ("credential", "code", "message"),
    [
        (
            "AKID/20261128/eu-west-1/s3/aws4_request",
            "InvalidSignatureException",
            "Credential should be scoped to correct service: 'kms'. ",
        ),
        (
            "AKID/20261128/eu-west-1/kms/aws3_request",
            "InvalidSignatureException",
            "Credential should be scoped with a valid terminator: 'aws4_request', not "
            "'aws3_request'. ",
        ),
        (
            "AKID/2026/eu-west-1/kms/aws4_request",
            "InvalidSignatureException",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            "HTTP: '2026' != '20261128', from '20261128T120000Z'. ",
        ),
        *[
            (
                scope,
                "IncompleteSignatureException",
                "Credential must have exactly 5 slash-delimited elements, e.g. "
                f"keyid/date/region/service/term, got '{scope}'",
            )
            for scope in ("AKID", "AKID/20261128/eu-west-1", "AKID/20261128//kms/aws4_request")
        ],
    ],
)
def test_wrong_credential_scope(wire, credential, code, message):
    """A credential scope is of KMS, and has all its parts (FE9)."""
    authorization = f"AWS4-HMAC-SHA256 Credential={credential}, {SIGNED_HEADERS}, {SIGNATURE}"

    answer = wire.ask(request(authorization=authorization))

    assert 400 == answer.status
    assert {"__type": code, "message": message} == answer.json


def test_presigned_request(wire):
    """A signature in the URL is none."""
    answer = wire.ask(request(target="/?X-Amz-Algorithm=AWS4-HMAC-SHA256", authorization=None))

    assert 400 == answer.status
    assert {
        "__type": "MissingAuthenticationTokenException",
        "message": "Missing Authentication Token",
    } == answer.json


def test_signature_in_both_places(wire):
    """A signature in the URL and one in a header are one too many."""
    answer = wire.ask(request(target="/?X-Amz-Algorithm=AWS4-HMAC-SHA256"))

    assert 400 == answer.status
    assert {
        "__type": "InvalidSignatureException",
        "message": "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as "
        "HTTP header.",
    } == answer.json


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "application/x-amz-json-1.1; charset=utf-8"},
        {"CONTENT_TYPE": "Application/X-Amz-Json-1.1", "content_type": None},
        {"x_amz_security_token": "T" * 12_000},
        {"content_encoding": "amz-1.0"},
        {"amz_sdk_invocation_id": "1-2-3", "amz_sdk_request": "attempt=1; max=3"},
        {"x_amzn_trace_id": "Root=1-5759e988-bd862e3fe1be46a994272793"},
        {"authorization": AUTHORIZATION.replace(", ", ",")},
        {"host": "kms.mars-north-1.amazonaws.com"},
        {"host": "kms"},
        {"connection": "Upgrade, HTTP2-Settings", "upgrade": "h2c", "http2_settings": "AAMAAABk"},
        {"accept_encoding": "gzip, deflate", "x_amz_content_sha256": "UNSIGNED-PAYLOAD"},
    ],
    ids=" ".join,
)
def test_headers_that_do_no_harm(wire, headers):
    """What clients send besides does no harm (FE10, FE13)."""
    assert 200 == wire.ask(request(**headers)).status


@pytest.mark.parametrize("target", ["/?x=1", "/kms", "http://kms.eu-west-1.amazonaws.com/", "*"])
def test_path_does_not_matter(wire, target):
    """KMS is behind any path."""
    assert 200 == wire.ask(request(target=target)).status


def test_header_names_in_any_case(wire):
    """The case of a header's name does not matter (FE10)."""
    assert 200 == wire.ask(request().replace(b"x-amz-target", b"X-AMZ-TARGET")).status


@pytest.mark.parametrize("region", ["us-east-2", "cn-north-1", "mars-north-1"])
def test_region_is_that_of_the_signature(wire, region):
    """The Region is that of the credential scope, whatever the Host; any name will do (FE13)."""
    authorization = AUTHORIZATION.replace("eu-west-1", region)

    answer = wire.ask(request("CreateKey", authorization=authorization, host="kms.eu-west-1.x"))

    assert region == answer.json["KeyMetadata"]["Arn"].split(":")[3]


def test_preflight(wire):
    """A browser may ask from any page whether it may call, and is told yes (FE12)."""
    answer = wire.ask(
        request(
            None,
            method="OPTIONS",
            body=b"",
            origin="https://example.com",
            access_control_request_method="POST",
            access_control_request_headers="authorization,x-amz-target",
        )
    )

    assert (200, b"") == (answer.status, answer.body)
    assert "*" == answer.headers["Access-Control-Allow-Origin"]
    assert "POST" == answer.headers["Access-Control-Allow-Methods"]
    assert "authorization,x-amz-target" == answer.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("operation", ["ListKeys", "None"])
def test_answer_to_a_web_page(wire, operation):
    """An answer to a web page, also an error, may be read by it (FE12)."""
    answer = wire.ask(request(operation, origin="https://example.com"))

    assert "*" == answer.headers["Access-Control-Allow-Origin"]


def test_localstack_tag_that_can_not_be(wire):
    """A tag of LocalStack's with a value that can't be is refused in words, not by a 500."""
    tags = [{"TagKey": "_custom_id_", "TagValue": "mine"}]

    answer = wire.ask(request("CreateKey", {"Tags": tags}))

    assert 400 == answer.status
    assert {
        "__type": "ValidationException",
        "message": "key_id 'mine' is neither a UUID in lower case nor mrk- and 32 hexadecimal "
        "digits",
    } == answer.json
