"""Goes to the pages that one comes to by a form or a link, as an operator does.

The stack has the dead letters DEAD and UNREADABLE, a failed execution and notifications.
"""

import re
from typing import Final

from playwright.sync_api import Page

from tests.browser.incidents import loan
from tests.browser.reading import settled

DEAD: Final = "further-1"
UNREADABLE: Final = "further-2"


def press(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("button", name=name).first.click()


def issue(page: Page) -> None:
    settled(page, "/issues")
    page.get_by_role("row").get_by_role("link").first.click()
    page.get_by_role("heading", name="State and note").wait_for()


def plan(page: Page, action: str) -> None:
    settled(page, "/dead-letters")
    page.get_by_label(re.compile("^All .* that match$")).check()
    press(page, f"{action}…")
    settled(page, page.url)


def replay_plan(page: Page) -> None:
    plan(page, "Replay")


def discard_plan(page: Page) -> None:
    plan(page, "Discard")


def export_result(page: Page) -> None:
    plan(page, "Export")
    press(page, re.compile("^Export .* dead letters?$"))
    settled(page, page.url)
    page.locator("main code").first.wait_for()


def rejected_discard(page: Page) -> None:
    plan(page, "Discard")
    page.get_by_label("Type the number of dead letters").fill("7")
    press(page, re.compile("^Discard .* dead letters?$"))
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
    page.locator("[data-hide-after]").wait_for()


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
    page.get_by_role("region", name="Matches").wait_for()


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


def redrive_plan(page: Page) -> None:
    settled(page, "/executions")
    press(page, re.compile("^Redrive all"))
    settled(page, page.url)
    page.get_by_role("button", name=re.compile("^Redrive")).wait_for()


def notification_test(page: Page) -> None:
    settled(page, "/notifications")
    press(page, re.compile("^Test… integration desk"))
    settled(page, page.url)
    page.get_by_role("button", name=re.compile("^Send")).wait_for()


PAGES: Final = (
    *(issue, replay_plan, discard_plan, export_result, rejected_discard, filtered),
    *(event, unknown_event, explanation, revealed, edit, edit_plan, rejected_edit),
    *(found, tried_sample, tried_body, redrive_plan, notification_test, no_page),
)
"""Each function that goes to a page."""
