"""The page that finds a text: it is never in a URL, and what is found links to the events."""

import logging
from collections.abc import Callable
from threading import Event

import pytest

from scripts.console.background import Control, WorkCancelledError
from scripts.console.readings.dead_letter_snapshot import queue_to_itself
from scripts.dead_letters.queue_name import QueueName
from scripts.find.service import FindService
from tests.scripts.console.opened import OpenedConsole, opened
from tests.scripts.executions.steps import machine
from tests.scripts.find.places import Places
from tests.scripts.stack_logs import INGEST


@pytest.fixture
def page(places: Places) -> OpenedConsole:
    """A console on the stack."""
    return opened(places.scope)


def searched(page: OpenedConsole, text: str, since: str = "14d") -> str:
    """Search, and return the path of the result."""
    answer = page.post("/find", {"text": text, "since": since})
    assert answer.status_code == 303, answer.text
    page.wait()
    return str(answer.headers["location"])


def test_a_found_event_is_linked(page: OpenedConsole, places: Places) -> None:
    """The text stays in the field, and is neither in the URL nor in a log."""
    places.log(INGEST, {"message": "accepted", "receipt_id": "r/1"})
    path = searched(page, "r/1")
    assert "r/1" not in path
    text = page.get(path).text
    assert 'value="r/1"' in text
    assert '<a href="/events/r%2F1"><bdi>r/1</bdi></a>' in text
    assert "1 found: 1 in log of ingest" in text
    assert "Earlier searches" not in text
    assert "hx-get" not in text


def test_other_values_stay_hidden(page: OpenedConsole, places: Places) -> None:
    """Only the path of the member and the length of the value are shown."""
    places.queues.put(b'{"action": "LOAN", "item_loan": {"user_id": "ana-example"}}', receipt_id="r1")
    text = page.get(searched(page, "ana-example", "90d")).text
    assert "<code>item_loan.user_id</code>: <bdi>&lt;text of 11 characters&gt;</bdi>" in text
    assert text.count("ana-example") == 1  # in the field


def test_c13_the_page_says_how_the_text_was_cleaned(page: OpenedConsole, places: Places) -> None:
    """Invisible characters, no-break spaces and typographic dashes come along when an ID is pasted."""
    places.log(INGEST, {"message": "accepted", "receipt_id": "r-1"})
    text = page.get(searched(page, "\ufeffr\u20111\u200b\u00a0")).text
    assert "2 invisible characters were removed." in text
    assert "1 typographic dash was replaced by a hyphen." in text
    assert '<a href="/events/r-1">' in text


def test_an_unusable_text_is_explained_beside_the_form(page: OpenedConsole) -> None:
    """What was entered stays; nothing is searched."""
    answer = page.post("/find", {"text": " \u200b", "since": "14d"})
    assert (answer.status_code, "The text to find is empty." in answer.text) == (422, True)
    answer = page.post("/find", {"text": "r1", "since": "yesterday"})
    assert (answer.status_code, 'value="r1"' in answer.text, "takes a time ago" in answer.text) == (422, True, True)


def test_nothing_found_does_not_say_that_nothing_arrived(page: OpenedConsole, places: Places) -> None:
    """The barcode of a delivered loan is in no log, so a person could think that it never came."""
    hint = "This does not prove that the event never arrived."
    assert hint in page.get(searched(page, "39000000000001")).text
    places.log(INGEST, {"message": "accepted", "receipt_id": "r-1"})
    assert hint not in page.get(searched(page, "r-1")).text


