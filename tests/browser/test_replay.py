"""From an alarm to a replay in the browser: three clicks, a filtered half, and a discard that needs its number."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.console_process import ConsoleProcess
from tests.browser.incidents import died, loan, no_dead_letters, put, repaired_topic
from tests.browser.reading import settled
from tests.browser.strict_page import StrictContext, strict_context
from tests.end_to_end.stack import Stack
from tests.end_to_end.test_deliveries import seen_at
from tests.end_to_end.test_events import fresh
from tests.samples import body_of

TOPIC = "loan-lost"


@pytest.fixture(autouse=True)
def empty(pipeline: Stack) -> Iterator[None]:
    """Leave no dead letters to the next test."""
    no_dead_letters(pipeline)
    yield
    no_dead_letters(pipeline)


def replay_in_three_clicks(page: Page, pipeline: Stack) -> None:
    """Let an event die, repair its target, and bring it back from the overview."""
    [receipt_id] = died(pipeline, TOPIC, fresh(body_of(TOPIC)))
    with repaired_topic(pipeline, TOPIC) as fixed:
        settled(page, "/issues")
        page.get_by_role("row").get_by_role("link").first.click()  # the issue
        page.get_by_role("button", name="Replay…").click()
        page.get_by_role("button", name="Replay 1 dead letter", exact=True).click()
        result = page.locator("main")
        expect(result).to_contain_text("1 delivered", timeout=60_000)
        expect(result).to_contain_text(receipt_id)
        assert pipeline.outcome(receipt_id)["outcome"] == "delivered"
        assert seen_at(fixed, TOPIC, receipt_id) == 1


def test_three_clicks_bring_an_event_back(pipeline: Stack, own_page: Page) -> None:
    """Issue, replay, confirm: the event comes out at its target, and the page says so."""
    replay_in_three_clicks(own_page, pipeline)


def test_three_clicks_do_without_scripts(chromium: Browser, pipeline: Stack, own: ConsoleProcess) -> None:
    """The same without JavaScript: the pages load themselves again until the work has ended."""
    options = {"base_url": own.url, "java_script_enabled": False}
    with strict_context(chromium, own.signed_in(chromium), **options) as strict:
        replay_in_three_clicks(strict.page(), pipeline)


def test_the_overview_replays_too(pipeline: Stack, own_page: Page) -> None:
    """The causes on the overview have a button each, whose plan is confirmed with a second click."""
    put(pipeline, {f"returned-{number}": loan("LOAN_RETURNED") for number in range(3)})
    settled(own_page, "/")
    own_page.get_by_role("button", name="Replay… 3 dead letters").click()
    own_page.get_by_role("button", name="Replay 3 dead letters", exact=True).click()
    expect(own_page.locator("main")).to_contain_text("3 delivered", timeout=60_000)


def test_a_filtered_half_is_explained_and_replayed(pipeline: Stack, own_page: Page) -> None:
    """The explanation says who would be delivered and who not, and only those that match are replayed."""
    good = {f"good-{number}": loan("LOAN_RETURNED") for number in range(4)}
    put(pipeline, good)
    put(pipeline, {f"bad-{number}": b'{"action": ' for number in range(2)})
    put(pipeline, {f"other-{number}": loan("LOAN_CREATED") for number in range(6)}, route="other")
    settled(own_page, "/dead-letters")
    own_page.get_by_label("Route", exact=True).fill("loans")
    own_page.get_by_role("button", name="Filter").click()
    expect(own_page.locator("main")).to_contain_text("6 dead letters match")
    own_page.get_by_label("All 6 that match").check()
    own_page.get_by_role("button", name="Replay…").click()
    main = own_page.locator("main")
    expect(main).to_contain_text("4 would be delivered", timeout=30_000)
    expect(main).to_contain_text("2 would fail again")
    own_page.get_by_role("button", name="Replay all 6 dead letters", exact=True).click()
    expect(main).to_contain_text("4 delivered", timeout=60_000)
    settled(own_page, "/dead-letters?route=other")
    expect(own_page.locator("main")).to_contain_text("6 dead letters match")


def test_a_changed_filter_drops_the_selection(pipeline: Stack, own_page: Page) -> None:
    """What was ticked is not ticked any more when the filter shows other rows."""
    put(pipeline, {f"one-{number}": loan("LOAN_RETURNED") for number in range(3)})
    put(pipeline, {"two": loan("LOAN_CREATED")}, route="other")
    settled(own_page, "/dead-letters")
    for box in own_page.get_by_role("checkbox").all():
        box.check()
    own_page.get_by_label("Route", exact=True).fill("other")
    own_page.get_by_role("button", name="Filter").click()
    expect(own_page.get_by_role("checkbox")).to_have_count(1)
    expect(own_page.get_by_role("checkbox")).not_to_be_checked()


@pytest.mark.parametrize("typed", ["1", "3", "all"])
def test_a_discard_with_a_wrong_number_is_rejected(
    pipeline: Stack, own_context: StrictContext, own_page: Page, typed: str
) -> None:
    """Nothing is deleted unless the number of dead letters is typed."""
    own_context.offences.allow("the server responded with a status of 409")
    put(pipeline, {f"kept-{number}": loan("LOAN_RETURNED") for number in range(2)})
    settled(own_page, "/dead-letters")
    own_page.get_by_label("All 2 that match").check()
    own_page.get_by_role("button", name="Discard…").click()
    discard = own_page.get_by_role("button", name="Discard 2 dead letters")
    discard.click()  # the field is required, so nothing is posted
    own_page.get_by_label("Type the number of dead letters").fill(typed)
    discard.click()
    expect(own_page.get_by_role("alert")).to_be_visible()
    settled(own_page, "/dead-letters")
    expect(own_page.locator("main")).to_contain_text("2 dead letters match")


def test_a_discard_with_its_number_is_done_once(pipeline: Stack, own_page: Page) -> None:
    """The typed number discards them; loading the page again, or going back, does nothing more."""
    put(pipeline, {f"gone-{number}": loan("LOAN_RETURNED") for number in range(2)})
    settled(own_page, "/dead-letters")
    own_page.get_by_label("All 2 that match").check()
    own_page.get_by_role("button", name="Discard…").click()
    own_page.get_by_label("Type the number of dead letters").fill("2")
    own_page.get_by_role("button", name="Discard 2 dead letters").click()
    expect(own_page.locator("main")).to_contain_text("2 discarded", timeout=30_000)
    own_page.reload()
    expect(own_page.locator("main")).to_contain_text("2 discarded")
    own_page.go_back()
    expect(own_page.get_by_role("button", name="Discard 2 dead letters")).to_have_count(0)
