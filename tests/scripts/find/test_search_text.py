"""A pasted text is cleaned, and what was changed is said; whole values are compared with it."""

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.find.search_text import SearchText


def test_c13_a_pasted_id_is_found_with_its_invisible_characters() -> None:
    """Zero-width, no-break and typographic characters are dropped or folded, and a sentence says so."""
    text = SearchText.of("\ufeff 99\u200b1\u00a023\u20114 ")
    assert text.text == "99123-4"
    assert text.changes == (
        "2 invisible characters were removed.",
        "1 no-break space was removed.",
        "1 space around the text was removed.",
        "1 typographic dash was replaced by a hyphen.",
    )


@pytest.mark.parametrize("dash", "\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
def test_every_typographic_dash_is_a_hyphen(dash: str) -> None:
    """Word processors and web pages use any of them."""
    assert SearchText.of(f"a{dash}{dash}b") == ("a--b", ("2 typographic dashes were replaced by a hyphen.",))


def test_a_clean_text_is_not_changed() -> None:
    """Single spaces and other alphabets stay."""
    assert SearchText.of("Ana Müller") == ("Ana Müller", ())


@pytest.mark.parametrize("entered", ["", " \u200b\u00a0", "x" * 257, "a\nb", "a\0b"])
def test_what_cannot_be_an_id_is_a_usage_error(entered: str) -> None:
    """Nothing is searched, and the text is not quoted."""
    with pytest.raises(ConfigurationError, match=r"^The text to find (is empty|must )[^\n\0]*\.$"):
        SearchText.of(entered)


@pytest.mark.parametrize("value", ["abc-1", "ABC-1", " abc-1", "abc\u20111", "a\u200bbc-1"])
def test_a_whole_value_equals_the_text(value: str) -> None:
    """In upper or lower case, and if the value itself has such characters."""
    assert SearchText.of("Abc-1").equals(value)


@pytest.mark.parametrize("value", ["abc-12", "xabc-1", "", "abc"])
def test_a_part_of_a_value_is_not_the_text(value: str) -> None:
    """A search for the user 12 does not find the user 123."""
    assert not SearchText.of("Abc-1").equals(value)


def test_a_longer_text_has_the_text_as_a_whole_word() -> None:
    """For bodies that are neither JSON nor XML."""
    text = SearchText.of("12")
    assert all(map(text.is_within, ("12", "id=123 12;", "a:12")))
    assert not text.is_within("123 a12 012")


def test_the_representation_hides_the_text() -> None:
    """It can be the ID of a person, and ends up in tracebacks."""
    assert "secret" not in repr(SearchText.of("secret"))


def test_log_filters_get_both_cases() -> None:
    """CloudWatch distinguishes upper and lower case, and the product logs IDs in lower case."""
    assert SearchText.of("AB12").variants == ("AB12", "ab12")
    assert SearchText.of("12").variants == ("12",)
