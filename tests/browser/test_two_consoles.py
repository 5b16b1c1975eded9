"""Two consoles in one browser, for two stages of which one is production, keep their sessions apart."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from scripts.aws.stack import read
from tests.browser.accessibility import violations
from tests.browser.console_process import ConsoleProcess
from tests.browser.incidents import loan, put_on
from tests.browser.production import STACK, deploy_production
from tests.browser.reading import settled
from tests.browser.strict_page import StrictContext, strict_context
from tests.end_to_end.stack import Stack


@pytest.fixture(scope="module")
def production(pipeline: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleProcess]:
    """Deploy production beside the stack of the run, and start its console."""
    folder: Path = tmp_path_factory.mktemp("production")
    options = deploy_production(folder, pipeline.facts["endpoint_url"])
    with ConsoleProcess(folder, *options) as started:
        yield started


@pytest.fixture
def development(pipeline: Stack, tmp_path: Path) -> Iterator[ConsoleProcess]:
    """Start another console for the stack of the run."""
    with ConsoleProcess(tmp_path, *pipeline.scope.options.split()) as started:
        yield started


@pytest.fixture
def both(chromium: Browser, development: ConsoleProcess, production: ConsoleProcess) -> Iterator[StrictContext]:
    """Open one context that is signed in at both."""
    cookies = [cookie for each in (development, production) for cookie in each.signed_in(chromium)["cookies"]]
    with strict_context(chromium, {"cookies": cookies, "origins": []}) as strict:
        yield strict


def csrf(page: Page) -> str:
    """Return what the forms of a page contain."""
    value = page.locator("main input[name=csrf]").first.get_attribute("value")
    assert value
    return value


def test_each_console_keeps_its_session(
    both: StrictContext, development: ConsoleProcess, production: ConsoleProcess
) -> None:
    """When any page is opened in the other tab, each console goes on, and says which stage it is."""
    tabs = [(both.page(), development, "dev"), (both.page(), production, "production: prod")]
    for _ in range(2):
        for tab, console, stage in tabs:
            tab.goto(f"{console.url}/find")
            assert tab.locator("header .stage").inner_text() == stage


def test_no_console_takes_the_form_of_the_other(
    both: StrictContext, development: ConsoleProcess, production: ConsoleProcess
) -> None:
    """A form with what the other console's forms contain is refused."""
    both.offences.allow("the server responded with a status of 403")
    ours, theirs = both.page(), both.page()
    ours.goto(f"{development.url}/find")
    theirs.goto(f"{production.url}/find")
    theirs.locator("main input[name=csrf]").first.evaluate("(field, value) => field.value = value", csrf(ours))
    theirs.get_by_label("Text", exact=True).fill("anything")
    theirs.get_by_role("button", name="Find").click()
    assert "of another session" in theirs.get_by_role("alert").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_production_is_shown_without_a_violation(chromium: Browser, production: ConsoleProcess, scheme: str) -> None:
    """The colours of production have enough contrast in both themes."""
    with strict_context(chromium, production.signed_in(chromium), color_scheme=scheme) as strict:
        page = strict.page()
        page.goto(production.url)
        assert violations(page) == []


def test_production_is_changed_only_with_its_name_typed(
    chromium: Browser, pipeline: Stack, production: ConsoleProcess
) -> None:
    """A replay in production needs the stage typed: without it nothing is posted, and with another it is rejected."""
    queue = read(pipeline.aws, STACK).outputs["DeadLetterQueueUrl"]
    put_on(pipeline.aws, queue, {"in-production": loan("LOAN_RETURNED")})
    with strict_context(chromium, production.signed_in(chromium), base_url=production.url) as strict:
        strict.offences.allow("the server responded with a status of 403")
        page = strict.page()
        settled(page, "/dead-letters")
        page.get_by_role("button", name="Refresh").click()
        settled(page, "/dead-letters")
        page.get_by_label(re.compile("^All .* that match$")).check()
        page.get_by_role("button", name="Replay…").click()
        settled(page, page.url)
        plan, confirm = page.url, page.get_by_role("button", name="Replay 1 dead letter")
        confirm.click()
        assert page.url == plan
        page.get_by_label("Type the stage").fill("dev")
        confirm.click()
        expect(page.get_by_role("alert")).to_contain_text("This is production.")
        page.goto(plan)
        page.get_by_label("Type the stage").fill("prod")
        confirm.click()
        expect(page.locator("main")).to_contain_text("1 delivered", timeout=60_000)
