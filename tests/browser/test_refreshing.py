"""Pages that refresh themselves: nobody loses their place, and a hidden tab asks for nothing."""

import pytest
from playwright.sync_api import Page

from tests.browser.reading import settled

REFRESHES = 10
# Each page that refreshes a part of itself, the address of that part, and more than the milliseconds between refreshes.
LIVE, ISSUES = ("/live", "/live/events", 2_100), ("/issues", "/issues/part", 10_100)
POLLED = [LIVE, ("/", "/overview/parts", 10_100), ("/dead-letters", "/dead-letters/age", 3_100)]


def refresh(page: Page, part: str, milliseconds: int) -> None:
    """Let the time of the page pass until a part was read again."""
    with page.expect_response(lambda response: part in response.url and response.ok):
        page.clock.run_for(milliseconds)


@pytest.fixture
def timed(page: Page) -> Page:
    """Open a page whose clock the test moves."""
    page.clock.install()
    return page


@pytest.mark.parametrize(("path", "part", "milliseconds"), POLLED)
def test_the_focus_stays_over_ten_refreshes(timed: Page, path: str, part: str, milliseconds: int) -> None:
    """Who has come to a control by the keyboard is still there, and goes on from there."""
    settled(timed, path)
    stop = timed.locator("main").locator("a, button, select, input, summary").first
    stop.focus()
    timed.evaluate("window.place = document.activeElement")
    for _ in range(REFRESHES):
        refresh(timed, part, milliseconds)
    assert timed.evaluate("window.place.isConnected && window.place === document.activeElement")
    timed.keyboard.press("Tab")
    assert timed.evaluate("document.activeElement !== document.body && document.activeElement !== window.place")


@pytest.mark.parametrize(("path", "part", "milliseconds"), [LIVE, ISSUES])
def test_nothing_is_replaced_while_the_focus_is_in_it(timed: Page, path: str, part: str, milliseconds: int) -> None:
    """A part in which somebody is stays as it is, and is read again when they leave it."""
    settled(timed, path)
    region = timed.locator(f'[hx-get^="{part}"]').first
    inside = region.locator("a, button, summary, [tabindex='0']").first
    inside.focus()
    asked: list[str] = []
    timed.on("request", lambda request: asked.append(request.url))
    timed.clock.run_for(3 * milliseconds)
    assert [url for url in asked if part in url] == []
    assert inside.evaluate("element => element === document.activeElement")
    timed.locator("main").focus()
    refresh(timed, part, milliseconds)


def test_the_place_on_the_page_stays(timed: Page) -> None:
    """A refresh does not scroll."""
    timed.set_viewport_size({"width": 600, "height": 300})
    settled(timed, "/live")
    timed.evaluate("window.scrollTo(0, 120)")
    before = timed.evaluate("window.scrollY")
    refresh(timed, "/live/events", 2_100)
    assert before > 0
    assert timed.evaluate("window.scrollY") == before
