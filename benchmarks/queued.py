"""The queued messages that the benchmark passes to the processor, one kind for each target."""

import json
from typing import Any, Final

from benchmarks import bodies
from ingest.envelope import Envelope
from scripts.alma_client.samples import load_all

NUMBER: Final = "7777777777777777"
"""Replaced in a body by the number of the event."""


def record(body: str, number: int) -> dict[str, Any]:
    """Return the Lambda record with the body and its number."""
    envelope = Envelope(
        body=numbered(body, number).encode(),
        receipt_id=f"{number:032x}",
        received_at="2026-05-13T02:41:11.000Z",
        profile=bodies.PROFILE,
        content_type="application/json;charset=UTF-8",
    )
    message = envelope.encode()
    attributes = message.attributes.items()
    return {
        "messageId": "00000000-0000-4000-8000-000000000000",
        "receiptHandle": "handle",
        "eventSource": "aws:sqs",
        "attributes": {"ApproximateReceiveCount": "1"},
        "body": message.body,
        "messageAttributes": {name: {"stringValue": value, "dataType": "String"} for name, value in attributes},
    }


def event(body: str, number: int) -> dict[str, Any]:
    """Return the event of an invocation with one such record."""
    return {"Records": [record(body, number)]}


def numbered(body: str, number: int) -> str:
    """Return the body as another event."""
    return body.replace(NUMBER, f"{number:016d}")


def kinds() -> dict[str, str]:
    """Return a body for each kind of target and for an event without a route, by label; made from samples."""
    samples = {sample.name: json.loads(sample.body) for sample in load_all() if not sample.body.startswith(b"<")}
    loan = samples["loan-created"]
    return {
        "topic": _text(loan),
        "topic, 200 KB": bodies.body(bodies.SIZES["200 KB"]).replace("9100000000000000", NUMBER),
        "state machine": _text(samples["job-end-pod"]),
        "queue": _text({**loan, "action": "BENCH_QUEUE"}),
        "event bus": _text({**loan, "action": "BENCH_BUS"}),
        "function": _text({**loan, "action": "BENCH_FUNCTION"}),
        "ignored": _text(samples["job-end-other"]),
    }


def _text(members: dict[str, Any]) -> str:
    """Return the body of a JOB_END, whose id is that of its job instance."""
    if "job_instance" in members:
        members = {**members, "job_instance": {**members["job_instance"], "id": NUMBER}}
    return json.dumps({**members, "id": NUMBER}, ensure_ascii=False, separators=(",", ":"))
