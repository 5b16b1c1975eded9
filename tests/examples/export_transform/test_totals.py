"""Every record is counted once by what happened to it, and a reject is a line of JSON."""

import json
from functools import reduce

import pytest
from export_transform.records import Position, Reject
from export_transform.rejects import reject_line
from export_transform.totals import Totals
from export_transform.transform import Transform, default_delete, transformed

from tests.examples.export_transform.marc_samples import BAD, LEADER, cut, document, record

PLACE = Position("export.xml", "member", 2, 100)


def test_totals_reconcile() -> None:
    """Read = written + rejected + deleted + skipped."""
    deleted = LEADER[:5] + "d" + LEADER[6:]
    data = document([*map(record, range(5)), b"<record/>", record(6, leader=deleted), record(7, title="skip")])
    transform = Transform(lambda each: None if "skip" in (each["245"]["a"] or "") else b"sent", default_delete)
    totals = reduce(Totals.plus, transformed(cut(data), transform), Totals())
    assert totals == Totals(read=8, written=5, rejected=1, deleted=1, skipped=1)
    assert totals.reconcile()
    assert not totals._replace(read=9).reconcile()


@pytest.mark.parametrize("kind", [*BAD, "a record that the transform cannot take"])
def test_one_bad_record_of_a_thousand_is_rejected(kind: str) -> None:
    """999 are written, also those after it."""
    bad, _ = BAD.get(kind, (record(7, title="bad"), ""))
    data = document([*map(record, range(500)), bad, *map(record, range(501, 1000))])
    transform = Transform(lambda each: {"A title": b"sent"}[(each["245"]["a"] or "")[:7]], default_delete)
    assert reduce(Totals.plus, transformed(cut(data), transform), Totals()) == Totals(1000, written=999, rejected=1)


def test_a_deletion_that_is_skipped_is_no_deletion() -> None:
    """Nothing was sent for it."""
    data = document([record(1, leader=LEADER[:5] + "d" + LEADER[6:])])
    transform = Transform(lambda _: b"sent", lambda _: None)
    assert reduce(Totals.plus, transformed(cut(data), transform), Totals()) == Totals(read=1, skipped=1)


def test_a_reject_is_a_line_of_json() -> None:
    """With its position, its control number if that could be read, and why."""
    line = reject_line(Reject(PLACE, "bad-field", "991", "subfield without code"))
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    assert json.loads(line) == {
        "file": "export.xml",
        "member": "member",
        "number": 2,
        "offset": 100,
        "control_number": "991",
        "reason": "bad-field",
        "detail": "subfield without code",
    }
    assert json.loads(reject_line(Reject(PLACE, "not-utf-8")))["control_number"] is None


def test_a_name_with_a_line_feed_stays_in_its_line() -> None:
    """A member of an archive may be called anything."""
    assert reject_line(Reject(Position("a\nb", "\u2028", 1, 0), "no-leader")).count(b"\n") == 1
