"""The minimum: one POST to SSM and one to SQS over kept TLS connections, with prepared bytes and no checks."""

import http.client
import os
import ssl

_HOST = os.environ["BENCH_HOST"]
_TLS = ssl.create_default_context(capath=os.environ["BENCH_AUTHORITIES"])
_SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKIAINVENTED/20260513/eu-central-1/{}/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=" + 64 * "0"
)
_SSM = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonSSM.GetParameters"}
_SQS = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.SendMessage"}
for _service, _headers in (("ssm", _SSM), ("sqs", _SQS)):
    _headers |= {"X-Amz-Date": "20260513T024111Z", "X-Amz-Security-Token": os.environ["AWS_SESSION_TOKEN"]}
    _headers["Authorization"] = _SIGNED.format(_service)


def _posted(connection: http.client.HTTPSConnection, headers: dict[str, str], body: bytes) -> int:
    connection.request("POST", "/", body, headers)
    with connection.getresponse() as response:
        response.read()
        return response.status


_ssm = http.client.HTTPSConnection(_HOST, context=_TLS)
_posted(_ssm, _SSM, os.environ["BENCH_GET_PARAMETERS"].encode())
_sqs = http.client.HTTPSConnection(_HOST, context=_TLS)
_sqs.connect()


def lambda_handler(event: dict[str, bytes], _context: object) -> dict[str, int]:
    """Post the prepared bytes of the event."""
    return {"statusCode": _posted(_sqs, _SQS, event["wire"])}
