"""Fills from Alma: what is asked, what is written, and that nothing is written before all pages came."""

import pytest
from loan_cache.entry import Entry, Kind, State
from loan_cache.events import entry_of_answer, removed
from loan_cache.fill import MOST_ENTRIES, FillOutcome, FillResult
from loan_cache.order import FILL_MARGIN_MS, OrderValue, Rank

from notifications.errors import Transient
from tests.examples.loan_cache.alma_world import USER, loan, request, response
from tests.examples.loan_cache.fill_case import FillCase, world_of


def test_everything_is_filled() -> None:
    """Each list is read in pages of a hundred that overlap by one entry. The user comes first: its id is checked."""
    case = FillCase(world_of(250, 3))
    started_ms = int(case.alma.now * 1000)
    assert case.run() == FillResult(FillOutcome.FILLED, listed=253)
    assert [url.partition("/users/")[2] for url in case.world.asked] == [
        USER,
        f"{USER}/loans?limit=100&offset=0",
        f"{USER}/loans?limit=100&offset=99",
        f"{USER}/loans?limit=100&offset=198",
        f"{USER}/requests?limit=100&offset=0",
    ]
    assert len(case.entries()) == 250
    assert case.entries(Kind.REQUEST)["request-00002"].content["place_in_queue"] == 2
    entry = case.entries()["loan-00249"]
    assert (entry.content["title"], entry.content["library"]) == ("Collected Letters of Nobody, volume 249", "MAIN")
    assert entry.order == OrderValue(started_ms - FILL_MARGIN_MS, Rank.FILL, "")
    assert case.filled_at == started_ms


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 199, 200])
def test_pages_end_where_the_list_ends(count: int) -> None:
    """The overlap makes the second page begin at 99 and the third at 198."""
    case = FillCase(world_of(count))
    assert case.run().listed == count == len(case.entries())
    assert sum("loans" in url for url in case.world.asked) == 1 + (count > 100) + (count > 199)


def test_what_alma_does_not_list_is_removed() -> None:
    """As a tombstone of the fill's time, which a late event from before the return does not replace."""
    case = FillCase(world_of(3, 2))
    case.run()
    del case.world.lists[USER][Kind.LOAN]["loan-00001"], case.world.lists[USER][Kind.REQUEST]["request-00000"]
    case.alma.now += 3600
    assert case.run() == FillResult(FillOutcome.FILLED, listed=3, removed=2)
    assert list(case.entries()) == ["loan-00000", "loan-00002"]
    assert list(case.entries(Kind.REQUEST)) == ["request-00001"]
    assert list(case.entries(state=State.REMOVED)) == ["loan-00001"]
    assert case.run().removed == 0


def test_events_since_the_fill_started_win() -> None:
    """Those that came before the fill was written, and those of the minute before, which the API may not know."""
    case = FillCase(world_of(3))
    now_ms = int(case.alma.now * 1000)

    def entry(number: int, time_ms: int) -> Entry:
        order = OrderValue(time_ms, Rank.CHANGED, "digest")
        return entry_of_answer(Kind.LOAN, USER, loan(number, title="by an event"), order)

    newer, returned, unlisted = entry(0, now_ms), entry(1, now_ms + 5), entry(7, now_ms - FILL_MARGIN_MS)
    older, gone = entry(2, now_ms - FILL_MARGIN_MS - 1), entry(8, now_ms - FILL_MARGIN_MS - 1)
    case.writer.write(USER, [newer, removed(returned, returned.order), unlisted, older, gone])
    assert case.run() == FillResult(FillOutcome.FILLED, listed=3, superseded=2, removed=1)
    titles = {id_: entry.content["title"] for id_, entry in case.entries().items()}
    assert titles == {
        "loan-00000": "by an event",
        "loan-00002": "Collected Letters of Nobody, volume 2",
        "loan-00007": "by an event",
    }


def test_an_incomplete_entry_is_filled() -> None:
    """An event that does not carry everything leaves an entry that the fill completes or removes."""
    case = FillCase(world_of(1))
    order = OrderValue(int(case.alma.now * 1000) - FILL_MARGIN_MS - 1, Rank.CHANGED, "digest")
    case.writer.write(USER, [Entry(Kind.LOAN, USER, f"loan-{n:05}", order, State.INCOMPLETE) for n in range(2)])
    case.run()
    assert list(case.entries()) == ["loan-00000"]
    assert list(case.entries(state=State.REMOVED)) == ["loan-00001"]


REQUESTS_OF_A_FILL = 6


@pytest.mark.parametrize("failing", range(1, REQUESTS_OF_A_FILL + 1))
@pytest.mark.parametrize("answer", [response({}, 500), response({"maintenance": True}), response([], 429)])
def test_a_failure_at_any_page_changes_nothing(failing: int, answer: object) -> None:
    """Neither entries nor tombstones, and the user is not filled; the next run repeats everything."""
    case = FillCase(world_of(250, 120))
    case.run()
    before, filled_at = case.items, case.filled_at
    case.world.asked.clear()
    case.world.lists[USER][Kind.LOAN].clear()
    case.world.add(USER, [loan(each) for each in range(100, 300)], [request(each) for each in range(150)])
    case.alma.now += 3600
    case.world.before = lambda number: answer if number == failing else None  # type: ignore[assignment,return-value]
    with pytest.raises(Transient):
        case.run()
    assert (case.items, case.filled_at) == (before, filled_at)
    case.world.before = lambda _: None
    case.alma.now += 3600
    assert case.run() == FillResult(FillOutcome.FILLED, listed=350, removed=100)


def test_an_entry_that_leaves_the_list_between_pages_hides_no_other() -> None:
    """Alma's offsets count what is there now: without the overlap, loan 100 would be skipped and then removed."""
    case = FillCase(world_of(150))
    case.run()
    case.world.asked.clear()

    def returned(number: int) -> None:
        if number == 3:
            del case.world.lists[USER][Kind.LOAN]["loan-00005"]
            case.world.lists[USER][Kind.LOAN]["loan-00900"] = loan(900)  # so that the count stays the same

    case.world.before = returned
    case.alma.now += 3600
    with pytest.raises(Transient, match="the list changed while it was read"):
        case.run()
    assert len(case.entries()) == 150
    case.run()
    assert len(case.entries()) == 150
    assert "loan-00005" not in case.entries()


@pytest.mark.parametrize("items", [[], [loan(1)]])
def test_a_list_that_is_shorter_than_its_count_is_not_believed(items: list[object]) -> None:
    """A page that is cut must not remove the rest."""
    case = FillCase(world_of(2))
    cut = response({"total_record_count": 2, "item_loan": items})
    case.world.before = lambda number: cut if number > 1 else None
    with pytest.raises(Transient, match="the list"):
        case.run()


@pytest.mark.full
def test_an_account_with_20000_loans_is_filled() -> None:
    """In a request for each 99 loans, ten a second, and a write for each loan."""
    case = FillCase(world_of(MOST_ENTRIES))
    case.dynamodb.page_items = MOST_ENTRIES  # each page sorts the table
    started = case.alma.now
    assert case.run() == FillResult(FillOutcome.FILLED, listed=MOST_ENTRIES)
    assert len(case.world.asked) == 1 + -(-(MOST_ENTRIES - 1) // 99) + 1
    assert case.alma.now - started < 60
    assert len(case.entries()) == MOST_ENTRIES
