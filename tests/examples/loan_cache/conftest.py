"""The loan cache on moto, with the tables and queues of its template and a clock that tests set."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from loan_cache.entry import Entry, Kind
from loan_cache.event_work import EventWork
from loan_cache.fill_requests import FillRequests
from loan_cache.settings import TableNames
from loan_cache.writer import Writer

from tests.examples.loan_cache.bodies import NOW
from tests.examples.loan_cache.expressions import bare_names
from tests.examples.loan_cache.template import make_tables
from tests.processor.conftest import aws

__all__ = ["aws"]


@dataclass
class Clock:
    """A clock that stands still until a test sets it, in seconds since 1970."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class Cache:
    """The cache of one test: the writer of its tables, the work of the event function, and the clients."""

    dynamodb: Any
    sqs: Any
    fill_queue_url: str
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.writer = Writer.of(self.dynamodb, TableNames("users", "loans", "requests"), self.clock)
        fill_requests = FillRequests(self.sqs, self.fill_queue_url)
        self.work = EventWork(self.writer, fill_requests, wall=self.clock, sleep=lambda _: None)

    def take(self, body: bytes, attributes: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Process one event as the function does, and return its facts."""
        return self.work(body.decode(), attributes or {}, lambda: 25.0)

    def entries(self, user: str, kind: Kind = Kind.LOAN) -> list[Entry]:
        """Return what the cache has of a user."""
        return list(self.writer.tables[kind].entries(user))

    def count_fills(self) -> int:
        """Return how many messages are on the fill queue, with those that are delayed."""
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.fill_queue_url, AttributeNames=names)["Attributes"]
        return sum(map(int, found.values()))


@pytest.fixture
def cache(aws: None) -> Cache:  # noqa: ARG001 -- AWS is there
    """Return an empty cache; a request with a bare name in an expression fails."""
    dynamodb, sqs = boto3.client("dynamodb"), boto3.client("sqs")
    dynamodb.meta.events.register("before-parameter-build.dynamodb.*", _check)
    make_tables(dynamodb)
    url = sqs.create_queue(QueueName="fills")["QueueUrl"]
    return Cache(dynamodb, sqs, url)


def _check(params: dict[str, Any], **_: Any) -> None:
    assert not bare_names(params), "an expression has a bare name"
