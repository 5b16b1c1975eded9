"""A dead letter as a line: every byte is restored, here and on other stacks, and a changed line is rejected."""

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest

from ingest.envelope import MAX_QUEUED_BYTES, Envelope, pointer_to
from processor.overflow_bucket import OverflowBucket
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.export_record import ExportedDeadLetter, LineError, encode
from scripts.dead_letters.reader import ReadDeadLetter, Reader
from tests.scripts.dead_letters.queues import CAUSE, loan

ORIGIN = {"account": "123456789012", "region": "us-east-1", "stage": "dev", "stack": "alma-webhooks-dev"}


class Bucket(OverflowBucket):
    """An overflow bucket in memory."""

    def __init__(self, *bodies: bytes) -> None:
        self._bodies = {pointer_to(body, "old").key: body for body in bodies}

    def read(self, pointer: Any) -> bytes:
        return self._bodies[pointer.key]


def read_of(body: str, attributes: dict[str, str], *stored: bytes) -> ReadDeadLetter:
    values = {name: {"StringValue": value, "DataType": "String"} for name, value in attributes.items()}
    message: Any = {"MessageId": "m1", "ReceiptHandle": "h1", "Body": body, "MessageAttributes": values}
    return Reader(Bucket(*stored), timedelta(days=14)).read(DeadLetter.of(message))


def envelope_of(body: bytes) -> Envelope:
    return Envelope(
        body, "r1", "2026-11-20T00:00:00.000Z", "alma", signature="eA==", failure=CAUSE, replay={"count": 1}
    )


BODIES = [
    pytest.param(loan(), id="text"),
    pytest.param("é 𝄞 \u2028\x85\r\n\t".encode(), id="line ends and emoji"),
    pytest.param(b"\x00\x1b[2J\x0b", id="characters that SQS does not take"),
    pytest.param(b"\xff\xfe\x00", id="no UTF-8"),
    pytest.param(b"\xef\xbb\xbf{}", id="a byte-order mark"),
]


@pytest.mark.parametrize("body", BODIES)
def test_f44_every_byte_and_attribute_comes_back(body: bytes) -> None:
    """The decoded message equals the queued one."""
    queued = envelope_of(body).encode()
    line = encode(read_of(queued.body, queued.attributes), ORIGIN)
    dead_letter = ExportedDeadLetter.decode(line)
    assert (dead_letter.id, dead_letter.origin, dead_letter.body, dead_letter.is_event) == ("r1", ORIGIN, body, True)
    assert dead_letter.message("new") == queued


@pytest.mark.parametrize("body", BODIES)
def test_f49_a_line_is_one_line_of_ascii(body: bytes) -> None:
    """It moves no cursor, for any body."""
    queued = envelope_of(body).encode()
    line = encode(read_of(queued.body, queued.attributes), ORIGIN)
    assert line.isascii()
    assert line.decode().rstrip("\n").isprintable()


def test_the_line_describes_itself() -> None:
    """The line has format, origin, IDs, times, and digests that can be verified."""
    queued = envelope_of(loan()).encode()
    members = json.loads(encode(read_of(queued.body, queued.attributes), ORIGIN))
    assert (members["format"], members["version"], members["from"]) == ("alma-webhooks-dead-letter", 1, ORIGIN)
    assert (members["id"], members["message_id"]) == ("r1", "m1")
    assert members["body"] == {
        "form": "event",
        "encoding": "utf-8",
        "text": loan().decode(),
        "bytes": len(loan()),
        "sha256": hashlib.sha256(loan()).hexdigest(),
    }
    digest = members.pop("sha256")
    canonical = json.dumps(members, sort_keys=True, separators=(",", ":"))
    assert digest == hashlib.sha256(canonical.encode()).hexdigest()


def test_a_body_of_the_overflow_bucket_is_in_the_line() -> None:
    """An import puts it into the bucket of its own stack."""
    body = b'{"x": "' + b"y" * MAX_QUEUED_BYTES + b'"}'
    queued = envelope_of(body).encode(pointer_to(body, "old"))
    dead_letter = ExportedDeadLetter.decode(encode(read_of(queued.body, queued.attributes, body), ORIGIN))
    assert dead_letter.body == body
    assert dead_letter.message("new") == envelope_of(body).encode(pointer_to(body, "new"))


