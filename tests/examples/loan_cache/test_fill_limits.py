"""Users who are not filled: unknown, forgotten, under another identifier; and fills that have to wait."""

import pytest
from loan_cache.fill import MOST_ENTRIES, FillOutcome, FillResult
from loan_cache.order import OrderValue, Rank, order_of_fill
from loan_cache.users import UserTable

from notifications.errors import Permanent, Throttled
from tests.examples.loan_cache.alma_world import USER
from tests.examples.loan_cache.fill_case import FillCase, world_of


def test_a_user_whom_alma_does_not_have_is_emptied() -> None:
    """The user was deleted or renamed there. The cache does not count as filled, so readers ask Alma, which says so."""
    case = FillCase(world_of(2, 1))
    case.run()
    del case.world.lists[USER]
    case.alma.now += 3600
    assert case.run() == FillResult(FillOutcome.UNKNOWN_USER, removed=3)
    assert not case.entries()
    assert case.filled_at is None


def test_another_identifier_is_not_filled() -> None:
    """Events have the primary identifier, so entries under a barcode would never be renewed or removed."""
    world = world_of(2)
    world.names["4711"] = USER
    case = FillCase(world)
    assert case.run("4711") == FillResult(FillOutcome.OTHER_ID)
    assert len(world.asked) == 1
    assert case.items == [{}, {}]


def test_a_user_who_is_renamed_is_not_answered_from_the_cache_any_more() -> None:
    """What was the primary identifier is another one now, and events do not have it."""
    case = FillCase(world_of(2))
    case.run()
    case.world.lists["invented-new"] = case.world.lists.pop(USER)
    case.world.names[USER] = "invented-new"
    assert case.run() == FillResult(FillOutcome.OTHER_ID)
    assert case.filled_at is None


def test_an_account_with_too_many_entries_stays_with_alma(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would not fit into the time of the function."""
    assert MOST_ENTRIES == 20_000
    monkeypatch.setattr("loan_cache.fill.MOST_ENTRIES", 150)
    case = FillCase(world_of(151))
    assert case.run() == FillResult(FillOutcome.TOO_MANY)
    assert (case.items, case.filled_at) == ([{}, {}], None)


def test_an_account_that_has_grown_too_large_is_left_to_alma(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache cannot be compared with Alma any more, so it does not count as filled."""
    case = FillCase(world_of(151))
    case.run()
    monkeypatch.setattr("loan_cache.fill.MOST_ENTRIES", 150)
    assert case.run() == FillResult(FillOutcome.TOO_MANY)
    assert case.filled_at is None


def test_a_forgotten_user_is_not_asked_for() -> None:
    """Neither before nor after the marker was put there."""
    case = FillCase(world_of(2))
    case.writer.users.mark_forgotten(USER)
    assert case.run() == FillResult(FillOutcome.FORGOTTEN)
    assert case.world.asked == []


@pytest.mark.parametrize("at", range(1, 4))
def test_a_user_who_is_forgotten_during_a_fill_stays_forgotten(at: int) -> None:
    """At whichever request it happens."""
    case = FillCase(world_of(2, 1))

    def forget(number: int) -> None:
        if number == at:
            case.writer.users.mark_forgotten(USER)
            case.writer.delete(USER)

    case.world.before = forget
    assert case.run() == FillResult(FillOutcome.FORGOTTEN)
    assert (case.items, case.filled_at) == ([{}, {}], None)


def test_a_user_who_is_forgotten_at_the_very_end_stays_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mark of the fill finds the marker, and what was written is deleted."""
    case = FillCase(world_of(2, 1))
    mark_filled = UserTable.mark_filled

    def forget_first(users: UserTable, user: str, started_ms: int) -> bool:
        users.mark_forgotten(user)
        return mark_filled(users, user, started_ms)

    monkeypatch.setattr(UserTable, "mark_filled", forget_first)
    assert case.run() == FillResult(FillOutcome.FORGOTTEN)
    assert case.items == [{}, {}]


def test_the_day_has_a_number_of_requests() -> None:
    """What remains waits until midnight, and is filled then."""
    case = FillCase(world_of(1), most=5)
    case.run()
    with pytest.raises(Throttled, match="the 5 requests of today to Alma's API are used up") as throttled:
        case.run()
    assert len(case.world.asked) == 5
    assert throttled.value.retry_after is not None
    case.alma.now += throttled.value.retry_after - 1
    with pytest.raises(Throttled):
        case.run()
    case.alma.now += 2
    case.run()


def test_requests_are_left_for_other_programs() -> None:
    """Alma says how many the institution has left. The answer that says so is used, and the next request waits."""
    case = FillCase(world_of(1), most=1000, kept=500)
    case.world.headers = {"x-exl-api-remaining": "500"}
    case.run()
    case.world.headers = {"x-exl-api-remaining": "499"}
    with pytest.raises(Throttled) as throttled:
        case.run()
    assert throttled.value.retry_after == pytest.approx(3600)
    counted = dict(case.alma.table.items)
    with pytest.raises(Throttled):
        case.run()
    assert case.alma.table.items == counted  # only requests that are made count
    assert len(case.world.asked) == 4
    case.alma.now += 3600
    case.world.headers = {}
    case.run()


def test_without_an_api_key_nothing_is_filled() -> None:
    """That is a mistake of the operator, who replays the dead letters afterwards."""
    with pytest.raises(Permanent, match=r"the parameter .*alma-api-key does not exist"):
        FillCase(world_of(1), key=None).run()


def test_the_order_of_a_fill_is_before_its_first_request() -> None:
    """By a minute, because the API may answer from before an event, and clocks differ."""
    assert order_of_fill(1_780_000_000_000) == OrderValue(1_779_999_940_000, Rank.FILL, "")
