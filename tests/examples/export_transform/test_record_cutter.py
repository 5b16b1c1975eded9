"""Records are cut out of MARCXML: a bad one does not hide the others, and each has its position."""

import pytest
from export_transform.causes import ArtifactError
from export_transform.limits import Limits
from export_transform.records import CutRecord, Position, Reject

from tests.examples.export_transform.marc_samples import BEGIN, END, LIMITS, cut, document, record, records


def outcome(data: bytes, limits: Limits = LIMITS) -> list[str]:
    """Return the reason of each reject, and `cut` for each other record."""
    return [each.reason if isinstance(each, Reject) else "cut" for each in cut(data, limits)]


def cause(data: bytes) -> str:
    with pytest.raises(ArtifactError) as caught:
        cut(data)
    return caught.value.cause


def test_a_record_has_its_position_and_its_bytes() -> None:
    """Number and offset are those in the member, and the bytes are the record's own."""
    data = records(3)
    for number, each in enumerate(cut(data), 1):
        assert isinstance(each, CutRecord)
        assert each.position == Position("export.xml", "member", number, data.index(record(number)))
        assert each.data == record(number)


@pytest.mark.parametrize(
    "content",
    [
        b"<!-- </record><record> -->",
        b"<![CDATA[</record><record>]]>",
        b"<?keep </record><record>?>",
        b"<!--><!-- </record> -->",
        b"<![CDATA[<!DOCTYPE x>]]>",
        b"<recordset></recordset>",
        b"<a b='>' c=\">\"/>",
    ],
)
def test_tags_in_comments_and_longer_names_end_no_record(content: bytes) -> None:
    """Only the end tag of the record itself ends it."""
    one = b"<record>" + content + b"</record >"
    assert [each.data for each in cut(document([one, record(2)])) if isinstance(each, CutRecord)] == [one, record(2)]


@pytest.mark.parametrize(
    "between", [b"<!-- <record> -->", b"<?a b?>", b"<![CDATA[<record>]]>", b"text", b"<a><b/></a>"]
)
def test_what_is_between_records_is_skipped(between: bytes) -> None:
    """Comments, instructions, text and other elements are no records."""
    assert outcome(document([record(1), between, record(2)])) == ["cut", "cut"]


def test_a_record_without_an_end_is_rejected_alone() -> None:
    """The next record begins it again."""
    data = document([record(1), record(2).removesuffix(b"</record>"), record(3)])
    assert outcome(data) == ["cut", "not-well-formed", "cut"]
    assert cut(data)[1].position.offset == data.index(record(2)[:100])


def test_a_record_without_a_beginning_is_rejected_alone() -> None:
    """Its end tag closes nothing."""
    assert outcome(document([record(1), record(2).removeprefix(b"<record>"), record(3)])) == [
        "cut",
        "not-well-formed",
        "cut",
    ]


def test_an_empty_record_is_a_record() -> None:
    """The parser then says what is missing in it."""
    assert outcome(document([b"<record/>", b"<record></record>"])) == ["cut", "cut"]


def test_a_record_that_is_too_large_is_rejected_with_its_control_number() -> None:
    """The limit is exact, and the record after it is read."""
    large = record(2, title="x" * 5000)
    data = document([record(1), large, record(3)])
    assert outcome(data, Limits(record_bytes=len(large))) == ["cut", "cut", "cut"]
    _, reject, last = cut(data, Limits(record_bytes=len(large) - 1))
    assert isinstance(reject, Reject)
    assert (reject.reason, reject.control_number) == ("too-large", "99000002")
    assert last.position == Position("export.xml", "member", 3, data.index(record(3)))


def test_a_large_record_may_have_a_comment_with_its_end_tag() -> None:
    """A comment is skipped over even where its bytes are not held any more."""
    large = record(1).replace(b"</record>", b"x" * 200_000 + b"<!--" + b"</record>" * 50_000 + b"--></record>")
    reject, other = cut(document([large, record(2)]), Limits(record_bytes=1000))
    assert isinstance(other, CutRecord)
    assert reject[1:] == ("too-large", "99000001", "")


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE collection [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + records(1),
        b'<!DOCTYPE collection SYSTEM "file:///etc/hostname">' + records(1),
        b'<!DOCTYPE c [<!ENTITY % p SYSTEM "http://192.0.2.1/p.dtd"> %p;]>' + records(1),
        document([record(1), b'<!ENTITY a "a">']),
        document([record(1), b"<record><!DOCTYPE a></record>"]),
        records(2) + b'<!DOCTYPE collection [<!ENTITY a "a">]>' + records(1),
    ],
    ids=["billion laughs", "external file", "parameter entity", "an entity alone", "in a record", "second document"],
)
def test_a_declaration_anywhere_refuses_the_file(data: bytes) -> None:
    """Entities expand to any size, and a DOCTYPE is needed to declare them."""
    assert cause(data) == "artifact-refused"


@pytest.mark.parametrize(
    "data",
    [
        b"text" + records(1),
        records(1) + b"text",
        document([b"</other>"]),
        document([b"<a></b>"]),
        b"<a>" * 100 + b"</a>" * 100,
        b"<a " + b"b" * 100_000 + b">",
        b"< a>" + b" " * 100_000,
        records(1).replace(b"UTF-8", b"ISO-8859-1"),
    ],
    ids=["text before", "text after", "end", "pair", "depth", "long tag", "no tag", "encoding"],
)
def test_what_is_not_a_collection_of_records_is_refused(data: bytes) -> None:
    """Markup around the records has to be right, because it shows that no record is missing."""
    assert cause(data) == "artifact-refused"


def test_a_cut_anywhere_is_seen() -> None:
    """Up to the last byte of the last end tag, also in comments, sections and instructions."""
    data = document([record(1), b"<!-- c -->", b"<![CDATA[ c ]]>", b"<?p i?>", record(2)]).rstrip()
    assert {cause(data[:size]) for size in range(len(data))} == {"artifact-truncated"}
    assert outcome(data) == ["cut", "cut"]


def test_documents_may_follow_each_other() -> None:
    """A file of several collections has the records of all."""
    assert outcome(records(2) + b"\xef\xbb\xbf" + records(3)) == ["cut"] * 5


def test_a_collection_may_be_empty() -> None:
    """Whether records are expected is decided later."""
    assert outcome(BEGIN + END) == outcome(b"<collection/>") == []
