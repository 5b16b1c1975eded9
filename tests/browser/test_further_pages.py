"""The pages that one comes to by a form or a link: accessible in both themes, with and without scripts, and narrow."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.accessibility import faults
from tests.browser.console_process import ConsoleProcess
from tests.browser.incidents import loan, no_dead_letters, put
from tests.browser.reading import settled
from tests.browser.strict_page import StrictContext, strict_context
from tests.end_to_end.stack import Stack

Open = Callable[[Page], None]

DEAD = "further-1"
UNREADABLE = "further-2"


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


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).first.click()


def issue(page: Page) -> None:
    settled(page, "/issues")
    page.get_by_role("row").get_by_role("link").first.click()
    page.get_by_role("heading", name="State and note").wait_for()


def plan(page: Page, action: str) -> None:
    settled(page, "/dead-letters")
    page.get_by_label("All 2 that match").check()
    press(page, f"{action}…")
    settled(page, page.url)


def replay_plan(page: Page) -> None:
    plan(page, "Replay")


def discard_plan(page: Page) -> None:
    plan(page, "Discard")


def export_result(page: Page) -> None:
    plan(page, "Export")
    press(page, "Export 2 dead letters")
    settled(page, page.url)
    page.get_by_text("The file, for you alone").wait_for()


def rejected_discard(page: Page) -> None:
    plan(page, "Discard")
    page.get_by_label("Type the number of dead letters").fill("7")
    press(page, "Discard 2 dead letters")
    page.get_by_role("alert").wait_for()


def event(page: Page) -> None:
    settled(page, f"/events/{DEAD}")


def unknown_event(page: Page) -> None:
    settled(page, "/events/never-seen")


def explanation(page: Page) -> None:
    settled(page, f"/events/{DEAD}")
    page.get_by_role("link", name="What would a replay do?").click()
    settled(page, page.url)


def revealed(page: Page) -> None:
    settled(page, f"/events/{DEAD}")
    press(page, "Reveal the body")
    page.get_by_role("link", name="Hide it now").wait_for()


def edit(page: Page) -> None:
    settled(page, f"/events/{UNREADABLE}")
    press(page, "Edit and replay…")
    page.get_by_label("Corrected body").wait_for()


def edit_plan(page: Page) -> None:
    edit(page)
    page.get_by_label("Corrected body").fill(loan("LOAN_RETURNED").decode())
    press(page, "Show the plan")
    page.get_by_role("button", name="Replay the corrected body").wait_for()


def rejected_edit(page: Page) -> None:
    edit(page)
    page.get_by_label("Corrected body").fill("")
    press(page, "Show the plan")
    page.get_by_role("alert").wait_for()


def found(page: Page) -> None:
    page.goto("/find")
    page.get_by_label("Text", exact=True).fill(f"\u200b{DEAD}")
    press(page, "Find")
    settled(page, page.url)


def tried_sample(page: Page) -> None:
    page.goto("/routes")
    press(page, "Try the sample")
    page.get_by_role("heading", name="would do").wait_for()


def tried_body(page: Page) -> None:
    page.goto("/routes")
    page.get_by_label("Body of an event").fill('{"action": ')
    press(page, "Try this body")
    page.get_by_role("heading", name="would do").wait_for()


def filtered(page: Page) -> None:
    settled(page, "/dead-letters?route=nothing")


def no_page(page: Page) -> None:
    page.goto("/nowhere")


PAGES: list[Open] = [
    *(issue, replay_plan, discard_plan, export_result, rejected_discard, filtered),
    *(event, unknown_event, explanation, revealed, edit, edit_plan, rejected_edit),
    *(found, tried_sample, tried_body, no_page),
]


@pytest.mark.parametrize("reach", PAGES, ids=lambda reach: reach.__name__.replace("_", " "))
def test_a_further_page_can_be_used_by_all(strict: StrictContext, reach: Open) -> None:
    """Axe finds nothing in either theme, and nobody scrolls sideways at 380 pixels."""
    strict.offences.allow("the server responded with a status of 4")  # pages about what was rejected
    page = strict.page()
    reach(page)
    assert faults(page) == []
