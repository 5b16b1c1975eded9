"""Texts that SQS accepts, and the encoding of all others."""

import base64
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.sqs_text import accepted_group, attribute_value, to_text, to_utf8
from tests.envelopes import NOT_TAKEN_BY_SQS


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"text\t\r\n", "utf-8"),
        ("\ud7ff\ue000\ufffd\U00010000\U0010ffff".encode(), "utf-8"),
        (b"\x00", "base64"),
        (b"\x0b", "base64"),
        (b"\x1f", "base64"),
        ("\ufffe".encode(), "base64"),
        ("\uffff".encode(), "base64"),
        (b"\xc3", "base64"),
    ],
)
def test_f16_bytes_that_sqs_does_not_accept_as_text_are_base64(body: bytes, encoding: str) -> None:
    """Text is sent as it was signed; bytes that SQS would reject or replace are sent as base64."""
    text, used = to_text(body)
    assert used == encoding
    assert (text.encode() if used == "utf-8" else base64.b64decode(text)) == body
    assert to_utf8(body) == (text.encode(), encoding)


@example("\ufffe\uffff\ud800\udfff\x0b\t\n\r\x7f\ue000")
@given(st.text(st.characters(codec=None), max_size=300))
def test_attribute_values_keep_exactly_the_characters_that_sqs_accepts(value: str) -> None:
    """The result agrees with a pattern of the characters in the AWS documentation."""
    assert attribute_value(value) == NOT_TAKEN_BY_SQS.sub("", value)[:256]
    assert attribute_value("x" * 300, 7) == "x" * 7


@example("\uffff".encode())
@given(st.binary(max_size=50) | st.text(st.characters(codec="utf-8"), max_size=50).map(str.encode))
def test_a_body_is_text_if_sqs_accepts_it(body: bytes) -> None:
    """The same pattern decides for bodies."""
    try:
        is_taken = not NOT_TAKEN_BY_SQS.search(body.decode())
    except UnicodeDecodeError:
        is_taken = False
    assert to_utf8(body)[1] == ("utf-8" if is_taken else "base64")


_GROUP_CHARACTERS = set(string.ascii_letters + string.digits + string.punctuation)


@example("a" * 128)
@example("a" * 129)
@example(" ")
@example("ä")
@example("\x7f")
@given(st.text(max_size=130) | st.text(st.sampled_from(string.printable), max_size=130))
def test_f75_a_group_is_kept_only_if_aws_accepts_it(text: str) -> None:
    """At most 128 ASCII letters, digits and punctuation, as the AWS documentation lists them."""
    assert accepted_group(text) == (text if len(text) <= 128 and set(text) <= _GROUP_CHARACTERS else "")


def test_f75_every_character_of_the_documentation_is_accepted_in_a_group() -> None:
    """The list of the AWS documentation, written out."""
    punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
    assert accepted_group(punctuation) == punctuation == string.punctuation
    assert accepted_group(string.ascii_letters + string.digits) == string.ascii_letters + string.digits
