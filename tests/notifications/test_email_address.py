"""E-mail addresses and subjects: nothing adds a header, a recipient or a hidden text."""

from email.header import decode_header, make_header
from email.headerregistry import AddressHeader
from email.parser import Parser
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.email_address import LONGEST_SUBJECT, EmailAddress, subject_line

INJECTIONS = (
    "\r\nBcc: x@y.example",
    "\rBcc: x@y.example",
    "\nBcc: x@y.example",
    "\u2028",
    "\u2029",
    "\x00",
    "\x85",
    "\x0b",
)


@pytest.mark.parametrize(
    ("text", "address", "name"),
    [
        ("a@b.example", "a@b.example", ""),
        (" a@b.example ", "a@b.example", ""),
        ("a.b+c_d'e@sub.b-c.example", "a.b+c_d'e@sub.b-c.example", ""),
        ("Library <a@b.example>", "a@b.example", "Library"),
        ('"Desk, Main \\"A\\"" <a@b.example>', "a@b.example", 'Desk, Main "A"'),
        ("Desk, Main <a@b.example>", "a@b.example", "Desk, Main"),
        ("Bücherei 😀 <a@b.example>", "a@b.example", "Bücherei 😀"),
        ("<a@b.example>", "a@b.example", ""),
        ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example", ""),
    ],
)
def test_addresses(text: str, address: str, name: str) -> None:
    """An address alone, or with a name in front."""
    assert EmailAddress.parse(text) == (address, name)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "a",
            "@b.example",
            "a@",
            "a@b",
            "a@-b.example",
            "a@b..example",
            ".a@b.example",
            "a.@b.example",
            "a b@c.example",
        ),
        *(
            "a@b.example, c@d.example",
            "a@b.example;c@d.example",
            "a@b.example c@d.example",
            "<a@b.example> <c@d.example>",
        ),
        *(
            "a@b.example <c@d.example",
            "a@b.example>",
            "x <y> <a@b.example>",
            "ü@b.example",
            "a@bücher.example",
            "a@[127.0.0.1]",
        ),
        *("a" * 65 + "@b.example", "a@" + "b" * 64 + ".example", "a@" + "b." * 130 + "example", '"a b"@c.example'),
        *("(comment)a@b.example", "mailto:a@b.example", "n" * 129 + " <a@b.example>", "group:a@b.example;"),
        *(f"a@b.example{each}" for each in INJECTIONS),
        *(f"Name{each} <a@b.example>" for each in INJECTIONS),
        *(f"a{each}@b.example" for each in INJECTIONS),
    ],
)
def test_other_texts_are_rejected(text: str) -> None:
    """A second address, a control character or a character outside ASCII; the error does not quote the text."""
    with pytest.raises(ValueError, match=r"^(has|is) ") as raised:
        EmailAddress.parse(text)
    assert "example" not in str(raised.value).replace("a@b.example", "")


def parsed(header: str) -> list[tuple[str, str]]:
    """Return the addresses of a header as Python's parser reads them."""
    message = Parser(policy=default).parsestr(f"To: {header}\n\n")
    to = message["To"]
    assert isinstance(to, AddressHeader)
    assert message.keys() == ["To"]
    return [(each.addr_spec, each.display_name) for each in to.addresses]


@pytest.mark.parametrize(
    "name",
    [
        "Library",
        "Desk, Main",
        'a"b\\c',
        "Bücherei 😀",
        "=?utf-8?q?Bcc=3A_x=40y.example?=",
        "a: b; c@d.example",
        "'",
    ],
)
def test_a_header_has_one_address_and_the_name(name: str) -> None:
    """Another parser reads the same address and name, also of a name that looks encoded."""
    assert parsed(EmailAddress("a@b.example", name).header()) == [("a@b.example", name)]


def test_a_long_name_is_several_encoded_words() -> None:
    """A word has at most 75 characters (RFC 2047); the space between two of them is not shown."""
    header = EmailAddress("a@b.example", "é" * 128).header()
    assert max(map(len, header.split())) <= 75
    assert str(make_header(decode_header(header))) == "é" * 128 + " <a@b.example>"


@settings(max_examples=50)
@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="<>"), max_size=128))
def test_any_name_stays_a_name(name: str) -> None:
    """No name adds a recipient, and the header is ASCII in one line."""
    header = EmailAddress.parse(f"{name}<a@b.example>").header()
    assert header.isascii()
    assert "\n" not in header
    assert [address for address, _ in parsed(header)] == ["a@b.example"]


def test_an_address_is_not_shown() -> None:
    """Logs must not show addresses of people."""
    assert repr(EmailAddress("a@b.example", "Name")) == "EmailAddress(…)"


@pytest.mark.parametrize("injection", INJECTIONS)
def test_a_subject_is_one_line(injection: str) -> None:
    """A control character becomes a space, as everywhere in SES."""
    line = subject_line(f"Job done{injection}end")
    assert line.isprintable()
    assert line.startswith("Job done ")


@pytest.mark.parametrize("text", ["=?utf-8?q?Bcc=3A?=", "a =?UTF-8?B?YQ==?= b", "plain", "= ?", "Überfällig 😀"])
def test_a_subject_is_shown_as_it_is(text: str) -> None:
    """No part of a subject is an encoded word, which mail programs would decode."""
    line = subject_line(text)
    assert str(make_header(decode_header(line))) == line
    assert line.replace("= ?", "=?") == text.replace("= ?", "=?")


@pytest.mark.parametrize(("length", "expected"), [(LONGEST_SUBJECT, "x" * LONGEST_SUBJECT), (300, "x" * 199 + "…")])
def test_a_long_subject_is_cut(length: int, expected: str) -> None:
    """The cut is marked."""
    assert subject_line("x" * length) == expected
