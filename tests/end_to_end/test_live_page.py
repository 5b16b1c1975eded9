"""The live page of the console on a stack: an event is on it soon after it has its outcome."""

from scripts.aws.event_follower import EventFollower
from scripts.console.pages.live import FEEDS
from scripts.watch.recent import BEGIN, RecentEvents
from tests.end_to_end.running import eventually
from tests.end_to_end.stack import Stack
from tests.end_to_end.test_events import fresh
from tests.samples import body_of
from tests.scripts.console.opened import opened


def test_an_event_is_shown_on_the_live_page(stack: Stack) -> None:
    """With its outcome and its target, and a link to its page."""
    page = opened(stack.scope)
    recent = RecentEvents(lambda: EventFollower(stack.scope, BEGIN), start=lambda read: read())
    page.console.kept[FEEDS] = {"webhooks": recent, "notifications": recent}
    receipt_id = stack.accepted(fresh(body_of("loan-returned")))
    stack.outcome(receipt_id)
    link = f'<a href="/events/{receipt_id}">LOAN_RETURNED</a>'
    html = eventually(lambda: text if link in (text := page.get("/live/events").text) else None)
    row = html.partition(link)[2].partition("</tr>")[0]
    assert ">delivered</span>" in row
    assert "<td>loan-returned</td>" in row
