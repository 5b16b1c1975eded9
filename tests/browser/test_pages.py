"""Every page in the navigation: accessible in both themes, with and without scripts, and on a narrow screen."""

import pytest
from playwright.sync_api import Browser, Page

from scripts.console.page import NAVIGATION
from tests.browser.accessibility import faults
from tests.browser.console_process import ConsoleProcess
from tests.browser.reading import settled
from tests.browser.strict_page import StrictContext, strict_context

PATHS = [*NAVIGATION]


@pytest.mark.parametrize("has_scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("path", PATHS)
def test_a_page_can_be_used_by_all(chromium: Browser, console: ConsoleProcess, path: str, *, has_scripts: bool) -> None:
    """Axe finds nothing in either theme, nobody scrolls sideways at 380 pixels, and the page says where one is."""
    with strict_context(chromium, console.signed_in(chromium), base_url=console.url) as strict:
        if not has_scripts:
            strict.without_scripts()
        page = strict.page()
        settled(page, path)
        assert faults(page) == []
        assert page.locator("nav[aria-label=Pages] [aria-current=page]").get_attribute("href") == path


def test_the_ninth_tab_loads(signed_in: StrictContext) -> None:
    """Eight open tabs of pages that refresh themselves leave connections for one more."""
    for _ in range(8):
        signed_in.page().goto("/live")
    ninth = signed_in.page()
    ninth.goto("/")
    assert ninth.get_by_role("heading", level=1).inner_text() == "Overview"


def test_the_first_stop_of_the_keyboard_skips_the_navigation(page: Page) -> None:
    """Tab and Enter bring one to the content."""
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.locator(":focus").get_attribute("id") == "content"


def test_the_browser_keeps_nothing(page: Page) -> None:
    """Nothing is kept in the storage of the browser, also after every page was opened."""
    for path in PATHS:
        page.goto(path)
    page.go_back()
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
