"""The producer: every line of the HTTP contract, with its calls to AWS and its log line."""

import io
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError

from notifications.api_keys import ApiKeys
from notifications.http_api import PREFLIGHT_HEADERS
from notifications.notification_queue import NotificationQueue
from notifications.producer import BUDGET_SECONDS, Producer
from notifications.publisher import Publisher
from notifications.sns_signature import SnsSignatures, TopicArn
from notifications.sns_subscription import SnsSubscription
from notifications.topic_table import TopicTable
from notifications.topics import Topic
from tests.ingest.clocks import FakeClock
from tests.new_logger import new_logger
from tests.notifications.fake_integrations import HASH as ID
from tests.notifications.fake_integrations import entry, fake_integrations, topic_with
from tests.notifications.gateway_events import PATH, event
from tests.notifications.sns_messages import ARN, NOW, FakeFetch, confirmation, key_of_somebody_else, notification
from tests.notifications.test_api_keys import FakeSsm
from tests.notifications.test_notification_queue import FakeSqs, all_taken, failed, taken
from tests.notifications.test_publisher import queued

KEY, HASH = "secret-key", str(ID)
TOPIC = topic_with(entry("$val1 $data"), entry(name="desk")).model_copy(update={"sns_topics": [ARN]})
SNS_PATH = f"{PATH}/sns"
DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "secret text of AWS"}}, "Call")
VALUES = {"val1": "secret value"}


