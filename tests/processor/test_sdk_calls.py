"""The AWS calls that each event costs; a started worker makes no further client and imports no further module."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ingest.envelope import pointer_to
from tests.processor.counting_aws import CountingAws
from tests.processor.one_worker import Handled, OneWorker
from tests.samples import STAGES, envelope_of, record_of

ROUTES = f"""\
{STAGES}
routes:
  - {{name: topic, when: {{to: [topic]}}, deliver: [{{topic: "{{{{ name | default('taken') }}}}"}}]}}
  - name: state_machine
    when: {{to: [state_machine]}}
    deliver: [{{state_machine: pod, input: {{a: "{{{{ id }}}}"}}}}]
  - name: queue
    when: {{to: [queue]}}
    deliver: [{{queue: "arn:aws:sqs:us-east-1:000000000000:{{{{ name | default('subscriber') }}}}"}}]
  - name: bus
    when: {{to: [bus]}}
    deliver: [{{event_bus: "arn:aws:events:us-east-1:000000000000:event-bus/{{{{ name | default('bus') }}}}"}}]
  - name: function
    when: {{to: [function]}}
    deliver: [{{function: "arn:aws:lambda:us-east-1:000000000000:function:function"}}]
  - name: notification
    when: {{to: [notification]}}
    let: {{label: "{{{{ id }}}}"}}
    deliver: [{{notification: "library/{{{{ name | default('jobs') }}}}"}}]
