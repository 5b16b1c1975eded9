"""The colors of the console: each state of a badge can be read, in light and in dark; axe sees only those shown."""

import re
from typing import Final

import pytest

from scripts.console.page import STATIC

STYLE: Final = (STATIC / "console.css").read_text("utf-8")
GROUNDS: Final = ("ground", "panel")
INKS: Final = ("text", "soft", "link", "good", "warn", "bad", *(f"ink-{number}" for number in range(7)))
PAIRS: Final = (
    ("button-text", "button"),
    ("danger-text", "danger"),
    ("production-text", "production"),
    ("text", "mark"),
)
LINES: Final = ("focus", "line")
TEXT_CONTRAST: Final = 4.5
LINE_CONTRAST: Final = 3.0


def colors(*, dark: bool) -> dict[str, str]:
    """Return the color of each token of a theme, as six digits."""
    darker = re.compile(r"@media \(prefers-color-scheme: dark\) \{(.*?\})\s*\}", re.DOTALL)
    of_theme = "".join(darker.findall(STYLE)) if dark else darker.sub("", STYLE)
    return dict(re.findall(r"--([\w-]+): #([0-9a-f]{6});", of_theme))


def luminance(color: str) -> float:
    """Return the relative luminance of WCAG 2.2."""
    parts = (int(color[place : place + 2], 16) / 255 for place in (0, 2, 4))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colors, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_has_the_greatest_contrast() -> None:
    """The formula is that of WCAG."""
    assert contrast("000000", "ffffff") == pytest.approx(21)
    assert contrast("767676", "ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_can_be_read(dark: bool) -> None:
    """Each ink on each ground, and each pair, has a contrast of 4.5:1; the focus and lines around fields 3:1."""
    found = colors(dark=dark)
    wanted = {(ink, ground): TEXT_CONTRAST for ink in INKS for ground in GROUNDS} | dict.fromkeys(PAIRS, TEXT_CONTRAST)
    wanted |= {(line, ground): LINE_CONTRAST for line in LINES for ground in GROUNDS}
    ratios = {pair: contrast(*(found[name] for name in pair)) for pair in wanted}
    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < wanted[pair]} == {}


def test_every_color_is_a_token_of_both_themes() -> None:
    """A color outside of the tokens would be missing in one theme."""
    assert colors(dark=False).keys() == colors(dark=True).keys()
    rules = re.sub(r"--[\w-]+: #[0-9a-f]{6};", "", STYLE)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(|\bopacity\b", rules) == []
    assert set(re.findall(r"var\(--([\w-]+)\)", rules)) <= colors(dark=False).keys()


def test_the_dark_theme_changes_only_colors() -> None:
    """So tests/browser/accessibility.py needs only axe's rules about colors in the dark theme."""
    blocks = re.findall(r"@media \(prefers-color-scheme: dark\) \{\s*:root \{([^}]*)\}\s*\}", STYLE)
    assert len(blocks) == STYLE.count("prefers-color-scheme")
    assert [re.sub(r"--[\w-]+: #[0-9a-f]{6};|\s", "", block) for block in blocks] == ["", ""]
    pages = (STATIC.parent / "templates").rglob("*.html")
    assert [page.name for page in pages if "prefers-color-scheme" in page.read_text("utf-8")] == []


def test_every_badge_has_an_ink_that_was_checked() -> None:
    """States differ by their words; their colors are those of the inks above."""
    inks = re.findall(r"\.badge-[\w-]+(?:, \.badge-[\w-]+)* \{ color: var\(--([\w-]+)\); \}", STYLE)
    assert inks
    assert set(inks) <= set(INKS)
    assert len(inks) == len(re.findall(r"^\.badge-", STYLE, re.MULTILINE))
