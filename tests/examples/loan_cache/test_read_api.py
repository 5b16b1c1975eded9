"""The read API: from the cache or from Alma, page by page."""

from typing import Any

import pytest
from loan_cache.entry import Entry, Kind, State
from loan_cache.events import entry_of_answer
from loan_cache.expiry import KEPT_DAYS
from loan_cache.order import OrderValue, Rank

from tests.examples.loan_cache.alma_world import USER, loan, request
from tests.examples.loan_cache.read_case import ReadCase

DAY_SECONDS = 86_400


@pytest.fixture(autouse=True)
def _aws(aws: None) -> None:
    """Use the queue of moto."""


def test_a_filled_user_is_answered_from_the_cache() -> None:
    """By the names of Alma's API, in JSON; Alma is not asked."""
    case = ReadCase([loan(1)], [request(1)])
    case.fill()
    assert case.read() == (
        200,
        {
            "loans": [
                {
                    "loan_id": "loan-00001",
                    "title": "Collected Letters of Nobody, volume 1",
                    "item_barcode": "39900000001",
                    "library": "MAIN",
                    "due_date": "2026-06-26T16:00:00Z",
                    "process_status": "NORMAL",
                    "renewable": True,
                }
            ],
            "source": "cache",
        },
    )
    status, members = case.read("requests", USER.upper())
    assert (status, members["source"], members["requests"][0]["place_in_queue"]) == (200, "cache", 1)
    assert (case.world.asked, case.queued()) == ([], [])
    assert {name: case.lines[0][name] for name in ("message", "list", "source", "entries", "status")} == {
        "message": "read",
        "list": "loan",
        "source": "cache",
        "entries": 1,
        "status": 200,
    }


def test_another_user_is_answered_from_alma_in_the_same_form() -> None:
    """And queued for a fill, once for a list."""
    case = ReadCase([loan(each) for each in range(5)])
    cached = ReadCase([loan(each) for each in range(5)])
    cached.fill()
    status, members = case.read()
    assert (status, members["source"]) == (200, "alma")
    assert members["loans"] == cached.read()[1]["loans"]
    assert case.queued() == [{"user": USER}]
    assert case.all_ids(limit="2") == [f"loan-{each:05}" for each in range(5)]
    assert case.queued() == [{"user": USER}]


@pytest.mark.parametrize("user", ["jané@example.org", "jan%C3%A9%40example.org"])
def test_an_id_may_be_decoded_already(user: str) -> None:
    """Whether a gateway decodes it or not."""
    case = ReadCase([])
    case.world.add("jané@example.org", [loan(1, user_id="jané@example.org")])
    assert case.read(user=user)[1]["loans"][0]["loan_id"] == "loan-00001"
    assert case.queued() == [{"user": "jané@example.org"}]


def test_a_queue_that_does_not_answer_does_not_matter() -> None:
    """The next answer comes from Alma too."""
    case = ReadCase([loan(1)])
    case.sqs.delete_queue(QueueUrl=case.queue_url)
    assert case.read()[0] == 200


def test_a_forgotten_user_is_answered_from_alma_and_not_filled() -> None:
    """What Alma has is Alma's decision; the cache stores nothing, not even a message."""
    case = ReadCase([loan(1)])
    case.writer.users.mark_forgotten(USER)
    assert case.read()[1]["source"] == "alma"
    assert case.queued() == []


@pytest.mark.parametrize(("loans", "asked"), [([loan(1)], 1), ([], 2)])
def test_another_identifier_is_answered_from_alma_and_not_filled(loans: list[dict[str, Any]], asked: int) -> None:
    """A fill would store nothing, so clients that use barcodes would take the requests of a day from other patrons."""
    case = ReadCase(loans)
    case.world.names["4711"] = USER
    status, members = case.read(user="4711")
    assert (status, members["source"], len(members["loans"])) == (200, "alma", len(loans))
    assert (case.queued(), len(case.world.asked)) == ([], asked)


def test_a_user_without_loans_is_filled_too() -> None:
    """Alma has to be asked once more, because an empty list does not say whose it is."""
    case = ReadCase([])
    assert case.read()[1]["loans"] == []
    assert case.queued() == [{"user": USER}]


def test_a_user_with_an_incomplete_entry_is_answered_from_alma() -> None:
    """Half of a loan is not shown, and neither are the others without it. A fill at once would not be newer."""
    case = ReadCase([loan(each) for each in range(60)])
    case.fill()
    order = OrderValue(int(case.alma.now * 1000), Rank.CHANGED, "digest")
    case.writer.write(USER, [Entry(Kind.LOAN, USER, "loan-00059", order, State.INCOMPLETE)])
    assert case.read(limit="10")[1]["source"] == "alma"
    assert case.read("requests")[1]["source"] == "cache"
    assert case.queued() == []
    assert case.count_delayed() == 1


def test_an_entry_that_becomes_incomplete_between_pages_is_left_out() -> None:
    """The list goes on in the cache, where it began."""
    case = ReadCase([loan(each) for each in range(5)])
    case.fill()
    token = case.read(limit="3")[1]["next"]
    order = OrderValue(int(case.alma.now * 1000), Rank.CHANGED, "digest")
    case.writer.write(USER, [Entry(Kind.LOAN, USER, "loan-00003", order, State.INCOMPLETE)])
    status, members = case.read(limit="3", token=token)
    assert (status, [each["loan_id"] for each in members["loans"]]) == (200, ["loan-00004"])


def test_a_fill_counts_for_thirty_days() -> None:
    """Then Alma is asked, and the user is queued."""
    case = ReadCase([loan(1)])
    case.fill()
    case.alma.now += 30 * DAY_SECONDS - 1
    assert case.read()[1]["source"] == "cache"
    case.alma.now += 2
    assert case.read()[1]["source"] == "alma"


def test_f97_a_user_with_thousands_of_expired_loans_gets_every_current_one() -> None:
    """Pages of the table that are empty after the filter are not the end; only the table says where that is."""
    case = ReadCase([loan(each, title="A very long title. " * 40) for each in range(0, 3000, 100)])
    case.fill()
    case.dynamodb.page_items = 400
    old = int((case.alma.now - (KEPT_DAYS + 1) * DAY_SECONDS) * 1000)
    table = case.writer.tables[Kind.LOAN]
    for number in range(3000):
        if number % 100:
            order = OrderValue(old, Rank.CREATED, "digest")
            table.put(entry_of_answer(Kind.LOAN, USER, loan(number, title="A very long title. " * 40), order))
    wanted = [f"loan-{each:05}" for each in range(0, 3000, 100)]
    assert case.all_ids() == wanted
    assert case.all_ids(limit="7") == wanted
    assert case.world.asked == []


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 39, 40, 41, 100, 101])
@pytest.mark.parametrize("source", ["cache", "alma"])
def test_pages_of_any_length_have_every_entry_once(count: int, source: str) -> None:
    """With the end of a page at, before and after the ends of the list and of the pages of the table."""
    case = ReadCase([loan(each) for each in range(count)])
    if source == "cache":
        case.fill()
    for limit in ("1", "2", "20", "100") if count < 50 else ("40", "100"):
        assert case.all_ids(limit=limit) == [f"loan-{each:05}" for each in range(count)]
