"""Edit and replay in the console: the form, the plan with its difference, and the result."""

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from scripts.dead_letters.queues import Depth
from tests.scripts.aws.targets import with_routes, with_targets
from tests.scripts.console.opened import OpenedConsole, opened
from tests.scripts.dead_letters.queues import audited, loan
from tests.scripts.dead_letters.test_replay import arrived
from tests.scripts.event_life.place import Place
from tests.scripts.executions.steps import NOW


@pytest.fixture
def console(place: Place) -> Iterator[OpenedConsole]:
    """A console on a stack with a topic and a route to it."""
    page = opened(with_routes(with_targets(place.scope, ["loan-created"])), lambda: NOW)
    yield page
    page.console.end()


def begun(console: OpenedConsole, message_id: str) -> tuple[str, str]:
    """Begin an edit; return the path of the correction and the text of the form."""
    answer = console.post("/events/r1/edit", {"message_id": message_id})
    assert answer.status_code == 200
    [path] = re.findall(r'action="(/events/r1/edits/[\w-]+)/plan"', answer.text)
    [text] = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", answer.text, re.DOTALL)
    return path, unescape(text)


def planned(console: OpenedConsole, path: str, text: str) -> tuple[str, str]:
    """Post a corrected text; return the page and the plan that its form has."""
    page = console.post(f"{path}/plan", {"body": text.replace("\n", "\r\n")}).text
    return page, "".join(re.findall(r'name="plan" value="([\w-]+)"', page))


def test_a_dead_letter_is_corrected_and_replayed(console: OpenedConsole, place: Place, state_home: Path) -> None:
    """The form has the body, the plan the difference and the targets; the original is exported; all is audited."""
    path, text = begun(console, place.queues.put(loan(1)))
    assert ">dead</span>" in console.read("/events/r1").text
    assert json.loads(text) == json.loads(loan(1))
    page, plan = planned(console, path, text.replace('"1"', '"2"'))
    assert "Delivered to topic:loan-created by route a, unless that target already has the event." in page
    assert "<del>-     &#34;loan_id&#34;: &#34;1&#34;</del>" in page
    assert "<ins>+     &#34;loan_id&#34;: &#34;2&#34;</ins>" in page
    answer = console.post(f"{path}/apply", {"plan": plan})
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    console.post(f"{path}/apply", {"plan": plan})
    console.wait()
    result = console.get(path).text
    assert "The corrected body was sent." in result
    [file] = state_home.rglob("*edited*")
    assert str(file) in result
    [message] = arrived(place.queues)
    assert json.loads(message["body"]) == json.loads(loan(2))
    assert f'<a href="{path}">Edit the dead letter r1</a>' in console.get("/plans").text
    assert place.queues.dead_letters.depth() == Depth(0, 0)
    assert ">dead</span>" not in console.read("/events/r1").text  # although the clock stands still
    assert [line["message"] for line in audited(place.scope.aws)] == ["revealed", "began", "edited", "ended"]


@pytest.mark.parametrize(("text", "problem"), [("{", "is not an event"), (None, "the body is the same")])
def test_a_wrong_correction_can_be_corrected(
    console: OpenedConsole, place: Place, text: str | None, problem: str
) -> None:
    """The form comes back with what was typed, and the reason."""
    path, original = begun(console, place.queues.put(loan(1)))
    answer = console.post(f"{path}/plan", {"body": text or original})
    assert answer.status_code == 422
    assert problem in answer.text
    assert '<p class="problem" role="alert">' in answer.text
    assert f">\n{text}</textarea>" in answer.text or not text
    assert arrived(place.queues) == []


def test_what_was_typed_comes_back_exactly(console: OpenedConsole, place: Place) -> None:
    """Also tags, and characters that pages otherwise show by code point; the difference shows those."""
    path, _ = begun(console, place.queues.put(loan(1)))
    typed = '{"action": "LOAN", "item_loan": {"title": "</textarea><script>x</script>\u202e"}}'
    page, plan = planned(console, path, typed)
    assert plan
    assert "<script>x" not in page
    assert "⟨U+202E⟩" in page
    again = console.post(f"{path}/plan", {"again": "1"}).text
    assert f">\n{typed.replace('<', '&lt;').replace('>', '&gt;').replace(chr(34), '&#34;')}</textarea>" in again


