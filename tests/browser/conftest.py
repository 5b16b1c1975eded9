"""Provides the browser of the browser tests. All of them are slow, so `make test` leaves them out."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import MISSING, find, launched
from tests.browser.strict_page import StrictContext, strict_context

FOLDER = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder as one of the slowest."""
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.full)


# Not for the whole session: while Playwright runs, a test of another folder could run no event loop of its own.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Start the browser; without one, fail and say how to get it."""
    program = find()
    if program is None:
        pytest.fail(MISSING, pytrace=False)
    with launched(program) as browser:
        yield browser


@pytest.fixture
def bare(chromium: Browser) -> Iterator[StrictContext]:
    """Open a context that is signed in nowhere."""
    with strict_context(chromium) as context:
        yield context


@pytest.fixture
def bare_page(bare: StrictContext) -> Page:
    """Open a page of that context."""
    return bare.page()
