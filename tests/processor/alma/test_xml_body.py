"""XML bodies are converted to the data of the JSON form, and hostile ones are rejected."""

import re
from typing import Any

import pytest

from processor.alma.json_body import MAX_DEPTH
from processor.alma.xml_body import NotXml, looks_like_xml, read


@pytest.mark.parametrize(
    ("xml", "members"),
    [
        ("<w><a>text</a></w>", {"a": "text"}),
        (
            '<w><s desc="Completed">COMPLETED_SUCCESS</s></w>',
            {"s": {"value": "COMPLETED_SUCCESS", "desc": "Completed"}},
        ),
        ("<w><a/><b></b><c> \n </c></w>", {"a": None, "b": None, "c": None}),
        ('<w><a desc="d"/></w>', {"a": {"value": None, "desc": "d"}}),
        ("<w><a>1</a><b>x</b><a>2</a></w>", {"a": ["1", "2"], "b": "x"}),
        ('<w><job link="l"><id>5</id></job></w>', {"job": {"link": "l", "id": "5"}}),
        (
            "<w><j><counters><counter><value>3</value></counter></counters></j></w>",
            {"j": {"counter": [{"value": "3"}]}},
        ),
        ("<w><j><counter><value>3</value></counter></j></w>", {"j": {"counter": {"value": "3"}}}),
        ('<w><j><alerts><alert desc="d">a</alert></alerts></j></w>', {"j": {"alert": [{"value": "a", "desc": "d"}]}}),
        ('<n:w xmlns:n="urn:x"><n:a>1</n:a></n:w>', {"a": "1"}),
        ("<w><event>LOAN_CREATED</event></w>", {"event": {"value": "LOAN_CREATED"}}),
        ("<w><event/></w>", {"event": None}),
        ("<w><bib><anies/></bib></w>", {"bib": {"anies": None}}),
        ("<w><x><bib><record/></bib></x></w>", {"x": {"bib": {"anies": ["<record />"]}}}),
        (
            "<w><job_instance><status>S</status><counters><counter><type>t</type></counter></counters></job_instance></w>",
            {"job_instance": {"status": {"value": "S"}, "counter": [{"type": {"value": "t"}}]}},
        ),
        ("<w><user_identifier><status>S</status></user_identifier></w>", {"user_identifier": {"status": "S"}}),
        (
            "<w><user><contact_info><addresses><address><line1>x</line1></address></addresses></contact_info></user></w>",
            {"user": {"contact_info": {"address": [{"line1": "x"}]}}},
        ),
        (
            "<w><bib><network_numbers><network_number>1</network_number></network_numbers></bib></w>",
            {"bib": {"network_number": ["1"]}},
        ),
        ('<w><event desc="d">\n  LOAN_CREATED\n</event></w>', {"event": {"desc": "d", "value": "LOAN_CREATED"}}),
        ('<w><x value="1">2</x></w>', {"x": {"value": "2"}}),
        ('<w xmlns="urn:x"><n:ns xmlns:n="urn:n"><n:n>1</n:n></n:ns></w>', {"n": ["1"]}),
        ("<w><aes><ae>1</ae><ae>2</ae></aes></w>", {"ae": ["1", "2"]}),
        ("<w><rs_libraries><rs_library>1</rs_library></rs_libraries></w>", {"rs_library": ["1"]}),
        ("<w><o><ty>1</ty></o><ies><b>1</b></ies></w>", {"o": {"ty": "1"}, "ies": {"b": "1"}}),
        ("<w><bies><b>1</b></bies><ties><ty>1</ty></ties></w>", {"bies": {"b": "1"}, "ty": ["1"]}),
        ("<w><ass><as><a>1</a></as></ass></w>", {"as": [{"a": "1"}]}),
        ("<w><as><a>1</a><b>2</b></as></w>", {"as": {"a": "1", "b": "2"}}),
        ('<w><as count="1"><a>1</a></as></w>', {"as": {"count": "1", "a": "1"}}),
        ("<w><a>1<!-- no -->2<b/>3</a></w>", {"a": {"b": None}}),
        ("<w><a>1<!-- no -->2</a></w>", {"a": "12"}),
        ("\n \n<w><a>1</a></w>", {"a": "1"}),
        ("<w><a>&lt;b&gt; &amp; &#233;</a></w>", {"a": "<b> & é"}),
        ("<w><a><![CDATA[<x>]]></a></w>", {"a": "<x>"}),
        ('<?xml version="1.0" encoding="UTF-8"?>\n<w>\n  <a>1</a>\n</w>\n', {"a": "1"}),
        ("\ufeff<w><a>é</a></w>", {"a": "é"}),
    ],
)
def test_xml_is_converted_to_the_json_form(xml: str, members: dict[str, Any]) -> None:
    """Text, attributes, nulls, lists, wrappers and namespaces are converted to the JSON form."""
    assert read(xml.encode()) == members


LABELED = '<?xml version="1.0" encoding="{}"?>\n<w><a>é€</a></w>'


