"""Tests of the lengths of texts in the units of services."""

# ruff: noqa: RUF001 -- the texts are meant as they are

import pytest

from notifications.text_measures import GSM7_EXTENSION, gsm7_normalized, sms_parts, utf8_bytes, utf16_units


@pytest.mark.parametrize(
    ("text", "units", "size"),
    [
        ("", 0, 0),
        ("a", 1, 1),
        ("é", 1, 2),
        ("e\u0301", 2, 3),
        ("€", 1, 3),
        ("📚", 2, 4),
        ("👩‍🏫", 5, 11),
        ("\ud800", 1, 3),
    ],
)
def test_lengths_are_in_the_unit_of_the_service(text: str, units: int, size: int) -> None:
    """Characters beyond U+FFFF are two UTF-16 units, and UTF-8 has one to four bytes for a character."""
    assert (utf16_units(text), utf8_bytes(text)) == (units, size)


@pytest.mark.parametrize(
    ("length", "parts"), [(0, 1), (1, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4)]
)
@pytest.mark.parametrize("character", ["a", "é", "Ω", "\n", "@", "ß"])
def test_a_text_of_gsm7_has_160_septets_or_153_in_each_part(character: str, length: int, parts: int) -> None:
    """One part holds 160 septets; as one of several it holds 153."""
    assert sms_parts(character * length) == parts


@pytest.mark.parametrize(("length", "parts"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)])
def test_any_other_text_has_70_units_or_67_in_each_part(length: int, parts: int) -> None:
    """One character outside GSM-7 makes the whole text UTF-16."""
    assert sms_parts("ç" + "a" * (length - 1)) == sms_parts("a" * (length - 1) + "—") == parts


@pytest.mark.parametrize("character", GSM7_EXTENSION)
def test_characters_of_the_extension_table_count_twice(character: str) -> None:
    """Each is an escape and a character."""
    assert [sms_parts(character * length) for length in (80, 81)] == [1, 2]
    assert [sms_parts("a" * length + character) for length in (158, 159)] == [1, 2]


def test_the_extension_table_is_that_of_the_standard() -> None:
    """It has ten characters."""
    assert sorted(GSM7_EXTENSION) == sorted("\f^{}\\[~]|€")


def test_no_part_ends_inside_a_character() -> None:
    """A character of two units that does not fit in the rest of a part begins the next one."""
    assert [sms_parts("a" * 152 + "€" + "b" * more) for more in (151, 152)] == [2, 3]
    assert [sms_parts("a" * 153 + "€" + "b" * more) for more in (151, 152)] == [2, 3]
    assert [sms_parts("ç" * 66 + "📚" + "b" * more) for more in (65, 66)] == [2, 3]
    assert [sms_parts("ç" * 67 + "📚" + "b" * more) for more in (65, 66)] == [2, 3]


def test_an_emoji_at_the_end_changes_the_unit_of_the_whole_text() -> None:
    """The 160th character decides on the cost of the others."""
    assert (sms_parts("a" * 159 + "b"), sms_parts("a" * 159 + "📚")) == (1, 3)
    assert [sms_parts("a" * length + "📚") for length in (68, 69)] == [1, 2]


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        ("„Faust“ – ‚neu‘…", "\"Faust\" - 'neu'..."),
        ("l’été «ici» 5′ 3″", 'l\'été "ici" 5\' 3"'),
        ("a\u00a0b\u2009c\u3000d\te", "a b c d e"),
        ("U\u0308ber", "Über"),
        ("zero\u200bwidth\ufeff, so\xadft", "zerowidth, soft"),
        ("one\u2028two", "one\ntwo"),
        ("3 − 2 — 1 ‑ 0", "3 - 2 - 1 - 0"),
    ],
)
def test_typography_becomes_gsm7(text: str, normalized: str) -> None:
    """Quotes, dashes, spaces and dots have plain forms, and a base with its accent becomes one character."""
    assert gsm7_normalized(text) == normalized


@pytest.mark.parametrize("text", ["“Война”", "– 📚", "façade…", "§ 5 €", ""])
def test_a_text_that_plain_forms_do_not_suffice_for_is_unchanged(text: str) -> None:
    """Nothing is replaced in a text that has other characters, nor in one that is GSM-7 already."""
    assert gsm7_normalized(text) == text