def test_a_foreign_message_is_exported_as_queued() -> None:
    """The meaning of its attributes is unknown."""
    dead_letter = ExportedDeadLetter.decode(encode(read_of("hello", {"colour": "red"}), ORIGIN))
    assert (dead_letter.id, dead_letter.is_event) == ("m1", False)
    message = dead_letter.message("new")
    assert (message.body, message.attributes) == ("hello", {"colour": "red"})


def test_a_dead_letter_without_its_body_is_not_imported() -> None:
    """There is nothing to deliver."""
    attributes = envelope_of(b"x").encode(pointer_to(b"x", "old")).attributes
    line = encode(read_of('{"bucket":1}', attributes), ORIGIN)
    assert json.loads(line)["missing"] == "The message's pointer to its body in S3 is incomplete."
    dead_letter = ExportedDeadLetter.decode(line)
    with pytest.raises(LineError, match="exported without its body"):
        dead_letter.message("new")


def changed(**members: Any) -> bytes:
    queued = envelope_of(loan()).encode()
    return json.dumps(json.loads(encode(read_of(queued.body, queued.attributes), ORIGIN)) | members).encode()


def resealed(**members: Any) -> bytes:
    """Return a forged line with a valid digest."""
    line = json.loads(changed(**members))
    line.pop("sha256")
    canonical = json.dumps(line, sort_keys=True, separators=(",", ":"))
    return json.dumps(line | {"sha256": hashlib.sha256(canonical.encode()).hexdigest()}).encode()


def body(text: str, **members: Any) -> dict[str, Any]:
    content = base64.b64decode(text) if members.get("encoding") == "base64" else text.encode()
    right = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return {"form": "event", "encoding": "utf-8", "text": text} | right | members


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "not a JSON object"),
        (b"[1]", "not a JSON object"),
        (b"{" * 100_000, "not a JSON object"),
        (b"\xff", "not a JSON object"),
        (b'{"receipt_id": "r1"}', "not an exported dead letter"),
        (changed(format="something"), "not an exported dead letter"),
        (resealed(version=2), "format version is not 1"),
        (changed(id="r2"), "its SHA-256 differs"),
        (changed(attributes={}), "its SHA-256 differs"),
        (changed(sha256=None), "its SHA-256 differs"),
        (changed(extra=1), "its SHA-256 differs"),
        (resealed(id=5), "a member is missing"),
        (resealed(attributes={"a": 1}), "a member is missing"),
        (resealed(attributes="abc"), "a member is missing"),
        (resealed(body=[]), "a member is missing"),
        (resealed(body=body("{}", bytes=3)), "a member is missing"),
        (resealed(body=body("{}", sha256="0" * 64)), "a member is missing"),
        (resealed(body=body("{}", encoding="utf-7")), "a member is missing"),
        (resealed(body=body("e30=", encoding="base64") | {"text": "e3*0="}), "a member is missing"),
        (resealed(body=body("{}", form="guess")), "the form of its body is unknown"),
    ],
)
def test_an_invalid_or_changed_line_is_rejected(line: bytes, reason: str) -> None:
    """The reason quotes nothing of the line."""
    with pytest.raises(LineError, match=reason):
        ExportedDeadLetter.decode(line)


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({str(number): "x" for number in range(11)}, "too many for SQS"),
        ({"a name": "x"}, "too many for SQS"),
        ({"a": ""}, "is empty"),
        ({"a": "\x00"}, "characters that SQS does not accept"),
    ],
)
def test_a_message_that_sqs_would_not_accept_is_rejected(attributes: dict[str, str], reason: str) -> None:
    """It would make the whole call fail."""
    dead_letter = ExportedDeadLetter.decode(resealed(attributes=attributes))
    with pytest.raises(LineError, match=reason):
        dead_letter.message("new")
    with pytest.raises(LineError, match="is empty"):
        ExportedDeadLetter.decode(resealed(body=body(""))).message("new")


def test_nothing_of_a_body_is_in_its_repr() -> None:
    """So no log of a value contains a body."""
    assert repr(ExportedDeadLetter.decode(resealed())) == "ExportedDeadLetter('r1', …)"
