"""The description of a body of any kind."""

import gzip
import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from ingest.envelope import Envelope
from processor.overflow_bucket import OverflowBucket
from scripts.aws.clients import Aws
from scripts.dead_letters.content import Content, content_of
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.reader import Reader


def content(body: bytes, *, show_body: bool = False, **attributes: str) -> Content:
    sent = Envelope(body, "r1", "2026-11-20T00:00:00.000Z", "alma").encode()
    dead_letter = DeadLetter("m1", "h", sent.body, sent.attributes | attributes, datetime.now(UTC))
    bucket = OverflowBucket(Aws.local("http://127.0.0.1:9", "us-east-1").s3, "overflow")
    return content_of(Reader(bucket, timedelta(days=14)).read(dead_letter), show_body=show_body)


def test_json_is_redacted_by_default() -> None:
    """With its length and digest, as in exports."""
    body = b'{"action":"loan","item_loan":{"user_id":"somebody"}}'
    known = (len(body), hashlib.sha256(body).hexdigest(), "JSON")
    hidden = {"action": "loan", "item_loan": {"user_id": "<text of 8 characters>"}}
    assert content(body) == Content(*known, hidden)
    assert content(body, show_body=True).members == {"action": "loan", "item_loan": {"user_id": "somebody"}}


def test_xml_is_shown_by_its_members() -> None:
    """As routes see them."""
    body = b"<x><action>LOAN</action><event>LOAN_CREATED</event><item_loan><user_id>somebody</user_id></item_loan></x>"
    shown = content(body)
    assert (shown.format, shown.members["event"]) == ("XML", {"value": "LOAN_CREATED"})
    assert shown.members["item_loan"] == {"user_id": "<text of 8 characters>"}


@pytest.mark.parametrize(
    ("body", "kind", "problem", "raw"),
    [
        (b'{"action":', "like a JSON object", "The body is not valid JSON at line 1, column 11.", '{"action":'),
        (b"\xef\xbb\xbf [1,", "like a JSON array", "The body is not valid JSON at line 1, column 5.", "\ufeff[1,"),
        (b"<a><b></a>", "like XML", "The body is not valid XML at line 1, column 8; ", "<a><b></a>"),
        (b"somebody's name", "text", "The body is not valid JSON at line 1, column 1.", "somebody's name"),
        (b"\xff\xfe\x00\x01\x02", "bytes", "The body is not valid UTF-8 at byte 0.", "fffe000102"),
        (b"a\0b", "bytes", "The body is not valid JSON at line 1, column 1.", "610062"),
        (b"%PDF-1.7", "a PDF document", "The body is not valid JSON", "%PDF-1.7"),
    ],
)
def test_a_body_that_is_not_an_event_is_described_by_its_kind(body: bytes, kind: str, problem: str, raw: str) -> None:
    """With the parser's reason; the bytes themselves only on request, as text or as hex."""
    described = content(body)
    assert (described.format, described.members, described.raw) == (kind, None, None)
    assert described.problem.startswith(problem)
    assert (content(body, show_body=True).raw or "").replace(" ", "") == raw.replace(" ", "")


def test_gzip_is_not_unpacked() -> None:
    """Even a small one."""
    described = content(gzip.compress(b"0" * 100_000))
    assert (described.format, described.size < 1_000, described.members) == ("gzip", True, None)
    first, *_ = (content(gzip.compress(b"0" * 100_000), show_body=True).raw or "").split("\n")
    assert (first[:4], len(first)) == ("1f8b", 71)


def test_json_without_an_action_has_members_and_a_problem() -> None:
    """It is a dead letter nevertheless."""
    described = content(b'[{"user_id":"somebody"}]')
    assert described.members == [{"user_id": "<text of 8 characters>"}]
    assert described.problem == "The body has no member action, or it is not text."


def test_without_an_envelope_the_queued_message_is_described() -> None:
    """For example a message of an unknown version."""
    described = content(b'{"action":"LOAN","a":"b"}', envelope_version="9")
    assert described.problem.startswith("The message's envelope_version is not supported")
    assert described.members == {"action": "LOAN", "a": "<text of 1 character>"}
