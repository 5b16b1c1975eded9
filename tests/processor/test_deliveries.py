"""Deliveries are made once: the same tests run against records in memory and against DynamoDB by moto."""

import threading
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.idempotency import BasePersistenceLayer, DynamoDBPersistenceLayer
from botocore.stub import Stubber

from processor.alma.identity import delivery_key
from processor.deliveries import KEPT_SECONDS, Deliveries
from processor.delivery import Delivery, StateMachineDelivery, TopicDelivery
from processor.errors import DeliveryUncertain, InProgress, Permanent, Transient
from processor.outcomes import Outcome
from processor.retries import CLOCKS_DIFFER_SECONDS, ENOUGH_SECONDS
from processor.targets.state_machines import StateMachines
from processor.targets.target import Sent
from tests.processor.fake_target import FakeTarget
from tests.processor.records import MemoryRecords

pytestmark = pytest.mark.usefixtures("aws")

LONG_OVER = -1.0 - CLOCKS_DIFFER_SECONDS
KEY = delivery_key("0f" * 32, route="loans", target="topic:loan-created")
LOAN = TopicDelivery("loans", "loan-created", KEY, "{}", {})


def topic_of(*first: Callable[[], Sent]) -> FakeTarget:
    return FakeTarget(*first, execution="execution")


def failing_with(error: Exception) -> Callable[[], Sent]:
    def fail() -> Sent:
        raise error

    return fail


def table() -> BasePersistenceLayer:
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="deliveries",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    return DynamoDBPersistenceLayer("deliveries", boto3_client=client)


@pytest.fixture(params=[MemoryRecords, table], ids=["memory", "dynamodb"])
def records(request: pytest.FixtureRequest) -> BasePersistenceLayer:
    """Empty records."""
    made: BasePersistenceLayer = request.param()
    return made


def deliveries(records: BasePersistenceLayer, topic: FakeTarget, seconds: float = 30.0) -> Deliveries:
    made = Deliveries(records, {"topic": topic}, sleep=lambda _: None)
    made.register(lambda: seconds)
    return made


def make(made: Deliveries, delivery: Delivery = LOAN, digest: str = "digest", seconds: float = 30.0) -> Sent:
    return made.make(delivery, digest, lambda: seconds)


def test_f20_a_second_delivery_has_no_second_effect(records: BasePersistenceLayer) -> None:
    """The first delivery is made; the second is a duplicate and has the result of the first."""
    topic = topic_of()
    made = deliveries(records, topic)
    assert make(made) == Sent(Outcome.DELIVERED, "execution-1")
    assert make(made) == Sent(Outcome.DUPLICATE, "execution-1")
    assert topic.attempts == 1


def test_facts_are_those_of_the_first_delivery_only(records: BasePersistenceLayer) -> None:
    """They are for its log line, and not recorded."""

    class Counting:
        def deliver(self, _: Delivery) -> Sent:
            return Sent(Outcome.DELIVERED, facts={"queued": 2})

    made = Deliveries(records, {"topic": Counting()}, sleep=lambda _: None)
    made.register(lambda: 30.0)
    assert make(made) == Sent(Outcome.DELIVERED, facts={"queued": 2})
    assert make(made) == Sent(Outcome.DUPLICATE)


def test_f23_another_worker_reads_the_record_of_the_first(records: BasePersistenceLayer) -> None:
    """A worker that crashed after the record and before the acknowledgement does not cause a second delivery."""
    topic = topic_of()
    make(deliveries(records, topic))
    assert make(deliveries(records, topic)).outcome is Outcome.DUPLICATE
    assert topic.attempts == 1


def test_deliveries_differ_by_their_key(records: BasePersistenceLayer) -> None:
    """Another route, another target or a redelivering replay makes a separate delivery."""
    topic = topic_of()
    made = deliveries(records, topic)
    keys = [
        KEY,
        delivery_key("0e" * 32, route="loans", target="topic:loan-created"),
        delivery_key("0f" * 32, route="other", target="topic:loan-created"),
        delivery_key("0f" * 32, route="loans", target="topic:loan-lost"),
        delivery_key("0f" * 32, route="loans", target="topic:loan-created", entry="second"),
        delivery_key("0f" * 32, route="loans", target="topic:loan-created", replay_id="r1"),
    ]
    outcomes = [make(made, TopicDelivery("r", "t", key, "", {})).outcome for key in keys]
    assert outcomes == [Outcome.DELIVERED] * len(keys)


def test_f26_the_same_identity_with_another_body_is_a_duplicate_that_says_so(records: BasePersistenceLayer) -> None:
    """The repeated identity is not delivered, and it is counted separately."""
    made = deliveries(records, topic_of())
    assert make(made, digest="one").body_differs is False
    assert make(made, digest="one").body_differs is False
    again = make(made, digest="other")
    assert (again.outcome, again.body_differs) == (Outcome.DUPLICATE, True)


