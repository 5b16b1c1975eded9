"""The pipeline turns one record into an outcome and one log line; failures quote nothing of the event."""

import gzip
import io
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from processor.deliveries import Deliveries
from processor.delivery import Delivery, TopicDelivery
from processor.errors import DeliveryUncertain, Permanent, Transient
from processor.event_age import AgeLimit
from processor.metrics import OutcomeMetrics
from processor.outcomes import Outcome
from processor.pipeline import Processor
from processor.retries import ENOUGH_SECONDS, RetryPolicy
from processor.routing.compile import compile_routes, load
from processor.routing.router import Router
from processor.targets.target import Sent
from processor.telemetry import Telemetry
from tests.new_logger import new_logger
from tests.processor.fake_dead_letters import FakeDeadLetters
from tests.processor.fake_overflow_bucket import FakeOverflowBucket
from tests.processor.fake_target import FakeTarget
from tests.processor.fake_webhook_queue import FakeWebhookQueue
from tests.processor.records import MemoryRecords
from tests.samples import STAGES, body_of, envelope_of, record_of

SHIPPED = load(Path(__file__).parents[2] / "examples" / "complete" / "routes.yaml")
FAN_OUT = f"{STAGES}routes: [{{name: r, deliver: [{{topic: first}}, {{topic: second}}, {{topic: third}}]}}]"


STUMBLE = Transient("transient", "AWS returned ConnectionClosedError")


class Case:
    """A processor over a fake target and fake queues, and the lines that it logs."""

    def __init__(
        self,
        router: Router,
        behaviour: dict[str, Callable[[], Sent]] | None = None,
        age_limit: AgeLimit = AgeLimit(),  # noqa: B008 - immutable
    ) -> None:
        self.target = FakeTarget(behaviour=behaviour)
        self.webhooks, self.dead_letters, self.overflow = FakeWebhookQueue(), FakeDeadLetters(), FakeOverflowBucket()
        self.seconds_left = 30.0
        self.alerts: list[dict[str, Any]] = []
        self._stream = io.StringIO()
        ticks = itertools.count(10.0, 0.25)
        deliveries = Deliveries(MemoryRecords(), {"topic": self.target, "state_machine": self.target}, lambda _: None)
        deliveries.register(lambda: 30.0)
        retry_policy = RetryPolicy(max_receives=8, visibility_seconds=180, function_seconds=30, random=lambda: 0.5)
        self.processor = Processor(
            router=router,
            deliveries=deliveries,
            webhooks=self.webhooks,
            dead_letters=self.dead_letters,
            overflow=self.overflow,
            retry_policy=retry_policy,
            telemetry=Telemetry(new_logger(self._stream), OutcomeMetrics("dev"), self.alerts.append),
            age_limit=age_limit,
            monotonic=lambda: next(ticks),
            sleep=lambda _: None,
        )

    def process(self, body: bytes, receives: int = 1) -> Outcome:
        return self.processor.process(record_of(envelope_of(body), receives), lambda: self.seconds_left)

    @property
    def line(self) -> dict[str, Any]:
        [line] = self.lines
        return line

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]


def test_unknown_members_are_logged_once_by_name() -> None:
    """The line of an event without any has no such field, and neither has the next one with the same members."""
    case = Case(Router(SHIPPED, "dev"))
    body = json.loads(body_of("loan-created"))
    body["item_loan"]["copies"] = "invented-patron"
    for number in range(3):
        case.process(json.dumps(body | ({"id": str(number)} if number else {})).encode())
    case.process(body_of("loan-lost"))
    assert [line.get("unknown_members") for line in case.lines] == [["item_loan.copies"], None, None, None]


def test_f64_an_event_older_than_the_limit_is_a_dead_letter_until_it_is_replayed() -> None:
    """Such an event is neither delivered nor recorded, and the replay of its dead letter delivers it."""
    case = Case(Router(SHIPPED, "dev"), age_limit=AgeLimit(90, lambda: 1_900_000_000.0))
    body = body_of("loan-created")
    assert case.process(body) is Outcome.DEAD
    [(dead_letter, failure, _)] = case.dead_letters.kept
    assert (dead_letter.encode(), failure["class"], failure["field"]) == (body, "too-old", "time")
    assert case.target.names == []
    assert case.line["failure"]["class"] == "too-old"
    replayed = envelope_of(body, replay={"id": "r", "count": 1, "by": "arn", "at": "now"})
    assert case.processor.process(record_of(replayed), lambda: 30.0) is Outcome.DELIVERED
    assert case.target.names == ["loan-created"]


