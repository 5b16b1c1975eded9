"""The pages of plans: what is planned, what is confirmed, what is done, and what is left alone."""

import threading
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.aws.clock import aws_clock
from scripts.cli.exit_codes import RejectedError
from scripts.console.background import State
from scripts.console.readings.dead_letter_snapshot import dead_letters
from scripts.dead_letters.change_session import open_change_session
from scripts.dead_letters.queues import SourceQueue
from scripts.drain.service import DrainReader
from tests.scripts.console.desk import DEAD, DELIVERED, Desk, OpenDesk, text_of
from tests.scripts.dead_letters.queues import audited
from tests.scripts.dead_letters.test_replay import arrived
from tests.scripts.drain.test_report import FALLING


def sent(desk: Desk) -> list[str]:
    """Return the receipt IDs that are on the webhook queue."""
    return sorted(str(message["receipt_id"]) for message in arrived(desk.queues))


def test_alarm_to_replay_in_three_clicks(desk: Desk) -> None:
    """A button with filters makes the plan, which says what would happen; its confirmation replays; all is shown."""
    desk.put("r1", "r2")
    desk.put("x1", event="LOAN_LOST")
    desk.outcomes.update(r1=DELIVERED, r2=DEAD)
    plan = desk.plan(cause="transient", route="loans")
    page = desk.text(f"/plans/{plan.id}")
    assert (
        "2 would be delivered by route loans, 1 would fail again (no-target: the stack has no topic loan-lost" in page
    )
    assert sent(desk) == []
    answer = desk.confirm(plan)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/plans/{plan.id}")
    assert (sent(desk), desk.left) == (["r1", "r2", "x1"], 0)
    result = desk.page.get(f"/plans/{plan.id}")
    for text in ("3 replayed", "1 dead letter again", "1 delivered", "1 no outcome yet"):
        assert text in text_of(result)
    assert 'href="/events/r2"' in result.text
    work = desk.text("/plans")
    assert "Replay 3 dead letters done" in work
    assert "3 replayed 1 dead letter again" in work


def test_those_that_would_fail_again_can_be_left_out(desk: Desk) -> None:
    """They stay on the queue, and are neither gone nor new; copies of them stay too."""
    desk.put("r1")
    desk.put("x1", event="LOAN_LOST")
    desk.put("x1", event="LOAN_LOST", failure=None)
    plan = desk.plan(select="all")
    page = desk.text(f"/plans/{plan.id}")
    assert "Replay the 1 that would not fail again Replay all 2 dead letters" in page
    desk.confirm(plan, {"without-failing": "yes"})
    result = desk.text(f"/plans/{plan.id}")
    assert "1 replayed 1 left out, because they would fail again" in result
    assert "since the plan" not in result
    assert (sent(desk), desk.left) == (["r1"], 2)
    rest = desk.plan(select="all")
    assert "All of them would fail again. Fix the cause first" in desk.text(f"/plans/{rest.id}")
    assert "All of them would fail again" in text_of(desk.confirm(rest, {"without-failing": "yes"}))


def test_after_a_run_the_list_is_read_again(desk: Desk) -> None:
    """Nobody sees a dead letter that was just replayed here."""
    desk.put("r1")
    assert len(listing(desk)) == 1
    desk.confirm(desk.plan(select="all"))
    assert listing(desk) == []


def test_a_second_form_has_no_second_effect(desk: Desk) -> None:
    """A double submission shows the same result, and so does another tab with other options."""
    desk.put("r1")
    plan = desk.plan(select="all")
    answers = [desk.confirm(plan), desk.confirm(plan), desk.confirm(plan, {"redeliver": "yes"})]
    assert [answer.status_code for answer in answers] == [303] * 3
    assert sent(desk) == ["r1"]
    assert [line["message"] for line in audited(desk.queues.aws)].count("began") == 1


def test_a_plan_that_found_no_room_can_be_confirmed_again(desk: Desk) -> None:
    """With too much work at once nothing is begun, and the plan stays as it was."""
    desk.put("r1")
    plan = desk.plan(select="all")
    go_on = threading.Event()
    with suppress(RejectedError):
        while True:
            desk.page.console.start("other", lambda _: go_on.wait(30))
    assert desk.page.post(f"/plans/{plan.id}", {"rate": "1000"}).status_code == HTTPStatus.CONFLICT
    go_on.set()
    desk.page.wait()
    desk.confirm(plan)
    assert sent(desk) == ["r1"]


