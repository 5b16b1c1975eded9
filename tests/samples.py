"""The sample events of examples/complete/events/index.yaml and their expected results."""

import json
from pathlib import Path
from typing import Any

import yaml

from ingest.envelope import Envelope, Pointer

EVENTS = Path(__file__).parents[1] / "examples" / "complete" / "events"
INDEX: dict[str, Any] = yaml.safe_load((EVENTS / "index.yaml").read_text("utf-8"))

# The beginning of a routes file, before its `routes:`.
STAGES = "stages: {dev: {marker: Dev1}, stg: {marker: stage}, prod: {marker: prod}}\n"

JOB_FIELDS = json.loads((EVENTS / "job-end-pod.json").read_text("utf-8"))


def body_of(sample: str) -> bytes:
    """Return the body of a sample."""
    return Path(EVENTS, INDEX[sample]["file"]).read_bytes()


def envelope_of(body: bytes, profile: str = "alma", **more: Any) -> Envelope:
    """Return an envelope with this body."""
    return Envelope(body, "receipt-1", "2026-05-13T02:41:11.000Z", profile, **more)


def job_end(**changes: Any) -> bytes:
    """Return the JOB_END sample for pod with changed members of its job_instance; None removes a member."""
    job = {**JOB_FIELDS["job_instance"], **changes}
    job = {name: value for name, value in job.items() if value is not None}
    return json.dumps({**JOB_FIELDS, "job_instance": job}).encode()


def counters(*values: tuple[str, Any]) -> list[dict[str, Any]]:
    """Return the counters of a job instance from pairs of type and value."""
    return [{"type": {"value": type_code}, "value": value} for type_code, value in values]


def record_of(envelope: Envelope, receives: int = 1, stored: Pointer | None = None) -> dict[str, Any]:
    """Return the SQS record with an envelope that Lambda passes to the processor, with a receive count.

    `stored` is the location of a body that is not in the message.
    """
    message = envelope.encode(stored)
    return {
        "messageId": "message-1",
        "receiptHandle": "handle-1",
        "eventSource": "aws:sqs",
        "attributes": {"ApproximateReceiveCount": str(receives)},
        "body": message.body,
        "messageAttributes": {
            name: {"stringValue": value, "dataType": "String"} for name, value in message.attributes.items()
        },
    }
