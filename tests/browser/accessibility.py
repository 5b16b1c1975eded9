"""Checks a page with axe for WCAG 2.2 AA and its best practices."""

from functools import cache
from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # the package has no types
from playwright.sync_api import Page


@cache
def _axe() -> Axe:
    return Axe()


def violations(page: Page) -> list[str]:
    """Return a line for each element that violates a rule: the rule, the element and what to do."""
    found: list[dict[str, Any]] = _axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


def overflow(page: Page) -> int:
    """Return by how many CSS pixels the page is wider than its window, 0 if one need not scroll sideways."""
    return int(page.evaluate("Math.max(0, document.documentElement.scrollWidth - window.innerWidth)"))
