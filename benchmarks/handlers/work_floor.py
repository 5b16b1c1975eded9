"""The work floor: what the contract requires of ingest for an event that is accepted, step by step, and nothing else.

A number is a guarantee of docs/guarantees.md. What no event changes is prepared at import. Decisions of ingest are left
out: a deadline for each wait, a second attempt, the check of a kept connection, a lifetime of secrets, other payloads,
reasons of rejections, the validation of responses. Bodies that are too large for the queue are not measured.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import socket
import ssl
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HOST = os.environ["BENCH_HOST"]
_NAME, _PORT = _HOST.split(":")
_STAGE, _PROFILE = os.environ["STAGE"], os.environ["PROFILES"]
_PATH = f"/webhooks/{_PROFILE}"
_TEXT = b"\t\n\r" + bytes(range(0x20, 0x100))
_FAMILIES = {
    *(b"LOAN", b"REQUEST", b"USER", b"BIB", b"ITEM", b"NOTIFICATION", b"JOB_END"),
    *(b"HOLDING", b"PORTFOLIO", b"REPRESENTATION"),
}
_SECONDS = 1.5  # 10
_HEADERS = {"Content-Type": "application/json", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}  # 68
_TLS = ssl.create_default_context(capath=os.environ["BENCH_AUTHORITIES"])


class Service:
    """A kept connection to a service of AWS, with everything prepared that its requests have in common."""

    def __init__(self, service: str, content_type: str, target: str) -> None:
        connected = socket.create_connection((_NAME, int(_PORT)), _SECONDS)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = _TLS.wrap_socket(connected, server_hostname=_NAME)
        self._scope = f"{os.environ['AWS_REGION']}/{service}/aws4_request"
        token = os.environ["AWS_SESSION_TOKEN"]
        signed = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
        self._canonical = (
            f"POST\n/\n\ncontent-type:{content_type}\nhost:{_HOST}\nx-amz-date:%s\nx-amz-security-token:{token}\n"
            f"x-amz-target:{target}\n\n{signed}\n%s"
        )
        self._head = (
            f"POST / HTTP/1.1\r\nHost: {_HOST}\r\nContent-Type: {content_type}\r\nX-Amz-Target: {target}\r\n"
            f"X-Amz-Security-Token: {token}\r\nAccept-Encoding: identity\r\nX-Amz-Date: %s\r\n"
            f"Authorization: AWS4-HMAC-SHA256 Credential={os.environ['AWS_ACCESS_KEY_ID']}/%s, SignedHeaders={signed}, "
            "Signature=%s\r\nContent-Length: %d\r\n\r\n"
        )
        self._keys: dict[str, bytes] = {}  # the same for a day

    def post(self, body: bytes, now: time.struct_time) -> tuple[int, bytes]:
        """Return the status and the body of the response to a signed request. Raise OSError."""
        moment = time.strftime("%Y%m%dT%H%M%SZ", now)
        scope = f"{moment[:8]}/{self._scope}"
        request = self._canonical % (moment, hashlib.sha256(body).hexdigest())
        text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        key = self._keys.get(scope) or self._keys.setdefault(scope, _signing_key(scope))
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        self._connection.sendall((self._head % (moment, scope, signature, len(body))).encode() + body)
        return self._response()

    def _response(self) -> tuple[int, bytes]:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, body = received.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += self._more()
        return int(head.split(b" ", 2)[1]), body

    def _more(self) -> bytes:
        received = self._connection.recv(16 * 1024)
        if not received:
            raise ConnectionError
        return received


def _signing_key(scope: str) -> bytes:
    """Derive the key of a day and a service ("Create a signed AWS API request", AWS IAM User Guide)."""
    key = b"AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"].encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


_sqs = Service("sqs", "application/x-amz-json-1.0", "AmazonSQS.SendMessage")
_ssm = Service("ssm", "application/x-amz-json-1.1", "AmazonSSM.GetParameters")
_, _answer = _ssm.post(os.environ["BENCH_GET_PARAMETERS"].encode(), time.gmtime(time.time()))
_SECRET = json.loads(_answer)["Parameters"][0]["Value"].strip().encode()

bytes(8 * 1024 * 1024)  # as ingest: glibc keeps this much memory, instead of requesting it for each large body


def _prepared(members: dict[str, Any]) -> str:
    """Return JSON with `%` where events differ; `%d` and `%r` are numbers."""
    return json.dumps(members).replace('"%d"', "%d").replace('"%r"', "%r")


_ATTRIBUTES = {
    "envelope_version": "1",
    "content_type": "%b",
    "profile": _PROFILE,
    **dict.fromkeys(("receipt_id", "received_at", "signature", "encoding"), "%b"),
}
_MESSAGE = _prepared(
    {
        "MessageBody": "%b",
        "QueueUrl": os.environ["QUEUE_URL"],
        "MessageAttributes": {name: {"DataType": "String", "StringValue": text} for name, text in _ATTRIBUTES.items()},
        "MessageGroupId": f"{_PROFILE}.%b",
    }
).encode()
_WHICH = "current"  # of the two secrets matched
_ACCEPTED = {"level": "INFO", "message": "accepted", "profile": _PROFILE, "secret": _WHICH}
_LOG = _prepared(
    {"timestamp": "%s", **_ACCEPTED, "receipt_id": "%s", "bytes": "%d", "status": 200, "duration_ms": "%r"}
)
_DIRECTIVE = {
    "Namespace": "AlmaWebhooks",
    "Dimensions": [["Stage", "Profile"], ["Stage", "Profile", "Secret"]],
    "Metrics": [{"Name": "Accepted", "Unit": "Count"}],
}
_METRIC = _prepared(
    {
        "_aws": {"Timestamp": "%d", "CloudWatchMetrics": [_DIRECTIVE]},
        "Stage": _STAGE,
        "Profile": _PROFILE,
        "Secret": _WHICH,
        "Accepted": 1,
    }
)


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Verify, queue, log and count one event of payload 2.0 of an HTTP API."""
    started = time.monotonic()
    if event["rawPath"] != _PATH or event["requestContext"]["http"]["method"] != "POST":  # 19
        return _response(404, '{"error":"not found"}')
    headers = {name.lower(): value for name, value in event["headers"].items()}  # 14
    text = event["body"]
    body = base64.b64decode(text) if event["isBase64Encoded"] else text.encode()  # 12, 15
    signature = base64.b64encode(hmac.digest(_SECRET, body, "sha256"))
    if not hmac.compare_digest(signature, headers.get("x-exl-signature", "").strip().encode()):  # 2 to 6
        return _response(401, '{"error":"wrong signature"}')
    receipt_id, now = os.urandom(16).hex(), time.time()
    values = json.dumps(headers.get("content-type", "")[:256])[1:-1], receipt_id, _rfc3339(now), signature.decode()
    if not _is_queued(body, [value.encode() for value in values], time.gmtime(now)):
        return _response(503, '{"error":"not queued"}')  # 10
    duration, now = round((time.monotonic() - started) * 1000, 1), time.time()
    print(_LOG % (_rfc3339(now), receipt_id, len(body), duration), flush=True)  # noqa: T201 - the function's log
    print(_METRIC % (now * 1000), flush=True)  # noqa: T201 - where CloudWatch Logs finds it
    return _response(200, f'{{"receipt_id":"{receipt_id}"}}')


