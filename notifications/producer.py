"""Answers the requests of the notifications API, and logs one line for each. All I/O goes through the arguments."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from aws_lambda_powertools import Logger

from notifications.api_keys import ApiKeys
from notifications.http_api import (
    API_KEY_HEADER,
    FAILED,
    PREFLIGHT_HEADERS,
    TOPIC_HASH_HEADER,
    Post,
    RejectedPost,
    RejectionCode,
    idempotency_key_of,
    metadata_of,
    post_of,
    rejection,
    response,
)
from notifications.notification_queue import NotQueuedError
from notifications.publisher import Publisher
from notifications.sns_subscription import NOTIFICATION, SUBSCRIPTION, SnsMessage, SnsSubscription
from notifications.topic_table import TopicTable
from notifications.topics import Topic
from processor.errors import Failure, Permanent, as_failure
from processor.retries import RemainingTime

# SNS waits 15 seconds for an answer ("Make sure your endpoint is ready to process Amazon SNS messages", Amazon SNS
# Developer Guide). Other clients wait as long as the gateway: 30.
BUDGET_SECONDS: Final = 12.0


class _Answer(NamedTuple):
    """A response with status 200, and facts for the log."""

    members: Mapping[str, str]
    kind: str
    facts: Mapping[str, Any] = {}
    headers: Mapping[str, str] = {}


class Producer:
    """The notifications API of a stack."""

    def __init__(
        self,
        keys: ApiKeys,
        topics: TopicTable,
        publisher: Publisher,
        subscription: SnsSubscription,
        logger: Logger,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        new_receipt_id: Callable[[], str] = lambda: os.urandom(16).hex(),
    ) -> None:
        self._keys = keys
        self._topics = topics
        self._publisher = publisher
        self._subscription = subscription
        self._logger = logger
        self._monotonic = monotonic
        self._new_receipt_id = new_receipt_id

    def answer(self, event: object, remaining_time: RemainingTime) -> dict[str, Any]:
        """Return the gateway's response to its event. Never raise: an unexpected error is a 502."""
        started, receipt_id = self._monotonic(), self._new_receipt_id()
        facts: dict[str, Any] = {"receipt_id": receipt_id}

        def remaining() -> float:
            return min(remaining_time(), BUDGET_SECONDS - (self._monotonic() - started))

        try:
            post = post_of(event)
            facts |= {"channel": post.channel, "topic": post.topic}
            answer = self._answer(post, receipt_id, remaining)
            kind, returned = answer.kind, response(200, answer.members, receipt_id, answer.headers)
            facts |= answer.facts
        except Exception as error:  # noqa: BLE001 - a client gets one form of answer, and no text of an exception
            rejected = error if isinstance(error, RejectedPost) else _unexpected(error)
            kind, returned = "rejected" if rejected.status < FAILED else "failed", rejection(rejected, receipt_id)
            facts |= {"reason": rejected.code, "detail": rejected.detail, **rejected.facts}
        status = returned["statusCode"]
        facts |= {"status": status, "duration_ms": round((self._monotonic() - started) * 1000, 1)}
        by_kind = {"rejected": self._logger.warning, "failed": self._logger.error}
        write = by_kind.get(kind, self._logger.info)
        write(kind, extra={name: fact for name, fact in facts.items() if fact not in (None, "")})
        return returned

    def _answer(self, post: Post, receipt_id: str, remaining_time: RemainingTime) -> _Answer:
        if post.method == "OPTIONS":
            return _Answer({}, "preflight", headers=PREFLIGHT_HEADERS)
        if post.is_sns:
            return self._answer_sns(post, receipt_id, remaining_time)
        with _failing("key-store", "the API keys could not be read"):
            if not self._keys.accepts(post.headers.get(API_KEY_HEADER, "")):
                raise RejectedPost(403, "api-key", "The API key in the header X-Api-Key is missing or wrong.")
        with _failing("topic-table", "the topic could not be read"):
            topic = self._topics.with_hash(post.name, post.headers.get(TOPIC_HASH_HEADER, ""))
        if topic is None:
            raise _no_topic("There is no topic with this name and the hash in the header X-Topic-Hash-X.")
        values, key = metadata_of(post), idempotency_key_of(post)
        source = f"key:{key}" if key else f"receipt:{receipt_id}"
        return self._publish(topic, values, source, receipt_id, remaining_time)

    def _answer_sns(self, post: Post, receipt_id: str, remaining_time: RemainingTime) -> _Answer:
        message = self._subscription.message_of(post)
        with _failing("topic-table", "the topic could not be read"):
            topic = self._topics.by_name(post.name)
        if topic is None or message.topic.text not in topic.sns_topics:
            detail = f"{message.topic.text} is not among the sns_topics of the topic" if topic else ""
            raise _no_topic("There is no topic with this name that this SNS topic may post to.", detail)
        if message.kind == NOTIFICATION:
            return self._publish(topic, message.values, f"sns:{message.id}", receipt_id, remaining_time)
        return self._answer_confirmation(message)

    def _answer_confirmation(self, message: SnsMessage) -> _Answer:
        if message.kind == SUBSCRIPTION:
            self._subscription.confirm(message)
            return _Answer({"message": "The subscription is confirmed."}, "confirmed")
        # Somebody who may do so has ended the subscription, so it is not renewed.
        return _Answer({"message": "The subscription has ended."}, "unsubscribed")

    def _publish(
        self, topic: Topic, values: Mapping[str, Any], source: str, receipt_id: str, remaining_time: RemainingTime
    ) -> _Answer:
        try:
            published = self._publisher.publish(topic, values, source, receipt_id, remaining_time)
        except Permanent as failure:
            raise _not_rendered(failure) from None
        except NotQueuedError as error:
            sentence = "not all notifications could be queued; send the request again with the same Idempotency-Key"
            raise RejectedPost(FAILED, "queue", sentence, error.code, queued=error.queued) from None
        facts = {"queued": len(published.ids), "unknown_variables": published.unknown_variables}
        return _Answer(published.ids, "accepted", facts)


@contextmanager
def _failing(code: RejectionCode, sentence: str) -> Iterator[None]:
    """Turn a failure of AWS into a 502 without internals; the reason, which has AWS's code, goes to the log."""
    try:
        yield
    except Failure as failure:
        raise RejectedPost(FAILED, code, sentence, failure.reason) from None


def _no_topic(sentence: str, detail: str = "") -> RejectedPost:
    return RejectedPost(404, "topic", sentence, detail)


def _not_rendered(failure: Permanent) -> RejectedPost:
    """Return the answer to values that the templates do not fit, or to a topic that is not valid."""
    if failure.cause_class == "refused":
        return RejectedPost(FAILED, "not-rendered", "the topic is not valid", failure.reason)
    # The reason names the integration and quotes no value.
    return RejectedPost(400, "not-rendered", f"{failure.reason[:1].upper()}{failure.reason[1:]}.")


def _unexpected(error: Exception) -> RejectedPost:
    return RejectedPost(FAILED, "failed", "something went wrong", as_failure(error).reason)