@pytest.mark.parametrize("label", ["UTF-16", "UTF-16LE", "UTF-8", "utf8", "UCS-2", "ISO-8859-1", "ASCII", "unheard-of"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_f72_a_wrong_encoding_label_is_read_by_the_bytes(label: str, encoding: str) -> None:
    """Bytes that are UTF-8 or UTF-16 are read as that under any label."""
    body = LABELED.format(label).encode(encoding)
    assert looks_like_xml(body)
    assert read(body) == {"a": "é€"}


@pytest.mark.parametrize("mark", ["\ufeff", ""])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_of_utf_16_is_optional(mark: str, encoding: str) -> None:
    """UTF-16 is recognized in both byte orders, with or without a byte order mark."""
    assert read((mark + LABELED.format("UTF-16")).encode(encoding)) == {"a": "é€"}


@pytest.mark.parametrize("label", ["ISO-8859-1", "windows-1252"])
def test_the_label_decides_for_other_bytes(label: str) -> None:
    """Bytes that are not UTF-8 are read by their declaration."""
    assert read(f'<?xml version="1.0" encoding="{label}"?><w><a>é</a></w>'.encode(label)) == {"a": "é"}


@pytest.mark.parametrize(
    ("label", "reason"),
    [("secret", "encoding that is not supported"), ("UTF-16", "not valid XML"), ("UTF-8", "not valid XML")],
)
def test_f17_bytes_without_a_known_encoding_are_rejected(label: str, reason: str) -> None:
    """Bytes that are neither UTF-8 nor what their declaration says are rejected, and the label is not quoted."""
    with pytest.raises(NotXml, match=reason) as raised:
        read(f'<?xml version="1.0" encoding="{label}"?><w><a>é</a></w>'.encode("latin-1"))
    assert "secret" not in str(raised.value)


PREFIXED = [
    'xsi:nil="true"',
    'xsi:type="xs:string"',
    'xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:nil="false"',
    'xmlns:xsi="urn:x" xsi:desc="d"',
    'xmlns="urn:x" xml:lang="en" xsi:value="0"',
]


@pytest.mark.parametrize("attributes", PREFIXED)
def test_f72_attributes_with_a_prefix_never_change_the_structure(attributes: str) -> None:
    """Attributes of XML Schema and namespaces are ignored on every element, with or without a declared prefix."""
    plain = '<w><e/><t>1</t><s desc="d">S</s><as><a>1</a></as><o><m>1</m></o><bib><record><leader/></record></bib></w>'
    decorated = re.sub(r"<(\w+)", rf"<\1 {attributes}", plain)
    assert read(decorated.encode()) == read(plain.encode())


def test_marcxml_stays_text() -> None:
    """The record of a bib is kept as XML in `anies`, as in JSON."""
    record = (
        '<record><leader>00000nam</leader><datafield tag="245"><subfield code="a">T</subfield></datafield></record>'
    )
    assert read(f"<w><bib><mms_id>9</mms_id>{record}\n</bib></w>".encode()) == {
        "bib": {"mms_id": "9", "anies": [record]}
    }


def test_marcxml_in_a_namespace_is_kept_without_it() -> None:
    """MARCXML is kept without its namespace prefix; several records and nested elements are kept."""
    first = '<m:record a="&lt;" m:b="c" xsi:schemaLocation="d"><m:record>x &amp; y</m:record></m:record>'
    xml = f'<w xmlns:m="urn:m"><bib>{first}<record/></bib></w>'
    records = ['<record a="&lt;"><record>x &amp; y</record></record>', "<record />"]
    assert read(xml.encode()) == {"bib": {"anies": records}}


BILLION_LAUGHS = (
    '<!DOCTYPE w [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><w><a>&j;</a></w>"
)
XXE = '<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><w><action>&x;</action></w>'


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (BILLION_LAUGHS, "DTD or entities"),
        (XXE, "DTD or entities"),
        ("<!DOCTYPE w><w><a>1</a></w>", "DTD or entities"),
        ('<!DOCTYPE w SYSTEM "http://127.0.0.1:1/w.dtd"><w><a>1</a></w>', "DTD or entities"),
        ("<w><secret>", "not valid XML at line 1, column 11"),
        ("<w>secret</w><w/>", "not valid XML at line 1"),
        ("<w>&secret;</w>", "not valid XML at line 1"),
        ("<w><a>\x01secret</a></w>", "not valid XML at line 1"),
        ("<", "not valid XML at line 1"),
        ("<w/>", "without members"),
        ("<w>secret</w>", "without members"),
        ("<a>" * 201 + "</a>" * 201, "deeper than 200"),
        ("<a>" * 100_000, "deeper than 200"),
    ],
)
def test_f17_xml_that_cannot_be_mapped_is_rejected_with_advice(xml: str, reason: str) -> None:
    """Entities, DTDs, invalid and too deep XML are rejected; the reason quotes nothing and has advice."""
    with pytest.raises(NotXml, match=reason) as raised:
        read(xml.encode())
    assert "set the format of Alma's webhook profile to JSON" in str(raised.value)
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None


def nested(levels: int) -> bytes:
    return ("<w>" + "<x/>" * 300 + "<a>" * (levels - 1) + "</a>" * (levels - 1) + "</w>").encode()


def test_two_hundred_levels_are_read() -> None:
    """The limit is the same as for JSON, and far below the limit of Python's stack."""
    assert read(nested(MAX_DEPTH))
    with pytest.raises(NotXml, match="deeper than 200"):
        read(nested(MAX_DEPTH + 1))


def test_the_limit_counts_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elements that are already closed do not count."""
    monkeypatch.setattr("processor.alma.xml_body.MAX_DEPTH", 5)
    assert read(nested(5))
    with pytest.raises(NotXml, match="deeper than 5"):
        read(nested(6))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<w/>", True),
        (b"\xef\xbb\xbf \r\n<w/>", True),
        (b'{"a":"<b>"}', False),
        (b"", False),
        (b"\xff\xfe<\x00", True),
        (b"\xfe\xff\x00<", True),
        (b"<\x00w\x00", True),
        (b"\x00<\x00w", True),
        (b"\xff\xfe", False),
        (b"\x00{", False),
    ],
)
def test_xml_is_recognized_by_its_first_character(body: bytes, expected: bool) -> None:
    """The first character after whitespace and a byte order mark decides, not a header that anyone can set."""
    assert looks_like_xml(body) is expected
