"""The ids of messages for FIFO queues and topics, as routes make them."""

import hashlib
import json
from typing import Any

import pytest

from processor.alma.identity import delivery_key
from processor.delivery import Delivery, MessageDelivery, QueueDelivery
from processor.errors import Permanent
from processor.routing.fifo import NO_DELAY
from tests.processor.routing.test_router import delivery, plan

QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
TOPIC = "arn:aws:sns:us-east-1:123456789012:t"
# All characters of "SendMessage", Amazon SQS API Reference, without letters and digits.
PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def ids(made: Delivery) -> tuple[str, str]:
    assert isinstance(made, MessageDelivery)
    return made.message_group_id, made.message_deduplication_id


def entry(text: str, body: bytes = b'{"action":"LOAN","id":"1"}', **more: Any) -> Delivery:
    return delivery(f"- {{name: a, deliver: [{{{text}}}]}}", body, **more)


def failure(text: str, body: bytes) -> Permanent:
    [step] = plan(f"- {{name: a, deliver: [{{topic: other}}, {{{text}}}]}}", body).steps[1:]
    assert isinstance(step, Permanent)
    return step


@pytest.mark.parametrize(("kind", "arn"), [("queue", QUEUE), ("topic", TOPIC)])
def test_an_event_is_a_group_and_a_delivery_is_deduplicated(kind: str, arn: str) -> None:
    """By default: so no event waits for another, and only the same delivery is dropped."""
    made = entry(f"{kind}: '{arn}.fifo'")
    identity = plan("- {name: a, deliver: [{topic: t}]}").identity
    key = delivery_key(identity, route="a", target=f"{kind}:{arn}.fifo")
    assert ids(made) == (identity, digest(key))


def test_two_routes_send_one_event_to_one_queue() -> None:
    """Two deliveries have two deduplication ids, because SQS would drop the second message silently."""
    routes = "".join(f"\n- {{name: {name}, deliver: [{{queue: '{QUEUE}.fifo'}}]}}" for name in "ab")
    one, two = map(ids, plan(routes).deliveries)
    assert one[0] == two[0]
    assert one[1] != two[1]


def test_a_redelivery_is_not_dropped_and_a_repetition_is() -> None:
    """A replay has another deduplication id only if it delivers again."""
    text = f"queue: '{QUEUE}.fifo'"
    first, again = entry(text), entry(text, replay={"id": "r1"})
    redelivered = entry(text, replay={"id": "r1", "redeliver": True})
    assert ids(first) == ids(again)
    assert ids(redelivered)[0] == ids(first)[0]
    assert ids(redelivered)[1] != ids(first)[1]


@pytest.mark.parametrize(
    ("rendered", "sent"),
    [
        ("a", "a"),
        (PUNCTUATION + "azAZ09", PUNCTUATION + "azAZ09"),
        ("x" * 128, "x" * 128),
        ("x" * 129, digest("x" * 129)),
        ("Main Library", digest("Main Library")),
        ("Köln", digest("Köln")),
        (" ", digest(" ")),
        ("a\n", digest("a\n")),
        ("\x7f", digest("\x7f")),
    ],
)
def test_an_id_that_aws_does_not_accept_is_replaced_by_its_digest(rendered: str, sent: str) -> None:
    """Equal texts stay one group, and others stay apart."""
    let = "let: {group: '{{ item_loan.library.value }}'}"
    keys = "message_group_id: '{{ group }}', message_deduplication_id: '{{ group }}'"
    body = json.dumps({"action": "LOAN", "item_loan": {"library": {"value": rendered}}}).encode()
    made = delivery(f"- {{name: a, {let}, deliver: [{{queue: '{QUEUE}.fifo', {keys}}}]}}", body)
    assert ids(made) == (sent, sent)


@pytest.mark.parametrize("key", ["message_group_id", "message_deduplication_id"])
@pytest.mark.parametrize(("kind", "arn"), [("queue", QUEUE), ("topic", TOPIC)])
def test_an_empty_id_fails_and_names_its_field(kind: str, arn: str, key: str) -> None:
    """AWS would reject it at every attempt; the other entries of the route are delivered."""
    failed = failure(f"{kind}: '{arn}.fifo', {key}: '{{{{ id }}}}'", b'{"action":"LOAN","id":""}')
    assert failed.members == {
        "class": "template",
        "reason": "the id is empty; a FIFO target needs one",
        "route": "a",
        "target": f"{kind}:{arn}.fifo",
        "field": f"deliver[1].{key}",
    }


def test_an_id_of_a_missing_member_fails_like_any_template() -> None:
    """The field is named, and no group is guessed."""
    failed = failure(f"queue: '{QUEUE}.fifo', message_group_id: '{{{{ id }}}}'", b'{"action":"LOAN","id":null}')
    assert (failed.cause_class, failed.field) == ("template", "deliver[1].message_group_id")


@pytest.mark.parametrize(("suffix", "id_", "sent"), [("", "1", ""), ("", "", ""), (".fifo", "1", "1")])
def test_a_template_that_names_a_standard_target_makes_no_ids(suffix: str, id_: str, sent: str) -> None:
    """AWS rejects a deduplication id there. An empty id does not fail, because it is not sent."""
    text = "queue: '" + QUEUE + "{{ suffix }}', message_group_id: '{{ id }}', message_deduplication_id: '{{ id }}'"
    body = json.dumps({"action": "LOAN", "id": id_, "suffix": suffix}).encode()
    assert ids(entry(text, body)) == (sent, sent)


@pytest.mark.parametrize(("delay", "seconds"), [("0s", 0), ("30s", 30), ("900s", 900), ("1m", 60), ("15m", 900)])
def test_a_queue_entry_has_its_delay_in_seconds(delay: str, seconds: int) -> None:
    """It does not change the delivery key, so a changed delay delivers nothing again."""
    made, plain = entry(f"queue: '{QUEUE}', delay: {delay}"), entry(f"queue: '{QUEUE}'")
    assert isinstance(made, QueueDelivery)
    assert isinstance(plain, QueueDelivery)
    assert (made.delay_seconds, plain.delay_seconds) == (seconds, None)
    assert made.key == plain.key


def test_a_delay_that_meets_a_fifo_queue_fails() -> None:
    """AWS rejects it; without it the message would arrive too early, which nobody would notice."""
    text = "queue: '" + QUEUE + "{{ suffix }}', delay: 1m"
    failed = failure(text, b'{"action":"LOAN","suffix":".fifo"}')
    assert (failed.cause_class, failed.reason, failed.field) == ("template", NO_DELAY, "deliver[1].delay")
    assert entry(text, b'{"action":"LOAN","suffix":""}').name == QUEUE
