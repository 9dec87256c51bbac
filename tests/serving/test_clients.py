"""Real clients of other kinds: the AWS CLI, aiobotocore, Node's SDK, libmongocrypt's requests."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import pytest

from tests.aio import needs_aiobotocore

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
NODE_MODULES = os.environ.get("KMSMOCK_NODE_MODULES")

NODE = """
import { createRequire } from "node:module";
const require = createRequire(process.argv[2] + "/");
const { KMSClient, EncryptCommand, DecryptCommand, DisableKeyCommand, ListKeysCommand } =
  require("@aws-sdk/client-kms");
const kms = new KMSClient();
const seal = (text) => kms.send(new EncryptCommand({ KeyId: "alias/app", Plaintext: text }));
const { CiphertextBlob } = await seal(Buffer.from("hi"));
const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob }));
const many = await Promise.all([...Array(60)].map(() => kms.send(new ListKeysCommand())));
await kms.send(new DisableKeyCommand({ KeyId: many[0].Keys[0].KeyId }));
const error = await seal(Buffer.from("hi")).catch((error) => error);
console.log(JSON.stringify(
  [Buffer.from(Plaintext).toString(), many.length, error.name, error.message, error.$fault]
));
"""


@pytest.fixture(autouse=True)
def _known_key(mock):
    mock.create_key(key_id=KEY.rpartition("/")[2], alias="app")


def run(server, *command, **options):
    ran = subprocess.run(
        command,
        env={**os.environ, **server.environment},
        capture_output=True,
        check=False,
        text=True,
        **options,
    )
    return ran.returncode, ran.stdout, ran.stderr


@pytest.mark.slow
def test_aws_cli(server, mock, tmp_path):
    """The AWS CLI finds KMS by the environment, gets its answers and its errors."""
    aws = str(Path(sys.executable).with_name("aws"))
    (tmp_path / "secret").write_bytes(b"hi")

    status, sealed, _ = run(
        server, aws, "kms", "encrypt", "--key-id", "alias/app", "--plaintext", "fileb://secret",
        "--output", "text", "--query", "CiphertextBlob", cwd=tmp_path,
    )  # fmt: skip
    refused, _, error = run(server, aws, "kms", "describe-key", "--key-id", "alias/none")

    assert 0 == status
    assert b"hi" == mock.client().decrypt(CiphertextBlob=b64decode(sealed))["Plaintext"]
    assert 0 != refused
    assert (
        "An error occurred (NotFoundException) when calling the DescribeKey operation: Alias "
        "arn:aws:kms:eu-west-1:123456789012:alias/none is not found." in error
    )
    assert mock.calls[0].origin.user_agent.startswith("aws-cli/")


AIOBOTOCORE = """
import asyncio
from aiobotocore.session import get_session

async def main():
    async with get_session().create_client("kms") as kms:
        answers = await asyncio.gather(*[kms.list_keys() for _ in range(40)])
        print(len(answers), answers[0]["Keys"][0]["KeyArn"])

asyncio.run(main())
"""


@needs_aiobotocore
def test_aiobotocore(server):
    """aiobotocore's client asks forty times at once."""
    status, out, error = run(server, sys.executable, "-c", AIOBOTOCORE)

    assert (0, f"40 {KEY}\n", "") == (status, out, error)


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js here")
@pytest.mark.skipif(
    not NODE_MODULES, reason="KMSMOCK_NODE_MODULES names no folder with @aws-sdk/client-kms"
)
@pytest.mark.parametrize("profile", [None, "nobody"])
def test_node(server, tmp_path, monkeypatch, profile):
    """The AWS SDK for JavaScript gets its answers and its errors, sixty requests at once."""
    if profile is not None:
        monkeypatch.setenv("AWS_PROFILE", profile)
    (tmp_path / "client.mjs").write_text(NODE)

    status, out, error = run(server, "node", str(tmp_path / "client.mjs"), str(NODE_MODULES))

    assert 0 == status, error
    assert ["hi", 60, "DisabledException", f"{KEY} is disabled.", "client"] == json.loads(out)


LIBMONGOCRYPT = (
    b"POST / HTTP/1.1\r\nConnection:close\r\nContent-Length:78\r\n"
    b"Content-Type:application/x-amz-json-1.1\r\nHost:kms.eu-west-1.amazonaws.com\r\n"
    b"X-Amz-Date:20261128T120000Z\r\nX-Amz-Target:TrentService.Encrypt\r\n"
    b"Authorization:AWS4-HMAC-SHA256 Credential=any/20261128/eu-west-1/kms/aws4_request, "
    b"SignedHeaders=connection;content-length;content-type;host;x-amz-date;x-amz-target, "
    b"Signature=00\r\n\r\n"
    b'{"Plaintext": "aGk=", "KeyId": "1234abcd-12ab-34cd-56ef-1234567890ab"        }'
)


def test_request_of_libmongocrypt(wire):
    """A request as libmongocrypt writes it, without a space behind colons, is answered."""
    answer = wire.ask(LIBMONGOCRYPT)

    assert 200 == answer.status
    assert KEY == answer.json["KeyId"]
    assert str(len(answer.body)) == answer.headers["Content-Length"]


def test_asyncio_client_without_an_sdk(server):
    """A client of asyncio's streams that closes in the middle does not disturb others."""

    async def leave():
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"POST / HTTP/1.1\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def main():
        await asyncio.gather(*[leave() for _ in range(50)])

    asyncio.run(main())
    assert 0 == run(server, sys.executable, str(Path(__file__).with_name("tool.py")))[0]
