"""Test the pages of notifications: the state of topics and integrations, and a test that is shown before it is sent."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2 as httpx
import pytest

from notifications.errors import Permanent
from scripts.console.plans.plan import VALID
from scripts.doctor.check import Finding, Health
from tests.scripts.console.desk import Clock
from tests.scripts.console.opened import OpenedConsole, opened
from tests.scripts.doctor.test_notification_overview import site as site
from tests.scripts.doctor.test_notification_overview import write
from tests.scripts.request_trace.test_notified import sent
from tests.scripts.topics.site import TOPICS, TopicSite
from tests.scripts.topics.test_sending_commands import FakeHttp, raising
from tests.scripts.topics.test_sending_commands import http as http

URL = "https://hooks.slack.com/services/T0/B0/canary4711canary"  # pragma: allowlist secret -- an invented value
TEAM = {"topic": "library/jobs", "integration": "team"}


@pytest.fixture(autouse=True)
def findings(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """What doctor finds."""
    found: list[Finding] = []
    monkeypatch.setattr("scripts.doctor.notification_overview.findings_of", lambda _: found)
    return found


@pytest.fixture
def page(site: TopicSite, clock: Clock) -> Iterator[OpenedConsole]:
    site.store("slack-team", URL)
    page = opened(site.scope, clock)
    yield page
    page.console.end()


def prepared(page: OpenedConsole, **form: str) -> str:
    """Return the address of a prepared test."""
    answer = page.post("/notifications/tests", TEAM | form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def shown(page: OpenedConsole, path: str) -> str:
    answer: httpx.Response = page.get(path)
    assert answer.status_code == 200
    return answer.text


def test_topics_are_shown_with_their_integrations(site: TopicSite, page: OpenedConsole) -> None:
    """Each with what the sender did lately, and a link to the event of the latest attempt."""
    failure: Any = {"class": "refused", "reason": "hooks.slack.com answered 404"}
    write(site, sent("team", "accepted"), sent("team", "dead", failure=failure))
    html = page.read("/notifications").text
    assert '<h3 id="topic-1">library/jobs</h3>' in html
    assert "1 accepted, 1 dead" in html
    assert '<a href="/events/r1">its event</a><br>refused: hooks.slack.com answered 404' in html
    assert 'href="/dead-letters?queue=notifications"' in html
    assert "As of <time" in html


def test_findings_are_shown_with_what_to_do(page: OpenedConsole, findings: list[Finding]) -> None:
    """Healthy ones are counted only."""
    findings += [Finding("topics", Health.ok, "fine"), Finding("SMS", Health.unhealthy, "the sandbox")]
    html = page.read("/notifications").text
    assert "1 problem in 2 checks" in html
    assert "the sandbox" in html
    findings.pop()
    other = opened(page.console.scope).read("/notifications").text
    assert "1 check found no problem." in other


def test_differences_from_the_file_are_shown(site: TopicSite, page: OpenedConsole) -> None:
    """With the fields that differ, and the command that shows their values."""
    site.declare(TOPICS.replace("students:", "everybody:").replace("is due", "is over"))
    html = page.read("/notifications").text
    assert "It differs from notifications.yaml in integrations.team.model." in html
    assert "It is in notifications.yaml only, and was not applied." in html
    assert "It is stored, but it is not in notifications.yaml." in html
    assert "alma-webhooks topics apply --dry-run --stage dev" in html


def test_a_missing_secret_is_named(site: TopicSite) -> None:
    """With the command that stores it."""
    page = opened(site.scope)
    assert "alma-webhooks topics secret slack-team --stage dev" in page.read("/notifications").text


def test_a_stage_without_notifications_says_what_to_do(site: TopicSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not an error."""
    monkeypatch.setattr("scripts.aws.stack.describe", lambda *_: None)
    html = opened(site.scope).read("/notifications").text
    assert '<p class="notice">Stack alma-webhooks-dev-notifications not found' in html
    assert "Set `notifications: true` for the stage in alma-webhooks.yaml" in html
    assert 'class="problem"' not in html


