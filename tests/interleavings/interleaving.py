"""One interleaving: events, workers and operators by a seed, and the violations of the invariants at its end."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple

from ingest.envelope import Envelope
from ingest.sqs_text import typed
from processor.alma.events import parse
from processor.alma.identity import identity_of
from tests.interleavings import clock
from tests.interleavings.calls import Network
from tests.interleavings.clients import Wire
from tests.interleavings.invariants import IDENTITIES, Posted, of_an_end, of_the_end
from tests.interleavings.ledger import Arrived
from tests.interleavings.mapping import Mapping
from tests.interleavings.operating import LONGEST_HOLD_SECONDS, Operators, Session
from tests.interleavings.processing import VISIBILITY_SECONDS, Parts, PlannedOnce, Worker, worker_on
from tests.interleavings.queues import Message
from tests.interleavings.schedule import Schedule
from tests.interleavings.services import MACHINE_ARN, TOPIC_ARN, Services

# AWS' clock is right, and each worker's is off by at most this, so that any two differ by two seconds at most
# (CLOCKS_DIFFER_SECONDS).
MOST_SKEW: Final = 1.0

_MOST_WORKERS: Final = 3
_LAST_REPLAYS: Final = 4


class Violated(NamedTuple):
    """A seed whose interleaving violates an invariant, in sentences, with the trace of its steps if it was traced."""

    seed: int
    sentences: list[str]
    trace: list[str]


@dataclass(frozen=True)
class Protections:
    """The protections of the product, each where a test can remove it."""

    parts: Parts = field(default_factory=Parts)
    session: Session = field(default_factory=Session)


class Interleavings:
    """Runs interleavings, with workers that live as long as this, as those of Lambda do."""

    def __init__(self, protections: Protections | None = None) -> None:
        self._protections = protections or Protections()
        self.wire = Wire(Network(), Services.made(1, VISIBILITY_SECONDS))
        router = PlannedOnce()
        self._workers = [worker_on(self.wire, router, self._protections.parts) for _ in range(_MOST_WORKERS)]
        self.steps = 0
        self.faults = 0

    def run(self, seeds: range) -> Iterator[Violated]:
        """Run the interleaving of each seed, and yield those that violate an invariant."""
        with clock.kept_by(self.wire.network):
            for seed in seeds:
                if sentences := self._run(seed, is_traced=False):
                    yield Violated(seed, sentences, [])

    def traced(self, seed: int) -> Violated:
        """Run the interleaving of one seed with its trace."""
        with clock.kept_by(self.wire.network):
            sentences = self._run(seed, is_traced=True)
        return Violated(seed, sentences, self.wire.network.schedule.trace)

    def _run(self, seed: int, *, is_traced: bool) -> list[str]:
        random.seed(seed)  # the pauses of tenacity
        schedule = Schedule(seed, is_traced)
        scene = _Scene.of(schedule, self.wire, self._workers, self._protections.session)
        try:
            sentences = scene.run()
        except Exception as error:  # noqa: BLE001 -- any exception of the product is a violation
            sentences = [f"{type(error).__name__}: {error}"]
        self.steps += schedule.steps
        self.faults += len(self.wire.network.faults.made)
        return sentences


@dataclass(eq=False)
class _Scene:
    """What happens in one interleaving."""

    schedule: Schedule
    wire: Wire
    operators: Operators
    posted: list[Posted]
    operators_left: int = 2

    @classmethod
    def of(cls, schedule: Schedule, wire: Wire, workers: list[Worker], session: Session) -> "_Scene":
        chance = schedule.random
        most_receives = chance.choice((1, 2, 2, 3))
        wire.network.begin(schedule, chance.choice((0.02, 0.1, 0.3)), chance.choice((0, 1, 1, 2, 3, 5, 8)))
        wire.services = Services.made(most_receives, VISIBILITY_SECONDS)
        skews = [MOST_SKEW * chance.choice((-1, 0, 1)) for _ in range(chance.choice((1, 2, 2, 3)))]
        Mapping(wire, workers, skews, most_receives)
        scene = cls(schedule, wire, Operators(wire, session), [])
        scene.break_targets()
        wire.services.webhooks.on_moved = scene.moved
        wire.services.dead_letters.on_change = scene.arrived
        for number in range(chance.choice((1, 1, 2, 3))):
            schedule.later(chance.random() * chance.choice((0.0, 1.0, 60.0)), partial(scene.post, number))
        return scene

    def run(self) -> list[str]:
        """Run to the end, then repair everything, replay what is left, and return what was violated."""
        services = self.wire.services
        self.schedule.run()
        faults = self.wire.network.faults
        sentences = list(of_an_end(services, self.posted, faults.made))
        faults.left = 0
        services.refused.clear()
        self.operators_left = 0
        for _ in range(_LAST_REPLAYS):
            self.schedule.now += LONGEST_HOLD_SECONDS
            if services.dead_letters.messages:
                self.schedule.say("the last replay")
                self.operators.start()
                self.schedule.run()
        sentences += of_an_end(services, self.posted, faults.made)
        sentences += of_the_end(services, self.schedule.now)
        return list(dict.fromkeys(sentences))

    def post(self, number: int) -> None:
        """Let ingest queue an event. Half of the later ones are copies of the first, each with its own receipt ID."""
        chance = self.schedule.random
        body = BODIES[0] if chance.random() < 0.5 else BODIES[number % len(BODIES)]
        posted = Posted(f"r{number}", body, TARGETS[body])
        self.posted.append(posted)
        envelope = Envelope(body.encode(), posted.receipt_id, "2026-05-13T02:41:11.000Z", "alma").encode()
        attributes: Any = typed(envelope.attributes)
        self.schedule.say(f"event {posted.receipt_id} is queued: {body}")
        self.wire.services.webhooks.send(body, attributes, "alma", self.schedule.now)

    def break_targets(self) -> None:
        """Let a target refuse everything for some time, with a permanent or a transient error."""
        chance, refused = self.schedule.random, self.wire.services.refused
        for arn in (TOPIC_ARN, MACHINE_ARN):
            if chance.random() < 0.2:
                refused[arn] = chance.choice(("AuthorizationError", "InternalError"))
                self.schedule.later(chance.choice((1.0, 200.0, 800.0)), partial(refused.pop, arn, None))

    def moved(self, message: Message) -> None:
        """Note that SQS itself has made a dead letter."""
        arrived = Arrived(message.id, message.receipt_id, 0, "", self.schedule.now)
        self.wire.services.ledger.arrived.append(arrived)
        self.schedule.say(f"message {message.id} was received too often: SQS moves it")

    def arrived(self, message: Message) -> None:
        """Let an operator replay sometimes when a dead letter has arrived, or two at once."""
        chance = self.schedule.random
        if message.receives or not self.operators_left:
            return
        for _ in range(chance.choice((0, 1, 1, 2))):
            if self.operators_left:
                self.operators_left -= 1
                after = chance.choice((0.0, 1.0, 100.0, 700.0)) * chance.random()
                self.operators.start(after, redeliver=chance.random() < 0.2)


def _bodies() -> dict[str, tuple[str, ...]]:
    """Return the bodies of events, with the targets of each."""
    loans = {json.dumps({"action": "LOAN", "id": str(number)}): (TOPIC_ARN, MACHINE_ARN) for number in range(2)}
    return {**loans, json.dumps({"action": "JOB_END", "id": "2"}): (MACHINE_ARN,)}


TARGETS: Final = _bodies()
BODIES: Final = list(TARGETS)
for _body in BODIES:
    IDENTITIES[_body] = identity_of(parse(_body.encode()), Envelope(_body.encode(), "", "", "alma"))