def _is_queued(body: bytes, values: list[bytes], now: time.struct_time) -> bool:
    """Return whether SQS stored what was sent (1, 10). `values` are those of the attributes that differ."""
    utf8, encoding = (body, b"utf-8") if _is_text(body) else (base64.b64encode(body), b"base64")  # 16
    escaped = utf8.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    escaped = escaped.replace(b"\n", b"\\n").replace(b"\r", b"\\r").replace(b"\t", b"\\t")
    try:
        status, answer = _sqs.post(_MESSAGE % (escaped, *values, encoding, _family(body)), now)
    except OSError:
        return False
    digest = hashlib.md5(utf8, usedforsecurity=False).hexdigest()
    return status == 200 and json.loads(answer)["MD5OfMessageBody"] == digest


def _is_text(body: bytes) -> bool:
    """Return whether SQS accepts the bytes as text ("SendMessage", Amazon SQS API Reference)."""
    if body.translate(None, delete=_TEXT):
        return False
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    return "\ufffe" not in text and "\uffff" not in text


def _family(body: bytes) -> bytes:
    """Return the event family, the second part of the message's group (75)."""
    action = body[:1024].partition(b'"action"')[2].partition(b'"')[2].partition(b'"')[0]
    return action if action in _FAMILIES else b"other"


def _rfc3339(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds * 1000) % 1000:03d}Z"


def _response(status: int, body: str) -> dict[str, Any]:
    return {"statusCode": status, "headers": _HEADERS, "body": body, "isBase64Encoded": False}
