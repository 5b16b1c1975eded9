"""What an event costs: exactly these calls to AWS, and once the worker has started no client and no module more."""

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
"""

RECORD, KEPT, FREED = "PutItem", "UpdateItem", "DeleteItem"
TO_A_TOPIC = [RECORD, "Publish", KEPT]


class Worker(NamedTuple):
    """A worker, and the AWS that it calls."""

    processor: OneWorker
    aws: CountingAws

    def calls(self, *bodies: bytes, receives: int = 1, raises: str = "") -> list[str]:
        """The calls of one invocation with messages of these bodies, which imports nothing and makes no client."""
        return self.calls_for(*(record_of(envelope_of(body), receives) for body in bodies), raises=raises)

    def calls_for(self, *records: dict[str, object], raises: str = "") -> list[str]:
        before = len(self.aws.calls)
        assert self.processor.handle(*records) == Handled(raises, imported=[], clients=[])
        return self.aws.calls[before:]


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """One for all tests, as Lambda keeps one for many events: each sends events of its own."""
    routes = Path(tmp_path_factory.mktemp("routes"), "routes.yaml")
    routes.write_text(ROUTES, "utf-8")
    with CountingAws() as aws, OneWorker(routes, aws.url, TOPICS="taken,denied,throttled,lost") as processor:
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
    ],
)
def test_a_delivery_is_one_call_between_its_record_and_the_records_end(
    worker: Worker, kind: str, calls: list[str]
) -> None:
    """Three calls for each kind of target; a queue's URL is asked for besides, once in a worker's life."""
    assert worker.calls(event("first", kind)) == calls
    assert worker.calls(event("second", kind)) == [call for call in calls if call != "GetQueueUrl"]


def test_each_queues_url_is_asked_for(worker: Worker) -> None:
    """The URL of one queue is not another's."""
    calls = [RECORD, "GetQueueUrl", "SendMessage", KEPT]
    assert worker.calls(event("each", "queue", name="one")) == calls
    assert worker.calls(event("each", "queue", name="two")) == calls


def test_f20_a_duplicate_is_one_call(worker: Worker) -> None:
    """The refused record brings the one that stands: it is not read once more."""
    worker.calls(event("duplicate", "topic"))
    assert worker.calls(event("duplicate", "topic")) == [RECORD]


def test_what_no_route_wants_is_no_call(worker: Worker) -> None:
    """An ignored event costs nothing at AWS."""
    assert worker.calls(event("ignored", "nobody")) == []


def test_two_targets_are_what_each_of_them_is(worker: Worker) -> None:
    """Nothing is asked for twice, and nothing besides."""
    assert worker.calls(event("two", "topic", "state_machine")) == [*TO_A_TOPIC, RECORD, "StartExecution", KEPT]


def test_a_body_that_is_none_is_one_call(worker: Worker) -> None:
    """The dead letter."""
    assert worker.calls(b"poison") == ["SendMessage"]


def test_f30_what_is_refused_permanently_is_tried_once(worker: Worker) -> None:
    """Its record is freed, so that a repaired target can have it from the dead letter."""
    assert worker.calls(event("denied", "topic", name="denied")) == [RECORD, "Publish", FREED, "SendMessage"]


def test_a_target_that_is_not_there_is_not_called(worker: Worker) -> None:
    """The record and its end are what it costs, and the dead letter."""
    assert worker.calls(event("no target", "topic", name="unknown")) == [RECORD, FREED, "SendMessage"]


def test_f31_a_throttled_target_is_tried_three_times(worker: Worker) -> None:
    """By us and not by the SDK as well; then the message's return is put off, or it is a dead letter at the end."""
    throttled, tried = event("throttled", "topic", name="throttled"), [RECORD, *["Publish"] * 3, FREED]
    assert worker.calls(throttled, raises="Transient") == [*tried, "ChangeMessageVisibility"]
    assert worker.calls(throttled, receives=8) == [*tried, "SendMessage"]


def test_f31_a_lost_answer_is_asked_for_like_a_throttled_one(worker: Worker) -> None:
    """A connection that AWS closes does not fail the event."""
    lost, tried = event("lost", "topic", name="lost"), [RECORD, *["Publish"] * 3, FREED]
    assert worker.calls(lost, raises="Transient") == [*tried, "ChangeMessageVisibility"]


def test_f32_with_little_of_lambdas_time_left_the_event_is_put_off(worker: Worker) -> None:
    """The time is that of Lambda's context: no record, no delivery, only the return of the message."""
    before, record = len(worker.aws.calls), record_of(envelope_of(event("late", "topic")))
    assert worker.processor.handle(record, milliseconds=9_999) == Handled("Transient", imported=[], clients=[])
    assert worker.aws.calls[before:] == ["ChangeMessageVisibility"]


def test_a_fault_of_ours_is_tried_once(worker: Worker) -> None:
    """An answer without the members that AWS documents: nothing tells whether trying again helps, so the queue does."""
    calls = [RECORD, "PutEvents", FREED, "ChangeMessageVisibility"]
    assert worker.calls(event("fault", "bus", name="broken"), raises="Transient") == calls


def test_a_template_that_fails_is_one_call(worker: Worker) -> None:
    """The dead letter: nothing is recorded before all is planned."""
    assert worker.calls(b'{"action": "ANY", "to": "state_machine", "id": null}') == ["SendMessage"]


def test_an_event_in_xml_is_what_one_in_json_is(worker: Worker) -> None:
    """Its reader, too, is there from the start."""
    assert worker.calls(b"<webhook><action>ANY</action><id>xml</id><to>topic</to></webhook>") == TO_A_TOPIC


def test_f33_what_is_done_is_acknowledged_where_another_fails(worker: Worker) -> None:
    """One call more for what is done, and only then: Lambda acknowledges what did not raise."""
    throttled = event("batch", "topic", name="throttled")
    calls = worker.calls(event("batch", "topic"), throttled, raises="Transient")
    assert calls == [*TO_A_TOPIC, RECORD, *["Publish"] * 3, FREED, "ChangeMessageVisibility", "DeleteMessage"]


def test_a_large_body_is_stored_once(worker: Worker) -> None:
    """However many of an event's targets get a pointer to it, and however often one of them is tried."""
    body = event("large", "topic", "queue", name="throttled", text="x" * 300_000)
    topic, queue = [RECORD, "PutObject", *["Publish"] * 3, FREED], [RECORD, "GetQueueUrl", "SendMessage", KEPT]
    assert worker.calls(body, receives=8) == [*topic, *queue, "SendMessage"]


def test_a_body_that_lies_in_s3_is_read_once(worker: Worker) -> None:
    """However many targets there are; stored again, so that it lies there for as long as subscribers are promised."""
    body = event("pointer", "topic", "state_machine", text="x" * 2_000_000)
    pointer = pointer_to(body, "bucket")
    worker.aws.objects[f"/bucket/{pointer.key}"] = body
    record = record_of(envelope_of(body), stored=pointer)
    calls = ["GetObject", RECORD, "PutObject", "Publish", KEPT, RECORD, "StartExecution", KEPT]
    assert worker.calls_for(record) == calls
