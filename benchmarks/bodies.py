"""The signed bodies and events that the benchmark sends, in three sizes.

Text of a catalogue: names of members and quotes everywhere, an accent now and then, as a bibliographic record in JSON.
"""

import base64
import hashlib
import hmac
import json
from typing import Any, Final

from benchmarks.runner.answers import SECRET
from ingest.envelope import Envelope
from ingest.sqs_text import typed

SIZES: Final = {"1 KB": 1_000, "10 KB": 10_000, "200 KB": 200_000}
"""Approximate sizes of the bodies in bytes."""

PROFILE: Final = "alma"

_PATH: Final = f"/webhooks/{PROFILE}"
_CONTEXT: Final = {
    "accountId": "000000000000",
    "apiId": "abcdefghij",
    "domainName": "abcdefghij.execute-api.eu-central-1.amazonaws.com",
    "domainPrefix": "abcdefghij",
    "http": {
        "method": "POST",
        "path": _PATH,
        "protocol": "HTTP/1.1",
        "sourceIp": "192.0.2.1",
        "userAgent": "Apache-HttpClient/4.5.14",
    },
    "requestId": "AbCdEfGhIjKlMnO=",
    "routeKey": "ANY /webhooks/{profile}",
    "stage": "$default",
    "time": "13/May/2026:02:41:11 +0000",
    "timeEpoch": 1778640071000,  # long ago: no part of the budget is taken for spent
}

_FIELD: Final = (
    '<datafield tag="245" ind1="1" ind2="0"><subfield code="a">Les misérables :</subfield>'
    '<subfield code="b">"édition" ; tome {}</subfield></datafield>'
)


def body(size: int, number: int = 0) -> str:
    """Return a BIB event in JSON of about `size` bytes; each `number` makes a different event."""
    members: dict[str, Any] = {
        "id": str(9_100_000_000_000_000 + number),
        "action": "BIB",
        "institution": {"value": "01EXAMPLE_INST", "desc": "Example University Library"},
        "time": "2026-05-13T02:41:10.902Z",
        "event": {"value": "BIB_UPDATED", "desc": "BIB updated"},
        "bib": {"mms_id": str(9_900_000_000_000_000 + number), "title": 'Les misérables "tome 1"', "anies": [""]},
    }
    fields: list[str] = []
    length = len(_text(members).encode())
    while length < size:
        fields.append(_FIELD.format(len(fields)))
        length += len(json.dumps(fields[-1], ensure_ascii=False).encode()) - 2
    members["bib"]["anies"] = ["<record>" + "".join(fields) + "</record>"]
    return _text(members)


def gateway_event(text: str) -> dict[str, Any]:
    """Return the API Gateway event for a signed body.

    "Create AWS Lambda proxy integrations for HTTP APIs", Amazon API Gateway Developer Guide: payload 2.0.
    """
    signature = base64.b64encode(hmac.digest(SECRET.encode(), text.encode(), hashlib.sha256)).decode()
    return {
        "version": "2.0",
        "routeKey": "ANY /webhooks/{profile}",
        "rawPath": _PATH,
        "rawQueryString": "",
        "headers": {
            "accept": "*/*",
            "content-length": str(len(text.encode())),
            "content-type": "application/json;charset=UTF-8",
            "host": "abcdefghij.execute-api.eu-central-1.amazonaws.com",
            "user-agent": "Apache-HttpClient/4.5.14",
            "x-amzn-trace-id": "Root=1-00000000-000000000000000000000000",
            "x-exl-signature": signature,
            "x-forwarded-for": "192.0.2.1",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": _CONTEXT,
        "pathParameters": {"profile": PROFILE},
        "body": text,
        "isBase64Encoded": False,
    }


def wire(text: str, queue_url: str) -> dict[str, bytes]:
    """Return the bytes that ingest would post to SQS for this body."""
    content_type, signature = "application/json;charset=UTF-8", "0" * 44
    envelope = Envelope(text.encode(), "0" * 32, "2026-05-13T02:41:11.000Z", PROFILE, content_type, signature)
    attributes = typed(envelope.encode().attributes)
    return {"wire": json.dumps({"QueueUrl": queue_url, "MessageBody": text, "MessageAttributes": attributes}).encode()}


def _text(members: dict[str, Any]) -> str:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))
