"""The signed bodies and events that the benchmark sends, in three sizes.

Text of a catalogue: names of members and quotes everywhere, an accent now and then, as a bibliographic record in JSON.
"""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any, Final

from benchmarks.answers import SECRET
from ingest.envelope import Envelope
from ingest.sqs_text import typed

SIZES: Final = {"1 KB": 1_000, "10 KB": 10_000, "200 KB": 200_000}
"""Approximate sizes of the bodies in bytes."""

PROFILE: Final = "alma"

# Payload 2.0. Its time is long ago, so that no part of ingest's time budget is considered spent.
_GATEWAY_EVENT: Final[dict[str, Any]] = json.loads(Path(__file__).with_name("gateway_event.json").read_text("utf-8"))

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
    changing = {"content-length": str(len(text.encode())), "x-exl-signature": signature}
    return {**_GATEWAY_EVENT, "headers": {**_GATEWAY_EVENT["headers"], **changing}, "body": text}


def wire(text: str, queue_url: str) -> dict[str, bytes]:
    """Return the bytes that ingest would post to SQS for this body."""
    content_type, signature = "application/json;charset=UTF-8", "0" * 44
    envelope = Envelope(text.encode(), "0" * 32, "2026-05-13T02:41:11.000Z", PROFILE, content_type, signature)
    attributes = typed(envelope.encode().attributes)
    return {"wire": json.dumps({"QueueUrl": queue_url, "MessageBody": text, "MessageAttributes": attributes}).encode()}


def _text(members: dict[str, Any]) -> str:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))
