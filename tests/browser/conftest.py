"""Provides the browser of the browser tests. All of them are slow, so `make test` leaves them out."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import MISSING, find, launched
from tests.browser.console_process import ConsoleProcess
from tests.browser.library import library
from tests.browser.strict_page import StrictContext, strict_context
from tests.end_to_end.stack import Stack
from tests.end_to_end.test_executions import failed

ENDED = (0, 130)
"""The exit codes of a console that was stopped."""

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


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start a run whose stack is that of all consoles of this process, and let an execution of it fail."""
    with library(tmp_path_factory.mktemp("run"), "--no-samples") as stack:
        failed(stack)
        yield stack


@pytest.fixture(scope="package")
def console(pipeline: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleProcess]:
    """Start a console for that stack; Ctrl-C ends it."""
    with ConsoleProcess(tmp_path_factory.mktemp("console"), *pipeline.scope.options.split()) as started:
        yield started
        assert started.end() in ENDED, started.err


@pytest.fixture
def signed_in(chromium: Browser, console: ConsoleProcess) -> Iterator[StrictContext]:
    """Open a context that is signed in at the console. Paths such as `/issues` are those of the console."""
    with strict_context(chromium, console.signed_in(chromium), base_url=console.url) as context:
        yield context


@pytest.fixture
def page(signed_in: StrictContext) -> Page:
    """Open a page of that context."""
    return signed_in.page()


@pytest.fixture
def own(pipeline: Stack, tmp_path: Path) -> Iterator[ConsoleProcess]:
    """Start a console for one test, which has read nothing yet."""
    with ConsoleProcess(tmp_path, *pipeline.scope.options.split()) as started:
        yield started


@pytest.fixture
def own_context(chromium: Browser, own: ConsoleProcess) -> Iterator[StrictContext]:
    """Open a context that is signed in at the console of one test."""
    with strict_context(chromium, own.signed_in(chromium), base_url=own.url) as context:
        yield context


@pytest.fixture
def own_page(own_context: StrictContext) -> Page:
    """Open a page of that context."""
    return own_context.page()
