"""Messages of the fill queue: which ones need a fill, and what their line of the log has."""

import pytest
from loan_cache.entry import Entry, Kind, State
from loan_cache.fill_work import FillWork
from loan_cache.order import OrderValue, Rank
from loan_cache.queue_worker import SENT

from processor.errors import Permanent
from tests.examples.loan_cache.alma_world import USER
from tests.examples.loan_cache.fill_case import FillCase, world_of

BODY = f'{{"user": "{USER.upper()}"}}'


def take(case: FillCase, sent_ms: int | None = None, body: str = BODY) -> dict[str, object]:
    attributes = {} if sent_ms is None else {SENT: str(sent_ms)}
    return FillWork(case.fill)(body, attributes, lambda: 25.0)


def test_the_line_has_the_outcome_and_numbers() -> None:
    """Nothing about the user."""
    case = FillCase(world_of(2, 1))
    assert take(case) == {"outcome": "filled", "listed": 3, "superseded": 0, "removed": 0}
    assert take(case, int(case.alma.now * 1000) + 1)["outcome"] == "filled"


def test_a_message_that_is_older_than_the_last_fill_needs_none() -> None:
    """Every read of a user who is not filled sends one."""
    case = FillCase(world_of(2))
    sent_ms = int(case.alma.now * 1000)
    take(case, sent_ms)
    asked = len(case.world.asked)
    assert take(case, sent_ms) == {"outcome": "fresh"}
    assert len(case.world.asked) == asked
    assert take(case)["outcome"] == "filled"


def test_an_incomplete_entry_needs_a_fill_although_one_came_meanwhile() -> None:
    """That one was older than the event."""
    case = FillCase(world_of(2))
    sent_ms = int(case.alma.now * 1000)
    order = OrderValue(sent_ms, Rank.CHANGED, "digest")
    case.writer.write(USER, [Entry(Kind.REQUEST, USER, "request-00009", order, State.INCOMPLETE)])
    take(case, sent_ms)
    case.alma.now += 361
    assert take(case, sent_ms)["outcome"] == "filled"
    assert take(case, sent_ms)["outcome"] == "fresh"


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"user": 7}', '{"user": ""}', "invented-patron-1"])
def test_a_body_without_a_user_is_permanent(body: str) -> None:
    """It is not quoted."""
    with pytest.raises(Permanent, match="A message of the fill queue must be"):
        take(FillCase(world_of(1)), body=body)
