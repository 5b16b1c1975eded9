"""The page of routes: an event is tried, and the deployed routes are compared with those of the folder."""

import html
import json
import re
from pathlib import Path

import pytest

from scripts.aws.context import StackContext
from scripts.console.readings.route_trials import MAX_BODY_BYTES
from tests.scripts.aws.targets import with_routes, with_targets
from tests.scripts.console.opened import OpenedConsole, opened

HEAD = "topics: [loan-created, loan-returned]\nstages: {dev: {}, stg: {}, prod: {}}\nroutes:\n"
LOANS = "  - {name: loans, when: {event: {value: [LOAN_CREATED]}}, deliver: [{topic: loan-created}]}\n"
JOBS = "  - {name: jobs, if: 'action == \"JOB_END\"', deliver: [{topic: loan-returned, message: '{{ action }}!'}]}\n"
EVENT = {"action": "LOAN", "event": {"value": "LOAN_CREATED"}, "item_loan": {"title": "<b>\u202e</b>"}}


@pytest.fixture
def stack(scope: StackContext) -> StackContext:
    """A stack with two routes and their topics."""
    return with_routes(with_targets(scope, ["loan-created", "loan-returned"]), HEAD + LOANS + JOBS)


@pytest.fixture
def page(stack: StackContext) -> OpenedConsole:
    """A console on it, without a project folder."""
    return opened(stack)


def tried(page: OpenedConsole, body: str = json.dumps(EVENT), **form: str) -> str:
    """Try a body and return the text of the page of the trial."""
    answer = page.post("/routes/try", {"body": body, "profile": "alma", "routes": "deployed", "from": "body"} | form)
    assert answer.status_code == 303, answer.text
    return html.unescape(page.get(answer.headers["location"]).text)


def folder(path: Path, text: str) -> Path:
    """Write a project folder with these routes, and return the routes file."""
    (path / "alma-webhooks.yaml").write_text("schema: 1\nname: alma-webhooks\nstages: {dev: {}}\n", "utf-8")
    (path / "routes.yaml").write_text(text, "utf-8")
    return path / "routes.yaml"


def test_the_profile_of_heartbeats_is_not_the_first_choice(stack: StackContext) -> None:
    """No event of Alma comes by it."""
    outputs = stack.stack.outputs | {"Profiles": "heartbeat,alma"}
    served = stack._replace(stack=stack.stack._replace(outputs=outputs))
    text = opened(served).read("/routes").text
    assert "<option>heartbeat</option><option selected>alma</option>" in text


def test_a_pasted_body_shows_what_each_route_would_do(page: OpenedConsole) -> None:
    """With the value beside the condition that failed, and the exact message. Markup in it stays text."""
    answer = page.post("/routes/try", {"body": json.dumps(EVENT), "profile": "alma", "from": "body"})
    raw = page.get(answer.headers["location"]).text
    assert "<b>" not in raw
    assert "&lt;b&gt;" in raw
    text = html.unescape(raw)
    assert "topic:loan-created by route loans" in text
    assert json.dumps(EVENT) in text
    assert re.search(r'if: action == "JOB_END"</code> is false.*<code>action</code> is <strong><bdi>"LOAN"', text, re.S)
    assert "delivered</span>" in text


def test_the_own_message_of_a_target_is_shown(page: OpenedConsole) -> None:
    """As the target would get it; the other route shows which value `when` needs."""
    text = tried(page, '{"action": "JOB_END"}')
    assert "JOB_END!</pre>" in text
    assert '<code>event.value</code> is <strong>missing</strong>; <code>when</code> needs <bdi>["LOAN_CREATED"]' in text


def test_an_event_that_no_route_matches_is_ignored(page: OpenedConsole) -> None:
    """That is an outcome, not a failure."""
    assert "ignored</span> no route matches this event" in tried(page, '{"action": "BIB"}')


def test_what_is_no_event_is_a_dead_letter(page: OpenedConsole) -> None:
    """With its cause."""
    text = tried(page, "no event")
    assert "dead</span>" in text
    assert "not-parsed: " in text


def test_a_sample_can_be_picked(page: OpenedConsole) -> None:
    """Its body is in the field then, to be changed and tried again."""
    text = tried(page, "", **{"from": "sample", "sample": "loan-created"})
    assert "sample loan-created, LOAN LOAN_CREATED" in text
    assert '"action": "LOAN"' in text


def test_the_line_breaks_of_a_pasted_body_stay(page: OpenedConsole) -> None:
    """A browser sends others, with which the message would not be the exact one."""
    assert "{\n}\r" not in tried(page, '{"action":\r\n "LOAN", "event": {"value": "LOAN_CREATED"}}')
    assert '{"action":\n "LOAN"' in tried(page, '{"action":\r\n "LOAN", "event": {"value": "LOAN_CREATED"}}')


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"body": " "}, "There is no event: select a sample"),
        ({"body": "x" * (MAX_BODY_BYTES + 1)}, "The body is larger than 1 MiB"),
        ({"body": "{}", "profile": "unknown"}, "The stack has no Alma profile 'unknown'."),
        ({"from": "sample", "sample": "unknown"}, "There is no sample 'unknown'"),
    ],
)
def test_an_unusable_form_is_explained(page: OpenedConsole, form: dict[str, str], sentence: str) -> None:
    """Beside the form, which keeps what was entered."""
    answer = page.post("/routes/try", {"profile": "alma", "from": "body"} | form)
    assert (answer.status_code, sentence in html.unescape(answer.text)) == (422, True)


