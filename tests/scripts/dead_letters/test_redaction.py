"""A redacted body has structure, codes, times and numbers of jobs, and nothing personal."""

import json
from pathlib import Path
from typing import Any

import pytest

from processor.alma.events import parse
from scripts.dead_letters.redaction import SHOWN, redacted
from tests.canary import sung

EVENTS = Path(__file__).parents[2] / "events"
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
    """The type, not the value."""
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
    """Two hundred levels."""
    depth = 199
    fields = parse(b'{"action":"X","a":' + b"[" * depth + b"]" * depth + b"}").fields
    assert structure(redacted(fields)) == structure(fields)