def test_f64_without_the_limit_an_old_event_is_delivered() -> None:
    """Without an age limit, old events are delivered."""
    case = shipped()
    assert case.process(body_of("loan-created")) is Outcome.DELIVERED


def shipped(behaviour: dict[str, Callable[[], Sent]] | None = None) -> Case:
    return Case(Router(SHIPPED, "dev"), behaviour)


def fan_out(behaviour: dict[str, Callable[[], Sent]]) -> Case:
    return Case(Router(compile_routes(FAN_OUT), "dev"), behaviour)


def failing_with(error: Exception) -> Callable[[], Sent]:
    def fail() -> Sent:
        raise error

    return fail


def test_an_event_is_delivered_and_logged_once() -> None:
    """A delivered event produces one log line, which has what an operator searches for and nothing of the body."""
    case = shipped()
    assert case.process(body_of("loan-created")) is Outcome.DELIVERED
    assert case.target.names == ["loan-created"]
    line = case.line
    assert line["message"] == "outcome"
    assert line["outcome"] == "delivered"
    assert (line["receipt_id"], line["profile"], line["action"]) == ("receipt-1", "alma", "LOAN")
    assert (line["event"], line["duration_ms"], len(line["identity"])) == ("LOAN_CREATED", 250.0, 64)
    expected = {"route": "loans", "target": "topic:loan-created", "outcome": "delivered", "execution": ""}
    assert line["deliveries"] == [expected]
    assert "invented-patron" not in json.dumps(line)


def test_f22_f65_a_value_that_is_not_a_code_is_not_logged() -> None:
    """A value that does not have the form of a code is not logged."""
    case = shipped()
    body = json.dumps({"action": "x" * 9000, "event": {"value": "y" * 9000}}).encode()
    case.process(body)
    assert (case.line["action"], case.line["event"]) == ("(not a code)", "(not a code)")
    assert len(json.dumps(case.line)) < 2000


def test_an_event_without_a_matching_route_is_ignored() -> None:
    """An event that no route matches is ignored and acknowledged."""
    case = shipped()
    assert case.process(body_of("job-end-other")) is Outcome.IGNORED
    assert case.target.names == []
    assert case.line["outcome"] == "ignored"


def test_an_event_delivered_before_is_a_duplicate() -> None:
    """An event whose deliveries were all made before is a duplicate."""
    case = shipped({"pod": lambda: Sent(Outcome.DUPLICATE, "arn:of:the:first")})
    assert case.process(body_of("job-end-pod")) is Outcome.DUPLICATE
    assert case.line["deliveries"][0]["execution"] == "arn:of:the:first"


@pytest.mark.parametrize(
    ("second", "third"),
    [
        (Transient("transient", "later"), None),
        (Permanent("refused", "no"), Transient("transient", "later")),
        (RuntimeError("patron-4711"), Permanent("refused", "no")),
    ],
)
def test_f28_one_failed_target_does_not_stop_the_other_deliveries(second: Exception, third: Exception | None) -> None:
    """All targets are tried; after a transient failure only the failed delivery is retried."""
    case = fan_out({"second": failing_with(second)} | ({"third": failing_with(third)} if third else {}))
    with pytest.raises(Transient) as failed:
        case.process(body_of("bib-updated"))
    delivered = ["first"] if third else ["first", "third"]
    assert case.target.names == delivered
    assert case.line["message"] == "retry"
    assert "outcome" not in case.line
    assert [("outcome" in one, "failure" in one) for one in case.line["deliveries"]] == [
        (True, False),
        (False, True),
        (third is None, third is not None),
    ]
    assert "patron" not in str(failed.value) + json.dumps(case.line)
    assert case.dead_letters.kept == []
    case.target.behaviour = {}
    assert case.process(body_of("bib-updated"), receives=2) is Outcome.DELIVERED
    assert sorted(case.target.names) == ["first", "second", "third"]


def test_f28_an_event_with_only_permanent_failures_is_dead_and_the_rest_is_delivered() -> None:
    """The dead letter names the failed target; its replay delivers to that target only."""
    case = fan_out({"second": failing_with(Permanent("refused", "AWS returned AccessDenied"))})
    assert case.process(body_of("bib-updated")) is Outcome.DEAD
    [(_, failure, attempts)] = case.dead_letters.kept
    assert (failure["class"], failure["route"], failure["target"], attempts) == ("refused", "r", "topic:second", 1)
    case.target.behaviour = {}
    case.process(body_of("bib-updated"))
    assert sorted(case.target.names) == ["first", "second", "third"]


