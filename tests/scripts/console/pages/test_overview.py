"""Test the page of overview: its numbers, its forms, how it refreshes, and what it shows when AWS fails."""

import re
from datetime import timedelta
from html import unescape
from http import HTTPStatus
from zoneinfo import ZoneInfo

import pytest

from scripts.aws.context import StackContext
from scripts.aws.stack import Stack
from scripts.drain.service import DrainReader
from tests.scripts.console.desk import DELIVERED, Desk
from tests.scripts.console.opened import OpenedConsole, opened
from tests.scripts.console.overview_site import OverviewSite, overview_site
from tests.scripts.drain.test_report import FALLING
from tests.scripts.overview.stacks import allowed, refused

__all__ = ["overview_site"]  # a fixture

HOUR = "/?window=1h"


def parts_url(html: str) -> str:
    """Return the address that an open page asks every ten seconds."""
    [url] = re.findall(r'hx-get="(/overview/parts[^"]*)"', html)
    return unescape(url)


def text_of(html: str, part: str) -> str:
    """Return the text of a part of the page, without elements and in one line."""
    [found] = re.findall(rf'<div id="part-{part}"[^>]*>(.*?)</div>', html, re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", unescape(found)).split())


def row(html: str, name: str) -> str:
    """Return the text of the row of a table with this heading."""
    [found] = re.findall(rf"<tr>(<th scope=\"row\">{name}.*?)</tr>", html, re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", found).split())


def receives(overview_site: OverviewSite) -> list[str]:
    """Return a list that has an entry for each request to receive messages from now on."""
    received: list[str] = []
    event = "before-parameter-build.sqs.ReceiveMessage"
    overview_site.site.aws.sqs.meta.events.register(event, lambda **_: received.append("one"))
    return received


def test_a_healthy_stack_is_shown_as_healthy(overview_site: OverviewSite) -> None:
    """The flow reconciles, and each chart has a table with its numbers."""
    for number in range(3):
        overview_site.log_loan(f"r{number}")
    html = overview_site.page.read(HOUR).text
    assert text_of(html, "verdict").startswith("Healthy: no accepted event is missing")
    assert (row(html, "delivered"), row(html, "accepted, the sum")) == ("delivered 3", "accepted, the sum 3")
    assert row(html, "missing") == "missing 0"
    assert row(html, "all") == "all 3"  # of the family LOAN
    assert row(html, "loans") == "loans topic:loan-created 3 0 0 0 0"
    assert "No dead letters of events." in html
    assert "No alarms are deployed for this stage." in html
    assert html.count('<svg class="chart') == 4
    assert html.count("<table>") == 4


def test_the_first_page_says_what_is_still_read(overview_site: OverviewSite) -> None:
    """It never shows a zero that nobody has counted."""
    with overview_site.slow_aws():
        html = overview_site.page.get(HOUR).text
    assert text_of(html, "verdict").startswith("Unknown: the logs (still being read)")
    assert text_of(html, "waiting").startswith("Reading")
    assert 'hx-trigger="every 2s"' in html
    assert 'hx-trigger="every 10s"' in overview_site.page.get(HOUR).text
    assert text_of(html, "flow") == "Not read yet."
    assert "<strong>0</strong>" not in html


def test_the_window_can_be_chosen(overview_site: OverviewSite) -> None:
    """Each has a snapshot of its own; another text is the default."""
    overview_site.log_loan("r1")
    assert row(overview_site.page.read("/?window=7d").text, "accepted, the sum") == "accepted, the sum 1"
    assert '<a href="/?window=7d" aria-current="true">' in overview_site.page.get("/?window=7d").text
    for other in ("/", "/?window=year"):
        assert '<a href="/?window=24h" aria-current="true">' in overview_site.page.get(other).text
    overview_site.page.wait()


def test_each_cause_can_be_replayed(overview_site: OverviewSite) -> None:
    """Many dead letters of a cause are one row with one form."""
    overview_site.die(3)
    overview_site.die(1, **{"class": "template", "route": "", "target": ""})
    page = overview_site.page
    page.read(HOUR)
    html = page.read(HOUR).text
    assert "Unhealthy: 4 dead letters." in html
    [first, second] = re.findall(r'<form method="post" action="/plans">(.*?)</form>', html, re.DOTALL)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', first))
    assert fields.pop("csrf")
    cause = {"cause": "transient", "route": "loans", "target": "topic:loan-created"}
    assert fields == {"action": "replay", "expected": "3", **cause}
    assert "Replay… 3 dead letters of cause transient, route loans, target topic:loan-created" in first
    other = dict(re.findall(r'name="(\w+)" value="([^"]*)"', second))
    assert (other["cause"], other.keys() & {"route", "target"}) == ("template", set())


def test_a_fault_of_a_route_is_replayed_at_once_for_all_its_targets(overview_site: OverviewSite) -> None:
    """Its row names no single target, and neither does its form; a row of the list behind it is one of them."""
    overview_site.die(2, target="topic:loan-created", reason="it was busy")
    overview_site.die(1, target="topic:loan-lost", reason="it was busy")
    html = overview_site.page.read(HOUR).text
    [form] = re.findall(r'<form method="post" action="/plans">(.*?)</form>', html, re.DOTALL)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert (fields["expected"], fields["route"], "target" in fields) == ("3", "loans", False)
    assert "2 targets" in html
    assert '<span class="reason">it was busy</span>' in html
    assert 'href="/dead-letters?cause=transient&amp;route=loans"' in html


def test_a_part_of_the_dead_letters_is_not_taken_for_all(overview_site: OverviewSite) -> None:
    """Another reader holds some, so the numbers are at least these."""
    overview_site.die(3)
    url = overview_site.queues.dead_letters_url
    overview_site.site.aws.sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)
    html = overview_site.page.read(HOUR).text
    assert "2 of about 3 dead letters seen; another reader held about 1." in html
    assert '<td class="number">at least 2</td>' in html
    assert "Unhealthy: 3 dead letters." in html


def test_the_form_of_a_cause_makes_a_plan(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The overview, the button, the confirmation: three clicks from the alarm to the replay."""
    monkeypatch.setattr("scripts.overview.service.notifications_of", lambda _: None)
    desk.put("r1", "r2")
    desk.outcomes.update(r1=DELIVERED, r2=DELIVERED)
    html = desk.page.read(HOUR).text
    [form] = re.findall(r'<form method="post" action="/plans">(.*?)</form>', html, re.DOTALL)
    answer = desk.page.post("/plans", dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)))
    assert answer.status_code == HTTPStatus.SEE_OTHER
    plan = desk.page.read(answer.headers["location"]).text
    assert "2 would be delivered by route loans" in plan
    assert "You selected" not in plan  # the number is that of the overview


def test_a_read_only_console_has_no_form(overview_site: OverviewSite) -> None:
    """The causes are shown nevertheless."""
    overview_site.die()
    page = opened(overview_site.site.scope, read_only=True)
    page.read(HOUR)
    html = page.read(HOUR).text
    assert "transient" in html
    assert "<form" not in html
    page.console.end()


def test_the_parts_hold_no_control(overview_site: OverviewSite) -> None:
    """What is swapped could take the focus, or move a button below the pointer; the causes stay once they are shown."""
    overview_site.die(2)
    overview_site.log_loan("r1")
    overview_site.page.read(HOUR)
    html = overview_site.page.read(HOUR).text
    parts = overview_site.page.get(parts_url(html)).text
    assert not re.search(r"<(a|button|input|summary|details|select)\b|tabindex", parts)
    assert set(re.findall(r'id="part-([a-z-]+)" hx-swap-oob', parts)) == {
        *("verdict", "waiting", "alarms", "events-age", "flow", "flow-table", "families", "families-table"),
        *("deliveries", "deliveries-table", "latency", "latency-table", "causes-note"),
    }
    ids = re.findall(r'id="(part-[a-z-]+)"', html)
    assert set(re.findall(r'id="(part-[a-z-]+)"', parts)) <= set(ids)
    assert len(ids) == len(set(ids))


def test_causes_that_were_not_read_when_the_page_was_loaded_follow(overview_site: OverviewSite) -> None:
    """Nobody has to load the page again to see the first ones."""
    overview_site.die(2)
    with overview_site.slow_aws():
        first = overview_site.page.get(HOUR).text
    overview_site.page.get(parts_url(first))  # begins to read the dead letters
    overview_site.page.wait()
    parts = overview_site.page.get(parts_url(first)).text
    assert 'id="part-causes" hx-swap-oob="true"' in parts
    assert "Replay…" in parts
    assert "shown=2" in parts_url(parts)


def test_new_dead_letters_are_announced_once(overview_site: OverviewSite) -> None:
    """The sentence is set into the status region that is there from the start; then there is no more to say."""
    overview_site.die(1)
    overview_site.page.read(HOUR)
    html = overview_site.page.read(HOUR).text
    assert html.count('role="status"') == 1
    assert "hx-swap-oob" not in html
    overview_site.die(3)
    overview_site.clock.ahead += timedelta(minutes=2)
    parts = overview_site.page.read(parts_url(html)).text
    assert '<p id="status" hx-swap-oob="innerHTML">3 new dead letters, 4 waiting.</p>' in parts
    again = overview_site.page.get(parts_url(parts)).text
    assert 'id="status"' not in again
    for each in (parts, again):
        assert "about 4 dead letters now, and 1 when these causes were read" in text_of(each, "causes-note")
        assert 'id="part-causes"' not in each


def test_without_dead_letters_there_is_no_scan(overview_site: OverviewSite) -> None:
    """The number on the queue is enough, until the first one is there."""
    received = receives(overview_site)
    html = overview_site.page.read(HOUR).text
    received.clear()
    html = overview_site.read_again(parts_url(html))
    assert (received, "No dead letters of events." in html) == ([], True)
    overview_site.die(1)
    overview_site.read_again(parts_url(html))  # finds the first one, and begins to read it
    overview_site.page.wait()
    assert received
    assert "Replay…" in overview_site.page.get(parts_url(html)).text


def test_notifications_have_their_own_dead_letters(
    overview_site: OverviewSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their number is shown, with a link to them; a replay of events does not concern them."""
    url = overview_site.site.aws.sqs.create_queue(QueueName="dead-notifications")["QueueUrl"]
    overview_site.site.aws.sqs.send_message(QueueUrl=url, MessageBody="{}")
    stack = Stack("n", {"QueueUrl": overview_site.queues.webhooks_url, "DeadLetterQueueUrl": url})
    monkeypatch.setattr("scripts.overview.service.notifications_of", lambda _: stack)
    html = overview_site.page.read(HOUR).text
    assert "1</strong> dead letters of notifications" in html
    assert "Unhealthy: 1 dead letter of notifications." in html
    assert '<a href="/dead-letters?queue=notifications">' in html
    assert "No dead letters of events." in html


def test_polling_does_not_scan_the_dead_letters_again(overview_site: OverviewSite) -> None:
    """A scan hides them from other operators; the number comes from the queue."""
    overview_site.die(1)
    overview_site.page.read(HOUR)
    html = overview_site.page.read(HOUR).text
    received = receives(overview_site)
    overview_site.die(1)
    assert "about 2 dead letters now" in overview_site.read_again(parts_url(html))
    assert received == []
    overview_site.read_again(HOUR)
    assert received


@pytest.mark.parametrize("code", ["ExpiredTokenException", "ThrottlingException"])
def test_the_last_good_numbers_stay_when_aws_fails(overview_site: OverviewSite, code: str) -> None:
    """They are shown as old, with the reason, and nothing is zero or healthy; afterwards they are read again."""
    overview_site.log_loan("r1")
    overview_site.die(2)
    overview_site.page.read(HOUR)
    html = overview_site.page.read(HOUR).text
    assert (row(html, "delivered"), "2</strong> dead letters" in html) == ("delivered 1", True)
    aws = overview_site.site.aws
    failing = [
        refused(aws.logs, "FilterLogEvents", code),
        refused(aws.sqs, "GetQueueAttributes", code),
        refused(aws.cloudwatch, "DescribeAlarms", code),
    ]
    html = overview_site.read_again(HOUR)
    assert (row(html, "delivered"), "2</strong> dead letters" in html) == ("delivered 1", True)
    verdict = text_of(html, "verdict")
    assert verdict.startswith("Unhealthy: 2 dead letters. Unknown: the logs (stale: AWS rejected")
    assert text_of(html, "waiting").endswith(f"Stale: AWS rejected GetQueueAttributes: {code}, not now.")
    assert html.count("Stale: ") >= 3
    for each in failing:
        allowed(each)
    html = overview_site.read_again(HOUR)
    assert "Stale" not in html
    assert "Unhealthy: 2 dead letters." in html


def test_one_source_that_fails_hides_no_other(overview_site: OverviewSite) -> None:
    """The verdict is not known, although all that was read is fine."""
    overview_site.log_loan("r1")
    refused(overview_site.site.aws.cloudwatch, "DescribeAlarms", "AccessDenied")
    html = overview_site.page.read(HOUR).text
    verdict = "Unknown: the alarms (AWS rejected DescribeAlarms: AccessDenied, not now)."
    assert text_of(html, "verdict") == verdict
    assert row(html, "delivered") == "delivered 1"


def test_numbers_are_old_while_a_slow_reading_lasts(overview_site: OverviewSite) -> None:
    """The last ones stay on the page, and their age is shown."""
    overview_site.log_loan("r1")
    html = overview_site.page.read(HOUR).text
    assert text_of(html, "verdict").startswith("Healthy")
    overview_site.clock.ahead += timedelta(hours=1)
    with overview_site.slow_aws():
        html = overview_site.page.get(HOUR).text
    assert "the logs (stale: they are being read again)" in text_of(html, "verdict")
    assert row(html, "delivered") == "delivered 1"


@pytest.mark.parametrize(("seconds", "health"), [(100, "Healthy"), (130, "Unknown")])
def test_a_reading_may_last_two_minutes(overview_site: OverviewSite, seconds: int, health: str) -> None:
    """Until then the last numbers count as those of now."""
    overview_site.page.read(HOUR)
    overview_site.clock.ahead += timedelta(seconds=seconds)
    with overview_site.slow_aws():
        html = overview_site.page.get(HOUR).text
    assert text_of(html, "verdict").startswith(health)


def test_times_are_in_the_zone_of_the_page(overview_site: OverviewSite) -> None:
    """The rows of the tables begin at full hours of that zone, and programs read them in UTC."""
    page = opened(overview_site.site.scope, zone=ZoneInfo("Asia/Kolkata"))
    html = page.read("/?window=24h").text
    times = re.findall(
        r'<tr><th scope="row"><time datetime="[^"]*:(\d\d):[^"]*" title="IST">[^<]*:(\d\d):00</time>', html
    )
    assert len(times) >= 48
    assert times.count(("30", "00")) >= len(times) - 2
    page.console.end()


def test_a_hostile_name_is_text(overview_site: OverviewSite) -> None:
    """Names of routes and targets come from logs and queues."""
    hostile = "</svg><script>alert(1)</script>\N{RIGHT-TO-LEFT OVERRIDE}"
    delivery = {"route": hostile, "target": hostile, "outcome": "delivered"}
    overview_site.log_loan("r1", deliveries=[delivery])
    overview_site.die(1, **{"class": hostile, "route": hostile, "target": hostile})
    overview_site.page.read(HOUR)
    html = overview_site.page.read(HOUR).text
    assert "<script>alert" not in html
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in html.replace(f'value="{hostile}"', "")
    assert "⟨U+202E⟩" in html


def test_the_page_is_strict_about_styles(overview_site: OverviewSite) -> None:
    """Nothing is styled inline, and every reference is to a pattern of the page."""
    overview_site.log_loan("r1")
    html = overview_site.page.read(HOUR).text
    assert "style=" not in html
    assert set(re.findall(r"url\(#([^)]*)\)", html)) <= set(re.findall(r'id="([^"]*)"', html))


def test_a_stack_without_dead_letter_queue_is_explained(scope: StackContext, page: OpenedConsole) -> None:
    """Each part says why there is nothing, and the page is there."""
    html = page.read(HOUR).text
    assert f"Stack {scope.stack.name} has no output QueueUrl" in html
    assert text_of(html, "verdict").startswith("Unknown")


def test_the_webhook_queue_has_its_end(overview_site: OverviewSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the zone of the page, with what that is from."""
    monkeypatch.setattr(DrainReader, "read", lambda _: FALLING)
    page = opened(overview_site.site.scope, zone=ZoneInfo("Asia/Kolkata"))
    waiting = text_of(page.read(HOUR).text, "waiting")
    assert "412 waiting, empty at about 19:44 (19:41 to 19:50, measured for 6 min); at concurrency 100" in waiting
    page.console.end()
