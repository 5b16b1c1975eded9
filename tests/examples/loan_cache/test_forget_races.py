"""Forgetting a patron while an event or a fill is being stored: nothing remains."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from loan_cache.fill import Fill, FillOutcome
from loan_cache.forget import forget

from processor.errors import Transient
from tests.examples.loan_cache.alma_world import AlmaWorld, WorldLists
from tests.examples.loan_cache.alma_world import loan as alma_loan
from tests.examples.loan_cache.bodies import NOW, USER, loan
from tests.examples.loan_cache.conftest import Cache
from tests.examples.loan_cache.memory_dynamodb import MemoryDynamoDb

MOMENT = datetime.fromtimestamp(NOW, UTC)


class Forgetting(MemoryDynamoDb):
    """Forgets the patron at a certain call of the event that is being applied."""

    def __init__(self, at_call: int) -> None:
        super().__init__()
        self.cache: Any = None
        self._calls_left = at_call

    def _count(self) -> None:
        self._calls_left -= 1
        if self._calls_left == 0:
            forget(self.cache.writer, USER, MOMENT)

    def put_item(self, **parameters: Any) -> dict[str, Any]:
        self._count()
        return super().put_item(**parameters)

    def get_item(self, **parameters: Any) -> dict[str, Any]:
        self._count()
        return super().get_item(**parameters)


@pytest.mark.parametrize("at_call", [1, 2, 3])
def test_f94_forgetting_while_an_event_is_applied_leaves_nothing(at_call: int) -> None:
    """Whichever call comes first: the marker is read again after the write."""
    dynamodb = Forgetting(at_call)
    dynamodb.cache = cache = Cache(dynamodb, None, "")
    assert cache.take(loan())["outcome"] == "forgotten"
    assert dynamodb.tables["loans"] == {}
    assert cache.writer.users.find(USER).forgotten_at


class LosingAnswers(MemoryDynamoDb):
    """Forgets the patron before a certain call of a fill or event, makes the call, and loses its answer."""

    def __init__(self, at_call: int) -> None:
        super().__init__()
        self.cache: Any = None
        self._calls_left = at_call

    def _lost(self, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        self._calls_left -= 1
        if self._calls_left == 0:
            forget(self.cache.writer, USER, MOMENT)
            call()
            raise ReadTimeoutError(endpoint_url="https://dynamodb.example")
        return call()

    def put_item(self, **parameters: Any) -> dict[str, Any]:
        return self._lost(lambda: MemoryDynamoDb.put_item(self, **parameters))

    def get_item(self, **parameters: Any) -> dict[str, Any]:
        return self._lost(lambda: MemoryDynamoDb.get_item(self, **parameters))


@pytest.mark.parametrize("at_call", [1, 2, 3])
def test_f94_an_event_whose_write_was_not_answered_leaves_nothing(at_call: int) -> None:
    """The attempt could not read the marker after its write, so the next one deletes what it left."""
    dynamodb = LosingAnswers(at_call)
    dynamodb.cache = cache = Cache(dynamodb, None, "")
    assert cache.take(loan())["outcome"] == "forgotten"
    assert dynamodb.tables["loans"] == {}


@pytest.mark.parametrize("at_call", range(1, 8))
def test_f94_a_fill_that_ended_while_forgetting_leaves_nothing_when_it_is_repeated(at_call: int) -> None:
    """Whichever of its calls failed: two entries, the marker three times, and the mark of the fill."""
    dynamodb = LosingAnswers(at_call)
    dynamodb.cache = cache = Cache(dynamodb, None, "")
    world = AlmaWorld()
    world.add(USER, [alma_loan(1), alma_loan(2)])
    fill = Fill(WorldLists(world).lists, cache.writer, cache.clock)
    with pytest.raises(Transient):
        fill.run(USER)
    assert fill.run(USER).outcome is FillOutcome.FORGOTTEN
    assert dynamodb.tables["loans"] == {}


class Arriving(MemoryDynamoDb):
    """Receives an event of the patron each time after a table was read for the deletion."""

    def __init__(self) -> None:
        super().__init__()
        self.cache: Any = None
        self.outcomes: list[str] = []
        self._is_arriving = False

    def query(self, **parameters: Any) -> dict[str, Any]:
        found = super().query(**parameters)
        if not self._is_arriving:
            self._is_arriving = True
            self.outcomes.append(self.cache.take(loan())["outcome"])
            self._is_arriving = False
        return found


def test_f94_an_event_during_the_deletion_leaves_nothing() -> None:
    """The marker is there before anything is deleted, so what is stored after the deletion finds it."""
    dynamodb = Arriving()
    dynamodb.cache = cache = Cache(dynamodb, None, "")
    forget(cache.writer, USER, MOMENT)
    assert dynamodb.outcomes == ["forgotten", "forgotten"]
    assert dynamodb.tables["loans"] == {}