ISOLATED = f"""{STAGES}routes:
  - {{name: broken, deliver: [{{topic: "{{{{ a.b }}}}"}}]}}
  - {{name: good, deliver: [{{topic: first}}]}}
  - {{name: late, deliver: [{{topic: second}}]}}
  - {{name: wrong, if: a.b > 1, deliver: [{{topic: third}}]}}
"""


def test_f69_a_route_that_fails_does_not_withhold_the_event_from_the_others() -> None:
    """Transient failures are retried first; then one dead letter has every failure, the first one as its cause."""
    case = Case(Router(compile_routes(ISOLATED), "dev"), {"second": failing_with(Transient("transient", "later"))})
    with pytest.raises(Transient, match="later"):
        case.process(body_of("bib-updated"))
    assert (case.target.names, case.dead_letters.kept) == (["first"], [])
    case.target.behaviour = {}
    assert case.process(body_of("bib-updated"), receives=2) is Outcome.DEAD
    assert case.target.names == ["first", "second"]
    [(_, failure, _)] = case.dead_letters.kept
    assert (failure["route"], failure["field"]) == ("broken", "deliver[0].topic")
    lines = case.lines[1]["deliveries"]
    made = {line["route"]: line["outcome"] if "outcome" in line else line["failure"]["field"] for line in lines}
    assert made == {"broken": "deliver[0].topic", "good": "duplicate", "late": "delivered", "wrong": "if"}
    assert case.lines[1]["failure"]["route"] == "broken"


def test_f69_when_the_attempts_are_over_all_failures_are_final() -> None:
    """Also a transient one."""
    case = Case(Router(compile_routes(ISOLATED), "dev"), {"second": failing_with(Transient("transient", "later"))})
    assert case.process(body_of("bib-updated"), receives=8) is Outcome.DEAD
    assert case.dead_letters.failures == [("broken", "template"), ("late", "transient"), ("wrong", "template")]


def test_f40_a_corrected_event_goes_only_to_targets_that_did_not_get_it() -> None:
    """A corrected event keeps its identity, and its line says that the bodies differ."""
    case = fan_out({"second": failing_with(Permanent("refused", "AWS returned AccessDenied"))})
    assert case.process(body_of("bib-updated")) is Outcome.DEAD
    case.target.behaviour = {}
    replay = {"id": "r1", "count": 1, "edited": case.lines[0]["identity"]}
    corrected = envelope_of(body_of("bib-created"), replay=replay)
    assert case.processor.process(record_of(corrected), lambda: 30.0) is Outcome.DELIVERED
    assert sorted(case.target.names) == ["first", "second", "third"]
    made = {line["target"]: (line["outcome"], line.get("body_differs", False)) for line in case.lines[1]["deliveries"]}
    assert made == {
        "topic:first": ("duplicate", True),
        "topic:second": ("delivered", False),
        "topic:third": ("duplicate", True),
    }
    assert case.lines[1]["identity"] == case.lines[0]["identity"]


def test_f30_a_permanent_failure_becomes_a_dead_letter_immediately() -> None:
    """A permanent failure is not retried, and its log line has the cause."""
    case = shipped({"loan-created": failing_with(Permanent("refused", "AWS returned AccessDenied"))})
    assert case.process(body_of("loan-created")) is Outcome.DEAD
    assert (case.line["message"], case.line["outcome"]) == ("outcome", "dead")
    expected = {
        "class": "refused",
        "reason": "AWS returned AccessDenied",
        "route": "loans",
        "target": "topic:loan-created",
    }
    assert case.line["failure"] == expected
    assert case.dead_letters.kept == [(body_of("loan-created").decode(), expected, 1)]
    assert case.webhooks.postponed == []


@pytest.mark.parametrize(("receives", "seconds"), [(1, 180), (2, 360), (7, 3600)])
def test_f30_a_transient_failure_is_retried_with_growing_delay(receives: int, seconds: int) -> None:
    """A message with a transient failure is hidden for longer each time, and its line has the delay."""
    case = shipped({"loan-created": failing_with(Transient("transient", "AWS returned Throttled"))})
    with pytest.raises(Transient):
        case.process(body_of("loan-created"), receives)
    assert case.webhooks.postponed == [seconds]
    assert (case.line["message"], case.line["receives"], case.line["seconds_away"]) == ("retry", receives, seconds)
    assert case.line["failure"]["reason"] == "AWS returned Throttled"


