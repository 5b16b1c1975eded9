"""Envelopes decode to what was encoded, SQS accepts them, and invalid ones raise only EnvelopeError."""

import json
import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.envelope import Envelope, EnvelopeError, NewerEnvelopeError, pointer_to
from tests.envelopes import decoded
from tests.fuzz.strict_aws import is_rejected_by_sqs
from tests.fuzz.values import ANY_CHARACTER, JSON, TEXTS, mutated

BODIES = st.binary(max_size=300) | st.text(max_size=300).map(str.encode)
ACCEPTED = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=20)
NOTES = st.dictionaries(TEXTS, JSON, min_size=1, max_size=3) | st.none()
ANYTHING = st.text(ANY_CHARACTER, max_size=600)


@given(BODIES, ACCEPTED, ACCEPTED, NOTES, NOTES)
def test_f12_decode_undoes_encode(body: bytes, receipt_id: str, content_type: str, failure: Any, replay: Any) -> None:
    """Decoding returns the body byte for byte and all attributes, for bodies in the message and in the bucket."""
    envelope = Envelope(body, receipt_id, "now", "alma", content_type, "signature", failure, replay)
    assert decoded(envelope.encode()) == envelope
    assert decoded(envelope.encode(pointer_to(body, "bucket")), body) == envelope


@given(BODIES, ANYTHING, ANYTHING, ANYTHING, NOTES)
def test_f12_sqs_accepts_every_encoded_envelope(
    body: bytes, profile: str, content_type: str, signature: str, replay: Any
) -> None:
    """An encoded envelope has valid characters, at most ten short attributes, and the size that SQS counts."""
    envelope = Envelope(body, "receipt", "now", profile, content_type, signature, replay=replay)
    for message in (envelope.encode(), envelope.encode(pointer_to(body, "bucket"))):
        texts = [message.body, *message.attributes.values()]
        assert not is_rejected_by_sqs(*texts)
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
def test_f12_any_message_decodes_or_is_rejected(body: str, attributes: dict[str, str]) -> None:
    """Decoding any text with any attributes returns an envelope or raises EnvelopeError."""
    try:
        envelope = Envelope.decode(body, attributes, lambda _: b"")
    except EnvelopeError as error:
        assert error.__cause__ is None
    else:
        assert attributes["envelope_version"] == "1"
        assert envelope.profile == attributes.get("profile", "")


@given(mutated(st.just(pointer_to(b"body", "bucket")._asdict()), most=3))
def test_f12_a_manipulated_pointer_returns_the_stored_body_or_an_error(members: Any) -> None:
    """Decoding a manipulated pointer never accepts a body other than the stored one."""
    attributes = {"envelope_version": "1", "encoding": "s3"}
    try:
        assert Envelope.decode(json.dumps(members), attributes, lambda _: b"body").body == b"body"
    except EnvelopeError as error:
        assert not isinstance(error, NewerEnvelopeError)
    with pytest.raises(EnvelopeError):
        Envelope.decode(json.dumps(members), attributes, lambda _: b"another")
