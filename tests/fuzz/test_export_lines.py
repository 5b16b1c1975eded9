"""Lines of export files: every dead letter is restored, and invalid or manipulated lines raise only LineError."""

import hashlib
import json
from datetime import timedelta
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from ingest.envelope import Envelope
from ingest.sqs_text import to_text
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.export_record import ExportedDeadLetter, LineError, encode
from scripts.dead_letters.reader import Reader
from tests.fuzz.values import mutated
from tests.processor.fake_overflow_bucket import FakeOverflowBucket

BODIES = st.binary(min_size=1, max_size=300) | st.text(min_size=1, max_size=300).map(str.encode)


def line_of(body: bytes) -> bytes:
    queued = Envelope(body, "r1", "2026-11-20T00:00:00.000Z", "alma", failure={"class": "unknown"}).encode()
    values = {name: {"StringValue": value, "DataType": "String"} for name, value in queued.attributes.items()}
    message: Any = {"MessageId": "m1", "ReceiptHandle": "h1", "Body": queued.body, "MessageAttributes": values}
    return encode(Reader(FakeOverflowBucket(), timedelta(days=14)).read(DeadLetter.of(message)), {"stack": "s"})


MEMBERS = mutated(st.just(json.loads(line_of(b"{}"))), most=3)


def decoded(line: bytes) -> ExportedDeadLetter | None:
    """Return the dead letter of a line, which SQS accepts, or None if the line is rejected."""
    try:
        dead_letter = ExportedDeadLetter.decode(line)
        message = dead_letter.message("bucket")
    except LineError:
        return None
    assert len(message.attributes) <= 10
    assert all(to_text(text.encode())[1] == "utf-8" for text in (message.body, *message.attributes.values()))
    return dead_letter


@given(BODIES)
def test_f44_every_body_is_restored(body: bytes) -> None:
    """Decoding an export line restores the queued message byte for byte."""
    dead_letter = ExportedDeadLetter.decode(line_of(body))
    queued = Envelope(body, "r1", "2026-11-20T00:00:00.000Z", "alma", failure={"class": "unknown"}).encode()
    assert (dead_letter.body, dead_letter.message("bucket")) == (body, queued)


@example(b"[" * 100_000)
@given(st.binary(max_size=300))
def test_an_arbitrary_line_is_not_a_dead_letter(line: bytes) -> None:
    """Arbitrary bytes in an export file are rejected."""
    assert decoded(line) is None


@given(MEMBERS)
def test_a_manipulated_line_is_rejected(members: Any) -> None:
    """A changed line is rejected because its digest does not match."""
    assert decoded(json.dumps(members).encode()) in (None, ExportedDeadLetter.decode(line_of(b"{}")))


@example(json.loads(line_of(b"{}")) | {"attributes": {"envelope_version": "1\ud800"}})
@example(json.loads(line_of(b"{}")) | {"attributes": {"envelope_version": "1", "\ud800": "x"}})
@given(MEMBERS)
def test_a_manipulated_line_with_a_matching_digest_is_accepted_or_rejected(members: Any) -> None:
    """A changed line with a new digest is a dead letter that SQS accepts, or it is rejected."""
    if isinstance(members, dict):
        members.pop("sha256", None)
        canonical = json.dumps(members, sort_keys=True, separators=(",", ":"))
        members["sha256"] = hashlib.sha256(canonical.encode("ascii")).hexdigest()
    decoded(json.dumps(members).encode())
