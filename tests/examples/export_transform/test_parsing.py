"""One record is parsed as pymarc does it, and a bad one is rejected for a reason of a closed list."""

import io
from typing import get_args

import pymarc
import pytest
from export_transform.parsing import Status, control_number, parse, status_of
from export_transform.records import CutRecord, Position, Reject
from pymarc import Record

from tests.examples.export_transform.marc_samples import BAD, LEADER, LEADER_FIELD, cut, document, record, records

NUMBER = b'<controlfield tag="001">991</controlfield>'


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_record_is_rejected_and_the_others_are_not(kind: str) -> None:
    """In the middle of a thousand: 999 are read and one is rejected, at its position."""
    bad, reason = BAD[kind]
    data = document([*(record(number) for number in range(500)), bad, *(record(number) for number in range(501, 1000))])
    found = [parse(each) if isinstance(each, CutRecord) else each for each in cut(data)]
    [reject] = [each for each in found if isinstance(each, Reject)]
    assert sum(isinstance(each, Record) for each in found) == 999
    assert (reject.reason, reject.position) == (reason, Position("export.xml", "member", 501, data.index(bad)))
    assert reject.control_number == (None if b"99000007" not in bad or b'tag="001"' not in bad else "99000007")


def test_a_record_is_that_of_pymarc() -> None:
    """All that exports contain: fields of every kind, empty ones, references, sections and white space."""
    one = (
        "<record>\n"
        + LEADER_FIELD.decode()
        + NUMBER.decode()
        + '<controlfield tag="008"/><controlfield tag="FMT">BK</controlfield>'
        '<datafield tag="245"><subfield code="a">&lt;A &amp; B&#233;&gt;<![CDATA[<c>]]><!-- no --></subfield>'
        '<subfield code="9"/></datafield><datafield tag="500" ind1="1" ind2="#"> </datafield>'
        '<datafield tag="AVA" ind1=" " ind2=" "><subfield code="b"> ä 漢字 \n</subfield></datafield></record>'
    ).encode()
    data = document([one])
    [ours] = [parse(each) for each in cut(data) if isinstance(each, CutRecord)]
    [its] = pymarc.parse_xml_to_array(io.BytesIO(data))  # type: ignore[no-untyped-call] # pymarc has no types there
    assert isinstance(ours, Record)
    assert ours.as_dict() == its.as_dict()
    assert [field.data for field in ours.fields] == [field.data for field in its.fields]


def parsed(data: bytes) -> Record:
    [one] = [parse(each) for each in cut(document([data])) if isinstance(each, CutRecord)]
    assert isinstance(one, Record)
    return one


def test_a_record_has_a_status() -> None:
    """Four values; characters that MARC does not know are `other`."""
    statuses = {"n": "new", "c": "updated", "d": "deleted", "a": "other", "p": "other", " ": "other", "?": "other"}
    found = {code: status_of(parsed(record(1, leader=LEADER[:5] + code + LEADER[6:]))) for code in statuses}
    assert found == statuses
    assert set(statuses.values()) == set(get_args(Status))


def test_a_deleted_record_needs_only_a_control_number() -> None:
    """Alma deletes with hardly any field."""
    leader = f"<leader>{LEADER[:5]}d{LEADER[6:]}</leader>".encode()
    one = parsed(b"<record>" + leader + NUMBER + b"</record>")
    assert (status_of(one), control_number(one)) == ("deleted", "991")


def test_a_control_number_has_no_space_around_it() -> None:
    """So it is the same identifier wherever it is sent."""
    assert control_number(parsed(record(1).replace(b"99000001", b" 991\n"))) == "991"


def test_the_file_of_rejects_has_no_text_of_a_record() -> None:
    """A detail names an element or a fault of the markup; a name without an end is cut off."""
    for bad, _ in BAD.values():
        [each] = cut(document([bad.replace(b"A title", b"Jane Roe")]))
        reject = parse(each) if isinstance(each, CutRecord) else each
        assert isinstance(reject, Reject)
        assert "Roe" not in reject.detail
    [long] = cut(document([b"<record><" + b"a" * 1000 + b"/></record>"]))
    assert isinstance(long, CutRecord)
    reject = parse(long)
    assert isinstance(reject, Reject)
    assert reject.detail == "a" * 64


def test_a_declaration_in_a_record_is_never_parsed() -> None:
    """The cutter refuses the file; in bytes that come from elsewhere it would be in an element."""
    data = b'<!DOCTYPE a [<!ENTITY e "e">]>' + records(1)
    reject = parse(CutRecord(Position("f", "p", 1, 0), data, b"<_>", is_deleted=False))
    assert isinstance(reject, Reject)
    assert reject.reason == "not-well-formed"


@pytest.mark.parametrize("place", [b"</subfield>", b"</controlfield>", b"</leader>"])
@pytest.mark.parametrize("inside", [b"<i>of it</i> and more", b"<i/>"])
def test_an_element_in_a_text_is_rejected(place: bytes, inside: bytes) -> None:
    """A record that lost the rest of its title would look like a good one."""
    [one] = cut(document([record(1).replace(place, inside + place, 1)]))
    assert isinstance(one, CutRecord)
    reject = parse(one)
    assert isinstance(reject, Reject)
    assert (reject.reason, reject.detail) == ("bad-field", "i")


def test_a_section_may_contain_a_declaration() -> None:
    """It is text there, and so is a tag."""
    one = parsed(record(1, title="<![CDATA[<!DOCTYPE a></record>]]>"))
    assert one["245"]["a"] == "<!DOCTYPE a></record> 1"


def test_deep_elements_do_not_exhaust_the_stack() -> None:
    """As deep as the largest record allows."""
    [deep] = cut(document([b"<record>" + b"<a>" * 250_000 + b"</a>" * 250_000 + b"</record>"]))
    assert isinstance(deep, CutRecord)
    reject = parse(deep)
    assert isinstance(reject, Reject)
    assert reject.reason == "bad-field"