@pytest.mark.parametrize("failure", [Permanent("refused", "no"), DeliveryUncertain("transient", "x"), KeyError("bug")])
def test_f28_a_failed_delivery_can_be_retried(records: BasePersistenceLayer, failure: Exception) -> None:
    """A failed delivery leaves no record, so that a fixed target receives it."""
    topic = topic_of(*[failing_with(failure)] * (3 if isinstance(failure, Transient) else 1))
    made = deliveries(records, topic)
    with pytest.raises(type(failure)):
        make(made)
    assert make(made).outcome is Outcome.DELIVERED


def test_f31_a_throttled_target_is_retried_immediately(records: BasePersistenceLayer) -> None:
    """A throttled target is retried within the same attempt."""
    topic = topic_of(
        failing_with(Transient("transient", "Throttled")), failing_with(Transient("transient", "Throttled"))
    )
    assert make(deliveries(records, topic)).outcome is Outcome.DELIVERED
    assert topic.attempts == 3


def test_f25_concurrent_workers_deliver_an_event_once(records: BasePersistenceLayer) -> None:
    """The second worker must retry; by then the first has delivered, so the event is a duplicate."""
    begun, go = threading.Event(), threading.Event()

    def slowly() -> Sent:
        begun.set()
        assert go.wait(10)
        return Sent(Outcome.DELIVERED)

    topic = topic_of(slowly)
    first = threading.Thread(target=make, args=(deliveries(records, topic),))
    first.start()
    assert begun.wait(10)
    second = deliveries(records, topic)
    try:
        with pytest.raises(InProgress, match="another attempt at this delivery is in progress"):
            make(second)
    finally:
        go.set()
        first.join()
    assert make(second).outcome is Outcome.DUPLICATE
    assert topic.attempts == 1


class Killed(BaseException):
    """Ends a worker in the middle of a delivery."""


def test_f24_the_delivery_of_a_killed_worker_is_retried_after_its_time(records: BasePersistenceLayer) -> None:
    """Until the worker's time is over it may still be running; then the event is delivered and is not dead."""
    topic = topic_of(failing_with(Killed()), failing_with(Killed()))  # type: ignore[arg-type]  # not an Exception, so that no handler catches it
    with pytest.raises(Killed):
        make(deliveries(records, topic, seconds=30))
    with pytest.raises(InProgress):
        make(deliveries(records, topic))
    over = topic_of(failing_with(Killed()))  # type: ignore[arg-type]  # as above
    other = TopicDelivery("r", "t", "another key", "", {})
    with pytest.raises(Killed):
        make(deliveries(records, over, seconds=LONG_OVER), other)
    assert make(deliveries(records, over), other).outcome is Outcome.DELIVERED


def test_f32_without_time_no_delivery_is_started(records: BasePersistenceLayer) -> None:
    """Nothing is sent or recorded, and the message is retried unchanged."""
    topic = topic_of()
    made = deliveries(records, topic)
    with pytest.raises(Transient, match="too little time left"):
        make(made, seconds=ENOUGH_SECONDS - 0.001)
    assert topic.attempts == 0
    assert make(made, seconds=ENOUGH_SECONDS).outcome is Outcome.DELIVERED


@pytest.mark.parametrize("slow_after", [1, 2], ids=["the record", "the first attempt"])
def test_f32_time_used_before_sending_prevents_the_delivery(records: BasePersistenceLayer, slow_after: int) -> None:
    """If the time runs out before sending, nothing is sent, and the delivery can be retried."""
    topic = topic_of(*[failing_with(Transient("transient", "Throttled"))] * (slow_after - 1))
    made = deliveries(records, topic)
    answers = iter([30.0] * (slow_after * 2 - 1) + [ENOUGH_SECONDS - 0.001] * 9)
    with pytest.raises(Transient, match="too little time left"):
        made.make(LOAN, "digest", lambda: next(answers))
    assert topic.attempts == slow_after - 1
    assert make(made).outcome is Outcome.DELIVERED


def test_f24_f36_a_record_is_not_taken_over_while_another_clock_may_be_behind(records: BasePersistenceLayer) -> None:
    """A worker ends by its own clock, so its delivery is in progress for slightly longer than the worker can last."""
    topic = topic_of(failing_with(Killed()))  # type: ignore[arg-type]  # not an Exception, so that no handler catches it
    with pytest.raises(Killed):
        make(deliveries(records, topic, seconds=60 - CLOCKS_DIFFER_SECONDS))
    with pytest.raises(InProgress):
        make(deliveries(records, topic))


