"""Opens pages and waits for what they read in the background."""

from typing import Final

from playwright.sync_api import Page

from tests.end_to_end.running import eventually

_BUSY: Final = "[aria-busy=true], #plan-progress"
_BUSY_TEXTS: Final = ('aria-busy="true"', 'id="plan-progress"')
"""What a page has while it is not complete, as a selector and as texts of its source."""


def settled(page: Page, path: str) -> None:
    """Open a page once what it reads in the background is there.

    It is requested without being shown until then, because showing it takes most of the time.
    """

    def look() -> bool:
        return _is_complete(page, path) and _is_shown_complete(page, path)

    eventually(look, seconds=60)


def _is_complete(page: Page, path: str) -> bool:
    response = page.request.get(path)
    assert response.status == 200, path
    source = response.text()
    return not any(text in source for text in _BUSY_TEXTS)


def _is_shown_complete(page: Page, path: str) -> bool:
    response = page.goto(path)
    assert response, path
    assert response.status == 200, path
    return page.locator(_BUSY).count() == 0
