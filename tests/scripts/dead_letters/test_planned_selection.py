"""A selection that is bound to what a person chose, or to the messages of a plan."""

from datetime import UTC, datetime

import pytest

from scripts.cli.progress import ProgressDisplay
from scripts.cli.rate_limiter import Rate
from scripts.dead_letters.discard import DiscardResult
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.planned_selection import MOST_NEW_IDS, ChosenSelection, PlannedMessage, PlannedSelection
from scripts.dead_letters.queues import Depth
from scripts.dead_letters.replay_options import ReplayOptions, ReplayResult
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.dead_letters.queues import Queues, loan
from tests.scripts.dead_letters.test_replay import arrived

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
OPTIONS = ReplayOptions(Rate(1000))
LOANS = Filters(causes=("transient",))


@pytest.fixture
def service(dead_letters: DeadLetterStore, queues: Queues) -> DeadLetterService:
    """A service with three dead letters, one of which has a copy."""
    for number in range(3):
        queues.put(loan(number), receipt_id=f"r{number}")
    queues.put(loan(0), receipt_id="r0", failure=None)
    return DeadLetterService(dead_letters, ProgressDisplay())


def planned(service: DeadLetterService, filters: Filters = LOANS) -> PlannedSelection:
    plan = service.plan_replay(service.select(filters), OPTIONS)
    return PlannedSelection(filters, service.store.now, plan.messages)


def test_a_plan_has_every_message_and_counts_dead_letters(service: DeadLetterService) -> None:
    """A dead letter and its copy are two messages of the plan, and one dead letter."""
    plan = service.plan_replay(service.select(Filters()), OPTIONS)
    assert (len(plan.messages), plan.dead_letters, plan.would_send) == (4, 3, 3)
    assert sorted({message.id for message in plan.messages.values()}) == ["r0", "r1", "r2"]


def test_only_the_chosen_are_planned(service: DeadLetterService) -> None:
    """All copies of a chosen dead letter are planned, and a chosen one that the filter does not match is not."""
    keys = {one.id: bytes.fromhex(one.copy_key) for one in service.list(Filters()).dead_letters}
    chosen = ChosenSelection(Filters(), NOW, frozenset([keys["r0"], keys["r1"]]))
    assert service.plan_replay(chosen, OPTIONS).chosen == 3
    filtered = ChosenSelection(Filters(ids=("r1", "r2")), NOW, frozenset([keys["r0"], keys["r1"]]))
    plan = service.plan_replay(filtered, OPTIONS)
    assert [message.id for message in plan.messages.values()] == ["r1"]


def test_f44_a_replay_of_a_plan_leaves_new_dead_letters(service: DeadLetterService, queues: Queues) -> None:
    """Those that are gone or new since the plan are named; what the filter does not match is not even named."""
    selection = planned(service, Filters(causes=("transient", "crashed")))
    service.replay(service.select(Filters(ids=("r2",))), OPTIONS, ReplayResult())
    queues.put(loan(7), receipt_id="r7")
    queues.put(loan(8), receipt_id="r8", failure={"class": "template"})
    result = ReplayResult()
    service.replay(selection, OPTIONS, result)
    assert (result.sent, selection.gone, selection.new, selection.new_ids) == (2, ["r2"], 1, ["r7"])
    assert sorted(one.id for one in service.list(Filters()).dead_letters) == ["r7", "r8"]
    assert len(arrived(queues)) == 3


def test_a_message_that_died_again_is_new(service: DeadLetterService, queues: Queues) -> None:
    """It has the receipt ID of the plan, but another message ID: the replay acts on exactly what was planned."""
    selection = planned(service, Filters(ids=("r1",)))
    service.replay(service.select(Filters(ids=("r1",))), OPTIONS, ReplayResult())
    queues.put(loan(1), receipt_id="r1", replay={"count": 1})
    result = ReplayResult()
    service.replay(selection, OPTIONS, result)
    assert (result.chosen, selection.gone, selection.new_ids) == (0, ["r1"], ["r1"])


def test_a_dead_letter_is_not_gone_while_a_copy_is_left(service: DeadLetterService, queues: Queues) -> None:
    """Its copy stands for it."""
    selection = planned(service, Filters())
    copies = [message for message, planned in selection.only.items() if planned.id == "r0"]
    held = {one.message_id: one.handle for one in queues.dead_letters.receive(30, 0)}
    queues.dead_letters.delete({copies[0]: held.pop(copies[0])})
    queues.dead_letters.hide(held, 0)
    assert len(list(service.read(selection))) == 3
    assert selection.gone == []


def test_a_discard_of_a_plan_deletes_its_messages_only(service: DeadLetterService, queues: Queues) -> None:
    """Both of its scans are bound to the plan."""
    selection, result = planned(service, Filters()), DiscardResult(None)
    queues.put(loan(7), receipt_id="r7")
    service.discard(selection, result, lambda: result.exported.dead_letters)
    assert (result.exported.dead_letters, selection.new_ids, queues.dead_letters.depth()) == (3, ["r7"], Depth(1, 0))


def test_another_body_under_a_planned_message_id_is_not_selected(service: DeadLetterService) -> None:
    """Message ID and digest must both be those of the plan."""
    real = planned(service).only
    forged = {message_id: PlannedMessage(message.id, b"\0" * 32) for message_id, message in real.items()}
    selection = PlannedSelection(LOANS, NOW, forged)
    assert list(service.read(selection)) == []
    assert selection.new == 3


def test_only_some_new_ids_are_kept(service: DeadLetterService, queues: Queues) -> None:
    """All are counted."""
    for number in range(MOST_NEW_IDS + 5):
        queues.put(loan(number), receipt_id=f"n{number}")
    selection = PlannedSelection(LOANS, NOW, {})
    assert list(service.read(selection)) == []
    assert (selection.new, len(selection.new_ids)) == (MOST_NEW_IDS + 8, MOST_NEW_IDS)
