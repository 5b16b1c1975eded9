"""The protections of the delivery protocol, each removed by itself: the invariants must notice every one of them."""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final, NamedTuple
from unittest import mock

from ingest.envelope import QueuedMessage
from processor import deliveries as deliveries_module
from processor.dead_letters import DeadLetterWriter
from processor.deliveries import Deliveries
from processor.delivery import Delivery, StateMachineDelivery
from processor.errors import Transient
from processor.retries import RemainingTime
from processor.targets.state_machines import StateMachines
from processor.targets.target import Sent
from scripts.dead_letters import replay, replay_message
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.queues import DeadLetterQueue
from scripts.dead_letters.replay_message import ReplayedBy
from scripts.dead_letters.store import DeadLetterStore
from tests.interleavings.calls import Answer
from tests.interleavings.clients import Wire
from tests.interleavings.interleaving import Protections
from tests.interleavings.operating import Session
from tests.interleavings.other_clients import DynamoDbClient
from tests.interleavings.processing import Parts
from tests.interleavings.services import DELIVERIES, LOCKS


class WithoutRecords(Deliveries):
    """Delivers without reading or writing a record."""

    def __init__(self, _: Any, targets: Mapping[str, Any], __: Callable[[float], None]) -> None:
        self._all = targets

    def register(self, remaining_time: RemainingTime) -> None:
        """Register nothing."""

    def make(self, delivery: Delivery, body_digest: str, remaining_time: RemainingTime) -> Sent:  # noqa: ARG002
        """Deliver."""
        sent: Sent = self._all[delivery.kind].deliver(delivery)
        return sent


class WithoutExpiry(Deliveries):
    """Records "in progress" for ever: it does not say how long an invocation lasts."""

    def register(self, remaining_time: RemainingTime) -> None:
        """Register far more time than any function has."""
        super().register(lambda: remaining_time() + 10_000_000)


class OfTheAttempt(StateMachines):
    """Names an execution after the attempt, not after the delivery."""

    numbers = itertools.count()

    def deliver(self, delivery: StateMachineDelivery) -> Sent:
        """Start an execution with a new name."""
        name = f"jobs-{next(self.numbers)}"
        return super().deliver(StateMachineDelivery(delivery.route, delivery.name, delivery.key, name, delivery.input))


class WithoutAnswer(DeadLetterWriter):
    """Believes that every dead letter arrived."""

    def put(self, *arguments: Any) -> None:
        """Send, and ignore a failure."""
        try:
            super().put(*arguments)
        except Transient:
            return


class DeletingFirst(DeadLetterQueue):
    """Deletes a dead letter as soon as it has been read, before its event is sent."""

    def receive(self, hold_seconds: int, wait_seconds: int) -> list[DeadLetter]:
        """Receive and delete."""
        received = super().receive(hold_seconds, wait_seconds)
        self.delete({dead_letter.message_id: dead_letter.handle for dead_letter in received})
        return received


class DeletingFirstSession(Session):
    """A replay on that queue."""

    def opened(self, wire: Wire) -> DeadLetterStore:
        """Return the dead letters of the stack."""
        store = super().opened(wire)
        return store._replace(queue=DeletingFirst(store.scope.aws.sqs, store.queue.url))


@contextmanager
def _with_new_ids() -> Iterator[None]:
    """Give each replay that delivers again another ID each time it is sent."""
    numbers = itertools.count()

    def replayed(dead_letter: DeadLetter, by: ReplayedBy) -> QueuedMessage:
        message = replay_message.replayed(dead_letter, by)
        members = json.loads(message.attributes["replay"])
        if by.redeliver:
            members["id"] = f"id-{next(numbers)}"
        return message._replace(attributes={**message.attributes, "replay": json.dumps(members)})

    with mock.patch.object(replay, "replayed", replayed):
        yield


@contextmanager
def _without_condition(table: str) -> Iterator[None]:
    put_item = DynamoDbClient.put_item

    def put(self: DynamoDbClient, *, TableName: str, **more: Any) -> Answer:  # noqa: N803
        if TableName == table:
            more.pop("ConditionExpression")
        return put_item(self, TableName=TableName, **more)

    with mock.patch.object(DynamoDbClient, "put_item", put):
        yield


class Removal(NamedTuple):
    """Protections of which one is removed, and the `sentence` about it. The change may hold `during` the run."""

    protections: Protections
    sentence: str
    during: Callable[[], AbstractContextManager[Any]] = nullcontext


def _of(sentence: str, **parts: Any) -> Removal:
    return Removal(Protections(Parts(**parts)), sentence)


REMOVALS: Final = {
    "records of deliveries": _of("published twice", deliveries=WithoutRecords),
    "a record is claimed by one attempt": Removal(
        Protections(), "published twice", lambda: _without_condition(DELIVERIES)
    ),
    "a record in progress expires": _of("in progress for ever", deliveries=WithoutExpiry),
    "a record outlasts its worker by the difference of clocks": Removal(
        Protections(),
        "which goes on",
        lambda: mock.patch.object(deliveries_module, "CLOCKS_DIFFER_SECONDS", 0),
    ),
    "an execution has the name of its delivery": _of("executions for one delivery", state_machines=OfTheAttempt),
    "a dead letter is acknowledged after it arrived": _of("is lost", dead_letters=WithoutAnswer),
    "a replay deletes after it has sent": Removal(Protections(session=DeletingFirstSession()), "is lost"),
    "a replay keeps its ID": Removal(Protections(), "has two IDs", _with_new_ids),
    "one replay at a time": Removal(Protections(), "has the lock", lambda: _without_condition(LOCKS)),
}
