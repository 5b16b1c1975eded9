"""Files of an export, as any bytes, whole and in pieces: each record is read once, or there is a cause."""

import io
from contextlib import nullcontext, suppress

from export_transform.artifact import ExportFile, check
from export_transform.byte_source import Readable
from export_transform.causes import ArtifactError
from export_transform.containers import open_members
from export_transform.limits import Limits
from export_transform.record_cutter import cut_records
from export_transform.records import Reject
from export_transform.transform import Transform, Transformed, default_delete, transformed
from hypothesis import example, given
from hypothesis import strategies as st

from tests.examples.export_transform.marc_samples import BEGIN, CONTAINERS, END, Chunked, document, record

LIMITS = Limits(record_bytes=2_000)
TRANSFORM = Transform(lambda record: record.as_json(), default_delete)

# What is difficult about a file: markup that could hide a record, and pieces of it.
PIECES = st.sampled_from(
    [
        *(b"<record>", b"</record>", b"</record >", b"<record/>", b"<recordset>", b"</recordset>", b"<marc:record>"),
        *(b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?a", b"?>", b"<", b">", b"'", b'"', b"</", b"/", b"\xff", b"\x01"),
        *(b"<header>", b'<header status="deleted">', b"</header>", b"<metadata>", b"</metadata>", b"<!DOCTYPE a>"),
        *(b"<leader>", b"</leader>", b"&amp;", b"&a;", b' xmlns="http://www.openarchives.org/OAI/2.0/"', b"x" * 3_000),
        *(record(number) for number in range(3)),
        *(BEGIN, END, b"\xef\xbb\xbf", b"\n"),
    ]
)
XML = st.lists(PIECES, max_size=20).map(b"".join)
SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=5)


def outcomes(stream: Readable) -> list[Transformed | Reject | str]:
    """Return what becomes of each record, and the cause if there is one at the end."""
    found: list[Transformed | Reject | str] = []
    try:
        for member in open_members(stream, "export", LIMITS):
            found += transformed(cut_records("export", member, LIMITS), TRANSFORM)
    except ArtifactError as error:
        found.append(str(error))
    return found


@example(document([b"<record><!-- </record> --></record>", b"x" * 3_000, record(1)]), [1])
@example(document([b"<record><!--", b"</record>" * 500, b"--></record>"]), [7])
@given(st.builds(lambda middle: BEGIN + middle + END, XML) | XML, SIZES)
def test_pieces_of_any_size_give_the_same_records(data: bytes, sizes: list[int]) -> None:
    """Where a stream is split changes nothing: neither a record, nor its position, nor a cause."""
    assert outcomes(Chunked(data, sizes)) == outcomes(io.BytesIO(data))


@given(st.lists(st.integers(0, 10_000).map(record), max_size=20), XML.filter(lambda data: b"<" not in data), SIZES)
def test_every_record_of_a_collection_is_read(records: list[bytes], between: bytes, sizes: list[int]) -> None:
    """Also if there is text between them."""
    found = outcomes(Chunked(BEGIN + between.join(records) + END, sizes))
    assert len(found) == len(records)
    assert all(isinstance(each, Transformed) for each in found)


def changes(data: bytes) -> st.SearchStrategy[bytes]:
    """Return a strategy of the same bytes with a few others in them, or fewer."""
    other = st.tuples(st.integers(0, len(data)), st.integers(0, 20), st.binary(max_size=8))
    return st.lists(other, min_size=1, max_size=3).map(lambda found: _changed(data, found))


def _changed(data: bytes, changed: list[tuple[int, int, bytes]]) -> bytes:
    for at, removed, added in changed:
        data = data[:at] + added + data[at + removed :]
    return data


@given(st.sampled_from(sorted(CONTAINERS)).flatmap(lambda kind: changes(CONTAINERS[kind])) | st.binary(max_size=600))
def test_a_damaged_file_has_a_cause_or_is_read(data: bytes) -> None:
    """No other error leaves the check, so that a file never stops the function that reads it."""
    with suppress(ArtifactError):
        check([ExportFile("export", lambda: nullcontext(io.BytesIO(data)))], "any", None, LIMITS)
