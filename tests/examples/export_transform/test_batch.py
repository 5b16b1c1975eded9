"""How records become segments and batches."""

import pytest
from export_transform.batch import Batch, segments
from export_transform.export_input import ExportOptions
from export_transform.records import Position, Reject
from export_transform.transform import Transformed

AT = Position("a.xml", "a.xml", 1, 0)


def sent(body: bytes | None) -> Transformed:
    """Return a record with this body."""
    return Transformed(AT, "1", "new", body)


def options(**values: int) -> ExportOptions:
    """Return options of an export."""
    return ExportOptions(source="s3", prefix="a", **values)


def test_a_segment_is_full_by_its_records_or_its_bytes() -> None:
    """Whichever limit comes first; the last segment is shorter."""
    bodies = [b"x" * size for size in (1, 1, 1, 50, 1)]
    made = segments(map(sent, bodies), 0, options(batch_records=3, batch_bytes=40))
    assert [(each.first, each.last) for each in made] == [(1, 3), (4, 4), (5, 5)]


@pytest.mark.parametrize("consumed", [0, 3, 6])
def test_segments_are_the_same_from_where_they_were_interrupted(consumed: int) -> None:
    """What is left after whole segments is cut as before."""
    items = [sent(str(number).encode()) for number in range(8)]
    whole = list(segments(items, 0, options(batch_records=3)))
    rest = list(segments(items[consumed:], consumed, options(batch_records=3)))
    assert rest == whole[consumed // 3 :]


def test_rejects_and_skipped_records_have_no_body() -> None:
    """Bodies keep the number of their record in the file."""
    (made,) = segments([sent(b"a"), Reject(AT, "bad-leader"), sent(None), sent(b"b")], 10, options())
    assert made.bodies == {11: b"a", 14: b"b"}
    assert [each.reason for each in made.rejects] == ["bad-leader"]


def test_the_key_depends_on_execution_number_and_bytes() -> None:
    """It has no dots, because a signed ID must not have any."""
    batch = Batch(job_key="i/j", execution="export.1", number=1, file=1, first=1, last=2, bodies={1: b"a", 2: b"b"})
    others = [
        batch.model_copy(update=change) for change in ({"number": 2}, {"execution": "export.2"}, {"bodies": {1: b"a"}})
    ]
    assert batch.body == b"a\nb\n"
    assert "." not in batch.key
    assert len({batch.key, *(each.model_validate(each.model_dump()).key for each in others)}) == 4
    assert batch.place == "i/j/00001-000000001-000000002"
