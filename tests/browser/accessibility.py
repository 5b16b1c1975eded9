"""Checks a page with axe for WCAG 2.2 AA and its best practices, in both themes, and that it fits a narrow screen."""

from typing import Any, Final, Literal

from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped]  # the package has no types
from playwright.sync_api import Page, ViewportSize

_OPTIONS: Final[dict[str, Any]] = {"resultTypes": ["violations"]}
# The dark theme changes only colours (tests/scripts/console/test_style.py), so the other rules find the same in it.
_OF_COLOURS: Final[dict[str, Any]] = {**_OPTIONS, "runOnly": {"type": "tag", "values": ["cat.color"]}}
_THEMES: Final[tuple[tuple[Literal["light", "dark"], dict[str, Any]], ...]] = (
    ("light", _OPTIONS),
    ("dark", _OF_COLOURS),
)
_RUN: Final = "(options) => axe.run(options).then((results) => results.violations)"
_NARROW: Final[ViewportSize] = {"width": 380, "height": 700}


def faults(page: Page) -> list[str]:
    """Return what is wrong with a page that is open: what axe finds in each theme, and its width on a narrow screen."""
    found = []
    for theme, options in _THEMES:
        page.emulate_media(color_scheme=theme)
        found += [f"{theme}: {violation}" for violation in violations(page, options)]
    wide = page.viewport_size
    page.set_viewport_size(_NARROW)
    if pixels := overflow(page):
        found.append(f"{pixels} pixels wider than a screen of {_NARROW['width']} pixels")
    if wide:
        page.set_viewport_size(wide)
    return found


def violations(page: Page, options: dict[str, Any] = _OPTIONS) -> list[str]:
    """Return a line for each element that violates a rule: the rule, the element and what to do."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(_RUN, options)
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


def overflow(page: Page) -> int:
    """Return by how many CSS pixels the page is wider than its window, 0 if one need not scroll sideways."""
    return int(page.evaluate("Math.max(0, document.documentElement.scrollWidth - window.innerWidth)"))