def test_a_message_that_cannot_be_postponed_is_still_retried() -> None:
    """The original failure is raised, and the log line does not claim a delay."""
    case = shipped({"loan-created": failing_with(Transient("transient", "AWS returned Throttled"))})
    case.webhooks.refuses = True
    with pytest.raises(Transient, match="Throttled"):
        case.process(body_of("loan-created"))
    assert case.line["seconds_away"] == "unchanged"


def test_f24_a_delivery_in_progress_elsewhere_is_awaited() -> None:
    """The message stays hidden for longer than the other attempt can last, and does not become a dead letter."""
    case = shipped({"loan-created": failing_with(DeliveryUncertain("transient", "another attempt is in progress"))})
    impatient = case.processor.retry_policy._replace(visibility_seconds=2)
    case.processor = replace(case.processor, retry_policy=impatient)
    with pytest.raises(DeliveryUncertain):
        case.process(body_of("loan-created"))
    assert case.webhooks.postponed == [33]
    assert case.dead_letters.kept == []


@pytest.mark.parametrize("error", [Transient("transient", "AWS returned Throttled"), KeyError("patron-4711")])
def test_on_its_last_receive_a_message_is_a_dead_letter_with_its_cause(error: Exception) -> None:
    """The processor writes the dead letter on the last receive, because SQS would move the message without a cause."""
    case = shipped({"loan-created": failing_with(error)})
    assert case.process(body_of("loan-created"), receives=8) is Outcome.DEAD
    [(_, failure, attempts)] = case.dead_letters.kept
    assert (failure["class"] in {"transient", "unknown"}, failure["target"], attempts) == (
        True,
        "topic:loan-created",
        8,
    )
    assert "patron" not in json.dumps(case.line) + json.dumps(failure)


@pytest.mark.parametrize(
    "system",
    [
        None,
        [],
        {},
        *({"ApproximateReceiveCount": count} for count in (None, 7, "", "0", "-1", "x", "\u0667", "9" * 5000)),
    ],
)
def test_f22_an_invalid_receive_count_counts_as_one(system: Any) -> None:
    """An invalid receive count neither stops the batch nor makes a retryable message a dead letter."""
    case = shipped({"loan-created": failing_with(Transient("transient", "AWS returned Throttled"))})
    with pytest.raises(Transient, match="Throttled"):
        case.processor.process(record_of(envelope_of(body_of("loan-created"))) | {"attributes": system}, lambda: 30.0)
    assert (case.line["message"], case.line["receives"], case.webhooks.postponed) == ("retry", 1, [180])


def test_a_transient_error_of_the_dead_letter_queue_is_retried() -> None:
    """On the last receive a closed connection is retried, because SQS would move the message without a cause."""
    case = shipped({"loan-created": failing_with(Transient("transient", "AWS returned Throttled"))})
    case.dead_letters.errors = [STUMBLE, STUMBLE]
    assert case.process(body_of("loan-created"), receives=8) is Outcome.DEAD
    assert len(case.dead_letters.kept) == 1


def test_f22_an_error_while_writing_a_dead_letter_is_raised_without_content() -> None:
    """An unexpected error neither loses the message nor stops the batch, and quotes nothing of the body."""
    case = shipped()
    record = record_of(envelope_of(b"patron-4711"), receives=8)
    case.dead_letters.errors = [TypeError("patron-4711")]
    with pytest.raises(Transient, match="unknown: TypeError at") as failed:
        case.processor.process_all([record, record_of(envelope_of(body_of("loan-created")))], lambda: 30.0)
    assert [line["message"] for line in case.lines] == ["retry", "outcome"]
    assert "patron" not in str(failed.value) + json.dumps(case.lines)


@pytest.mark.parametrize("receives", [1, 8])
def test_a_message_is_not_acknowledged_if_its_dead_letter_cannot_be_written(receives: int) -> None:
    """While the dead-letter queue is down, messages are not acknowledged; the redrive policy of SQS still applies."""
    case = shipped({"loan-created": failing_with(Permanent("refused", "no"))})
    case.dead_letters.refuses = True
    with pytest.raises(Transient, match="the dead-letter queue returned KmsDisabled"):
        case.process(body_of("loan-created"), receives)
    assert case.line["message"] == "retry"


