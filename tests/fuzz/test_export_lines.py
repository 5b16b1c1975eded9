"""Lines of export files: every dead letter comes back, and junk or tampering raises nothing foreign."""

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


def taken(line: bytes) -> ExportedDeadLetter | None:
    """The dead letter, which a queue takes; None where an error of ours says that it is none."""
    try:
        dead_letter = ExportedDeadLetter.decode(line)
        message = dead_letter.message("bucket")
    except LineError:
        return None
    assert len(message.attributes) <= 10
    assert all(to_text(text.encode())[1] == "utf-8" for text in (message.body, *message.attributes.values()))
    return dead_letter


@given(BODIES)
def test_f44_every_body_comes_back(body: bytes) -> None:
    """Byte for byte, as the message that was queued."""
    dead_letter = ExportedDeadLetter.decode(line_of(body))
    queued = Envelope(body, "r1", "2026-11-20T00:00:00.000Z", "alma", failure={"class": "unknown"}).encode()
    assert (dead_letter.body, dead_letter.message("bucket")) == (body, queued)


@example(b"[" * 100_000)
@given(st.binary(max_size=300))
def test_junk_is_no_dead_letter(line: bytes) -> None:
    """Whatever stands in the file."""
    assert taken(line) is None


@given(MEMBERS)
def test_what_was_tampered_with_is_rejected(members: Any) -> None:
    """Or it is what was exported."""
    assert taken(json.dumps(members).encode()) in (None, ExportedDeadLetter.decode(line_of(b"{}")))


@example(json.loads(line_of(b"{}")) | {"attributes": {"envelope_version": "1\ud800"}})
@example(json.loads(line_of(b"{}")) | {"attributes": {"envelope_version": "1", "\ud800": "x"}})
@given(MEMBERS)
def test_what_was_tampered_with_and_sealed_again_is_no_trouble(members: Any) -> None:
    """It is a dead letter that a queue takes, or it is refused."""
    if isinstance(members, dict):
        members.pop("sha256", None)
        canonical = json.dumps(members, sort_keys=True, separators=(",", ":"))
        members["sha256"] = hashlib.sha256(canonical.encode("ascii")).hexdigest()
    taken(json.dumps(members).encode())
