"""Tests of texts that fit: values are made readable, cut and escaped."""

# ruff: noqa: RUF001 -- the texts are meant as they are

import tracemalloc
from collections.abc import Callable

import pytest

from notifications.fitting import LONGEST_MESSAGE, fit, readable_value
from notifications.pieces import Piece
from notifications.text_measures import gsm7_normalized, sms_parts, utf8_bytes, utf16_units

FAMILY = "👨‍👩‍👧‍👦"


def escape(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def at_most(limit: int, measure: Callable[[str], int] = len) -> Callable[[str], bool]:
    return lambda text: measure(text) <= limit


def pieces(*texts: str) -> list[Piece]:
    """Return pieces of the template and values in turn."""
    return [Piece(text, is_value=bool(number % 2)) for number, text in enumerate(texts)]


def test_what_fits_is_complete() -> None:
    """Only values are escaped."""
    assert fit(pieces("<b>", "Faust & <i>", "</b>"), escape, at_most(30)) == "<b>Faust &amp; &lt;i&gt;</b>"


def test_the_longest_values_are_cut_first_and_equally() -> None:
    """Short values are complete as long as longer ones can be cut."""
    assert fit(pieces("", "short", " ", "x" * 50, " ", "y" * 50), escape, at_most(27)) == (
        "short " + "x" * 9 + "… " + "y" * 9 + "…"
    )


def test_f38_values_are_cut_before_they_are_escaped() -> None:
    """No limit cuts inside an entity, and the text is as long as the limit allows."""
    for limit in range(10, 60):
        text = fit(pieces("<b>", "&" * 10, "</b>"), escape, at_most(limit))
        assert text is not None
        kept = text.count("&amp;")
        assert text == "<b>" + "&amp;" * kept + ("…" if kept < 10 else "") + "</b>"
        assert kept == (10 if limit >= 57 else min((limit - 8) // 5, 8))  # with the mark, nine are as long as ten


@pytest.mark.parametrize("measure", [len, utf16_units, utf8_bytes])
@pytest.mark.parametrize("character", ["x", "&", FAMILY, "e\u0301", "é"])
@pytest.mark.parametrize("off", [-1, 0, 1])
def test_f38_every_unit_is_kept_to_the_last_one(measure: Callable[[str], int], character: str, off: int) -> None:
    """A text of one unit less, or of exactly the limit, is complete; one of a unit more is cut at a whole character."""
    whole = "<b>" + escape(character) * 40 + "</b>"
    limit = measure(whole) - off
    text = fit(pieces("<b>", character * 40, "</b>"), escape, at_most(limit, measure))
    assert text is not None
    assert measure(text) <= limit
    assert (text == whole) is (off <= 0)
    kept = text.removeprefix("<b>").removesuffix("</b>").removesuffix("…")
    assert kept.replace(escape(character), "") == ""
    assert len(kept) >= len(escape(character)) * 36


def test_f38_hostile_values_stay_inside_their_places() -> None:
    """Mentions, markup, 10 kB and right-to-left text change nothing outside their value."""
    hostile = "<!channel> <@U1> </b>&\u202egnp.exe\u2066 שלום" + "A" * 10_000
    text = fit(pieces("<b>", hostile, "</b> until ", "5 May", "."), escape, at_most(200))
    assert text is not None
    assert text.startswith("<b>&lt;!channel&gt; &lt;@U1&gt; &lt;/b&gt;&amp;gnp.exe שלוםAAA")
    assert text.endswith("A…</b> until 5 May.")
    assert len(text) == 200


def test_a_template_that_is_too_long_alone_does_not_fit() -> None:
    """Values are cut to one character at least, because a message without any would say nothing."""
    assert fit(pieces("x" * 20, "abc"), escape, at_most(20)) is None
    assert fit(pieces("x" * 20, "abc"), escape, at_most(21)) == "x" * 20 + "…"
    assert fit(pieces("x" * 20, "a"), escape, at_most(21)) == "x" * 20 + "a"
    assert fit(pieces("x" * 20), escape, at_most(19)) is None
    assert fit([], escape, at_most(0)) == ""


def test_text_messages_are_cut_by_their_parts() -> None:
    """An emoji that is cut away makes a text GSM-7 again, and the mark of the cut has plain dots there."""
    fits = at_most(1, lambda text: sms_parts(gsm7_normalized(text)))
    assert fit(pieces("Due: ", "x" * 155), str, fits) == "Due: " + "x" * 155
    assert fit(pieces("Due: ", "x" * 156), str, fits) == "Due: " + "x" * 152 + "…"
    assert fit(pieces("Due: ", "ç" * 66), str, fits) == "Due: " + "ç" * 64 + "…"
    text = fit(pieces("Due: ", "x" * 120 + FAMILY + "x" * 40), str, fits)
    assert text is not None
    assert sms_parts(gsm7_normalized(text)) == 1


@pytest.mark.parametrize("size", [10_000, 1_000_000])
@pytest.mark.parametrize("places", [1, 1_000])
@pytest.mark.parametrize("character", ["x", "&", "\u0301", "🇩"], ids=ascii)
def test_f38_work_is_bounded_however_long_values_are(size: int, places: int, character: str) -> None:
    """At most twenty rounds are made; together they escape and measure few characters, and none is large."""
    escaped, measured = [], []

    def counting_escape(value: str) -> str:
        escaped.append(len(value))
        return escape(value)

    def counting_fits(text: str) -> bool:
        measured.append(len(text))
        return len(text) <= 4_096

    value = character * size
    tracemalloc.start()
    text = fit([Piece(value, is_value=True)] * places, counting_escape, counting_fits)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32_000_000
    assert text is not None
    assert len(text) <= 4_096
    assert len(measured) <= len(escaped) <= 20
    assert sum(escaped) <= 4 * LONGEST_MESSAGE
    assert sum(measured) <= 4 * LONGEST_MESSAGE


def test_no_message_is_longer_than_the_queue_takes() -> None:
    """A service without a limit gets at most 128 KiB of UTF-8."""
    for character in ("é", "&"):
        text = fit(pieces("", character * 1_000_000), escape, lambda _: True)
        assert text is not None
        assert LONGEST_MESSAGE - 8 < utf8_bytes(text) <= LONGEST_MESSAGE
    assert fit(pieces("x" * (LONGEST_MESSAGE + 1)), escape, lambda _: True) is None


@pytest.mark.parametrize(
    ("value", "readable"),
    [
        ("a\x00b\x1bc\x7fd\x9be", "abcde"),
        ("\x98Der \x9cZauberberg", "Der Zauberberg"),  # marks of words that are not sorted
        ("exe\u202egnp", "exegnp"),
        ("".join(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A)))), ""),
        ("a\r\nb\rc\u2028d\u2029e\x85f\x0bg\x0ch", "a\nb\nc\nd\ne\nfgh"),
        ("tab\tand\nnewline", "tab\tand\nnewline"),
        ("half \ud83d of a pair", "half \ufffd of a pair"),
        ("\u200fשלום\u200e", "\u200fשלום\u200e"),
        (FAMILY, FAMILY),
    ],
)
def test_f38_control_and_bidi_characters_are_removed(value: str, readable: str) -> None:
    """Line ends become newlines, and what cannot be seen does not change what is seen."""
    assert readable_value(value) == readable
    assert fit(pieces("", value), str, at_most(100)) == readable
