"""The page of dead letters: what it lists, filters and pages, and how old the list is."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError

from scripts.console.pages.dead_letters import TablePage, matching
from scripts.console.readings.dead_letter_snapshot import dead_letters, mark_changed
from scripts.dead_letters.dead_letter import Cause
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.find import Listing
from scripts.dead_letters.queue_name import QueueName
from scripts.dead_letters.queues import DeadLetterQueue
from scripts.dead_letters.reader import Summary
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.console.desk import Desk, OpenDesk, text_of
from tests.scripts.console.holder import Holder
from tests.scripts.dead_letters.notified import NotificationQueues, notification
from tests.scripts.dead_letters.queues import loan


def test_the_first_view_says_that_it_reads(desk: Desk) -> None:
    """Without a list there is no number, rather than zero; the list is there once it was read."""
    desk.put("r1")
    first = text_of(desk.page.get("/dead-letters"))
    assert "0 dead letters" not in first
    desk.page.wait()
    page = desk.text("/dead-letters")
    assert "1 dead letter matches" in page
    assert "As of" in page
    assert "r1 LOAN_CREATED loans topic:loan-created transient AWS returned NotFound 8 2026-11-20 00:00:00" in page


def test_without_javascript_the_page_is_loaded_again_until_there_is_a_list(desk: Desk) -> None:
    """Only while it reads for the first time."""
    desk.put("r1")
    assert 'http-equiv="refresh"' not in desk.page.read("/dead-letters").text


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["r1", "r2", "r3"]),
        ("?event=loan_lost", ["r3"]),
        ("?event=LOAN_CREATED,LOAN_LOST&cause=template", ["r2"]),
        ("?cause=template&cause=crashed", ["r2"]),
        ("?route=loans&target=loan-created", ["r1", "r3"]),
        ("?alma-action=LOAN&alma-profile=consortium", []),
        ("?since=2026-11-21T00:00:00Z", []),
    ],
)
def test_the_filters_are_those_of_the_commands(desk: Desk, query: str, ids: list[str]) -> None:
    """They stand in the address, several values with commas or repeated."""
    desk.put("r1")
    desk.put("r2", failure={"class": "template", "route": "others"})
    desk.put("r3", event="LOAN_LOST")
    text = desk.page.read(f"/dead-letters{query}").text
    assert [id_ for id_ in ("r1", "r2", "r3") if f">{id_}</a>" in text] == ids


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("?cause=invented", "--cause takes one of"),
        ("?since=yesterday", "--since"),
        ("?queue=other", "The queue is one of webhooks, notifications."),
        ("?condition=unknown", "does not have the condition"),
        ("?queue=notifications&route=loans", "--route selects events"),
    ],
)
def test_an_invalid_filter_is_named(desk: Desk, query: str, problem: str) -> None:
    """The form stays, and nothing is listed."""
    answer = desk.page.get(f"/dead-letters{query}")
    assert (answer.status_code, problem in text_of(answer), "match" in text_of(answer)) == (400, True, False)


def test_a_condition_never_stands_in_an_address(desk: Desk) -> None:
    """It is posted, and the address has an ID of it; the other filters stay."""
    for number in (1, 2):
        desk.queues.put(loan(number), receipt_id=f"r{number}")
    form = {"where": "item_loan.loan_id == '2'", "cause": "transient"}
    answer = desk.page.post("/dead-letters/condition", form)
    location = answer.headers["location"]
    assert (answer.status_code, "loan_id" in location) == (303, False)
    assert parse_qs(urlsplit(location).query)["cause"] == ["transient"]
    text = desk.page.read(location).text
    assert (">r2</a>" in text, ">r1</a>" in text) == (True, False)
    assert "item_loan.loan_id == &#39;2&#39;" in text
    removed = desk.page.post("/dead-letters/condition", {"where": "", "condition": "x", "cause": "transient"})
    assert removed.headers["location"] == "/dead-letters?cause=transient"
    wrong = desk.page.post("/dead-letters/condition", {"where": "((("})
    assert "is not a condition" in text_of(wrong)


def test_a_long_list_has_pages(desk: Desk) -> None:
    """Fifty to a page, with links that keep the filters; a page that is not there is the nearest one."""
    desk.put(*(f"r{number:03}" for number in range(60)))
    first = desk.page.read("/dead-letters?cause=transient").text
    assert first.count('name="id"') == 50
    assert "/dead-letters?cause=transient&amp;page=2" in first
    assert "All 60 that match" in first
    for number in ("2", "99"):
        second = desk.page.get(f"/dead-letters?cause=transient&page={number}")
        assert second.text.count('name="id"') == 10
        assert "Dead letters 51 to 60 of 60" in text_of(second)
    assert "Dead letters 1 to 50 of 60" in desk.text("/dead-letters?page=-1")


def test_dead_letters_of_notifications_have_a_list_of_their_own(
    desk: Desk,
    dead_notifications: DeadLetterStore,
    notified: NotificationQueues,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With topic, integration and service, and without the fields of events; a replay of it is planned too."""
    notified.put(notification())
    stack = dead_notifications.owner.stack
    monkeypatch.setattr("scripts.dead_letters.store.required_notifications", lambda _: stack)
    page = desk.page.read("/dead-letters?queue=notifications&target=library/jobs")
    assert "r1 library/jobs team email refused" in text_of(page)
    assert 'name="alma-profile"' not in page.text
    plan = desk.plan(queue="notifications", select="all")
    assert "1 would be delivered to topic library/jobs" in desk.text(f"/plans/{plan.id}")


