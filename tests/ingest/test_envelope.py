"""The envelope is encoded for the queue and decoded again; older messages still decode."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest

from ingest.envelope import MAX_QUEUED_BYTES, Envelope, EnvelopeError, NewerEnvelopeError, Pointer, pointer_to, rfc3339
from tests.envelopes import decoded

GOLDEN = sorted(Path(__file__).parents[1].joinpath("golden").glob("envelope-v1-*.json"))
PLAIN = Envelope(b'{"progress":209.0}', "receipt", "2026-05-13T02:41:11.000Z", "alma")


@pytest.mark.parametrize(
    "body",
    [
        b'{"progress":209.0}',
        b'{\r\n  "a" : [ ]\n}\n',
        '\ufeff{"title":"数の庭 \U0001f4da"}'.encode(),
        b"a\x00b",
        b"a\x0bb",
        "\ufffe".encode(),
        b"\xff\xfe\x00",
        b"\xed\xa0\x80",
        b" ",
    ],
)
def test_f15_the_body_comes_back_byte_for_byte(body: bytes) -> None:
    """The decoded body has exactly the signed bytes."""
    envelope = PLAIN._replace(body=body)
    assert decoded(envelope.encode()) == envelope


def test_an_envelope_has_at_most_nine_attributes() -> None:
    """An envelope with all attributes stays below the ten that SQS accepts."""
    full = PLAIN._replace(content_type="a/b", signature="s", failure={"class": "unknown"}, replay={"id": "1"})
    message = full.encode()
    assert set(message.attributes) == {
        *("envelope_version", "receipt_id", "received_at", "profile", "content_type"),
        *("signature", "encoding", "failure", "replay"),
    }
    assert decoded(message) == full


def test_empty_attributes_are_omitted() -> None:
    """SQS rejects an attribute without a value."""
    assert set(PLAIN.encode().attributes) == {"envelope_version", "receipt_id", "received_at", "profile", "encoding"}


def test_values_from_requests_are_cut_and_cleaned() -> None:
    """A header can neither make a message too large nor make SQS reject it."""
    attributes = PLAIN._replace(content_type="é\x00" * 300, signature="s" * 600).encode().attributes
    assert attributes["content_type"] == "é" * 256
    assert attributes["signature"] == "s" * 512


def test_an_envelope_is_frozen() -> None:
    """An envelope cannot be changed."""
    with pytest.raises(AttributeError):
        PLAIN.body = b""  # type: ignore[misc]  # the test is that it fails


def test_f22_an_envelope_does_not_show_its_body() -> None:
    """The representation of an envelope contains only its receipt id."""
    assert repr(PLAIN) == "Envelope('receipt', …)"
    assert repr(PLAIN.encode()) == "QueuedMessage(…)"


def test_the_size_counts_body_and_attributes_in_bytes() -> None:
    """Names, types and values of attributes count, and so does every byte of a character."""
    message = PLAIN._replace(body="é".encode()).encode()
    attributes = sum(len(name) + len("String") + len(value) for name, value in message.attributes.items())
    assert message.size == 2 + attributes
    assert MAX_QUEUED_BYTES == 1_015_808


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_messages_of_version_1_decode(golden: Path) -> None:
    """Stored messages of version 1 decode to the same envelopes."""
    message = json.loads(golden.read_text("utf-8"))
    stored = base64.b64decode(message.get("object_base64", ""))
    envelope = Envelope.decode(message["MessageBody"], message["MessageAttributes"], lambda _: stored)
    expected = message["decodes_to"]
    assert envelope.body == base64.b64decode(expected.pop("body_base64"))
    assert {name: getattr(envelope, name) for name in expected} == expected
    assert set(expected) == set(Envelope._fields) - {"body"}


def test_there_are_golden_messages() -> None:
    """The golden messages of the test above exist."""
    assert len(GOLDEN) >= 3


def test_unknown_attributes_are_ignored() -> None:
    """A newer ingest may add attributes, and the processor ignores them."""
    message = PLAIN.encode()
    assert Envelope.decode(message.body, message.attributes | {"new": "x"}) == PLAIN


def test_missing_attributes_have_defaults() -> None:
    """An older message without an attribute decodes; its body is text."""
    assert Envelope.decode("x", {"envelope_version": "1"}) == Envelope(b"x", "", "", "")


@pytest.mark.parametrize("attributes", [{"envelope_version": "2"}, {"envelope_version": "1", "encoding": "gcs"}])
def test_a_message_of_a_later_version_is_left_for_a_later_version(attributes: dict[str, str]) -> None:
    """Ingest can be deployed before the processor."""
    with pytest.raises(NewerEnvelopeError):
        Envelope.decode("x", attributes)


@pytest.mark.parametrize(
    ("body", "attributes"),
    [
        ("x", {}),
        ("x", {"envelope_version": ""}),
        ("x", {"envelope_version": "1", "encoding": "base64"}),
        ("é", {"envelope_version": "1", "encoding": "base64"}),
        ("x", {"envelope_version": "1", "failure": "{"}),
        ("x", {"envelope_version": "1", "replay": "[]"}),
        ("x", {"envelope_version": "1", "replay": "[" * 100_000}),
    ],
)
def test_an_invalid_envelope_is_rejected(body: str, attributes: dict[str, str]) -> None:
    """A message that ingest did not write is not a newer envelope, and is rejected permanently."""
    with pytest.raises(EnvelopeError) as rejected:
        Envelope.decode(body, attributes)
    assert not isinstance(rejected.value, NewerEnvelopeError)


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Asia/Kolkata"])
def test_f36_times_are_utc_in_every_time_zone(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Times are distinct and in order even when a time zone sets its clocks back."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert rfc3339(1_793_509_200.25) == "2026-11-01T05:00:00.250Z"
        hours = [rfc3339(1_792_800_000 + 1800 * half) for half in range(900)]
        assert hours == sorted(set(hours))
    finally:
        monkeypatch.undo()
        time.tzset()


LARGE = PLAIN._replace(body=b"\xff" * 2_000_000, signature="s")
STORED = pointer_to(LARGE.body, "bucket")


def test_f11_a_body_in_s3_has_a_pointer() -> None:
    """The message has the place, digest and length of the body; the attributes are unchanged."""
    message = LARGE.encode(STORED)
    pointer = json.loads(message.body)
    assert pointer == {
        "bucket": "bucket",
        "key": f"bodies/{STORED.sha256}",
        "sha256": STORED.sha256,
        "bytes": 2_000_000,
    }
    assert message.attributes == LARGE.encode().attributes | {"encoding": "s3"}
    reads: list[Pointer] = []
    decoded = Envelope.decode(message.body, message.attributes, lambda pointer: reads.append(pointer) or LARGE.body)  # type: ignore[func-returns-value]  # append returns None, so the body is returned
    assert (decoded, reads) == (LARGE, [STORED])


NOT_THE_BODY = r"^The object in S3 does not match the digest and length in the message\.$"


@pytest.mark.parametrize("found", [b"", b"\xff" * 1_999_999, b"\xfe" * 2_000_000], ids=["empty", "cut", "another"])
def test_another_object_is_rejected(found: bytes) -> None:
    """An object that differs from the signed body is rejected."""
    with pytest.raises(EnvelopeError, match=NOT_THE_BODY):
        decoded(LARGE.encode(STORED), found)


def test_a_wrong_length_is_rejected() -> None:
    """A pointer whose length is wrong is rejected."""
    with pytest.raises(EnvelopeError, match=NOT_THE_BODY):
        decoded(LARGE.encode(STORED._replace(bytes=3)), LARGE.body)


INCOMPLETE = r"^The message's pointer to its body in S3 is incomplete\.$"


@pytest.mark.parametrize(
    ("pointer", "reason"),
    [
        ("x", r"pointer to its body in S3 is not a JSON object\.$"),
        ("[]", r"pointer to its body in S3 is not a JSON object\.$"),
        ("{}", INCOMPLETE),
        ('{"bucket":"b","key":"k","sha256":"d"}', INCOMPLETE),
        ('{"bucket":"b","key":"k","sha256":"d","bytes":"x"}', INCOMPLETE),
        ('{"bucket":"b","key":"k","sha256":"d","bytes":null}', INCOMPLETE),
        ('{"bucket":"b","key":"k","sha256":"d","bytes":1e999}', INCOMPLETE),
    ],
)
def test_an_invalid_pointer_is_rejected(pointer: str, reason: str) -> None:
    """An invalid pointer is a permanent failure, so it is not retried."""

    def read(_: Pointer) -> Any:
        raise AssertionError("nothing is read")

    with pytest.raises(EnvelopeError, match=reason):
        Envelope.decode(pointer, {"envelope_version": "1", "encoding": "s3"}, read)


def test_without_access_to_s3_the_body_is_unavailable() -> None:
    """A reader without access to S3 gets an error, and not the pointer as the body."""
    with pytest.raises(EnvelopeError, match=r"^The message's body is in S3, which is not read here\.$"):
        decoded(LARGE.encode(STORED))


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        (
            {"envelope_version": "1", "encoding": "s3"},
            "The message's pointer to its body in S3 is not a JSON object.",
        ),
        ({}, "The message has no attribute envelope_version, so it was not queued by ingest."),
        (
            {"envelope_version": "2"},
            "The message's envelope_version is not supported by this version of the processor.",
        ),
        (
            {"envelope_version": "1", "encoding": "rot13"},
            "The message's encoding is not supported by this version of the processor.",
        ),
        (
            {"envelope_version": "1", "encoding": "base64"},
            "The message's body is marked as base64 and is not valid base64.",
        ),
        ({"envelope_version": "1", "failure": "{"}, "The message's attribute failure is not a JSON object."),
        ({"envelope_version": "1", "replay": "{"}, "The message's attribute replay is not a JSON object."),
    ],
)
def test_a_rejection_has_a_reason_that_quotes_nothing(attributes: dict[str, str], reason: str) -> None:
    """The reason of the dead letter names the attribute, but not its value."""
    with pytest.raises(EnvelopeError) as rejected:
        Envelope.decode("x", attributes)
    assert str(rejected.value) == reason
    assert rejected.value.__cause__ is None


def test_attributes_of_the_processor_are_short() -> None:
    """Every byte of an attribute counts against the limit of SQS."""
    attributes = PLAIN._replace(failure={"a": "1", "b": "2"}).encode().attributes
    assert attributes["failure"] == '{"a":"1","b":"2"}'


def test_a_message_with_invalid_unicode_is_decoded() -> None:
    """Half a surrogate pair in a message of SQS does not raise an exception."""
    assert Envelope.decode("\ud800", {"envelope_version": "1"}).body == b"\xed\xa0\x80"


ELSEWHERE = r"^The message's pointer has a key that does not match its digest\.$"
NO_LENGTH = r"^The message's pointer has a length that no body can have\.$"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"key": "bodies/other"}, ELSEWHERE),
        ({"key": f"others/{STORED.sha256}"}, ELSEWHERE),
        ({"key": "bodies/../x", "sha256": "../x"}, ELSEWHERE),
        ({"key": "bodies/", "sha256": ""}, ELSEWHERE),
        ({"key": f"bodies/{STORED.sha256.upper()}", "sha256": STORED.sha256.upper()}, ELSEWHERE),
        ({"bytes": -1}, NO_LENGTH),
        ({"bytes": -2}, NO_LENGTH),
        ({"bytes": 10**30}, NO_LENGTH),
    ],
)
def test_f61_a_pointer_is_followed_to_the_key_of_its_digest_only(changed: dict[str, Any], reason: str) -> None:
    """S3 is called only for the key of the digest, and only for a valid length."""

    def read(_: Pointer) -> Any:
        raise AssertionError("S3 is called")

    message = LARGE.encode(STORED._replace(**changed))
    with pytest.raises(EnvelopeError, match=reason):
        Envelope.decode(message.body, message.attributes, read)


def test_f61_a_longer_object_is_rejected_like_another_object() -> None:
    """The cause is the same as for a wrong digest, and only one byte more is read."""
    with pytest.raises(EnvelopeError, match=NOT_THE_BODY):
        decoded(LARGE.encode(STORED), LARGE.body + b"\xff")
