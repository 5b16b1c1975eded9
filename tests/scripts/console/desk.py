"""A console on a stack with dead letters, routes, targets and logs, for tests of what it does with them."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import httpx2 as httpx
import pytest

from scripts.aws.context import StackContext
from scripts.aws.outcome_wait import OutcomeWait
from scripts.console.plans.dead_letter_plan import DeadLetterPlan
from scripts.console.plans.plan import find
from scripts.dead_letters.queues import SourceQueue
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.aws.targets import with_routes, with_targets
from tests.scripts.console.opened import OpenedConsole, opened
from tests.scripts.dead_letters.queues import Queues, loan
from tests.scripts.passing_time import PassingTime
from tests.scripts.stack_logs import INGEST, PROCESSOR, Site

Outcomes = dict[str, dict[str, Any]]
DELIVERED = {"outcome": "delivered", "deliveries": [{"route": "loans", "target": "topic:loan-created"}]}
DEAD = {"outcome": "dead", "failure": {"class": "refused", "reason": "AWS returned NotFound"}}
ROUTES = """topics: [loan-created]
stages: {dev: {}, stg: {}, prod: {}}
routes:
  - {name: loans, when: {event: {value: [LOAN_CREATED]}}, deliver: [{topic: loan-created}]}
  - {name: others, fallback: true, when: {action: [LOAN]}, deliver: [{topic: "{{ event.value | slug }}"}]}
"""


class Clock:
    """The clock of a console, which a test can advance."""

    def __init__(self, now: datetime | None = None) -> None:
        self.now = now or datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_minutes(self, minutes: float) -> None:
        """Let time pass."""
        self.now += timedelta(minutes=minutes)


class Desk(NamedTuple):
    """A console, its clock and its queues; `outcomes` are those that the processor will log, by receipt ID."""

    page: OpenedConsole
    clock: Clock
    queues: Queues
    store: DeadLetterStore
    outcomes: Outcomes

    def put(self, *receipt_ids: str, event: str = "LOAN_CREATED", **envelope: Any) -> list[str]:
        """Put dead letters on the queue, and return their message IDs."""
        return [self.queues.put(loan(event=event), receipt_id=id_, **envelope) for id_ in receipt_ids]

    def plan(self, **form: Any) -> DeadLetterPlan:
        """Post a form that makes a plan, and return the plan when it is ready."""
        answer = self.page.post("/plans", {"action": "replay", **form})
        assert answer.status_code == 303, text_of(answer)
        self.page.wait()
        return find(self.page.console, DeadLetterPlan, answer.headers["location"].removeprefix("/plans/"))

    def confirm(self, plan: DeadLetterPlan, form: Mapping[str, Any] | None = None) -> httpx.Response:
        """Confirm a plan, wait until its run has ended, and return the answer to the form."""
        answer = self.page.post(f"/plans/{plan.id}", {"rate": "1000", **(form or {})})
        self.page.wait()
        return answer

    def text(self, path: str) -> str:
        """Return the text of a page without its markup, with single spaces."""
        return text_of(self.page.get(path))

    @property
    def left(self) -> int:
        """The number of messages on the dead-letter queue; none of them is hidden."""
        depth = self.queues.dead_letters.depth()
        assert depth.hidden == 0
        return depth.visible


def text_of(answer: httpx.Response) -> str:
    """Return the text of a page without its markup, with single spaces."""
    body = re.sub(r"(?s)^.*<main[^>]*>", "", answer.text)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


OpenDesk = Callable[..., Desk]
"""Opens a console on the stack with these settings."""


def opener(store: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> OpenDesk:
    """Return what opens a console on the stack; the processor logs the outcomes of what is sent, at once."""
    scope, outcomes = _stack(store, queues), Outcomes()
    time, site, send = PassingTime(), Site(queues.aws, scope), SourceQueue.send
    wait = partial(OutcomeWait, monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr("scripts.dead_letters.replay_wait.OutcomeWait", wait)

    def sent(queue: SourceQueue, messages: Any) -> dict[int, str]:
        for message in messages:
            members = outcomes.get(id_ := message.attributes["receipt_id"])
            if members:
                site.write(PROCESSOR, {"message": "outcome", "receipt_id": id_, **members}, age=-0.5)
        return send(queue, messages)

    monkeypatch.setattr(SourceQueue, "send", sent)

    def open_desk(stage: str = "dev", **settings: Any) -> Desk:
        clock, address = Clock(), scope.address._replace(stage=stage)
        page = opened(scope._replace(address=address), clock, **settings)
        return Desk(page, clock, queues, store._replace(scope=scope), outcomes)

    return open_desk


def _stack(store: DeadLetterStore, queues: Queues) -> StackContext:
    for group in (INGEST, PROCESSOR):
        queues.aws.logs.create_log_group(logGroupName=group)
        queues.aws.logs.create_log_stream(logGroupName=group, logStreamName="s")
    scope = with_routes(with_targets(store.scope, ["loan-created"]), ROUTES)
    outputs = scope.stack.outputs | {"IngestLogGroupName": INGEST, "ProcessorLogGroupName": PROCESSOR}
    return scope._replace(stack=scope.stack._replace(outputs=outputs))
