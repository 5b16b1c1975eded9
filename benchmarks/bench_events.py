"""Make the signed requests and the queued messages that the benchmark sends, bodies in three sizes.

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
from scripts.alma_client.samples import load_all

BODY_SIZES: Final = {"1 KB": 1_000, "10 KB": 10_000, "200 KB": 200_000}
"""Approximate sizes of the bodies in bytes."""

PROFILE: Final = "alma"

_NUMBER: Final = "7777777777777777"  # replaced in a body by the number of the event

# Payload 2.0. Its time is long ago, so that no part of ingest's time budget is considered spent.
_GATEWAY_EVENT: Final[dict[str, Any]] = json.loads(Path(__file__).with_name("gateway_event.json").read_text("utf-8"))

_FIELD: Final = (
    '<datafield tag="245" ind1="1" ind2="0"><subfield code="a">Les misérables :</subfield>'
    '<subfield code="b">"édition" ; tome {}</subfield></datafield>'
)


def sized_body(size: int, number: int = 0) -> str:
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
    envelope = _envelope(text, "0" * 32, signature="0" * 44)
    attributes = typed(envelope.encode().attributes)
    return {"wire": json.dumps({"QueueUrl": queue_url, "MessageBody": text, "MessageAttributes": attributes}).encode()}


def _envelope(text: str, receipt_id: str, signature: str = "") -> Envelope:
    received_at, content_type = "2026-05-13T02:41:11.000Z", "application/json;charset=UTF-8"
    return Envelope(text.encode(), receipt_id, received_at, PROFILE, content_type, signature)


def _text(members: dict[str, Any]) -> str:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


def queued_event(body: str, number: int) -> dict[str, Any]:
    """Return the event of an invocation with one record: the body with its number."""
    return queued_envelope(_envelope(numbered(body, number), f"{number:032x}"))


def queued_envelope(envelope: Envelope) -> dict[str, Any]:
    """Return the event of an invocation with one record."""
    message = envelope.encode()
    attributes = message.attributes.items()
    record = {
        "messageId": "00000000-0000-4000-8000-000000000000",
        "receiptHandle": "handle",
        "eventSource": "aws:sqs",
        "attributes": {"ApproximateReceiveCount": "1"},
        "body": message.body,
        "messageAttributes": {name: {"stringValue": value, "dataType": "String"} for name, value in attributes},
    }
    return {"Records": [record]}


def numbered(body: str, number: int) -> str:
    """Return the body as another event."""
    return body.replace(_NUMBER, f"{number:016d}")


def queued_bodies() -> dict[str, str]:
    """Return a body for each kind of target and for an event without a route, by label; made from samples."""
    samples = {sample.name: json.loads(sample.body) for sample in load_all() if not sample.body.startswith(b"<")}
    loan = samples["loan-created"]
    return {
        "topic": _queued_text(loan),
        "topic, 200 KB": sized_body(BODY_SIZES["200 KB"]).replace("9100000000000000", _NUMBER),
        "state machine": _queued_text(samples["job-end-pod"]),
        "queue": _queued_text({**loan, "action": "BENCH_QUEUE"}),
        "event bus": _queued_text({**loan, "action": "BENCH_BUS"}),
        "function": _queued_text({**loan, "action": "BENCH_FUNCTION"}),
        "ignored": _queued_text(samples["job-end-other"]),
    }


def _queued_text(members: dict[str, Any]) -> str:
    """Return the body of a JOB_END, whose id is that of its job instance."""
    if "job_instance" in members:
        members = {**members, "job_instance": {**members["job_instance"], "id": _NUMBER}}
    return _text({**members, "id": _NUMBER})
