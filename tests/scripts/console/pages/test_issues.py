"""The pages of issues: what they show, the forms that change an issue, and what they refuse."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from scripts.console.pages import issues
from scripts.dead_letters.store import DeadLetterStore
from scripts.issues.service import IssueService
from scripts.issues.store import IssueState
from tests.scripts.console.desk import Clock
from tests.scripts.console.opened import OpenedConsole, opened
from tests.scripts.dead_letters.queues import Queues, audited
from tests.scripts.executions.steps import machine
from tests.scripts.issues.site import TABLE, IssueSite, made

AT = datetime(2026, 11, 20, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def site(dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> IssueSite:
    """A stack without failures, states and notifications."""
    monkeypatch.setattr("scripts.issues.service.notifications_of", lambda _: None)
    return made(dead_letters.scope, queues)


@pytest.fixture
def clock() -> Clock:
    """The clock of the console."""
    return Clock()


@pytest.fixture
def page(site: IssueSite, clock: Clock) -> Iterator[OpenedConsole]:
    """A signed-in client of its console."""
    console = opened(site.scope, clock)
    yield console
    console.console.end()


def fields(html: str) -> dict[str, str]:
    """Return the hidden fields of the page."""
    return dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', html))


def shown(page: OpenedConsole, path: str) -> str:
    """Return the text of a page after everything was read."""
    answer = page.read(path)
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def changed(page: OpenedConsole, key: str, state: str, **more: Any) -> Any:
    """Post the form of an issue as its page shows it."""
    given = {
        name: value for name, value in fields(shown(page, f"/issues/{key}")).items() if name in {"revision", "seen"}
    }
    return page.post(f"/issues/{key}", given | {"state_of_issue": state, "note": ""} | more)


def test_many_dead_letters_of_one_cause_are_one_row(page: OpenedConsole, site: IssueSite) -> None:
    """The row has the number, the times and bars; the list says how old it is."""
    for number in range(12):
        site.put(f"r{number}", AT + number * HOUR)
    site.steps.put("pod", "pod-1")
    html = shown(page, "/issues")
    assert html.count('<th scope="row">') == 2
    assert '<td class="number">12</td>' in html
    assert html.count("<rect") == 13
    assert html.count("As of") == 3
    assert "open (2)" in html
    assert "at least" not in html


def test_a_page_has_no_more_than_two_hundred_issues(
    page: OpenedConsole, site: IssueSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The largest are shown, with the number of all."""
    assert issues.MOST_ROWS == 200
    monkeypatch.setattr(issues, "MOST_ROWS", 2)
    for number in range(3):
        site.put(f"r{number}", AT, route=f"route-{number}")
    html = shown(page, "/issues")
    assert html.count('<th scope="row">') == 2
    assert "2 of 3 issues are shown" in html