def test_an_event_that_no_route_matches_would_be_ignored_or_fail(console: OpenedConsole, place: Place) -> None:
    """The plan says so before it is confirmed."""
    path, text = begun(console, place.queues.put(loan(1)))
    page, _ = planned(console, path, text.replace("LOAN_CREATED", "LOAN_LOST"))
    assert "It would fail again: no-target: the stack has no topic loan-lost" in page


def test_a_plan_of_another_tab_is_refused(console: OpenedConsole, place: Place) -> None:
    """Nothing is sent."""
    path, text = begun(console, place.queues.put(loan(1)))
    _, first = planned(console, path, text.replace('"1"', '"2"'))
    planned(console, path, text.replace('"1"', '"3"'))
    answer = console.post(f"{path}/apply", {"plan": first})
    assert answer.status_code == 409
    assert "was edited after this plan was shown" in answer.text
    assert arrived(place.queues) == []


def test_an_edit_that_fails_says_why(console: OpenedConsole, place: Place) -> None:
    """The dead letter was replayed by somebody else meanwhile."""
    path, text = begun(console, place.queues.put(loan(1)))
    _, plan = planned(console, path, text.replace('"1"', '"2"'))
    place.scope.aws.sqs.purge_queue(QueueUrl=place.queues.dead_letters_url)
    console.post(f"{path}/apply", {"plan": plan})
    console.wait()
    result = console.get(path).text
    assert "not found among the 0 dead letters seen" in result
    assert "was not sent, and nothing was deleted" in result


def test_a_read_only_console_does_not_edit(place: Place) -> None:
    """The page has no button for it, and the form is rejected before it would show the body."""
    console = opened(with_routes(with_targets(place.scope, ["loan-created"])), lambda: NOW, read_only=True)
    message_id = place.queues.put(loan(1))
    page = console.read("/events/r1").text
    assert "/edit" not in page
    assert '/plans"' not in page.replace('href="/plans"', "")
    answer = console.post("/events/r1/edit", {"message_id": message_id})
    assert (answer.status_code, "loan_id" in answer.text) == (403, False)
    assert audited(place.scope.aws) == []
    assert console.post("/events/r1/edits/x/apply", {"plan": "x"}).status_code == 403


def test_production_needs_the_stage(place: Place) -> None:
    """Typed into the form of the plan."""
    scope = with_routes(with_targets(place.scope, ["loan-created"]))
    console = opened(scope._replace(address=scope.address._replace(stage="prod")), lambda: NOW)
    path, text = begun(console, place.queues.put(loan(1)))
    page, plan = planned(console, path, text.replace('"1"', '"2"'))
    assert "Type the stage, prod, to confirm" in page
    assert console.post(f"{path}/apply", {"plan": plan}).status_code == 403
    assert console.post(f"{path}/apply", {"plan": plan, "stage": "prod"}).status_code == 303
    console.wait()


@pytest.mark.parametrize("what", ["plan", "apply"])
def test_a_link_changes_nothing(console: OpenedConsole, place: Place, what: str) -> None:
    """The routes take forms only; a correction that is gone, or of another event, is not found."""
    path, _ = begun(console, place.queues.put(loan(1)))
    assert console.get(f"{path}/{what}").status_code == 405
    assert console.get(path).headers["location"] == "/events/r1"
    gone = console.post(f"/events/r1/edits/x/{what}")
    assert (gone.status_code, "does not have the plan any more" in gone.text) == (410, True)
    other = path.replace("/r1/", "/r2/")
    assert console.post(f"{other}/{what}").status_code == 404


def test_a_body_that_a_form_would_change_is_left_to_the_command_line(console: OpenedConsole, place: Place) -> None:
    """A sentence names the command."""
    answer = console.post("/events/r1/edit", {"message_id": place.queues.put(b"\xff\xfe")})
    assert answer.status_code == 409
    assert "alma-webhooks dead-letters edit" in answer.text
