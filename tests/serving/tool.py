"""A tool without an SDK, which starts in milliseconds: CreateKey, as the environment says."""

import http.client
import json
import os
import sys


def main() -> None:
    url = os.environ["AWS_ENDPOINT_URL_KMS"]
    region = os.environ.get("AWS_REGION") or os.environ["AWS_DEFAULT_REGION"]
    key = os.environ["AWS_ACCESS_KEY_ID"]
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "TrentService.CreateKey",
        "X-Amz-Date": "20261128T120000Z",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={key}/20261128/{region}/kms/aws4_request, "
        "SignedHeaders=host, Signature=0",
        "User-Agent": "tool",
    }
    connection.request("POST", "/", json.dumps({"Description": "made by a tool"}), headers)
    answer = json.loads(connection.getresponse().read())
    line = answer["KeyMetadata"]["Arn"] if "KeyMetadata" in answer else answer["message"]
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
