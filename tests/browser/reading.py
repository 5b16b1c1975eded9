"""Opens pages and waits for what they read in the background."""

from typing import Final

from playwright.sync_api import Page

from tests.end_to_end.running import eventually

BUSY: Final = "[aria-busy=true], #plan-progress"
"""What a page has while it is not complete."""


def settled(page: Page, path: str) -> None:
    """Open a page, and open it again until what it reads in the background is there."""

    def look() -> bool:
        response = page.goto(path)
        assert response, path
        assert response.status == 200, path
        return page.locator(BUSY).count() == 0

    eventually(look, seconds=60)
