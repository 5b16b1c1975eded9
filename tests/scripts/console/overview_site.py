"""A stack for the overview: its logs, its queues, its dead letters, in moto; and a clock that a test moves."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest

from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.console.opened import OpenedConsole, opened
from tests.scripts.dead_letters.queues import CAUSE, Queues
from tests.scripts.stack_logs import PROCESSOR, Site

_LONGEST_WAIT_SECONDS = 30  # if a test fails inside


class MovedClock:
    """The time now, moved by a test."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC) + self.ahead


class OverviewSite:
    """A stack, what its functions have logged, and a console on it."""

    def __init__(self, site: Site, queues: Queues, **settings: Any) -> None:
        self.site = site
        self.queues = queues
        self.clock = MovedClock()
        self._died = 0
        self.page: OpenedConsole = opened(site.scope, self.clock, **settings)

    def die(self, number: int = 1, **cause: str) -> None:
        """Put dead letters on the queue, by default with CAUSE."""
        for _ in range(number):
            self._died += 1
            self.queues.put(receipt_id=f"r{self._died}", failure=CAUSE | cause)

    def log_loan(self, receipt_id: str, ms: float = 3.0, **outcome: Any) -> None:
        """Log a loan that was accepted and delivered ten minutes ago."""
        delivery = {"route": "loans", "target": "topic:loan-created", "outcome": "delivered"}
        accepted = {"message": "accepted", "profile": "alma", "receipt_id": receipt_id, "duration_ms": ms}
        self.site.write("/aws/lambda/alma-webhooks-dev-ingest", accepted, age=600)
        line = {"message": "outcome", "outcome": "delivered", "profile": "alma", "receipt_id": receipt_id}
        self.site.write(PROCESSOR, line | {"action": "LOAN", "deliveries": [delivery]} | outcome, age=599)

    @contextmanager
    def slow_aws(self) -> Iterator[None]:
        """Let no reading end inside of the block."""
        released = Event()
        aws = self.site.aws
        held = ((aws.logs, "FilterLogEvents"), (aws.sqs, "GetQueueAttributes"), (aws.cloudwatch, "DescribeAlarms"))

        def wait(**_: Any) -> None:
            released.wait(_LONGEST_WAIT_SECONDS)

        for client, operation in held:
            service: Any = client.meta.service_model.service_id
            client.meta.events.register_first(f"before-parameter-build.{service.hyphenize()}.{operation}", wait)
        try:
            yield
        finally:
            released.set()
            self.page.wait()

    def read_again(self, path: str) -> str:
        """Return the answer to a request an hour later, when everything was read again."""
        self.clock.ahead += timedelta(hours=1)
        return self.page.read(path).text


@pytest.fixture
def overview_site(
    dead_letters: DeadLetterStore, site: Site, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OverviewSite]:
    """A stack without notifications and alarms, and with a console that may change it."""
    monkeypatch.setattr("scripts.overview.service.notifications_of", lambda _: None)
    outputs = dead_letters.scope.stack.outputs | site.scope.stack.outputs
    outputs = {name: url for name, url in outputs.items() if name != "AuditLogGroupName"}
    outputs["QueueUrl"] = queues.webhooks_url
    scope = dead_letters.scope
    made = OverviewSite(Site(site.aws, scope._replace(stack=scope.stack._replace(outputs=outputs))), queues)
    yield made
    made.page.console.end()