def test_a_running_search_is_read_again(
    page: OpenedConsole,
    places: Places,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Until it has ended; then a sentence is announced. The part that is read again has no control."""
    may_end, find = Event(), FindService.find

    def slow(service: FindService, result: object) -> None:
        may_end.wait(10)
        find(service, result)  # type: ignore[arg-type] # the same

    monkeypatch.setattr(FindService, "find", slow)
    places.log(INGEST, {"message": "accepted", "receipt_id": "r1"})
    path = str(page.post("/find", {"text": "r1"}).headers["location"])
    part = page.get(f"{path}/part").text
    assert f'hx-get="{path}/part" hx-trigger="every 2s"' in part
    assert not any(control in part for control in ("<a ", "<button", "<input", "tabindex", "hx-swap-oob"))
    assert "Cancel the search" in page.get(path).text
    may_end.set()
    page.wait()
    part = page.get(f"{path}/part").text
    assert "hx-get" not in part
    assert 'id="status" hx-swap-oob="innerHTML">The search has ended. 1 found' in part
    assert '<div id="find-cancel" hx-swap-oob="true"></div>' in part
    assert "Cancel the search" not in page.get(path).text


def test_a_cancelled_search_says_that_it_is_not_complete(page: OpenedConsole, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing found by then does not mean that there is nothing."""
    may_end, find = Event(), FindService.find

    def slow(service: FindService, result: object) -> None:
        may_end.wait(10)
        find(service, result)  # type: ignore[arg-type] # the same

    monkeypatch.setattr(FindService, "find", slow)
    path = str(page.post("/find", {"text": "r1"}).headers["location"])
    assert page.post(f"{path}/cancel").headers["location"] == path
    assert "Cancelling" in page.get(path).text
    may_end.set()
    page.wait()
    text = page.get(path).text
    assert "cancelled</span> Nothing found so far: not everything was searched." in text


def test_a_search_waits_for_other_work_on_the_dead_letters(page: OpenedConsole, places: Places) -> None:
    """Two scans at a time would each see only a part, and the search would miss what the other one holds."""
    places.queues.put(receipt_id="r1")
    is_held, may_end = Event(), Event()

    def hold(control: Control) -> None:
        with queue_to_itself(page.console, QueueName.webhooks, control):
            is_held.set()
            may_end.wait(10)

    page.console.start("Hold", hold)
    is_held.wait(10)
    path = str(page.post("/find", {"text": "r1", "since": "90d"}).headers["location"])
    assert "0 found so far" in page.get(path).text
    may_end.set()
    page.wait()
    assert "1 in dead letters" in page.get(path).text


def test_a_source_that_failed_is_shown(page: OpenedConsole, places: Places) -> None:
    """The number is at least that then."""
    places.log(INGEST, {"message": "accepted", "receipt_id": "r1"})
    places.steps.fail("ListExecutions", machine("pod"), "AccessDeniedException")
    text = page.get(searched(page, "r1")).text
    assert "at least 1 found" in text
    assert "you need states:ListExecutions" in text


def test_twenty_searches_are_kept(page: OpenedConsole, caplog: pytest.LogCaptureFixture) -> None:
    """An older one is gone; its text was never logged."""
    caplog.set_level(logging.INFO)
    first = searched(page, "secret-text")
    for _ in range(20):
        searched(page, "r1")
    assert page.get(first).status_code == 410
    assert page.get("/find").text.count('<a href="/find/') == 20
    assert page.get("/find/unknown/part").status_code == 410
    assert "secret-text" not in caplog.text


def test_a_search_that_is_no_longer_kept_is_cancelled(page: OpenedConsole, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody could see its result."""
    may_end, checks = Event(), list[Callable[[], None]]()

    class Waiting:
        def __init__(self, _scope: object, _progress: object, check: Callable[[], None], _alone: object) -> None:
            checks.append(check)

        def find(self, _result: object) -> None:
            may_end.wait(10)

    monkeypatch.setattr("scripts.console.pages.find.FindService", Waiting)
    for _ in range(20):
        page.post("/find", {"text": "r1"})
    checks[0]()
    page.post("/find", {"text": "r1"})
    with pytest.raises(WorkCancelledError):
        checks[0]()
    checks[1]()
    may_end.set()
    page.wait()
