"""One event in the browser: hostile content is text, a reveal is audited and hidden again, an edit is replayed."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Dialog, Error, Page, expect

from tests.browser.incidents import loan, no_dead_letters, put
from tests.browser.reading import settled
from tests.end_to_end.running import eventually
from tests.end_to_end.stack import Stack

SECRET = "Invented Person"
MARKUP = "<script>document.title='run'</script><img src=x onerror=alert(1)> javascript:alert(1)"
HIDDEN = {"\x07", "\u202e", "\u200b"}
HOSTILE = f"{MARKUP} gnp.{''.join(HIDDEN)}exe"


@pytest.fixture(autouse=True)
def empty(pipeline: Stack) -> Iterator[None]:
    """Leave no dead letters to the next test."""
    no_dead_letters(pipeline)
    yield
    no_dead_letters(pipeline)


def audited(pipeline: Stack, text: str) -> list[dict[str, Any]]:
    """Return the lines of the audit log with this text."""
    group = pipeline.scope.stack.outputs["AuditLogGroupName"]
    pages = pipeline.aws.logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    messages = [event["message"] for page in pages for event in page["events"]]
    return [json.loads(message) for message in messages if text in message]


def test_a_reveal_is_audited_and_leaves_nothing(pipeline: Stack, own_page: Page) -> None:
    """The body is hidden, shown on demand with a line in the audit log, and hidden after "back"."""
    put(pipeline, {"revealed-1": loan("LOAN_RETURNED", item_loan={"user_id": SECRET})})
    settled(own_page, "/events/revealed-1")
    assert SECRET not in own_page.content()
    own_page.get_by_role("button", name="Reveal the body").click()
    expect(own_page.get_by_label("Body", exact=True)).to_contain_text(SECRET)
    [line] = eventually(lambda: audited(pipeline, "revealed-1"))
    assert SECRET not in json.dumps(line)
    assert SECRET not in own_page.url
    own_page.goto("/")
    assert own_page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    with suppress(Error):  # the browser does not post the form again by itself
        own_page.go_back()
    own_page.wait_for_load_state()
    expect(own_page.locator("body")).not_to_contain_text(SECRET)


def test_a_revealed_body_is_hidden_after_a_minute(pipeline: Stack, own_page: Page) -> None:
    """A page that somebody leaves open shows the redacted body again."""
    put(pipeline, {"revealed-2": loan("LOAN_RETURNED", item_loan={"user_id": SECRET})})
    own_page.clock.install()
    settled(own_page, "/events/revealed-2")
    own_page.get_by_role("button", name="Reveal the body").click()
    expect(own_page.get_by_label("Body", exact=True)).to_contain_text(SECRET)
    own_page.wait_for_load_state()  # the script, which sets the timer, runs after the body is there
    own_page.clock.run_for(61_000)
    own_page.wait_for_url("**/events/revealed-2*")
    assert SECRET not in own_page.content()


def test_hostile_content_is_text(pipeline: Stack, own_page: Page) -> None:
    """Markup, addresses and invisible characters of a body are shown, and do nothing."""
    dialogs: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    own_page.on("dialog", dismiss)
    put(pipeline, {"hostile": loan(HOSTILE, item_loan={"title": HOSTILE})}, reason=HOSTILE, route=HOSTILE)
    for path in ("/", "/issues", "/dead-letters", "/events/hostile"):
        settled(own_page, path)
        assert own_page.locator("main script, main img, main [href^='javascript:']").count() == 0
        assert not HIDDEN & set(own_page.inner_text("body"))
    own_page.get_by_role("button", name="Reveal the body").click()
    body = own_page.get_by_label("Body", exact=True)
    expect(body).to_contain_text(MARKUP)
    assert not HIDDEN & set(own_page.inner_text("body"))
    assert own_page.title() != "run"
    assert dialogs == []


def test_an_edited_body_is_replayed(pipeline: Stack, own_page: Page) -> None:
    """A body that could not be parsed is corrected, its difference shown, and it comes out at its target."""
    put(pipeline, {"edited": b'{"action": "LOAN", '}, reason="The body is not valid JSON", **{"class": "not-parsed"})
    settled(own_page, "/events/edited")
    own_page.get_by_role("button", name="Edit and replay…").click()
    own_page.get_by_label("Corrected body").fill(loan("LOAN_RETURNED").decode())
    own_page.get_by_role("button", name="Show the plan").click()
    expect(own_page.locator(".difference")).to_contain_text("LOAN_RETURNED")
    expect(own_page.locator("main")).to_contain_text("loan-returned by route loans")
    own_page.get_by_role("button", name="Replay the corrected body").click()
    expect(own_page.locator("main")).to_contain_text("The corrected body was sent.", timeout=30_000)
    assert pipeline.sightings("edited")[0].topic == "loan-returned"
    own_page.get_by_role("link", name="See what happens to the event").click()
    expect(own_page.locator(".event-state")).to_contain_text("delivered", timeout=60_000)