class FakeDynamodb:
    """A table with one topic. It counts calls, and raises `error`."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self.calls: list[dict[str, Any]] = []
        self.error: Exception | None = None

    def get_item(self, **request: Any) -> dict[str, Any]:
        self.calls.append(request)
        if self.error:
            raise self.error
        is_known = request["Key"] == {"Name": {"S": self.topic.name}}
        return (
            {"Item": {name: TypeSerializer().serialize(value) for name, value in self.topic.item().items()}}
            if is_known
            else {}
        )


class FakeSns:
    """Confirms subscriptions."""

    def __init__(self) -> None:
        self.tokens: list[str] = []

    def confirm_subscription(self, **request: str) -> None:
        self.tokens.append(request["Token"])


class Stack:
    """A producer with everything around it faked."""

    def __init__(
        self,
        sqs: FakeSqs | None = None,
        topic: Topic = TOPIC,
        receipt_id: str = "receipt",
        clock: FakeClock | None = None,
    ) -> None:
        self.ssm = FakeSsm(current=KEY)
        self.dynamodb, self.sns, self.fetch = FakeDynamodb(topic), FakeSns(), FakeFetch()
        self.receipt_id = receipt_id
        self.sqs = sqs or FakeSqs(all_taken)
        self.clock = clock or FakeClock()
        self.log = io.StringIO()
        aws: Any = self
        arn = TopicArn.parse(ARN)
        assert arn
        queue = NotificationQueue(aws.sqs, "https://q", sleep=self.clock.pass_)
        self.producer = Producer(
            ApiKeys(aws.ssm, "dev", monotonic=self.clock, wall=self.clock),
            TopicTable(aws.dynamodb, "topics"),
            Publisher(fake_integrations(), queue, lambda: 1.8e9),
            SnsSubscription([arn], SnsSignatures(self.fetch, lambda: NOW.timestamp()), lambda _: aws.sns),
            new_logger(self.log),
            monotonic=self.clock,
            new_receipt_id=lambda: receipt_id,
        )

    def answer(self, given: object, remaining: float = 30.0) -> tuple[int, dict[str, Any]]:
        """Return status and members of the answer, whose form is checked."""
        answer = self.producer.answer(given, lambda: remaining)
        assert answer["headers"]["X-Receipt-Id"] == self.receipt_id
        assert answer["headers"]["Cache-Control"] == "no-store"
        assert answer["headers"]["X-Content-Type-Options"] == "nosniff"
        return answer["statusCode"], json.loads(answer["body"])

    @property
    def calls(self) -> tuple[int, int, int]:
        """How often SSM, DynamoDB and SQS were called."""
        return len(self.ssm.calls), len(self.dynamodb.calls), len(self.sqs.batches)

    def line(self) -> dict[str, Any]:
        """Return the facts of the only log line."""
        [line] = self.log.getvalue().splitlines()
        return {
            name: fact for name, fact in json.loads(line).items() if name not in {"location", "timestamp", "service"}
        }


def post(body: Any = None, **options: Any) -> dict[str, Any]:
    """Return a post with key and hash."""
    return event(
        {"metadata": VALUES} if body is None else body, **{"x_api_key": KEY, "x_topic_hash_x": HASH, **options}
    )


def sns_post(message: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    return event(json.dumps(message), path=SNS_PATH, content_type="text/plain; charset=UTF-8", **options)


def failure(reason: str) -> dict[str, str]:
    """Return the body of a 502, in the words of the contract."""
    return {"message": f"An error occurs while processing the request (Message: {reason})"}


def test_a_post_is_answered_with_the_message_ids() -> None:
    """Each integration has its id, and the log has counts and no value."""
    stack = Stack()
    assert stack.answer(post()) == (200, {"team": "m-0", "desk": "m-1"})
    assert stack.calls == (1, 2, 1)  # the hash, then the topic
    assert stack.line() == {
        "message": "accepted",
        "level": "INFO",
        "receipt_id": "receipt",
        "channel": "library",
        "topic": "jobs",
        "queued": 2,
        "unknown_variables": 2,
        "status": 200,
        "duration_ms": 0.0,
    }


@pytest.mark.parametrize("key", [None, "", " ", "secret-kez", "é", "k" * 10_000, f"{KEY},{KEY}", f"{KEY},x"])
def test_a_wrong_or_missing_key_is_403(key: str | None) -> None:
    """The table is not read, and the log has neither key nor hash."""
    stack = Stack()
    given = post() if key is None else post(x_api_key=key)
    if key is None:
        del given["headers"]["x-api-key"]
    assert stack.answer(given) == (403, {"message": "The API key in the header X-Api-Key is missing or wrong."})
    assert stack.calls[1:] == (0, 0)
    line = stack.line()
    assert (line["message"], line["level"], line["reason"], line["status"]) == ("rejected", "WARNING", "api-key", 403)
    assert KEY not in str(line)


def test_concurrent_posts_make_one_read_of_the_keys() -> None:
    """A hundred posts at once, half of them with a wrong key, ask SSM once."""
    stack = Stack()
    posts = [post(), post(x_api_key="wrong")] * 50
    with ThreadPoolExecutor(20) as pool:
        statuses = [status for status, _ in pool.map(stack.answer, posts)]
    assert statuses == [200, 403] * 50
    assert stack.calls == (1, 100, 50)


def test_an_unknown_topic_and_a_wrong_hash_are_the_same_404() -> None:
    """Body and calls do not differ, so that a client with a key cannot find out names."""
    unknown, wrong, missing = Stack(), Stack(), Stack()
    given = post()
    del given["headers"]["x-topic-hash-x"]
    answers = [
        unknown.answer(post(path="/v1/notifications/library/other")),
        wrong.answer(post(x_topic_hash_x="b0a7c9f2-3c1d-4c4b-9a55-0d6a3c3e8d12")),
        missing.answer(given),
    ]
    sentence = "There is no topic with this name and the hash in the header X-Topic-Hash-X."
    assert answers == [(404, {"message": sentence})] * 3
    assert unknown.calls == wrong.calls == missing.calls == (1, 1, 0)


def test_a_bad_body_is_400_and_nothing_is_queued() -> None:
    """Key and topic are checked before."""
    stack = Stack()
    assert stack.answer(post("{")) == (400, {"message": "The body is not valid JSON at line 1, column 2."})
    assert stack.answer(post(idempotency_key=" "))[0] == 400
    assert stack.answer(post("{", x_api_key="x"))[0] == 403
    assert stack.answer(post("{", x_topic_hash_x="x"))[0] == 404
    assert stack.sqs.batches == []


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (entry({"jinja": "{{ other }}"}), "Model of the integration team in library+jobs "),
        (entry("x" * 11, configuration={"url": {"ssm": "a"}, "limit": 10}), "Model of the integration team in library"),
    ],
)
def test_a_text_that_cannot_be_made_is_400(broken: dict[str, Any], sentence: str) -> None:
    """The answer names the integration and no value."""
    stack = Stack(topic=topic_with(broken))
    status, members = stack.answer(post())
    assert (status, members["message"][: len(sentence)]) == (400, sentence)
    assert "secret" not in members["message"]
    assert stack.line()["reason"] == "not-rendered"


def test_a_topic_that_is_not_valid_is_502() -> None:
    """It is not the fault of the client; the log says which member is wrong."""
    stack = Stack(topic=topic_with(entry(type="other")))
    assert stack.answer(post()) == (502, failure("the topic is not valid"))
    assert stack.line()["detail"] == "type of the integration team in library+jobs is unknown; apply the topic again"
    stack = Stack(topic=TOPIC.model_copy(update={"integrations": []}))
    assert stack.answer(post()) == (502, failure("the topic could not be read"))
    assert "integrations is missing or has the wrong form" in stack.line()["detail"]


def test_an_unknown_path_and_method_are_404_and_405() -> None:
    """No call is made for them."""
    stack = Stack()
    assert stack.answer(post(path="/v1/notifications/library"))[0] == 404
    assert stack.answer(post(method="GET"))[0] == 405
    assert stack.answer(None)[0] == 404
    assert stack.calls == (0, 0, 0)


def test_options_is_200_with_the_headers_of_cors() -> None:
    """A browser asks without a key and without a body, about any topic. The emulator never passes this on."""
    stack = Stack()
    asked = event(
        method="OPTIONS",
        path="/v1/notifications/library/other",
        origin="https://library.example",
        access_control_request_method="POST",
        access_control_request_headers="x-api-key,x-topic-hash-x",
    )
    del asked["body"]
    answer = stack.producer.answer(asked, lambda: 30.0)
    assert (answer["statusCode"], answer["body"]) == (200, "{}")
    assert answer["headers"].items() >= PREFLIGHT_HEADERS.items()
    assert stack.calls == (0, 0, 0)
    assert stack.line()["message"] == "preflight"


def test_a_partial_failure_is_502_and_counted() -> None:
    """The answer lists no id, and the log says how many messages are on the queue."""
    stack = Stack(FakeSqs(lambda _: taken("0", [failed("1", "InternalError", fault=True)])))
    reason = "not all notifications could be queued; send the request again with the same Idempotency-Key"
    assert stack.answer(post()) == (502, failure(reason))
    line = stack.line()
    assert (line["message"], line["level"], line["reason"]) == ("failed", "ERROR", "queue")
    assert (line["detail"], line["queued"]) == ("InternalError", 1)


def test_a_failing_store_is_502_without_internals() -> None:
    """The code of AWS is in the log only."""
    stack = Stack()
    stack.dynamodb.error = DENIED
    assert stack.answer(post()) == (502, failure("the topic could not be read"))
    assert stack.line()["detail"] == "the topic could not be read: AWS returned AccessDenied"
    stack = Stack()
    stack.ssm.is_down = True
    assert stack.answer(post()) == (502, failure("the API keys could not be read"))
    assert stack.line()["reason"] == "key-store"
    assert stack.dynamodb.calls == []


def test_an_unexpected_error_is_502_with_its_place_in_the_log() -> None:
    """Neither the answer nor the log quotes an exception."""
    stack = Stack()
    stack.dynamodb.error = ZeroDivisionError("secret text")
    assert stack.answer(post()) == (502, failure("something went wrong"))
    line = stack.line()
    assert line["detail"].startswith("ZeroDivisionError at test_producer.py:")
    assert "secret" not in str(line)


def identities(*givens: dict[str, Any]) -> list[str]:
    """Return the identity of the first notification of each post. The receipt ids are `receipt-0` and so on."""
    stacks = [Stack(receipt_id=f"receipt-{number}") for number in range(len(givens))]
    for stack, given in zip(stacks, givens, strict=True):
        assert stack.answer(given)[0] == 200
    return [queued(stack.sqs)[0][1].identity for stack in stacks]


def test_f79_posts_with_one_idempotency_key_have_one_identity() -> None:
    """Without a key each post is its own; a key is never confused with a receipt id or the id of an SNS message."""
    found = identities(
        post(idempotency_key="a"),
        post({"metadata": {}}, idempotency_key="a"),
        post(idempotency_key="b"),
        post(),
        post(),
        post(idempotency_key="receipt:receipt-3"),
        sns_post(notification(MessageId="a")),
        sns_post(notification(MessageId="a", Message="x")),
    )
    assert found[0] == found[1]
    assert found[6] == found[7]
    assert len(set(found)) == 6


def test_a_notification_of_sns_needs_neither_key_nor_hash() -> None:
    """Its text becomes `data`."""
    stack = Stack()
    assert stack.answer(sns_post(notification())) == (200, {"team": "m-0", "desk": "m-1"})
    assert queued(stack.sqs)[0][1].message == "$val1 Ende ✓"
    assert stack.calls == (0, 1, 1)


def test_a_forged_message_of_sns_is_403_before_the_table_is_read() -> None:
    """Key and hash do not help either."""
    stack = Stack()
    given = sns_post(notification(key_of_somebody_else()), x_api_key=KEY, x_topic_hash_x=HASH)
    assert stack.answer(given) == (403, {"message": "The signature is not that of this message."})
    assert stack.calls == (0, 0, 0)
    assert stack.line()["reason"] == "sns-signature"


@pytest.mark.parametrize("message", [notification(), confirmation(), confirmation(Type="UnsubscribeConfirmation")])
def test_a_genuine_message_for_an_unknown_topic_is_404(message: dict[str, Any]) -> None:
    """The answer and the calls are the same for a topic that does not name the SNS topic of the stack."""
    unknown, unbound, other = Stack(), Stack(), Stack()
    unbound.dynamodb.topic = TOPIC.model_copy(update={"sns_topics": []})
    other.dynamodb.topic = TOPIC.model_copy(update={"sns_topics": [f"{ARN}2"]})
    answers = [
        unknown.answer({**sns_post(message), "rawPath": "/v1/notifications/library/other/sns"}),
        unbound.answer(sns_post(message)),
        other.answer(sns_post(message)),
    ]
    assert answers == [(404, {"message": "There is no topic with this name that this SNS topic may post to."})] * 3
    assert unknown.calls == unbound.calls == other.calls == (0, 1, 0)
    assert unknown.sns.tokens == unbound.sns.tokens == other.sns.tokens == []
    assert "detail" not in unknown.line()
    assert unbound.line()["detail"] == f"{ARN} is not among the sns_topics of the topic"


def test_a_subscription_is_confirmed() -> None:
    """Nothing is queued, and the log has no token."""
    stack = Stack()
    assert stack.answer(sns_post(confirmation())) == (200, {"message": "The subscription is confirmed."})
    assert stack.sns.tokens == ["2336412f37"]
    assert stack.sqs.batches == []
    assert stack.line()["message"] == "confirmed"
    assert "2336412f37" not in str(stack.line())


def test_the_end_of_a_subscription_is_accepted() -> None:
    """It is not confirmed anew: somebody who may do so has ended it."""
    stack = Stack()
    given = sns_post(confirmation(Type="UnsubscribeConfirmation"))
    assert stack.answer(given) == (200, {"message": "The subscription has ended."})
    assert (stack.sns.tokens, stack.sqs.batches) == ([], [])


def test_nothing_is_repeated_after_the_budget_of_a_request() -> None:
    """SNS waits 15 seconds; what the stores took counts."""
    clock = FakeClock()

    def failing_slowly(_: list[str]) -> Mapping[str, Any]:
        clock.pass_(BUDGET_SECONDS - 3)
        return taken("", [failed("0")])

    slow, quick = FakeSqs(failing_slowly), FakeSqs(lambda _: taken("", [failed("0")]))
    for sqs, remaining, calls in ((quick, 30.0, 3), (quick, 3.0, 1), (slow, 30.0, 1)):
        sqs.batches.clear()
        Stack(sqs, clock=clock).answer(post(), remaining)
        assert len(sqs.batches) == calls


def test_f22_no_value_key_or_hash_is_logged() -> None:
    """Not even of a message that is queued in part, or of an SNS message."""
    stack = Stack(FakeSqs(lambda _: taken("0")))
    stack.answer(post(idempotency_key="secret-idempotency"))
    stack.answer(sns_post(notification(Message="secret value")))
    stack.answer(post('{"metadata": {"secret": "value"'))
    text = stack.log.getvalue()
    assert text.count("\n") == 3
    assert not any(word in text for word in ("secret", HASH, "Ende"))
