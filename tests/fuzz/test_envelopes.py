"""Envelopes: they decode to what was encoded, SQS accepts them, and junk raises only our exceptions."""

import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.envelope import Envelope, EnvelopeError, NewerEnvelopeError, pointer_to
from tests.envelopes import decoded
from tests.fuzz.strict_aws import is_not_taken
from tests.fuzz.values import ANY_CHARACTER, JSON, TEXTS, mutated

BODIES = st.binary(max_size=300) | st.text(max_size=300).map(str.encode)
TAKEN = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=20)
NOTES = st.dictionaries(TEXTS, JSON, min_size=1, max_size=3) | st.none()
ANYTHING = st.text(ANY_CHARACTER, max_size=600)


@given(BODIES, TAKEN, TAKEN, NOTES, NOTES)
def test_f12_decode_undoes_encode(body: bytes, receipt_id: str, content_type: str, failure: Any, replay: Any) -> None:
    """Every body, byte for byte, and everything that stands on it; in the bucket as on the queue."""
    envelope = Envelope(body, receipt_id, "now", "alma", content_type, "signature", failure, replay)
    assert decoded(envelope.encode()) == envelope
    assert decoded(envelope.encode(pointer_to(body, "bucket")), body) == envelope


@given(BODIES, ANYTHING, ANYTHING, ANYTHING, NOTES)
def test_f12_what_is_encoded_is_what_sqs_takes(
    body: bytes, profile: str, content_type: str, signature: str, replay: Any
) -> None:
    """Its characters, ten attributes at most, none of them empty or long, and the size counted as SQS counts it."""
    envelope = Envelope(body, "receipt", "now", profile, content_type, signature, replay=replay)
    for message in (envelope.encode(), envelope.encode(pointer_to(body, "bucket"))):
        texts = [message.body, *message.attributes.values()]
        assert not is_not_taken(*texts)
        assert len(message.attributes) <= 10
        assert all(message.attributes.values())
        assert all(re.fullmatch("[a-z_]{1,256}", name) for name in message.attributes)
        assert all(len(value) <= 512 for name, value in message.attributes.items() if name != "replay")
        names = [f"{name}String" for name in message.attributes]
        assert message.size == sum(len(text.encode()) for text in [*texts, *names])


@example("", {"envelope_version": "1", "replay": "[" * 100_000})
@example('{"bucket": "", "key": "", "sha256": "", "bytes": Infinity}', {"envelope_version": "1", "encoding": "s3"})
@given(
    ANYTHING,
    st.fixed_dictionaries(
        {"envelope_version": st.sampled_from(["1", "1", "1", "2", ""])},
        optional={
            "encoding": st.sampled_from(["utf-8", "base64", "s3", "zip"]) | ANYTHING,
            "failure": ANYTHING | st.sampled_from(["{}", "[]", "[" * 100_000]),
            "replay": ANYTHING,
            "profile": ANYTHING,
        },
    ),
)
def test_f12_whatever_lies_in_the_queue_decodes_or_is_no_envelope(body: str, attributes: dict[str, str]) -> None:
    """Any text with any attributes: an envelope, or an error of ours that quotes nothing."""
    try:
        envelope = Envelope.decode(body, attributes, lambda _: b"")
    except EnvelopeError as error:
        assert error.__cause__ is None
    else:
        assert attributes["envelope_version"] == "1"
        assert envelope.profile == attributes.get("profile", "")


@given(mutated(st.just(pointer_to(b"body", "bucket")._asdict()), most=3))
def test_f12_a_pointer_that_was_tampered_with_leads_to_its_body_or_to_an_error(members: Any) -> None:
    """Whatever its members have become, no other body is taken for the one that was stored."""
    attributes = {"envelope_version": "1", "encoding": "s3"}
    try:
        assert Envelope.decode(json.dumps(members), attributes, lambda _: b"body").body == b"body"
    except EnvelopeError as error:
        assert not isinstance(error, NewerEnvelopeError)
    with pytest.raises(EnvelopeError):
        Envelope.decode(json.dumps(members), attributes, lambda _: b"another")