def test_the_ticked_ones_are_acted_on_and_no_others(desk: Desk) -> None:
    """With all copies of each, but nothing that arrived since."""
    desk.put("r1", "r2", "r3")
    desk.put("r1", failure=None)
    listed = {one.id: one.message_id for one in listing(desk)}
    plan = desk.plan(id=[listed["r1"], listed["r3"]], select="ticked")
    assert "2 dead letters , as of" in desk.text(f"/plans/{plan.id}")
    desk.put("r4")
    desk.confirm(plan)
    assert (sent(desk), desk.left) == (["r1", "r3"], 2)
    assert "new since" not in desk.text(f"/plans/{plan.id}")
    began = next(line for line in audited(desk.queues.aws) if line["message"] == "began")
    assert began["filters"] == {"ids": 2}


def listing(desk: Desk) -> list[Any]:
    """Return the dead letters of the list, which a page has read."""
    desk.page.read("/dead-letters")
    found = dead_letters(desk.page.console).value
    assert found is not None
    return found.dead_letters


def test_a_selection_never_exceeds_the_filters(desk: Desk) -> None:
    """Five are ticked, and the filters of the form match three: the plan has three, and says so."""
    chosen = desk.put("r1", "r2", "r3") + desk.put("l1", "l2", event="LOAN_LOST")
    listing(desk)
    plan = desk.plan(id=chosen, select="ticked", event="LOAN_CREATED")
    assert "You selected 5. The plan has 3" in desk.text(f"/plans/{plan.id}")
    desk.confirm(plan)
    assert (sent(desk), desk.left) == (["r1", "r2", "r3"], 2)


def test_all_on_a_page_are_those_of_the_page(desk: Desk) -> None:
    """The rows that the page had; what is ticked does not matter."""
    rows = desk.put("r1", "r2")
    desk.put("r3")
    listing(desk)
    plan = desk.plan(row=rows, id=[], select="page")
    desk.confirm(plan)
    assert sent(desk) == ["r1", "r2"]


@pytest.mark.parametrize(
    "form",
    [{}, {"select": "ticked"}, {"select": "ticked", "id": ["unknown"]}, {"select": "page"}, {"select": "other"}],
)
def test_nothing_chosen_is_no_plan(desk: Desk, form: dict[str, Any]) -> None:
    """An empty selection never means all dead letters."""
    desk.put("r1")
    listing(desk)
    answer = desk.page.post("/plans", {"action": "replay", **form})
    assert (answer.status_code, "nothing to plan" in text_of(answer)) == (HTTPStatus.CONFLICT, True)


def test_ticked_ones_and_all_at_once_are_no_plan(desk: Desk) -> None:
    """Nobody knows which of the two is meant."""
    chosen = desk.put("r1", "r2", "r3")[:2]
    answer = desk.page.post("/plans", {"action": "discard", "select": "all", "id": chosen})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert "2 dead letters are selected, but the form is for all that match" in text_of(answer)


def test_a_plan_says_what_its_dead_letters_are(desk: Desk) -> None:
    """A discard cannot be undone, so the number alone is not enough; also those that a replay would keep back."""
    desk.put("r1", "r2", replay={"count": 3})
    desk.put("x1", event="LOAN_LOST")
    plan = desk.plan(action="discard", select="all")
    page = desk.text(f"/plans/{plan.id}")
    assert "Dead letters Event Cause Route Target 2 LOAN_CREATED transient loans" in page
    assert "1 LOAN_LOST transient loans" in page


def test_an_unknown_action_is_refused(desk: Desk) -> None:
    """There are three."""
    answer = desk.page.post("/plans", {"action": "purge", "select": "all"})
    assert "The action is one of replay, export, discard." in text_of(answer)


def test_what_is_gone_or_new_is_listed(desk: Desk) -> None:
    """Two tabs: one replays a dead letter that the plan of the other has, and a third dies meanwhile."""
    desk.put("r1", "r2")
    first, second = desk.plan(cause="transient"), desk.plan(select="all")
    desk.put("r3")
    desk.confirm(second)
    desk.put("r4")
    desk.confirm(first)
    result = desk.text(f"/plans/{first.id}")
    assert "0 replayed" in result
    assert "2 gone since the plan" in result
    assert "2 new since the plan" in result
    assert (sent(desk), desk.left) == (["r1", "r2"], 2)


