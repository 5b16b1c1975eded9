"""Issues in the browser: acknowledged, they recur, and are open again; two operators do not overwrite each other."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.console_process import ConsoleProcess
from tests.browser.incidents import died, loan, no_dead_letters, put
from tests.browser.reading import settled
from tests.browser.strict_page import StrictContext, strict_context
from tests.end_to_end.stack import Stack
from tests.end_to_end.test_events import fresh
from tests.samples import body_of

TOPIC = "request-closed"


@pytest.fixture(autouse=True)
def empty(pipeline: Stack) -> Iterator[None]:
    """Leave no dead letters to the next test."""
    no_dead_letters(pipeline)
    yield
    no_dead_letters(pipeline)


@pytest.fixture
def colleague(chromium: Browser, pipeline: Stack, tmp_path: Path) -> Iterator[StrictContext]:
    """Open a page of a second console for the same stack, of another operator."""
    with (
        ConsoleProcess(tmp_path, *pipeline.scope.options.split()) as started,
        strict_context(chromium, started.signed_in(chromium), base_url=started.url) as context,
    ):
        yield context


def open_issue(page: Page, target: str) -> None:
    """Go to the issue with this target."""
    settled(page, "/issues?state=all")
    page.get_by_role("row").filter(has_text=target).get_by_role("link").first.click()
    page.get_by_role("heading", name="State and note").wait_for()


def read_again(page: Page) -> None:
    """Let the console read the dead letters now."""
    settled(page, "/dead-letters")
    page.get_by_role("button", name="Refresh").click()


def test_an_acknowledged_issue_recurs_and_is_open_again(pipeline: Stack, own_page: Page) -> None:
    """Its state and note are kept; one more failure of the same cause opens it again."""
    died(pipeline, TOPIC, fresh(body_of(TOPIC)))
    facts = own_page.locator("main dl").first
    open_issue(own_page, TOPIC)
    own_page.get_by_label("Note for other operators").fill("The topic is being restored.")
    own_page.get_by_role("button", name="Acknowledge").click()
    expect(facts).to_contain_text("acknowledged")
    settled(own_page, "/issues?state=acknowledged")
    expect(own_page.get_by_role("row").filter(has_text=TOPIC)).to_contain_text("The topic is being restored.")
    died(pipeline, TOPIC, fresh(body_of(TOPIC)))
    read_again(own_page)
    open_issue(own_page, TOPIC)
    expect(facts).to_contain_text("reopened, 1 since")
    expect(facts).to_contain_text("2 dead letters")
    own_page.get_by_role("button", name="Resolve").click()
    expect(facts).to_contain_text("resolved")


def test_two_operators_do_not_overwrite_each_other(pipeline: Stack, own_page: Page, colleague: StrictContext) -> None:
    """Who changes an issue that was changed meanwhile is shown the change first, and nothing is overwritten."""
    colleague.offences.allow("the server responded with a status of 409")
    put(pipeline, {"first": loan("LOAN_RETURNED")}, route="two-operators")
    theirs = colleague.page()
    for page in (own_page, theirs):
        open_issue(page, "two-operators")
    own_page.get_by_label("Note for other operators").fill("Mine.")
    own_page.get_by_role("button", name="Acknowledge").click()
    expect(own_page.locator("main dl").first).to_contain_text("acknowledged")
    theirs.get_by_role("button", name="Resolve").click()
    expect(theirs.get_by_role("alert")).to_be_visible()
    open_issue(own_page, "two-operators")
    expect(own_page.locator("main dl").first).to_contain_text("Mine.")


def test_one_operator_waits_for_the_other(pipeline: Stack, own_page: Page, colleague: StrictContext) -> None:
    """While one replays, the other sees it, and nothing is sent twice."""
    put(pipeline, {f"slow-{number}": loan("LOAN_RETURNED") for number in range(20)})
    theirs = colleague.page()
    for page in (own_page, theirs):
        settled(page, "/dead-letters")
        page.get_by_label("All 20 that match").check()
        page.get_by_role("button", name="Replay…").click()
        page.get_by_label("Dead letters per second").fill("1")
    own_page.get_by_role("button", name="Replay 20 dead letters").click()
    expect(own_page.locator("#plan-progress")).to_contain_text(re.compile("[1-9] replayed"), timeout=30_000)
    theirs.get_by_role("button", name="Replay 20 dead letters").click()
    expect(theirs.locator("main .problem")).to_contain_text("replay", timeout=30_000)
    own_page.get_by_role("button", name="Cancel").click()
    expect(own_page.locator("main")).to_contain_text("cancelled", timeout=30_000)
