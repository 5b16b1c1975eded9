"""The pages that one comes to by a form or a link: accessible in both themes, with and without scripts, and narrow."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.accessibility import faults
from tests.browser.console_process import ConsoleProcess
from tests.browser.incidents import loan, no_dead_letters, put
from tests.browser.reaching import DEAD, PAGES, UNREADABLE
from tests.browser.strict_page import StrictContext, strict_context
from tests.end_to_end.stack import Stack


@pytest.fixture(scope="module")
def reached(pipeline: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleProcess]:
    """Start a console for a stack with some dead letters."""
    no_dead_letters(pipeline)
    put(pipeline, {DEAD: loan("LOAN_RETURNED")})
    put(pipeline, {UNREADABLE: b'{"action": '}, reason="The body is not valid JSON", **{"class": "not-parsed"})
    with ConsoleProcess(tmp_path_factory.mktemp("further"), *pipeline.scope.options.split()) as started:
        yield started
    no_dead_letters(pipeline)


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def strict(request: pytest.FixtureRequest, chromium: Browser, reached: ConsoleProcess) -> Iterator[StrictContext]:
    """Open a context of that console, with and without scripts."""
    with strict_context(chromium, reached.signed_in(chromium), base_url=reached.url) as context:
        if not request.param:
            context.without_scripts()
        yield context


@pytest.mark.parametrize("reach", PAGES, ids=lambda reach: reach.__name__.replace("_", " "))
def test_a_further_page_can_be_used_by_all(strict: StrictContext, reach: Callable[[Page], None]) -> None:
    """Axe finds nothing in either theme, and nobody scrolls sideways at 380 pixels."""
    strict.offences.allow("the server responded with a status of 4")  # pages about what was rejected
    page = strict.page()
    reach(page)
    assert faults(page) == []