def test_an_old_plan_is_refused(desk: Desk) -> None:
    """After a quarter of an hour the numbers are not those that a person has seen."""
    desk.put("r1")
    plan = desk.plan(select="all")
    desk.clock.pass_minutes(15)
    assert "Replay 1 dead letter" in desk.text(f"/plans/{plan.id}")
    desk.clock.pass_minutes(0.1)
    assert "older than 15 minutes" in desk.text(f"/plans/{plan.id}")
    answer = desk.confirm(plan)
    assert (answer.status_code, sent(desk), desk.left) == (HTTPStatus.CONFLICT, [], 1)
    assert "older than 15 minutes, so nothing was done" in text_of(answer)


@pytest.mark.parametrize(
    ("count", "problem"), [("", "Type the number"), ("2", "confirmed number is 2"), ("x", "Type the number")]
)
def test_a_discard_with_a_wrong_number_is_rejected(desk: Desk, count: str, problem: str) -> None:
    """Nothing is deleted, and the plan can still be confirmed."""
    desk.put("r1", "r2", "r3")
    plan = desk.plan(action="discard", select="all")
    answer = desk.confirm(plan, {"count": count})
    assert (answer.status_code, problem in text_of(answer), desk.left) == (HTTPStatus.CONFLICT, True, 3)
    assert desk.confirm(plan, {"count": "3"}).status_code == 303
    assert desk.left == 0


def test_a_discard_exports_first_and_leaves_what_is_new(desk: Desk) -> None:
    """The typed number is that of the plan; what is gone is left out, and the page names the file."""
    desk.put("r1", "r2")
    plan = desk.plan(action="discard", cause="transient")
    desk.confirm(desk.plan(id=[listing(desk)[0].message_id], select="ticked"))
    desk.put("r3")
    desk.confirm(plan, {"count": "2"})
    result = desk.text(f"/plans/{plan.id}")
    for text in ("1 discarded", "1 gone since the plan", "1 new since the plan", "They were exported first:"):
        assert text in result
    assert desk.left == 1


def test_an_export_is_written_to_the_folder_of_exports(desk: Desk) -> None:
    """The page has its path; there is no address with the bodies."""
    desk.put("r1", "r2")
    plan = desk.plan(action="export", select="all")
    desk.confirm(plan)
    assert plan.run is not None
    assert plan.run.file is not None
    assert (plan.run.file.read_text("utf-8").count("\n"), plan.run.file.stat().st_mode & 0o777) == (2, 0o600)
    assert str(plan.run.file) in desk.text(f"/plans/{plan.id}")
    assert desk.left == 2


def test_a_read_only_console_explains_and_changes_nothing(open_desk: OpenDesk) -> None:
    """The plan has no form, and a form that is posted anyway is refused."""
    desk = open_desk(read_only=True)
    desk.put("r1")
    plan = desk.plan(select="all")
    page = desk.text(f"/plans/{plan.id}")
    assert "1 would be delivered" in page
    assert "--read-only: it changes nothing" in page
    assert desk.confirm(plan).status_code == HTTPStatus.FORBIDDEN
    assert (plan.run, desk.left) == (None, 1)


def test_production_needs_the_typed_stage(open_desk: OpenDesk) -> None:
    """To confirm, not to plan."""
    desk = open_desk("prod")
    desk.put("r1")
    plan = desk.plan(select="all")
    assert desk.confirm(plan).status_code == HTTPStatus.FORBIDDEN
    assert desk.confirm(plan, {"stage": "prod"}).status_code == 303
    assert desk.left == 0


def test_another_operator_holds_the_lock(desk: Desk) -> None:
    """Nothing is done, and the page says who it is."""
    desk.put("r1")
    plan = desk.plan(select="all")
    with open_change_session(desk.store, "discard", clock=aws_clock(desk.store.now)):
        desk.confirm(plan)
    result = desk.text(f"/plans/{plan.id}")
    assert "has been changing the dead letters since" in result
    assert "with the command discard" in result
    assert (sent(desk), desk.left) == ([], 1)


