"""Characters that nobody sees, or that change how a text looks, are shown by code point."""

import pytest
from markupsafe import Markup

from scripts.console.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("exe.\N{RIGHT-TO-LEFT OVERRIDE}gnp", "exe.⟨U+202E⟩gnp"),
        ("a\N{ZERO WIDTH SPACE}b\N{ZERO WIDTH NO-BREAK SPACE}", "a⟨U+200B⟩b⟨U+FEFF⟩"),
        ("a\N{NO-BREAK SPACE}b", "a⟨U+00A0⟩b"),
        ("a\x00\x1b[31m", "a⟨U+0000⟩⟨U+001B⟩[31m"),
        ("a\u2028b\ud800", "a⟨U+2028⟩b⟨U+D800⟩"),
        ("Größe, שלום, 本\n\tx", "Größe, שלום, 本\n\tx"),
    ],
)
def test_hidden_characters_are_shown(text: str, shown: str) -> None:
    """Control, format and separator characters get their code point; any other script and lines stay."""
    assert visible(text) == shown


def test_markup_and_other_values_stay() -> None:
    """What a template made itself, and what is no text, is not changed."""
    markup = Markup("<b>\N{ZERO WIDTH SPACE}</b>")
    assert visible(markup) is markup
    assert visible(5) == 5
