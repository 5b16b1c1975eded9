"""A sender over fakes, at a time that the test sets."""

import io
import itertools
import json
from collections.abc import Mapping
from typing import Any

from ingest.envelope import Envelope, QueuedMessage, rfc3339
from notifications.bursts import Bursts
from notifications.contacts import Contact
from notifications.errors import Permanent
from notifications.fallbacks import SendingWithFallback
from notifications.integrations.integration import Connections
from notifications.notification import Notification
from notifications.pacing import Pacing
from notifications.people import People
from notifications.person import ContactKind, Person
from notifications.references import SecretReference
from notifications.secret_values import SecretValues
from notifications.sender import Sender
from notifications.sender_metrics import SenderMetrics
from notifications.sender_outcomes import SenderOutcome
from notifications.sender_telemetry import SenderTelemetry
from notifications.sending import Sending
from notifications.sending_records import SendingRecord, SendingRecords
from notifications.summaries import Summaries
from processor.retries import RetryPolicy
from tests.new_logger import new_logger
from tests.notifications.fake_integration import FakeService, NoHttp
from tests.notifications.fake_sender_queue import FakeSenderQueue
from tests.notifications.memory_table import MemoryTable
from tests.processor.fake_dead_letters import FakeDeadLetters
from tests.samples import record_of

START = 1_780_000_020.0  # the beginning of a minute of the clock
FUNCTION_SECONDS = 30.0
MOST_AGE_SECONDS = 86_400
MOST_IN_BURST = 3


class NoSecrets(SecretValues):
    """Secrets that are made of their names, but for the missing ones."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []
        self.missing: set[str] = set()

    def value(self, reference: SecretReference) -> str:
        if reference.ssm in self.missing:
            raise Permanent("no-target", f"the parameter {reference.ssm} does not exist")
        return f"value of {reference.ssm}"

    def refused(self, references: Any) -> None:
        self.forgotten += [reference.ssm for reference in references]


class KnownPeople:
    """A source in memory: contacts by the key of the person, each for all kinds; a failure is raised."""

    name = "the list"
    kinds = frozenset(ContactKind)

    def __init__(self) -> None:
        self.contacts: dict[str, str | Exception] = {}
        self.asked: list[str] = []

    def find(self, person: Person) -> Contact:
        self.asked.append(person.key)
        found = self.contacts.get(person.key, "")
        if isinstance(found, Exception):
            raise found
        return Contact(dict.fromkeys(ContactKind, found) if found else {})


def notification(name: str = "team", kind: str = "chat", number: int = 0, **credentials: Any) -> Notification:
    """Return a notification of an event with this number."""
    given = {"type": kind, "room": "room", **credentials}
    return Notification(name, given, f"event {number}", f"{number:064d}", "library+jobs")


def queued(sent: Notification, receives: int = 1, at: float = START, **more: Any) -> dict[str, Any]:
    """Return the SQS record of a notification."""
    envelope = Envelope(sent.encode().encode(), f"receipt-{sent.identity[-3:]}", rfc3339(at), "notifications", **more)
    return record_of(envelope, receives)


def record_of_message(message: QueuedMessage, receives: int = 1) -> dict[str, Any]:
    """Return the SQS record of a message that the sender has sent."""
    return record_of(Envelope.decode(message.body, message.attributes), receives)


class SenderCase:
    """A sender for services by type, with everything that it wrote. `most` is the size of a burst that is sent."""

    def __init__(
        self, services: Mapping[str, FakeService] | None = None, *, most: int = MOST_IN_BURST, **service: FakeService
    ) -> None:
        self.now = START
        self.slept: list[float] = []
        self.seconds_left = FUNCTION_SECONDS
        self.table = MemoryTable(self.wall)
        self.records = SendingRecords(self.table, self.wall)
        self.bursts = Bursts(self.table, self.records, self.wall, most)
        self.queue = self.make_queue()
        self.known = KnownPeople()
        self.dead_letters, self.secrets = FakeDeadLetters(), NoSecrets()
        self._stream = io.StringIO()
        self.sending = Sending(
            integrations={**(services or {}), **service},
            connections=Connections(NoHttp(), _none, _none, self.secrets.value, self.wall),
            secrets=self.secrets,
            people=People([self.known], self.wall),
            records=self.records,
            pacing=Pacing(self.table, self.wall),
            summaries=Summaries(self.bursts, self.queue, self.wall),
            wall=self.wall,
            sleep=self.sleep,
        )
        ticks = itertools.count(10.0, 0.25)
        self.sender = Sender(
            sending=SendingWithFallback(sending=self.sending, queue=self.queue),
            queue=self.queue,
            dead_letters=self.dead_letters,
            retry_policy=RetryPolicy(max_receives=8, visibility_seconds=180, function_seconds=30, random=lambda: 0.5),
            telemetry=SenderTelemetry(new_logger(self._stream), SenderMetrics("dev")),
            most_age_seconds=MOST_AGE_SECONDS,
            monotonic=lambda: next(ticks),
            wall=self.wall,
            sleep=self.sleep,
        )

    def make_queue(self) -> FakeSenderQueue:
        return FakeSenderQueue()

    def wall(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds

    def process(self, record: dict[str, Any]) -> SenderOutcome:
        return self.sender.process(record, lambda: self.seconds_left)

    def record(self, sent: Notification, replay_id: str = "") -> SendingRecord:
        return self.records.find(sent.delivery_key(replay_id))

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]

    @property
    def line(self) -> dict[str, Any]:
        return self.lines[-1]


def _none() -> Any:
    raise AssertionError("no client of AWS was expected")