def test_a_cancelled_replay_leaves_the_rest(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sent is deleted and audited, because that part is never interrupted; the rest is visible again."""
    desk.put(*(f"r{number:02}" for number in range(15)))
    plan, send, shown = desk.plan(select="all"), SourceQueue.send, list[str]()

    def cancel_while_sending(queue: SourceQueue, messages: Any) -> dict[int, str]:
        shown.extend(desk.page.get(f"/plans/{plan.id}{part}").text for part in ("", "/progress"))
        assert desk.page.post(f"/plans/{plan.id}/cancel").status_code == 303
        return send(queue, messages)

    monkeypatch.setattr(SourceQueue, "send", cancel_while_sending)
    desk.confirm(plan)
    page, region = shown
    assert '<noscript><meta http-equiv="refresh"' in page
    assert f'action="/plans/{plan.id}/cancel"' in page
    assert 'hx-trigger="every 2s"' in region
    assert "<form" not in region
    assert (page.count('id="status"'), region.count('hx-swap-oob="innerHTML"')) == (1, 1)
    assert plan.work is not None
    assert plan.work.state is State.cancelled
    assert (len(sent(desk)), desk.left) == (10, 5)
    assert [line["message"] for line in audited(desk.queues.aws)].count("replayed") == 10
    result = desk.text(f"/plans/{plan.id}")
    assert "10 replayed" in result
    assert "The others are still on the dead-letter queue" in result


def test_a_slow_replay_is_cancelled_between_two(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits ten seconds for the next one to be due."""
    desk.put("r1", "r2")
    plan = desk.plan(select="all")

    def cancel(_: float) -> None:
        plan.cancel()

    monkeypatch.setattr("scripts.console.plans.plan_run.time.sleep", cancel)
    desk.confirm(plan, {"rate": "0.1"})
    assert plan.work is not None
    assert (plan.work.state, len(sent(desk)), desk.left) == (State.cancelled, 1, 1)


def test_a_failure_shows_what_was_done_before(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason of AWS and the counts so far."""
    desk.put("r1")
    plan = desk.plan(select="all")

    def fail(*_: object) -> dict[int, str]:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "SendMessageBatch")

    monkeypatch.setattr(SourceQueue, "send", fail)
    desk.confirm(plan)
    result = desk.text(f"/plans/{plan.id}")
    assert "failed" in result
    assert "1 not sent" in result
    assert desk.left == 1


@pytest.mark.parametrize("rate", ["0", "fast"])
def test_an_invalid_rate_is_named(desk: Desk, rate: str) -> None:
    """The plan is not used up by it."""
    desk.put("r1")
    plan = desk.plan(select="all")
    answer = desk.confirm(plan, {"rate": rate})
    assert (answer.status_code, f"The rate is &#39;{rate}&#39;" in answer.text) == (HTTPStatus.CONFLICT, True)
    assert desk.confirm(plan, {"rate": "auto"}).status_code == 303


def test_what_was_replayed_too_often_is_kept_back(desk: Desk) -> None:
    """Unless the person chooses otherwise."""
    desk.put("r1", replay={"count": 3})
    kept = desk.plan(select="all")
    desk.confirm(kept)
    assert "1 kept back" in desk.text(f"/plans/{kept.id}")
    again = desk.plan(select="all")
    desk.confirm(again, {"ignore-replay-limit": "yes"})
    assert sent(desk) == ["r1"]


def test_the_progress_asks_for_the_page_at_the_end(desk: Desk) -> None:
    """While the work runs it shows how far that is; then htmx loads the page."""
    desk.put("r1")
    plan = desk.plan(select="all")
    assert desk.page.get(f"/plans/{plan.id}/progress").headers["HX-Refresh"] == "true"


@pytest.mark.parametrize("path", ["/plans/unknown", "/plans/unknown/progress"])
def test_an_unknown_plan_is_a_page(desk: Desk, path: str) -> None:
    """Those of another console, or of one that was ended, are not known."""
    answer = desk.page.get(path)
    assert (answer.status_code, "does not have the plan" in answer.text) == (410, True)


def test_a_plan_that_cannot_be_read_says_why(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be confirmed then."""

    def fail(*_: object) -> None:
        raise RejectedError("The queue is of another stack.")

    monkeypatch.setattr("scripts.console.readings.dead_letter_snapshot.open_dead_letters", fail)
    answer = desk.page.post("/plans", {"action": "replay", "select": "all"})
    desk.page.wait()
    assert "The queue is of another stack." in text_of(desk.page.get(answer.headers["location"]))
    confirmed = desk.page.post(answer.headers["location"])
    assert "This plan is not ready, so nothing was done." in text_of(confirmed)


def test_a_replay_says_how_long_it_takes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue it is sent to may be behind; an export is not sent anywhere."""
    monkeypatch.setattr(DrainReader, "read", lambda _: FALLING)
    desk.put("r1")
    page = desk.text(f"/plans/{desk.plan(select='all').id}")
    assert "Sending takes about 1 s at 20 per second. Webhook queue now: 412 waiting, empty at about " in page
    assert "With these, empty at about " in page
