"""The real processor on clients in memory."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

from ingest.envelope import Envelope
from processor.alma.events import Event
from processor.dead_letters import DeadLetterWriter
from processor.deliveries import Deliveries
from processor.delivery import Delivery
from processor.delivery_records import DeliveryRecords
from processor.overflow_bucket import OverflowBucket
from processor.pipeline import Processor
from processor.retries import RetryPolicy
from processor.routing.compile import compile_routes
from processor.routing.router import Router, RoutingPlan
from processor.targets.state_machines import StateMachines
from processor.targets.target import Sent, Target
from processor.targets.topics import Topics
from processor.telemetry import Telemetry
from processor.webhook_queue import WebhookQueue
from tests.interleavings.clients import Wire
from tests.interleavings.other_clients import DynamoDbClient, SnsClient, StepFunctionsClient
from tests.interleavings.services import DEAD_LETTERS_URL, DELIVERIES, MACHINE_ARN, TOPIC_ARN, WEBHOOKS_URL
from tests.interleavings.sqs_client import SqsClient
from tests.samples import STAGES

FUNCTION_SECONDS: Final = 30
VISIBILITY_SECONDS: Final = 180

ROUTES: Final = f"""{STAGES}
topics: [loans]
routes:
  - {{name: loans, when: {{action: [LOAN]}}, deliver: [{{topic: loans}}]}}
  - {{name: jobs, when: {{action: [LOAN, JOB_END]}}, deliver: [{{state_machine: jobs, input: {{id: "{{{{ id }}}}"}}}}]}}
"""


class PlannedOnce(Router):
    """The router of the routes. It plans an event once per replay: planning is pure, and takes longest of all."""

    def __init__(self) -> None:
        super().__init__(compile_routes(ROUTES), "dev")
        self._plans: dict[tuple[bytes, str], RoutingPlan] = {}

    def plan(self, event: Event, envelope: Envelope) -> RoutingPlan:
        """Return the plan of the router."""
        key = envelope.body, str(envelope.replay)
        if key not in self._plans:
            if len(self._plans) > 100:
                self._plans.clear()
            self._plans[key] = super().plan(event, envelope)
        return self._plans[key]


class NotingKey(Target[Any]):
    """A target that notes the key of the delivery in the task, for the ledger."""

    def __init__(self, wire: Wire, target: Target[Any]) -> None:
        self._wire = wire
        self._target = target

    def deliver(self, delivery: Delivery) -> Sent:
        """Deliver by the real target."""
        self._wire.network.schedule.task.key = delivery.key
        return self._target.deliver(delivery)


class Outcomes(Telemetry):
    """Has the lines that would be logged in the trace."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def outcome(self, line: dict[str, Any]) -> None:
        """Note an outcome."""
        self._wire.network.schedule.say(f"outcome: {line['outcome']}")

    def retry(self, line: dict[str, Any]) -> None:
        """Note an attempt that failed."""
        self._wire.network.schedule.say(f"retry: {line['failure']['reason']}, away {line['seconds_away']} s")


@dataclass(eq=False)
class Worker:
    """One environment of the function, with a processor of its own. `made` is replaced to remove a protection."""

    deliveries: Deliveries
    processor: Processor


def worker_on(wire: Wire, router: Router, make: "Parts") -> Worker:
    """Return a worker whose clients are on this wire."""
    once: Any = {"wire": wire, "attempts": 1, "timeout": 3.0}
    sqs: Any = SqsClient(**once)
    overflow = OverflowBucket(cast("Any", None), "overflow")  # every body fits into its message
    records = DeliveryRecords(DELIVERIES, boto3_client=cast("Any", DynamoDbClient(wire, 3, 1.0)))
    topics: Any = Topics(cast("Any", SnsClient(**once)), {"loans": TOPIC_ARN}, overflow, heartbeat="")
    machines: Any = make.state_machines(cast("Any", StepFunctionsClient(**once)), {"jobs": MACHINE_ARN})
    targets = {"topic": NotingKey(wire, topics), "state_machine": NotingKey(wire, machines)}

    def sleep(seconds: float) -> None:
        wire.network.schedule.sleep(seconds)

    deliveries = make.deliveries(records, targets, sleep)
    processor = Processor(
        router=router,
        deliveries=deliveries,
        webhooks=WebhookQueue(sqs, WEBHOOKS_URL),
        dead_letters=make.dead_letters(sqs, DEAD_LETTERS_URL, lambda: wire.network.schedule.wall()),
        overflow=overflow,
        retry_policy=RetryPolicy(1, VISIBILITY_SECONDS, FUNCTION_SECONDS),
        telemetry=Outcomes(wire),
        monotonic=lambda: wire.network.schedule.monotonic(),
        sleep=sleep,
    )
    return Worker(deliveries, processor)


@dataclass(frozen=True)
class Parts:
    """The classes of the processor's parts, real ones unless a protection is removed."""

    deliveries: Callable[..., Deliveries] = Deliveries
    dead_letters: Callable[..., DeadLetterWriter] = DeadLetterWriter
    state_machines: Callable[..., StateMachines] = StateMachines