def test_f36_a_record_outlasts_its_worker_by_the_difference_of_two_clocks() -> None:
    """A worker with 30 s left is in progress for at least 31.9 s, so a clock that is 1.9 s fast takes nothing over."""
    records, began = table(), time.time()
    assert isinstance(records, DynamoDBPersistenceLayer)
    make(deliveries(records, topic_of(), seconds=30))
    [item] = records.client.scan(TableName="deliveries")["Items"]
    assert int(item["in_progress_expiration"]["N"]) / 1000 >= began + 31.9


@pytest.mark.parametrize(
    ("operation", "target"), [("put", Sent(Outcome.DELIVERED)), ("update", Sent(Outcome.DELIVERED)), ("delete", None)]
)
def test_failing_records_make_a_delivery_uncertain(operation: str, target: Sent | None) -> None:
    """If records fail, the state is unknown; the reason has the class of the error and none of its text."""
    topic = topic_of(failing_with(Permanent("refused", "no"))) if target is None else topic_of()
    with pytest.raises(
        DeliveryUncertain, match="the delivery record could not be read or written: ConnectionError"
    ) as failed:
        make(deliveries(MemoryRecords(operation), topic))
    assert "patron" not in str(failed.value)
    assert topic.attempts == (0 if operation == "put" else 1)


def test_f23_a_lost_record_repeats_the_delivery_after_the_workers_time() -> None:
    """This is the only case in which a target other than a state machine receives an event twice."""
    records, topic = MemoryRecords("update"), topic_of()
    with pytest.raises(DeliveryUncertain):
        make(deliveries(records, topic, seconds=LONG_OVER))
    records.failing.clear()
    assert make(deliveries(records, topic)).outcome is Outcome.DELIVERED
    assert topic.attempts == 2


def test_f23_an_execution_is_never_started_twice() -> None:
    """The name of the execution prevents a second start if the record is lost."""
    states = boto3.client("stepfunctions")
    definition = '{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}'
    role = "arn:aws:iam::123456789012:role/states"
    arn = states.create_state_machine(name="pod", definition=definition, roleArn=role)["stateMachineArn"]
    records = MemoryRecords("update")
    made = Deliveries(records, {"state_machine": StateMachines(states, {"pod": arn})}, sleep=lambda _: None)
    made.register(lambda: LONG_OVER)
    job = StateMachineDelivery("pod", "pod", KEY, "pod-0123", "{}")
    with pytest.raises(DeliveryUncertain):
        make(made, job)
    [execution] = states.list_executions(stateMachineArn=arn)["executions"]
    states.stop_execution(executionArn=execution["executionArn"])
    records.failing.clear()
    assert make(made, job) == Sent(Outcome.DUPLICATE, execution["executionArn"])
    assert len(states.list_executions(stateMachineArn=arn)["executions"]) == 1


def test_a_dynamodb_error_is_described_by_its_code() -> None:
    """The reason has the code of the AWS error, but not its text."""
    client = boto3.client("dynamodb")
    with Stubber(client) as stub:
        stub.add_client_error("put_item", "ProvisionedThroughputExceededException", "patron-4711")
        records = DynamoDBPersistenceLayer("deliveries", boto3_client=client)
        with pytest.raises(DeliveryUncertain, match=r"record could not be .*: ProvisionedThroughputExceededException"):
            make(deliveries(records, topic_of()))


def test_f20_a_record_has_no_content_and_lasts_ninety_days() -> None:
    """A record has the digest of the key under its own prefix, the outcome and the digest of the body."""
    records = table()
    assert isinstance(records, DynamoDBPersistenceLayer)
    make(deliveries(records, topic_of()))
    [item] = records.client.scan(TableName="deliveries")["Items"]
    assert set(item) == {"id", "expiration", "in_progress_expiration", "status", "data"}
    assert item["id"]["S"].startswith("delivery#")
    assert len(item["id"]["S"]) == len("delivery#") + 64
    assert item["data"]["S"] == '{"body_digest": "digest", "execution": "execution-1", "outcome": "delivered"}'
    in_progress = int(item["in_progress_expiration"]["N"]) / 1000
    expiration = in_progress - 30 - CLOCKS_DIFFER_SECONDS + KEPT_SECONDS
    assert int(item["expiration"]["N"]) == pytest.approx(expiration, abs=60)  # counted from the second call, in seconds
    assert KEPT_SECONDS == 7_776_000


def test_a_delivery_costs_two_more_calls() -> None:
    """A delivery costs one call before and one after it; a duplicate costs one call."""
    calls: list[str] = []
    records = table()
    assert isinstance(records, DynamoDBPersistenceLayer)

    def count(model: Any, **_: Any) -> None:
        calls.append(model.name)

    records.client.meta.events.register("before-call.dynamodb", count)
    made = deliveries(records, topic_of())
    make(made)
    assert calls == ["PutItem", "UpdateItem"]
    make(made)
    assert calls == ["PutItem", "UpdateItem", "PutItem"]
