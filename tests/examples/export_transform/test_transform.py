"""A library's own function or template is applied to each record, and its failures are rejects."""

import json
from pathlib import Path
from typing import Any

import pytest
from export_transform.binary_marc import binary_marc
from export_transform.records import Reject
from export_transform.transform import Output, Transform, Transformed, default_delete, load, transformed
from pymarc import Field, Indicators, Record, Subfield

from tests.examples.export_transform.marc_samples import LEADER, cut, document, record

DELETED = LEADER[:5] + "d" + LEADER[6:]


def module(folder: Path, code: str) -> Transform:
    path = folder / "my_transform.py"
    path.write_text(code, "utf-8")
    return load(path)


def template(folder: Path, text: str, name: str = "record.json.j2") -> Transform:
    (folder / name).write_text(text, "utf-8")
    return load(folder / name)


def bodies(transform: Transform, *records: bytes) -> list[bytes | str | None]:
    """Return the body of each record, or the reason of its reject with the detail."""
    found = transformed(cut(document(records)), transform)
    return [f"{each.reason} {each.detail}".strip() if isinstance(each, Reject) else each.body for each in found]


@pytest.mark.parametrize(
    ("output", "body"),
    [
        ("b'\\xff'", b"\xff"),
        ("'ä'", "ä".encode()),
        ("{'b': 'ä', 'a': [1]}", '{"b":"ä","a":[1]}'.encode()),
        ("None", None),
    ],
)
def test_a_function_returns_bytes_text_or_an_object(tmp_path: Path, output: str, body: bytes | None) -> None:
    """None skips the record."""
    assert bodies(module(tmp_path, f"def transform(record): return {output}"), record(1)) == [body]


def test_a_function_sees_the_record(tmp_path: Path) -> None:
    """As an object of pymarc; dataclasses and own imports work in the module."""
    code = """
from __future__ import annotations
import dataclasses
from export_transform.parsing import status_of

@dataclasses.dataclass
class Book:
    id: str
    title: str
    status: str

def transform(record):
    return dataclasses.asdict(Book(record["001"].data, record["245"]["a"], status_of(record)))
"""
    [body] = bodies(module(tmp_path, code), record(1))
    assert json.loads(body or "") == {"id": "99000001", "title": "A title 1", "status": "new"}


def test_a_failure_rejects_one_record(tmp_path: Path) -> None:
    """With the class of the exception; its text could name a person."""
    code = "def transform(record): return record['001'].data if record['245']['a'] != 'bad 2' else {}['Jane Roe']"
    found = bodies(module(tmp_path, code), record(1), record(2, title="bad"), record(3))
    assert found == [b"99000001", "transform-failed KeyError", b"99000003"]


@pytest.mark.parametrize("output", ["[1]", "1", "{'a': object()}", "{'a': float('nan')}", "'\\ud800'"])
def test_another_output_rejects_the_record(tmp_path: Path, output: str) -> None:
    """What cannot be written as bytes, text or JSON is not sent."""
    [body] = bodies(module(tmp_path, f"def transform(record): return {output}"), record(1))
    assert str(body).startswith("transform-failed ")


def test_deleted_records_have_a_function_of_their_own(tmp_path: Path) -> None:
    """Without one, the control number and the status are sent."""
    own = module(tmp_path, "def transform(record): return 'sent'\ndef delete(record): return 'gone'")
    assert bodies(own, record(1), record(2, leader=DELETED)) == [b"sent", b"gone"]
    usual = module(tmp_path, "def transform(record): return 'sent'")
    assert bodies(usual, record(2, leader=DELETED)) == [b'{"id":"99000002","status":"deleted"}']


def test_a_template_sees_record_status_and_control_number(tmp_path: Path) -> None:
    """Filters of Jinja2 write JSON."""
    text = '{"id": {{ control_number | tojson }}, "title": {{ record["245"]["a"] | tojson }}, "status": "{{ status }}"}'
    [body] = bodies(template(tmp_path, text), record(1, title="A &quot;title&quot;"))
    assert json.loads(body or "") == {"id": "99000001", "title": 'A "title" 1', "status": "new"}


def test_a_name_that_a_template_does_not_find_rejects_the_record(tmp_path: Path) -> None:
    """A default is written into the template."""
    assert bodies(template(tmp_path, "{{ record['100']['a'] }}"), record(1)) == ["transform-failed UndefinedError"]
    assert bodies(template(tmp_path, "{{ (record['100'] | default({}))['a'] | default('none') }}"), record(1)) == [
        b"none"
    ]


def test_a_template_of_xml_escapes(tmp_path: Path) -> None:
    """A template of JSON does not: `tojson` does there."""
    one = record(1, title="&lt;A&gt;")
    assert bodies(template(tmp_path, "{{ record['245']['a'] }}", "record.xml.j2"), one) == [b"&lt;A&gt; 1"]
    assert bodies(template(tmp_path, "{{ record['245']['a'] }}", "record.txt.j2"), one) == [b"<A> 1"]


def test_deleted_records_have_a_template_of_their_own(tmp_path: Path) -> None:
    """It is beside the other one."""
    deleted = record(2, leader=DELETED)
    assert bodies(template(tmp_path, "sent"), deleted) == [b'{"id":"99000002","status":"deleted"}']
    (tmp_path / "record.delete.json.j2").write_text("gone {{ control_number }}", "utf-8")
    assert bodies(template(tmp_path, "sent"), record(1), deleted) == [b"sent", b"gone 99000002"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("missing.py", None, "missing.py not found"),
        ("a.txt", "", "a.txt is neither a Python module"),
        ("a.py", "def other(): ...", r"a.py has no function `transform\(record\)`"),
        ("a.j2", "{% if %}", "a.j2 is not a Jinja2 template"),
    ],
)
def test_a_file_that_is_no_transform_is_named(tmp_path: Path, name: str, text: str | None, message: str) -> None:
    """In one sentence, before any record is read."""
    if text is not None:
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(ValueError, match=message):
        load(tmp_path / name)


def test_a_result_has_its_position_and_its_status() -> None:
    """A name can be made of them. A record that was rejected before stays rejected."""
    outcomes = [*transformed(cut(document([record(1), b"<record/>"])), Transform(lambda _: b"sent", default_delete))]
    first, second = outcomes
    assert isinstance(first, Transformed)
    assert first == (first.position, "99000001", "new", b"sent")
    assert isinstance(second, Reject)
    assert [each.position.number for each in outcomes] == [1, 2]


def fields(record: Record, size: int) -> Output:
    record.fields.append(Field("500", Indicators(" ", " "), [Subfield("a", "x" * size)]))
    return binary_marc(record)


def records_of(size: int, count: int) -> Any:
    def transform(record: Record) -> Output:
        for _ in range(count - 1):
            fields(record, size)
        return fields(record, size)

    return bodies(Transform(transform, default_delete), record(1))[0]


def test_binary_marc_that_nothing_can_read_is_rejected() -> None:
    """A field has at most 9,999 bytes with its five marks, a record 99,999; pymarc writes more without an error."""
    assert Record(records_of(9_994, 1)).as_marc()
    assert records_of(9_995, 1) == "too-long-for-binary-marc"
    assert Record(records_of(9_900, 10)).as_marc()
    assert records_of(9_994, 10) == "too-long-for-binary-marc"