def test_before_anything_was_read_the_page_says_so(page: OpenedConsole, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not wait for AWS, and shows no zero; without JavaScript it is loaded again."""
    answered, states = Event(), IssueService.states
    monkeypatch.setattr(IssueService, "states", lambda service: answered.wait() and states(service))
    html = page.get("/issues").text
    answered.set()
    page.wait()
    assert "The issues are being read." in html
    assert 'hx-trigger="every 2s"' in html
    assert 'hx-trigger="every 10s"' in page.read("/issues").text
    assert "No open issues" not in html
    assert 'http-equiv="refresh"' in html


def test_the_part_announces_the_number_of_open_issues(page: OpenedConsole, site: IssueSite) -> None:
    """It has no page around it, and replaces the status."""
    site.put("r1", AT)
    html = shown(page, "/issues/part")
    assert "<html" not in html
    assert '<p id="status" hx-swap-oob="innerHTML">1 open issue</p>' in html


def test_polling_does_not_read_the_dead_letters_again(page: OpenedConsole, site: IssueSite, clock: Clock) -> None:
    """A page that stays open would hide them from others all the time; loading it again reads them."""
    site.put("r1", AT)
    shown(page, "/issues")
    site.put("r2", AT)
    clock.pass_minutes(minutes=5)
    assert '<td class="number">1</td>' in shown(page, "/issues/part")
    assert '<td class="number">2</td>' in shown(page, "/issues")


def test_an_issue_leads_to_its_dead_letters_and_their_replay(page: OpenedConsole, site: IssueSite) -> None:
    """The link and the form have the class, route and target of the cause."""
    site.put("r1", AT)
    html = shown(page, f"/issues/{site.only().key}")
    [link] = re.findall(r'href="(/dead-letters\?[^"]*)"', html)
    cause = {"cause": "transient", "route": "loans", "target": "topic:loan-created"}
    assert {name: value for name, [value] in parse_qs(urlsplit(link.replace("&amp;", "&")).query).items()} == cause
    assert {"action": "replay", "select": "all", **cause}.items() <= fields(html).items()
    assert 'action="/plans"' in html
    assert 'href="/events/r1"' in html
    assert "similar issues" not in html
    assert 'name="id"' not in html


def test_an_issue_whose_filters_select_more_names_its_dead_letters(
    page: OpenedConsole, site: IssueSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no filter by field. Of more than a form can have, the page says that others may be among them."""
    ids = {site.put(f"r{number}", AT, field="message") for number in range(2)}
    site.put("other", AT)
    [issue] = [each for each in site.service.list().issues if each.cause.field]
    html = shown(page, f"/issues/{issue.key}")
    assert set(re.findall(r'name="id" value="([^"]*)"', html)) == ids
    assert fields(html)["select"] == "ticked"
    assert "replays exactly those of this issue" in html
    assert f'href="/issues/{issue.key}" aria-label="Replay' in shown(page, "/issues")
    monkeypatch.setattr("scripts.console.readings.issue_links.MOST_IDS", 1)
    html = shown(page, f"/issues/{issue.key}")
    assert fields(html)["select"] == "all"
    assert "similar issues may be among them" in html


def test_an_issue_of_executions_leads_to_them(page: OpenedConsole, site: IssueSite) -> None:
    """They are not replayed, and an unknown event has no page."""
    site.steps.put("pod", "pod-1")
    html = shown(page, f"/issues/{site.only().key}")
    assert 'href="/executions?state_machine=pod&amp;status=FAILED"' in html
    assert "/plans" not in html.split("<main")[1]
    assert "/events/" not in html


def test_an_issue_is_acknowledged_recurs_and_is_open_again(page: OpenedConsole, site: IssueSite, clock: Clock) -> None:
    """The change is shown at once, audited, and undone by a later dead letter only."""
    site.put("r1", AT)
    key = site.only().key
    answer = changed(page, key, "acknowledged", note="asked IT\r\nabout it")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/issues/{key}")
    html = page.get(f"/issues/{key}").text
    page.wait()
    assert "badge-acknowledged" in html
    assert "asked IT\nabout it</dd>" in html
    assert "acknowledged (1)" in shown(page, "/issues?state=acknowledged")
    assert [line["message"] for line in audited(site.scope.aws)] == ["began", "issue changed", "ended"]
    site.put("r2", AT + HOUR)
    clock.pass_minutes(minutes=5)
    html = shown(page, f"/issues/{key}")
    assert "reopened, 1 since" in html
    assert "badge-open" in html


def test_a_change_of_what_the_page_did_not_show_is_refused(page: OpenedConsole, site: IssueSite) -> None:
    """Somebody else changed it, or it failed again: the note that was typed stays on the page."""
    site.put("r1", AT)
    key = site.only().key
    assert changed(page, key, "resolved").status_code == 303
    stale = changed(page, key, "open", revision="0", note="mine")
    assert stale.status_code == 409
    assert "The issue was set to resolved by arn:aws:sts" in stale.text
    assert ">mine</textarea>" in stale.text
    newer = changed(page, key, "open", seen="2026-11-20T01:00:00.000Z")
    assert (newer.status_code, "has failed again after this page was loaded" in newer.text) == (409, True)
    assert site.only().state is IssueState.resolved


def test_two_consoles_do_not_overwrite_each_other(page: OpenedConsole, site: IssueSite) -> None:
    """The second one has not read the change of the first yet: the table refuses it."""
    site.put("r1", AT)
    key, other = site.only().key, opened(site.scope)
    shown(other, f"/issues/{key}")
    given = fields(other.get(f"/issues/{key}").text)
    assert changed(page, key, "resolved").status_code == 303
    answer = other.post(f"/issues/{key}", given | {"state_of_issue": "acknowledged"})
    assert answer.status_code == 409
    assert "changed meanwhile" in answer.text
    assert site.only().state is IssueState.resolved


@pytest.mark.parametrize(("field", "text"), [("state_of_issue", "closed"), ("note", "x" * 1001)])
def test_an_invalid_form_changes_nothing(page: OpenedConsole, site: IssueSite, field: str, text: str) -> None:
    """The page says what is wrong."""
    site.put("r1", AT)
    answer = changed(page, site.only().key, "resolved", **{field: text})
    assert (answer.status_code, site.only().record) == (409, None)


def test_a_read_only_console_shows_issues_without_forms(site: IssueSite) -> None:
    """A posted form is refused."""
    site.put("r1", AT)
    page, key = opened(site.scope, read_only=True), site.only().key
    assert "<form" not in shown(page, f"/issues/{key}")
    assert page.post(f"/issues/{key}", {"state_of_issue": "resolved"}).status_code == 403


def test_a_get_changes_nothing(page: OpenedConsole, site: IssueSite) -> None:
    """Only a form does."""
    site.put("r1", AT)
    shown(page, f"/issues/{site.only().key}?state_of_issue=resolved&revision=0")
    assert site.only().record is None


def test_unknown_addresses_are_refused(page: OpenedConsole) -> None:
    """An issue that is not there, and a state that does not exist."""
    assert page.read("/issues/0123456789ab").status_code == 404
    assert page.read("/issues?state=closed").status_code == 400


def test_an_issue_that_may_not_have_been_read_is_not_called_unknown(page: OpenedConsole, site: IssueSite) -> None:
    """The executions cannot be read, so it could be one of theirs."""
    site.steps.fail("ListExecutions", machine("pod"), "AccessDeniedException")
    html = shown(page, "/issues/0123456789ab")
    assert "not among those that could be read" in html


def test_what_could_not_be_read_is_not_zero(page: OpenedConsole, site: IssueSite) -> None:
    """Executions that cannot be read are named, and the number of dead letters is a least one."""
    site.put("r1", AT)
    site.steps.fail("ListExecutions", machine("pod"), "AccessDeniedException")
    html = shown(page, "/issues")
    assert "pod is denied" in html
    assert "at least 1" in html


def test_after_a_failure_the_last_issues_stay_with_the_reason(
    page: OpenedConsole, site: IssueSite, clock: Clock
) -> None:
    """The table of states is gone: what was read before is shown as old."""
    site.put("r1", AT)
    changed(page, site.only().key, "acknowledged")
    shown(page, "/issues")
    site.scope.aws.dynamodb.delete_table(TableName=TABLE)
    clock.pass_minutes(minutes=5)
    html = shown(page, "/issues")
    assert "Stale: AWS rejected Scan" in html
    assert "acknowledged (1)" in html


def test_without_the_states_all_issues_are_shown_as_open(page: OpenedConsole, site: IssueSite) -> None:
    """The right to read the table may be missing."""
    site.put("r1", AT)
    site.scope.aws.dynamodb.delete_table(TableName=TABLE)
    html = shown(page, "/issues")
    assert "cannot be read, so all of them are shown as open" in html
    assert "open (1)" in html


def test_hostile_names_are_text(page: OpenedConsole, site: IssueSite) -> None:
    """Markup, control characters and right-to-left marks do nothing."""
    site.put("r1", AT, route="<script>alert(1)</script>", target="topic:\u202egnp.exe", field="\x1b[2J")
    for path in "/issues", f"/issues/{site.only().key}":
        html = shown(page, path)
        assert "<script>alert" not in html
        assert not {"\u202e", "\x1b"} & set(html)
        assert "topic:⟨U+202E⟩gnp.exe" in html


def test_in_production_the_stage_is_typed(site: IssueSite) -> None:
    """The form has the field; without its text nothing is changed."""
    site.put("r1", AT)
    page = opened(site.scope._replace(address=site.scope.address._replace(stage="prod")))
    key = site.only().key
    assert 'name="stage"' in shown(page, f"/issues/{key}")
    assert changed(page, key, "resolved").status_code == 403
    assert changed(page, key, "resolved", stage="prod").status_code == 303