"""

RECORD, KEPT, FREED = "PutItem", "UpdateItem", "DeleteItem"
TO_A_TOPIC = [RECORD, "Publish", KEPT]


class Worker(NamedTuple):
    """A worker and the AWS server that it calls."""

    processor: OneWorker
    aws: CountingAws

    def calls(self, *bodies: bytes, receives: int = 1, raises: str = "") -> list[str]:
        """Returns the calls of one invocation with these bodies, which imports nothing and makes no client."""
        return self.calls_for(*(record_of(envelope_of(body), receives) for body in bodies), raises=raises)

    def calls_for(self, *records: dict[str, object], raises: str = "") -> list[str]:
        before = len(self.aws.calls)
        assert self.processor.handle(*records) == Handled(raises, imported=[], clients=[])
        return self.aws.calls[before:]


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """One worker for all tests, as Lambda keeps one for many events; each test sends its own events."""
    routes = Path(tmp_path_factory.mktemp("routes"), "routes.yaml")
    routes.write_text(ROUTES, "utf-8")
    names = {"NOTIFICATION_TOPICS_TABLE": "topics", "NOTIFICATIONS_QUEUE": "notifications"}
    with CountingAws() as aws, OneWorker(routes, aws.url, TOPICS="taken,denied,throttled,lost", **names) as processor:
        yield Worker(processor, aws)


def event(test: str, *to: str, **more: str) -> bytes:
    return json.dumps({"action": "ANY", "id": test, "to": to, **more}).encode()


@pytest.mark.parametrize(
    ("kind", "calls"),
    [
        ("topic", TO_A_TOPIC),
        ("state_machine", [RECORD, "StartExecution", KEPT]),
        ("queue", [RECORD, "GetQueueUrl", "SendMessage", KEPT]),
        ("bus", [RECORD, "PutEvents", KEPT]),
        ("function", [RECORD, "Invoke", KEPT]),
        # The topic is read each time, so that a changed one counts at once.
        ("notification", [RECORD, "GetItem", "GetQueueUrl", "SendMessageBatch", KEPT]),
    ],
)
def test_a_delivery_is_one_call_between_the_two_calls_of_its_record(
    worker: Worker, kind: str, calls: list[str]
) -> None:
    """Each kind of target costs three calls, a notification four; the URL of a queue is looked up once per worker."""
    assert worker.calls(event("first", kind)) == calls
    assert worker.calls(event("second", kind)) == [call for call in calls if call != "GetQueueUrl"]


def test_the_url_of_each_queue_is_looked_up(worker: Worker) -> None:
    """Two queues have two URLs."""
    calls = [RECORD, "GetQueueUrl", "SendMessage", KEPT]
    assert worker.calls(event("each", "queue", name="one")) == calls
    assert worker.calls(event("each", "queue", name="two")) == calls


def test_f20_a_duplicate_is_one_call(worker: Worker) -> None:
    """The refused write returns the existing record, so it is not read again."""
    worker.calls(event("duplicate", "topic"))
    assert worker.calls(event("duplicate", "topic")) == [RECORD]


def test_an_ignored_event_is_no_call(worker: Worker) -> None:
    """An ignored event makes no AWS call."""
    assert worker.calls(event("ignored", "nobody")) == []


def test_two_targets_cost_the_calls_of_each(worker: Worker) -> None:
    """Two targets make no additional calls."""
    assert worker.calls(event("two", "topic", "state_machine")) == [*TO_A_TOPIC, RECORD, "StartExecution", KEPT]


def test_an_invalid_body_is_one_call(worker: Worker) -> None:
    """An invalid body costs only the call for the dead letter."""
    assert worker.calls(b"poison") == ["SendMessage"]


def test_f30_a_permanent_failure_is_tried_once(worker: Worker) -> None:
    """The record is removed, so that a fixed target can receive the event from the dead letter."""
    assert worker.calls(event("denied", "topic", name="denied")) == [RECORD, "Publish", FREED, "SendMessage"]


def test_a_missing_target_is_not_called(worker: Worker) -> None:
    """A missing target costs the record, its removal and the dead letter."""
    assert worker.calls(event("no target", "topic", name="unknown")) == [RECORD, FREED, "SendMessage"]


def test_an_unknown_topic_of_notifications_is_read_once(worker: Worker) -> None:
    """It costs the record, the read, the removal of the record and the dead letter; it is not tried again."""
    calls = worker.calls(event("no topic", "notification", name="unknown"))
    assert calls == [RECORD, "GetItem", FREED, "SendMessage"]


def test_f31_a_throttled_target_is_tried_three_times(worker: Worker) -> None:
    """The processor retries, the SDK does not; then the message is postponed or becomes a dead letter."""
    throttled, tried = event("throttled", "topic", name="throttled"), [RECORD, *["Publish"] * 3, FREED]
    assert worker.calls(throttled, raises="Transient") == [*tried, "ChangeMessageVisibility"]
    assert worker.calls(throttled, receives=8) == [*tried, "SendMessage"]


def test_f31_a_lost_answer_is_retried_like_a_throttle(worker: Worker) -> None:
    """A connection that AWS closes does not fail the event."""
    lost, tried = event("lost", "topic", name="lost"), [RECORD, *["Publish"] * 3, FREED]
    assert worker.calls(lost, raises="Transient") == [*tried, "ChangeMessageVisibility"]


def test_f32_with_little_lambda_time_left_the_event_is_postponed(worker: Worker) -> None:
    """The time comes from the Lambda context: no record and no delivery is made, only the message is postponed."""
    before, record = len(worker.aws.calls), record_of(envelope_of(event("late", "topic")))
    assert worker.processor.handle(record, milliseconds=9_999) == Handled("Transient", imported=[], clients=[])
    assert worker.aws.calls[before:] == ["ChangeMessageVisibility"]


def test_an_incomplete_answer_is_tried_once(worker: Worker) -> None:
    """An answer that lacks documented members is not retried in the process; the queue retries the message."""
    calls = [RECORD, "PutEvents", FREED, "ChangeMessageVisibility"]
    assert worker.calls(event("fault", "bus", name="broken"), raises="Transient") == calls


def test_a_template_that_fails_is_one_call(worker: Worker) -> None:
    """A failed template costs only the dead letter: nothing is recorded before all deliveries are planned."""
    assert worker.calls(b'{"action": "ANY", "to": "state_machine", "id": null}') == ["SendMessage"]


def test_an_xml_event_costs_the_same_as_a_json_event(worker: Worker) -> None:
    """The XML reader is loaded at the start."""
    assert worker.calls(b"<webhook><action>ANY</action><id>xml</id><to>topic</to></webhook>") == TO_A_TOPIC


def test_f33_finished_records_are_acknowledged_when_another_fails(worker: Worker) -> None:
    """Each finished record costs one more call, only if another record of the batch fails."""
    throttled = event("batch", "topic", name="throttled")
    calls = worker.calls(event("batch", "topic"), throttled, raises="Transient")
    assert calls == [*TO_A_TOPIC, RECORD, *["Publish"] * 3, FREED, "ChangeMessageVisibility", "DeleteMessage"]


def test_a_large_body_is_stored_once(worker: Worker) -> None:
    """A large body is stored once for all targets and retries."""
    body = event("large", "topic", "queue", name="throttled", text="x" * 300_000)
    topic, queue = [RECORD, "PutObject", *["Publish"] * 3, FREED], [RECORD, "GetQueueUrl", "SendMessage", KEPT]
    assert worker.calls(body, receives=8) == [*topic, *queue, "SendMessage"]


def test_a_body_in_s3_is_read_once(worker: Worker) -> None:
    """A body in S3 is read once for all targets, and stored again to renew its lifetime."""
    body = event("pointer", "topic", "state_machine", text="x" * 2_000_000)
    pointer = pointer_to(body, "bucket")
    worker.aws.objects[f"/bucket/{pointer.key}"] = body
    record = record_of(envelope_of(body), stored=pointer)
    calls = ["GetObject", RECORD, "PutObject", "Publish", KEPT, RECORD, "StartExecution", KEPT]
    assert worker.calls_for(record) == calls