def test_the_body_is_in_no_url_and_old_trials_are_gone(page: OpenedConsole) -> None:
    """Trials have random IDs."""
    form = {"body": '{"action": "LOAN"}', "profile": "alma", "from": "body"}
    first = page.post("/routes/try", form).headers["location"]
    assert re.fullmatch("/routes/trials/[A-Za-z0-9_-]{16}", first)
    for _ in range(20):
        page.post("/routes/try", form)
    assert page.get(first).status_code == 410


def test_the_routes_of_the_folder_can_be_tried(stack: StackContext, tmp_path: Path) -> None:
    """Before they are deployed; a mistake in them is shown with its line."""
    page = opened(stack, routes=folder(tmp_path, HEAD + LOANS.replace("loan-created}", "loan-returned}")))
    assert "topic:loan-returned by route loans" in tried(page, routes="folder")
    assert "topic:loan-created by route loans" in tried(page, routes="deployed")
    folder(tmp_path, HEAD + LOANS.replace("loan-created}", "nowhere}"))
    text = tried(page, routes="folder")
    assert "the stack has no topic nowhere" in text


def test_without_a_folder_only_the_deployed_routes_are_shown(page: OpenedConsole) -> None:
    """The page says how to get the rest."""
    text = page.read("/routes").text
    assert "There is no project folder to compare with" in text
    assert "The deployed routes file" in text
    assert "There is no project folder: start the console in one" in tried(page, routes="folder")


def test_the_difference_is_shown_by_route_line_and_event(stack: StackContext, tmp_path: Path) -> None:
    """What a deployment would change."""
    other = "  - {name: other, fallback: true, deliver: [{topic: loan-returned}]}\n"
    page = opened(stack, routes=folder(tmp_path, HEAD + LOANS + other))
    text = page.read("/routes").text
    assert re.search(r'<th scope="row">loans</th><td>yes</td><td>yes</td><td>same</td>', text)
    assert re.search(r'<th scope="row">other</th><td>no</td><td>yes</td><td><span class="badge badge-added">', text)
    assert re.search(r'<th scope="row">jobs</th><td>yes</td><td>no</td><td><span class="badge badge-removed">', text)
    assert f"<ins>+{other.rstrip()}</ins>" in text
    assert text.count("<div>added: topic:loan-returned by route other</div>") == 2  # with and without the removed one
    assert "<td>delivered, deployed: ignored</td>" in text


def test_a_changed_route_is_named(stack: StackContext, tmp_path: Path) -> None:
    """With its lines and the deliveries that it no longer makes."""
    changed = LOANS.replace("LOAN_CREATED", "LOAN_RETURNED")
    text = opened(stack, routes=folder(tmp_path, HEAD + changed + JOBS)).read("/routes").text
    assert '<th scope="row">loans</th><td>yes</td><td>yes</td><td><span class="badge badge-changed">' in text
    assert "<div>removed: topic:loan-created by route loans</div>" in text


def test_equal_files_have_no_difference(stack: StackContext, tmp_path: Path) -> None:
    """The folder is what is deployed."""
    text = opened(stack, routes=folder(tmp_path, HEAD + LOANS + JOBS)).read("/routes").text
    assert "is deployed as it is" in text
    assert "Lines that differ" not in text


def test_a_folder_with_mistakes_is_compared_by_line(stack: StackContext, tmp_path: Path) -> None:
    """The mistakes are listed."""
    text = opened(stack, routes=folder(tmp_path, HEAD + "  - {name: loans}\n")).read("/routes").text
    assert "nothing was compared" in text
    assert "<del>" in text


def test_deployed_routes_that_cannot_be_read_are_explained(scope: StackContext, tmp_path: Path) -> None:
    """The page works, and the routes of the folder can be tried."""
    page = opened(with_targets(scope, ["loan-created"]), routes=folder(tmp_path, HEAD + LOANS))
    assert "the stack does not say which routes file it runs" in page.read("/routes").text
    assert "The deployed routes cannot be read" in tried(page)
    assert "topic:loan-created by route loans" in tried(page, routes="folder")


def test_the_difference_is_read_again_until_it_is_there(page: OpenedConsole) -> None:
    """The part that is read again has no control; at the end a sentence is announced."""
    first = page.get("/routes").text
    page.wait()
    part = page.get("/routes/difference").text
    assert "hx-get" not in part
    assert 'id="status" hx-swap-oob="innerHTML"' in part
    assert 'hx-swap-oob="innerHTML"' not in first