def test_f20_a_repeated_event_is_a_duplicate() -> None:
    """An old signed body that is posted again has a new receipt id and a later time, and no second effect."""
    case = shipped()
    first = envelope_of(body_of("loan-created"))
    again = first._replace(receipt_id="receipt-2", received_at="2026-08-01T00:00:00.000Z")
    outcomes = [case.processor.process(record_of(envelope), lambda: 30.0) for envelope in (first, again)]
    assert outcomes == [Outcome.DELIVERED, Outcome.DUPLICATE]
    assert case.target.names == ["loan-created"]


def test_f26_a_job_in_two_layouts_is_one_event_and_the_line_says_that_the_bodies_differ() -> None:
    """The identity of a JOB_END is its id, so whitespace does not make another event."""
    case = shipped()
    body = body_of("job-end-pod")
    other = json.dumps(json.loads(body), indent=3).encode()
    assert other != body
    assert [case.process(body), case.process(other)] == [Outcome.DELIVERED, Outcome.DUPLICATE]
    assert case.target.names == ["pod"]
    assert "body_differs" not in case.lines[0]["deliveries"][0]
    assert case.lines[1]["deliveries"][0]["body_differs"] is True


def test_f27_events_out_of_order_are_delivered_with_their_own_time() -> None:
    """Events are delivered in any order; subscribers compare their times."""
    case = shipped()
    times = ["2026-05-13T09:00:00.000Z", "2026-05-13T07:00:00.000Z"]
    delivered: list[str] = []
    deliver = case.target.deliver

    def recorded_deliver(delivery: Delivery) -> Sent:
        assert isinstance(delivery, TopicDelivery)
        delivered.append(delivery.attributes["event_time"])
        return deliver(delivery)

    case.target.deliver = recorded_deliver  # type: ignore[method-assign]  # records and delivers
    loan = json.loads(body_of("loan-created"))
    assert [case.process(json.dumps({**loan, "time": time}).encode()) for time in times] == [Outcome.DELIVERED] * 2
    assert delivered == times


def test_f32_with_little_time_left_no_delivery_is_started() -> None:
    """Deliveries for which there is no time are retried with the message."""
    case = fan_out({})
    case.seconds_left = ENOUGH_SECONDS - 1
    with pytest.raises(Transient, match="too little time left"):
        case.process(body_of("bib-updated"))
    assert case.target.names == []


BATCH = ["loan-created", "loan-renewed", "job-end-other"]


def test_f33_a_batch_is_processed_record_by_record() -> None:
    """If all records succeed, Lambda acknowledges the whole batch."""
    case = shipped()
    case.processor.process_all([record_of(envelope_of(body_of(name))) for name in BATCH], lambda: 30.0)
    assert [line["outcome"] for line in case.lines] == ["delivered", "delivered", "ignored"]
    assert case.webhooks.acknowledged == []


def test_f33_a_failed_record_does_not_repeat_the_others() -> None:
    """Lambda returns the whole batch, so finished records are deleted from the queue before."""
    case = shipped({"loan-renewed": failing_with(Transient("transient", "AWS returned Throttled"))})
    invalid = record_of(envelope_of(b"poison"))
    records = [record_of(envelope_of(body_of(name))) for name in BATCH]
    with pytest.raises(Transient, match="Throttled"):
        case.processor.process_all([*records, invalid], lambda: 30.0)
    outcomes = [line.get("outcome", line["message"]) for line in case.lines]
    assert outcomes == ["delivered", "retry", "ignored", "dead"]
    assert case.webhooks.acknowledged == [records[0]["body"], records[2]["body"], "poison"]


def test_f22_an_unknown_exception_is_raised_with_class_and_place_only() -> None:
    """The text and chain of an unexpected exception are dropped, because they can quote the body."""
    case = shipped({"loan-created": failing_with(KeyError("patron-4711"))})
    with pytest.raises(Transient, match=r"KeyError at test_pipeline\.py:\d+") as failed:
        case.process(body_of("loan-created"))
    assert failed.value.cause_class == "unknown"
    assert failed.value.__context__ is None
    assert failed.value.__cause__ is None
    assert "patron" not in json.dumps(case.line)


def test_f29_an_invalid_body_is_a_dead_letter_with_its_reason() -> None:
    """An invalid body is not retried; its line has the receipt id and a reason that quotes nothing of the body."""
    case = shipped()
    assert case.process(b"<patron-4711/>") is Outcome.DEAD
    assert case.line["receipt_id"] == "receipt-1"
    assert case.line["failure"]["class"] == "not-parsed"
    assert case.line["failure"]["reason"].startswith("The body is XML without members; set the format")
    assert "patron" not in json.dumps(case.line)
    assert len(case.dead_letters.kept) == 1


