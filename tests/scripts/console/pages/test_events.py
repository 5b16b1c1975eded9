"""The pages of one event: its life, the reveal of its body, and what a replay would do."""

import itertools
import json
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta

import pytest

from scripts.console.background import Control
from scripts.console.console import Console
from scripts.console.pages import events
from scripts.dead_letters.queue_name import QueueName
from scripts.event_life.state import EventState
from tests.scripts.aws.targets import with_routes, with_targets
from tests.scripts.console.opened import OpenedConsole, opened
from tests.scripts.dead_letters.queues import CAUSE, audited, loan
from tests.scripts.event_life.place import Place
from tests.scripts.executions.steps import NOW

HOSTILE = {
    "action": "LOAN",
    "event": {"value": "LOAN_CREATED"},
    "id": "1",
    "time": "x",
    "item_loan": {
        "title": "<script>alert(1)</script>",
        "link": "javascript:alert(1)",
        "name": "gnp\u202eexe\u200b\x1b[2J",
        "</pre><img src=x onerror=alert(1)>": "\"'><b>",
    },
}


@pytest.fixture
def console(place: Place) -> Iterator[OpenedConsole]:
    """A console on the stack in which an event lives."""
    page = opened(with_routes(with_targets(place.scope, ["loan-created"])), lambda: NOW)
    yield page
    page.console.end()


def test_the_page_answers_before_anything_was_read(console: OpenedConsole, place: Place) -> None:
    """It reads itself again, with and without JavaScript; after the reading it has the timeline."""
    place.accepted()
    place.ended("delivered")
    first = console.get("/events/r1").text
    assert 'hx-trigger="every 1s"' in first or "Attempt 1: delivered" in first
    text = console.read("/events/r1").text
    assert "Received for the Alma profile alma" in text
    assert "Attempt 1: delivered" in text
    assert '<time datetime="2026-11-24T11:30:00.000Z"' in text
    assert ">delivered</span> Every target has it." in text
    assert "hx-get" not in text
    assert "http-equiv" not in text


def test_a_dead_event_has_its_cause_first_and_its_body_redacted(console: OpenedConsole, place: Place) -> None:
    """The cause is above the timeline, and the actions are there."""
    place.accepted()
    place.ended("dead", failure=CAUSE)
    place.queues.put(b'{"action": "LOAN", "item_loan": {"user_id": "patron-7", "loan_status": "ACTIVE"}}')
    text = console.read("/events/r1").text
    assert text.index("AWS returned NotFound") < text.index('id="timeline"')
    assert "&lt;text of 8 characters&gt;" in text
    assert "ACTIVE" in text
    assert "patron-7" not in text
    for action in ("/events/r1/reveal", "/events/r1/edit", "/plans"):
        assert f'action="{action}"' in text


def test_a_waiting_event_is_read_again_and_its_change_is_announced(console: OpenedConsole, place: Place) -> None:
    """The part has a sentence for the status line only if the state changed, and no control while it is read again."""
    place.accepted(minutes=1)
    text = console.read("/events/r1").text
    [path] = re.findall(r'hx-get="([^"]+)" hx-trigger="every 5s"', text)
    path = path.replace("&amp;", "&")
    assert path == "/events/r1/life?since=14d&was=waiting"
    assert "<button" not in console.get(path).text
    assert 'id="status"' not in console.get(path).text
    place.ended("ignored", minutes=0)
    console.console.snapshot("event 14d r1, 0", "", lambda _: None, 0)
    console.wait()
    part = console.get(path).text
    assert "The event is now: ignored." in part
    assert "hx-trigger" not in part
    assert "<html" not in part


def test_a_reading_that_takes_longer_than_a_poll_ends(place: Place) -> None:
    """A page that reads itself again does not begin another reading of what has ended."""
    place.accepted()
    place.ended("delivered")
    times = itertools.count()
    console = opened(place.scope, lambda: NOW + timedelta(minutes=next(times)))
    console.get("/events/r1")
    console.wait()
    for path in ("/events/r1/life?since=14d&was=", "/events/r1?since=14d&poll=1"):
        text = console.get(path).text
        assert "Attempt 1: delivered" in text
        assert "hx-get" not in text
    console.console.end()


@pytest.mark.parametrize("window", list(events.WINDOWS))
def test_the_window_of_the_logs_can_be_chosen(console: OpenedConsole, window: str) -> None:
    """The chosen one is marked, and another text is refused."""
    text = console.read(f"/events/r1?since={window}").text
    assert f'?since={window}" aria-current="true"' in text
    assert "No log line and no dead letter has this ID" in text
    assert console.get("/events/r1?since=2w").status_code == 409


def test_a_source_that_fails_is_named(console: OpenedConsole, place: Place) -> None:
    """The rest of the page is there."""
    place.accepted()
    place.scope.aws.logs.delete_log_group(logGroupName="/aws/lambda/alma-webhooks-dev-processor")
    text = console.read("/events/r1").text
    assert "The log of processor cannot be read" in text
    assert "Received for the Alma profile alma" in text


def test_an_impossible_id_is_a_sentence(console: OpenedConsole) -> None:
    """Not an error of the console."""
    assert "ID must be a receipt ID" in console.read(f"/events/{'x' * 300}").text


def test_every_state_has_a_sentence() -> None:
    """The page explains the word."""
    assert set(events.SENTENCES) == set(EventState)


def reveal(console: OpenedConsole, message_id: str, **form: str) -> str:
    return console.post("/events/r1/reveal", {"message_id": message_id} | form).text