def test_an_error_of_aws_leaves_the_last_list(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says that it is old, and why."""
    desk.put("r1")
    desk.page.read("/dead-letters")

    def fail(*_: object) -> None:
        raise ClientError({"Error": {"Code": "ExpiredToken", "Message": "x"}}, "GetQueueAttributes")

    monkeypatch.setattr(DeadLetterQueue, "depth", fail)
    desk.clock.pass_minutes(2)
    text = text_of(desk.page.read("/dead-letters"))
    assert "1 dead letter matches" in text
    assert "Stale:" in text


def test_a_partial_scan_says_at_least(desk: Desk) -> None:
    """While another reader holds some, the number is a lower bound."""
    desk.put("r1", "r2", "r3")
    held = desk.queues.aws.sqs.receive_message(QueueUrl=desk.queues.dead_letters_url, VisibilityTimeout=60)
    assert held["Messages"]
    text = text_of(desk.page.read("/dead-letters"))
    assert "At least 2 dead letters" in text
    assert "2 of about 3 were seen" in text


def test_the_age_says_that_there_is_a_newer_list(desk: Desk) -> None:
    """The table itself stays, so that nobody loses what is ticked."""
    desk.put("r1")
    listed = desk.page.read("/dead-letters").text
    address = listed.partition('hx-get="')[2].partition('"')[0].replace("&amp;", "&")
    assert "newer list" not in desk.page.get(address).text
    desk.page.post("/dead-letters/read")
    desk.page.read("/dead-letters")
    newer = desk.page.get(address)
    assert "A newer list was read" in newer.text
    assert "HX-Refresh" not in newer.headers
    assert desk.page.get("/dead-letters/age?taken=").headers["HX-Refresh"] == "true"


def test_an_open_page_does_not_read_again_and_again(desk: Desk) -> None:
    """A scan hides the dead letters from others, so only a person who loads the page begins one."""
    desk.put("r1")
    desk.page.read("/dead-letters")
    console = desk.page.console
    taken_at = dead_letters(console, reads_again=False).taken_at
    desk.clock.pass_minutes(2)
    mark_changed(console, QueueName.webhooks)
    desk.page.read("/dead-letters/age?taken=x")
    assert dead_letters(console, reads_again=False).taken_at == taken_at
    desk.page.read("/dead-letters")
    assert dead_letters(console, reads_again=False).taken_at != taken_at


def test_a_change_lets_the_list_be_read_again(desk: Desk) -> None:
    """Also one that was read a second ago."""
    desk.page.read("/dead-letters")
    desk.put("r1")
    assert dead_letters(desk.page.console).value == Listing([], 0, 0, 0, 0, 0)
    mark_changed(desk.page.console, QueueName.webhooks)
    assert "1 dead letter matches" in text_of(desk.page.read("/dead-letters"))


def test_after_a_change_the_old_list_is_not_shown(desk: Desk) -> None:
    """What was just replayed would look as if it had failed; the page is loaded again when there is a new list."""
    desk.put("r1")
    desk.page.read("/dead-letters")
    holder = Holder(desk.page.console)
    assert holder.has_it.wait(10)
    mark_changed(desk.page.console, QueueName.webhooks)
    page = desk.page.get("/dead-letters")
    assert "r1" not in page.text
    assert "The list is being read again." in text_of(page)
    address = page.text.partition('hx-get="')[2].partition('"')[0].replace("&amp;", "&")
    assert "HX-Refresh" not in desk.page.get(address).headers
    holder.may_end.set()
    desk.page.wait()
    assert desk.page.get(address).headers["HX-Refresh"] == "true"


def test_hostile_texts_are_shown_as_texts(desk: Desk) -> None:
    """An ID can be anything, as a link, a label and a value too."""
    hostile = '"><script>alert(1)</script>\N{RIGHT-TO-LEFT OVERRIDE}/..'
    desk.put(hostile)
    text = desk.page.read("/dead-letters").text
    assert "<script>alert" not in text
    assert "⟨U+202E⟩" in text
    assert 'href="/events/%22%3E%3Cscript' in text


NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def summary(number: int) -> Summary:
    cause = Cause("transient" if number % 2 else "template", "AWS returned NotFound", "loans", "topic:loan-created")
    at = NOW - timedelta(minutes=number)
    id_ = f"r{number:05}"
    return Summary(id_, f"m{id_}", "0" * 64, "LOAN", "LOAN_CREATED", "01X", "alma", cause, at, NOW, 0, is_edited=False)


def test_five_thousand_are_filtered_in_memory() -> None:
    """A page has fifty of those that match; no filter reads AWS."""
    listing = Listing([summary(number) for number in range(5_000)], 5_000, 5_000, 0, 0, 0)
    found = matching(listing, Filters(causes=("transient",), events=("LOAN_CREATED",), since="2d"), NOW)
    table = TablePage.of(found, "3")
    assert (len(found), table.matching, len(table.rows), table.pages) == (1_440, 1_440, 50, 29)
    assert TablePage.of([], "x") == TablePage([], 1, 1, 0)


def test_the_page_opens_read_only(open_desk: OpenDesk) -> None:
    """What would happen may be asked; only the confirmation is refused."""
    desk = open_desk(read_only=True)
    desk.put("r1")
    assert "Replay…" in desk.page.read("/dead-letters").text