def test_f13_a_compressed_body_is_a_dead_letter_and_is_not_decompressed() -> None:
    """A compressed body becomes a dead letter and is not decompressed; Alma does not compress bodies."""
    case = shipped()
    assert case.process(gzip.compress(body_of("loan-created"))) is Outcome.DEAD
    assert case.line["failure"] == {"class": "not-parsed", "reason": "The body is not valid UTF-8 at byte 1."}


def test_f11_a_body_in_the_overflow_bucket_is_read_from_there() -> None:
    """A body that is too large for the queue is read from S3, and a busy S3 is retried in the same attempt."""
    case = shipped()
    envelope = envelope_of(body_of("loan-created"))
    case.overflow.errors = [STUMBLE, STUMBLE]
    message = envelope.encode(case.overflow.put(envelope.body))
    attributes = {name: {"stringValue": value} for name, value in message.attributes.items()}
    assert (
        case.processor.process({"body": message.body, "messageAttributes": attributes}, lambda: 30.0)
        is Outcome.DELIVERED
    )


@pytest.mark.parametrize(
    "changed", [{"key": "bodies/other"}, {"sha256": "0" * 64}, {"bytes": 1}, {"bytes": -2}], ids=str
)
def test_f61_a_pointer_to_another_object_is_a_dead_letter(changed: dict[str, Any]) -> None:
    """A pointer to another key or a longer object is a permanent failure of class `envelope`."""
    case = shipped()
    envelope = envelope_of(body_of("loan-created"))
    message = envelope.encode(case.overflow.put(envelope.body)._replace(**changed))
    attributes = {name: {"stringValue": value} for name, value in message.attributes.items()}
    assert case.processor.process({"body": message.body, "messageAttributes": attributes}, lambda: 30.0) is Outcome.DEAD
    assert case.line["failure"]["class"] == "envelope"


@pytest.mark.parametrize(
    ("attributes", "comes_back"),
    [
        ({}, False),
        ({"envelope_version": "2"}, True),
        ({"envelope_version": "1", "encoding": "gcs"}, True),
        ({"envelope_version": "1", "encoding": "s3"}, False),
        ({"envelope_version": "1", "encoding": "base64"}, False),
    ],
)
def test_an_invalid_envelope_is_retried_or_dead(attributes: dict[str, str], comes_back: bool) -> None:
    """A newer envelope is retried for a later deployment; any other message is a permanent failure."""
    case = shipped()
    record = {"body": "{}", "messageAttributes": {name: {"stringValue": value} for name, value in attributes.items()}}
    if comes_back:
        with pytest.raises(Transient, match="envelope"):
            case.processor.process(record, lambda: 30.0)
    else:
        assert case.processor.process(record, lambda: 30.0) is Outcome.DEAD
    assert case.line["failure"]["class"] == "envelope"


def test_a_message_without_attributes_or_body_is_not_a_crash() -> None:
    """A message without attributes or body has an outcome."""
    assert shipped().processor.process({"body": "x", "messageAttributes": None}, lambda: 30.0) is Outcome.DEAD
    with pytest.raises(Transient, match="unknown"):
        shipped().processor.process({"body": "x", "messageAttributes": {"a": None}}, lambda: 30.0)


@pytest.mark.parametrize("group", ["alma.LOAN", "", "not accepted"])
def test_f75_messages_have_the_group_of_the_event_and_nothing_else_differs(group: str) -> None:
    """A right, wrong or missing group changes neither the route nor the delivery key."""
    plain, grouped = shipped(), shipped()
    record = record_of(envelope_of(body_of("loan-created")))
    plain.processor.process(record, lambda: 30.0)
    record["attributes"]["MessageGroupId"] = group
    assert grouped.processor.process(record, lambda: 30.0) is Outcome.DELIVERED
    [without], [made] = plain.target.made, grouped.target.made
    assert isinstance(without, TopicDelivery)
    assert made == replace(without, fair_group=group if group == "alma.LOAN" else "")
    assert grouped.line["deliveries"] == plain.line["deliveries"]


def test_f75_an_execution_has_no_group() -> None:
    """Step Functions has none."""
    case = shipped()
    record = record_of(envelope_of(body_of("job-end-pod")))
    record["attributes"]["MessageGroupId"] = "alma.JOB_END"
    assert case.processor.process(record, lambda: 30.0) is Outcome.DELIVERED
    assert "fair_group" not in {name for made in case.target.made for name in vars(made)}