def test_without_topics_the_page_says_how_to_get_some(site: TopicSite) -> None:
    """The file is named."""
    (site.folder / "notifications.yaml").unlink()
    for stored in site.service.topics():
        site.service.delete(stored)
    assert "There are no topics. Write notifications.yaml" in opened(site.scope).read("/notifications").text


def test_a_test_is_shown_then_sent_once(page: OpenedConsole, http: FakeHttp) -> None:
    """Nothing is sent before the confirmation, which says that people get a message."""
    path = prepared(page)
    html = shown(page, path)
    assert "<pre>*sample title* is due</pre>" in html
    assert "<strong>People get this message.</strong>" in html
    assert "the secret slack-team" in html
    assert http.requests == []
    for _ in range(2):
        assert page.post(f"{path}/send").headers["location"] == path
        page.wait()
    assert [request.url for request in http.requests] == [URL]
    html = shown(page, path)
    assert ">accepted</span>" in html
    assert "Slack took it for the channel" in html
    assert "People get this message" not in html
    assert "canary4711" not in html
    work = shown(page, "/plans")
    assert f'<a href="{path}">Test team of library/jobs</a>' in work
    assert "<td>accepted<br>" in work


def test_values_can_be_given(page: OpenedConsole, http: FakeHttp) -> None:
    """They are in no address, and shown as text."""
    path = prepared(page, values="title=<b>Backup</b>\r\n\r\n")
    assert "Backup" not in path
    assert "<pre>*&amp;lt;b&amp;gt;Backup&amp;lt;/b&amp;gt;* is due</pre>" in shown(page, path)
    assert http.requests == []
    answer = page.post("/notifications/tests", TEAM | {"values": "no value"})
    assert (answer.status_code, "Value 1 is not NAME=TEXT" in answer.text) == (409, True)


def test_a_refused_test_says_why(page: OpenedConsole, http: FakeHttp) -> None:
    """As the command does."""
    http.answer = raising(Permanent("refused", "hooks.slack.com answered 404"))
    path = prepared(page)
    page.post(f"{path}/send")
    page.wait()
    html = shown(page, path)
    assert ">refused</span>" in html
    assert "hooks.slack.com answered 404" in html


def test_a_test_that_failed_itself_says_why(page: OpenedConsole, monkeypatch: pytest.MonkeyPatch) -> None:
    """As without a notifications stack any more."""
    path = prepared(page)
    monkeypatch.setattr("scripts.aws.stack.describe", lambda *_: None)
    page.post(f"{path}/send")
    page.wait()
    assert "Stack alma-webhooks-dev-notifications not found" in shown(page, f"{path}/result")


@pytest.mark.usefixtures("http")
def test_what_cannot_be_prepared_is_an_error(page: OpenedConsole) -> None:
    """The error quotes no value."""
    for form in ({"topic": "no/topic"}, {"integration": "nobody"}):
        assert page.post("/notifications/tests", TEAM | form).status_code == 409


def test_an_old_test_is_not_sent(page: OpenedConsole, http: FakeHttp, clock: Clock) -> None:
    """The topic may have changed."""
    path = prepared(page)
    clock.now += VALID + timedelta(seconds=1)
    assert "prepared more than 15 minutes ago" in shown(page, path)
    assert page.post(f"{path}/send").status_code == 409
    page.wait()
    assert http.requests == []


def test_a_read_only_console_sends_nothing(site: TopicSite, http: FakeHttp) -> None:
    """It has no buttons, and rejects the form."""
    site.store("slack-team", URL)
    page = opened(site.scope, read_only=True)
    assert "<button" not in page.read("/notifications").text
    path = prepared(page)
    assert ">Send<" not in shown(page, path)
    assert page.post(f"{path}/send").status_code == 403
    assert http.requests == []


def test_production_wants_its_stage_typed(site: TopicSite, http: FakeHttp) -> None:
    """As for every change."""
    site.scope.aws.ssm.put_parameter(
        Name="/alma-webhooks/prod/notifications/slack-team", Value=URL, Type="SecureString"
    )
    page = opened(site.scope._replace(address=site.scope.address._replace(stage="prod")))
    path = prepared(page)
    assert page.post(f"{path}/send").status_code == 403
    assert page.post(f"{path}/send", {"stage": "prod"}).status_code == 303
    page.wait()
    assert len(http.requests) == 1