def test_a_revealed_body_is_audited_and_hides_itself(console: OpenedConsole, place: Place) -> None:
    """After a minute with and without JavaScript; no cache keeps it. Also a read-only console reveals."""
    message_id = place.queues.put(b'{"action": "LOAN", "item_loan": {"user_id": "patron-7"}}')
    read_only = opened(console.console.scope, lambda: NOW, read_only=True)
    answer = read_only.post("/events/r1/reveal", {"message_id": message_id})
    assert answer.headers["cache-control"] == "no-store"
    assert "patron-7" in answer.text
    assert 'data-hide-after="60" data-hide-to="/events/r1"' in answer.text
    assert '<noscript><meta http-equiv="refresh" content="60;url=/events/r1"></noscript>' in answer.text
    [line] = audited(place.scope.aws)
    assert (line["message"], line["receipt_id"], line["command"]) == ("revealed", "r1", "show")
    assert "patron-7" not in console.read("/events/r1").text


def test_a_body_is_not_revealed_by_a_link(console: OpenedConsole, place: Place) -> None:
    """Only by a form of the session; one that is gone is said."""
    message_id = place.queues.put()
    assert console.get("/events/r1/reveal").status_code == 405
    assert console.post("/events/r1/reveal", {"message_id": message_id, "csrf": "x"}).status_code == 403
    assert audited(place.scope.aws) == []
    assert "The dead letter was not found" in reveal(console, "other")
    assert "The queue is one of" in reveal(console, message_id, queue="x")


def test_a_hostile_body_is_text(console: OpenedConsole, place: Place) -> None:
    """Redacted and revealed: no tag, no link, and what nobody sees is shown by code point."""
    message_id = place.queues.put(json.dumps(HOSTILE, ensure_ascii=False).encode())
    redacted = console.read("/events/r1").text
    revealed = reveal(console, message_id)
    for text in (redacted, revealed):
        for tag in ("<script>alert", "<img", "<b>", "</pre><"):
            assert tag not in text
        assert all(char.isprintable() or char == "\n" for char in text)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in revealed
    assert "gnp⟨U+202E⟩exe⟨U+200B⟩" in revealed
    assert 'href="javascript' not in revealed


def test_a_hostile_cause_and_id_are_text(console: OpenedConsole, place: Place) -> None:
    """Both come from the queue, where anybody with the right to send may have put them."""
    cause = CAUSE | {"reason": "<script>alert(1)</script>\u202e", "at": "<b>", "route": '"><i>'}
    place.queues.put(loan(), receipt_id="<b>'\"", failure=cause)
    text = console.read("/events/%3Cb%3E'%22").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;⟨U+202E⟩" in text
    assert 'action="/events/%3Cb%3E%27%22/reveal"' in text
    for tag in ("<script>alert", "<b>", "<i>"):
        assert tag not in text


def test_a_replay_is_explained(console: OpenedConsole, place: Place) -> None:
    """With the next step of the command line; the page answers before it is read."""
    place.queues.put(loan())
    assert console.get("/events/r1/explanation").status_code == 200
    text = console.read("/events/r1/explanation").text
    assert "would publish to loan-created by route a" in text
    assert "Using the deployed routes file." in text
    assert "alma-webhooks dead-letters" in text
    assert 'name="ids" value="r1"' in text


def test_one_pass_over_the_queue_is_made_at_a_time(
    console: OpenedConsole, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two at a time would each see only a part; this is what other pages wait for too."""
    message_id, turns = place.queues.put(loan()), list[str]()

    def turn(_: Console, queue: QueueName, _control: Control) -> AbstractContextManager[None]:
        turns.append(queue)
        return nullcontext()

    monkeypatch.setattr("scripts.console.readings.event_reading.queue_to_itself", turn)
    console.read("/events/r1")
    console.read("/events/r1/explanation")
    reveal(console, message_id)
    assert turns == ["webhooks"] * 3


def test_a_replay_of_what_is_gone_is_not_explained(console: OpenedConsole) -> None:
    """A sentence says so; another queue is refused."""
    assert "The dead letter was not found" in console.read("/events/r1/explanation").text
    assert console.get("/events/r1/explanation?queue=x").status_code == 409


def test_the_button_plans_the_replay_of_this_event_only(console: OpenedConsole, place: Place) -> None:
    """Also if the list of dead letters was never read."""
    for number in (1, 2):
        place.queues.put(loan(number), receipt_id=f"r{number}")
    page = console.read("/events/r1").text
    [form] = re.findall(r'action="/plans">(.*?)</form>', page, re.DOTALL)
    fields = dict(re.findall(r'name="(action|queue|ids)" value="([^"]+)"', form))
    plan = console.post("/plans", fields).headers["location"]
    console.wait()
    text = console.get(plan).text
    assert "1 dead letter" in text
    assert "2 dead letters" not in text


def test_failed_executions_are_shown_with_the_delivered_event(console: OpenedConsole, place: Place) -> None:
    """Without their cause, which may quote the event."""
    arn = place.steps.put("alma-webhooks-dev-pod", "pod-1")
    delivery = {"route": "pod", "target": "state_machine:pod", "outcome": "delivered", "execution": arn}
    place.ended("delivered", deliveries=[delivery])
    text = console.read("/events/r1").text
    assert ">FAILED</span>" in text
    assert "States.TaskFailed" in text
    assert "Ana Example" not in text
    assert 'href="/executions"' in text
