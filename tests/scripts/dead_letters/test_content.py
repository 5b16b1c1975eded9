"""The description of a body of any kind."""

import gzip
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingest.envelope import Envelope
from processor.alma.events import parse
from processor.overflow_bucket import OverflowBucket
from scripts.aws.clients import Aws
from scripts.cli.output import Data
from scripts.dead_letters.content import SHOWN, content_of, redacted
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.reader import Reader
from tests.canary import sung


def content(body: bytes, *, show_body: bool = False, **attributes: str) -> Data:
    sent = Envelope(body, "r1", "2026-11-20T00:00:00.000Z", "alma").encode()
    dead_letter = DeadLetter("m1", "h", sent.body, sent.attributes | attributes, datetime.now(UTC))
    bucket = OverflowBucket(Aws.local("http://127.0.0.1:9", "us-east-1").s3, "overflow")
    return content_of(Reader(bucket, timedelta(days=14)).read(dead_letter), show_body=show_body)


def test_json_is_redacted_by_default() -> None:
    """The description has its length and digest, as in exports."""
    body = b'{"action":"loan","item_loan":{"user_id":"somebody"}}'
    known = {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest(), "format": "JSON"}
    hidden = {"action": "loan", "item_loan": {"user_id": "<text of 8 characters>"}}
    assert content(body) == known | {"redacted": True, "members": hidden, "problem": None, "raw": None}
    assert content(body, show_body=True)["members"] == {"action": "loan", "item_loan": {"user_id": "somebody"}}


def test_xml_is_shown_by_its_members() -> None:
    """The members are those that routes see."""
    body = b"<x><action>LOAN</action><event>LOAN_CREATED</event><item_loan><user_id>somebody</user_id></item_loan></x>"
    shown = content(body)
    assert (shown["format"], shown["members"]["event"]) == ("XML", {"value": "LOAN_CREATED"})
    assert shown["members"]["item_loan"] == {"user_id": "<text of 8 characters>"}


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
    assert (described["format"], described["members"], described["raw"]) == (kind, None, None)
    assert described["problem"].startswith(problem)
    assert (content(body, show_body=True)["raw"] or "").replace(" ", "") == raw.replace(" ", "")


def test_gzip_is_not_unpacked() -> None:
    """This includes small ones."""
    described = content(gzip.compress(b"0" * 100_000))
    assert (described["format"], described["bytes"] < 1_000, described["members"]) == ("gzip", True, None)
    first, *_ = (content(gzip.compress(b"0" * 100_000), show_body=True)["raw"] or "").split("\n")
    assert (first[:4], len(first)) == ("1f8b", 71)


def test_json_without_an_action_has_members_and_a_problem() -> None:
    """It is a dead letter nevertheless."""
    described = content(b'[{"user_id":"somebody"}]')
    assert described["members"] == [{"user_id": "<text of 8 characters>"}]
    assert described["problem"] == "The body has no member action, or it is not text."


def test_without_an_envelope_the_queued_message_is_described() -> None:
    """An example is a message of an unknown version."""
    described = content(b'{"action":"LOAN","a":"b"}', envelope_version="9")
    assert described["problem"].startswith("The message's envelope_version is not supported")
    assert described["members"] == {"action": "LOAN", "a": "<text of 1 character>"}


EVENTS = Path(__file__).parents[3] / "examples" / "complete" / "events"
SAMPLES = sorted(path for path in EVENTS.iterdir() if path.suffix in {".json", ".xml"})

# Member names in all objects that identify a person or a title, as Alma names them.
PERSONAL = {
    *("user_id", "primary_id", "item_barcode", "barcode", "title", "author", "first_name", "last_name", "full_name"),
    *("comment", "description", "note", "desc", "email_address", "line1", "city", "call_number", "loan_id", "mms_id"),
    *("request_id", "created_by", "last_modified_by", "birth_date", "anies", "pin_number", "phone_number"),
}


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for member in value.values() for leaf in leaves(member)]
    return [leaf for element in value for leaf in leaves(element)] if isinstance(value, list) else [value]


def structure(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: structure(member) for name, member in value.items()}
    return [structure(element) for element in value] if isinstance(value, list) else None


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_f22_no_sample_shows_anything_personal(path: Path) -> None:
    """The samples contain canary words, in both formats; the structure is shown in full."""
    fields = dict(parse(path.read_bytes()).fields)
    shown = redacted(fields)
    assert sung(json.dumps(shown, ensure_ascii=False)) == set()
    assert structure(shown) == structure(fields)
    assert shown["action"] == fields["action"]


def test_f22_no_shown_path_is_personal() -> None:
    """A description may be any text, and a barcode belongs to a person."""
    assert {path for path in SHOWN if path.split(".")[-1] in PERSONAL} == set()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("submitted_by", {"value": "invented-staff-1"}),
        ("name", "X" * 201),
        ("status", "Maren"),
        ("status", {"value": "Sample, Sam"}),
        ("status", {"value": "sam@library.invalid"}),
        ("counter", [{"type": {"value": "Failed to process record"}, "value": "invented-record"}]),
        ("counter", {"value": {"value": "12"}}),
        ("progress", "about Maren"),
    ],
)
def test_f22_a_value_of_an_unexpected_form_is_hidden(name: str, value: Any) -> None:
    """Free text in place of a code, another type, another path."""
    before = redacted({"job_instance": {name: value}})
    assert all(leaf.startswith("<") for leaf in leaves(before))


def test_what_explains_a_job_is_shown() -> None:
    """Its name, status, times and counters; other text by its length, null as null."""
    job = {
        "name": "Publishing Platform Job PPOD EXPORT to Dev1",
        "status": {"value": "COMPLETED_SUCCESS", "desc": "Completed"},
        "progress": 209.0,
        "counter": [{"type": {"value": "label.new.records", "desc": "x"}, "value": "12"}],
        "end_time": "2026-05-13T02:41:10.122Z",
        "link": None,
    }
    hidden = {"status": {"value": "COMPLETED_SUCCESS", "desc": "<text of 9 characters>"}}
    counter = {"counter": [{"type": {"value": "label.new.records", "desc": "<text of 1 character>"}, "value": "12"}]}
    assert redacted({"job_instance": job}) == {"job_instance": job | hidden | counter}


def test_types_are_shown() -> None:
    """The structure has the type, not the value."""
    hidden: dict[str, Any] = {
        "a": "<text of 0 characters>",
        "b": "<number>",
        "c": "<true or false>",
        "d": None,
        "e": [],
        "f": {},
    }
    assert redacted({"a": "", "b": 4711, "c": True, "d": None, "e": [], "f": {}}) == hidden


@pytest.mark.parametrize("name", ["maren@library.invalid", "Maren", "patron-4711", "39900", "\x1b[2J", "x" * 65])
def test_f22_a_name_that_is_data_is_hidden(name: str) -> None:
    """An object keyed by user is data; two such names stay distinct."""
    shown = redacted({name: {"a": 1}, name + "2": 2, "line1": 3})
    assert len(shown) == 3
    assert next(iter(shown)) == f"<name 1, of {len(name)} characters>"
    assert list(shown)[2] == "line1"


def test_the_deepest_body_that_is_read_is_redacted() -> None:
    """Two hundred levels are redacted."""
    depth = 199
    fields = parse(b'{"action":"X","a":' + b"[" * depth + b"]" * depth + b"}").fields
    assert structure(redacted(fields)) == structure(fields)
