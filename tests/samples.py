"""The sample events and what is expected of them, for tests. See tests/events/index.yaml; makes no events up itself."""

import json
from pathlib import Path
from typing import Any

import yaml

from ingest.envelope import Envelope, Pointer

EVENTS = Path(__file__).with_name("events")
INDEX: dict[str, Any] = yaml.safe_load((EVENTS / "index.yaml").read_text("utf-8"))

# The beginning of a routes file, before its `routes:`.
STAGES = "stages: {dev: {marker: Dev1}, stg: {marker: stage}, prod: {marker: prod}}\n"

JOB_FIELDS = json.loads((EVENTS / "job-end-pod.json").read_text("utf-8"))


def body_of(sample: str) -> bytes:
    """The sample's body."""
    return Path(EVENTS, INDEX[sample]["file"]).read_bytes()


def envelope_of(body: bytes, profile: str = "alma", **more: Any) -> Envelope:
    """An envelope round a body."""
    return Envelope(body, "receipt-1", "2026-05-13T02:41:11.000Z", profile, **more)


def job_end(**changes: Any) -> bytes:
    """The sample JOB_END of the state machine pod with members of its job_instance changed; None takes a member out."""
    job = {**JOB_FIELDS["job_instance"], **changes}
    job = {name: value for name, value in job.items() if value is not None}
    return json.dumps({**JOB_FIELDS, "job_instance": job}).encode()


def counters(*values: tuple[str, Any]) -> list[dict[str, Any]]:
    """A job instance's counters from pairs of type and value."""
    return [{"type": {"value": type_code}, "value": value} for type_code, value in values]


def record_of(envelope: Envelope, receives: int = 1, stored: Pointer | None = None) -> dict[str, Any]:
    """The record in which Lambda hands an envelope from SQS to the processor, for the so many-th time.

    `stored` tells where the body lies, if not in the message.
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
