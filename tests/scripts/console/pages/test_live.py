"""Test the page of events as they pass."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx2 as httpx
import pytest

from scripts.aws.context import StackContext
from scripts.aws.event_follower import EventFollower
from scripts.aws.logged_event import LoggedEvent
from scripts.cli.exit_codes import FailedError
from scripts.console.pages.live import FEEDS, MOST_ROWS
from scripts.watch.recent import BEGIN, RecentEvents
from tests.scripts.console.opened import opened
from tests.scripts.stack_logs import Site
from tests.scripts.watch.events import event_of
from tests.scripts.watch.test_recent import Feed, Part

NOW = datetime(2026, 11, 24, 12, 5, tzinfo=UTC)


class LivePage:
    """The page over feeds whose readings run when a test says so."""

    def __init__(self, scope: StackContext) -> None:
        self.now = NOW
        self.page = opened(scope, lambda: self.now)
        self.feeds = {"webhooks": Feed(), "notifications": Feed()}
        self.page.console.kept[FEEDS] = {queue: feed.recent for queue, feed in self.feeds.items()}

    def pass_by(self, *events: LoggedEvent, queue: str = "webhooks") -> None:
        """Let these events be read."""
        self._read(queue, [*events])

    def fail(self, error: Exception) -> None:
        """Let a reading fail."""
        self._read("webhooks", error)

    def _read(self, queue: str, part: Part) -> None:
        self.feeds[queue].parts.append(part)
        self.feeds[queue].read(10)

    def get(self, query: str = "") -> str:
        answer: httpx.Response = self.polled(query, "/live")
        assert answer.status_code == 200
        return answer.text

    def polled(self, query: str = "", path: str = "/live/events") -> httpx.Response:
        return self.page.get(path + query)


@pytest.fixture
def live(scope: StackContext) -> Iterator[LivePage]:
    live = LivePage(scope)
    yield live
    live.page.console.end()


def test_events_are_shown_with_a_link_to_their_page(live: LivePage) -> None:
    """The newest is on top; an event without a receipt ID has no page."""
    live.pass_by(event_of(1), event_of(2, receipt_id="", event="LOAN_RETURNED"))
    html = live.get()
    assert '<a href="/events/r1">LOAN_CREATED</a>' in html
    assert html.index("<td>LOAN_RETURNED</td>") < html.index("/events/r1")
    assert "2 events, the newest first" in html
    assert "<td>loan-created</td>" in html


def test_before_the_log_was_read_the_page_says_so(live: LivePage) -> None:
    """It is drawn at once, and asks again soon."""
    html = live.get()
    assert "Reading the log of the last 10 minutes." in html
    assert 'hx-trigger="load delay:500ms, every 2s"' in html


def test_without_news_the_region_is_not_drawn_again(live: LivePage) -> None:
    """People who read it, or have the focus in it, are not disturbed."""
    live.pass_by(event_of(1))
    html = live.get()
    after = html.partition("after=")[2].partition("&")[0]
    assert live.polled(f"?after={after}").status_code == 204
    live.pass_by(event_of(2))
    assert "/events/r2" in live.polled(f"?after={after}").text


def test_at_most_a_hundred_events_are_shown(live: LivePage) -> None:
    """The caption has the number of all."""
    live.pass_by(*(event_of(number) for number in range(MOST_ROWS + 20)))
    html = live.get()
    assert "The newest 100 of 120, the newest first" in html
    assert html.count('<a href="/events/') == MOST_ROWS


def test_events_are_filtered_by_codes(live: LivePage) -> None:
    """By outcome, event and route; the choice stays in the form and in the region that is read again."""
    live.pass_by(event_of(1), event_of(2, outcome="dead", routes=("pod",)), event_of(3, event="JOB_END"))
    assert "/events/r2" in live.get("?outcome=dead")
    assert "/events/r1" not in live.get("?outcome=dead")
    assert "/events/r3" in live.get("?event=JOB_END")
    html = live.get("?route=pod")
    assert "1 event, the newest first" in html
    assert '<option value="pod" selected>' in html
    assert "/live/events?route=pod&amp;after=" in html
    assert "1 event," in live.polled("?route=pod").text


def test_what_is_not_a_code_is_no_filter(live: LivePage) -> None:
    """It is neither applied nor shown, because an address must not have it."""
    live.pass_by(event_of(1))
    html = live.get("?event=jane%20doe%20%3Cscript%3E")
    assert "jane" not in html
    assert "/events/r1" in html


def test_the_page_can_be_paused(live: LivePage) -> None:
    """It is then not read again, and keeps its filter."""
    live.pass_by(event_of(1))
    assert 'href="/live?outcome=dead&amp;paused=1">Pause' in live.get("?outcome=dead")
    html = live.get("?outcome=dead&paused=1")
    assert "hx-get" not in html.partition("<main")[2]
    assert 'href="/live?outcome=dead">Resume' in html


def test_a_slow_aws_is_shown(scope: StackContext) -> None:
    """As by the command `watch`."""
    live = LivePage(scope)
    live.feeds["webhooks"].is_slowed = True
    live.pass_by(event_of(1))
    assert "AWS is busy or does not answer. Events follow later." in live.get()


def test_an_error_is_shown_with_the_last_events(live: LivePage) -> None:
    """They are not lost, and the page does not claim that nothing happens."""
    live.pass_by(event_of(1))
    live.fail(FailedError("Log group p not found."))
    html = live.get()
    assert "The log cannot be read: Log group p not found. The lines below were read before." in html
    assert "/events/r1" in html


def test_notifications_are_a_tab(live: LivePage) -> None:
    """Topics and integrations instead of events and targets."""
    live.pass_by(event_of(1), queue="webhooks")
    attempt = event_of(2, event="library/jobs", routes=("slack",), targets=("team",), outcome="accepted")
    live.pass_by(attempt, queue="notifications")
    html = live.get("?queue=notifications&event=library/jobs")
    assert '<a href="/events/r2">library/jobs</a>' in html
    assert "/events/r1" not in html
    assert '<th scope="col">Integration</th>' in html
    assert "event=library%2Fjobs&amp;queue=notifications&amp;after=" in html
    assert '<option value="library/jobs" selected>' in html


def test_dead_letters_are_announced_at_most_every_thirty_seconds(live: LivePage) -> None:
    """By the one status region of the page."""
    live.pass_by(event_of(1))
    assert 'id="status"' not in live.polled().text
    live.pass_by(event_of(2, outcome="dead"))
    first = live.polled().text
    assert ">1 dead letter among the latest events</p>" in first
    said = first.partition("said=")[2].partition('"')[0]
    live.now += timedelta(seconds=29)
    live.pass_by(event_of(3, outcome="dead"))
    assert 'id="status"' not in live.polled(f"?said={said}").text
    live.now += timedelta(seconds=1)
    assert "2 dead letters among" in live.polled(f"?said={said}").text


@pytest.mark.parametrize("said", ["x", "-1", "99999999999999999999", "²"])
def test_a_wrong_time_in_the_address_is_ignored(live: LivePage, said: str) -> None:
    """An address can be anything."""
    assert live.polled(f"?said={said}").status_code == 200


def test_hostile_texts_are_shown_as_text(live: LivePage) -> None:
    """Names from a log are not trusted."""
    live.pass_by(event_of(1, event="<script>", routes=("\u202e",), reason="a\u200bb"))
    html = live.get()
    assert "<script>" not in html.partition("<main")[2]
    assert "⟨U+202E⟩" in html
    assert "a⟨U+200B⟩b" in html


def test_the_log_of_the_stack_is_read(site: Site) -> None:
    """From some minutes ago on."""
    site.ended("delivered", "r1", age=300)
    page = opened(site.scope)
    recent = RecentEvents(lambda: EventFollower(site.scope, BEGIN), start=lambda read: read())
    page.console.kept[FEEDS] = {"webhooks": recent, "notifications": recent}
    page.get("/live")
    assert "/events/r1" in page.get("/live").text
