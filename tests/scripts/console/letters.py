"""A console on a stack with dead letters, routes, targets and logs, for tests of what it does with them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx2 as httpx

from scripts.console.plans import Plan, plans_of
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.aws.targets import with_routes, with_targets
from tests.scripts.console.opened import OpenedConsole, opened
from tests.scripts.dead_letters.queues import Queues, loan
from tests.scripts.stack_logs import INGEST, PROCESSOR

ROUTES = """topics: [loan-created]
stages: {dev: {}, stg: {}, prod: {}}
routes:
  - {name: loans, when: {event: {value: [LOAN_CREATED]}}, deliver: [{topic: loan-created}]}
  - {name: others, fallback: true, when: {action: [LOAN]}, deliver: [{topic: "{{ event.value | slug }}"}]}
"""


class Clock:
    """The clock of a console, which a test can advance."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_minutes(self, minutes: float) -> None:
        """Let time pass."""
        self.now += timedelta(minutes=minutes)


class Letters(NamedTuple):
    """A console, its clock and its queues."""

    page: OpenedConsole
    clock: Clock
    queues: Queues
    store: DeadLetterStore

    def put(self, *receipt_ids: str, event: str = "LOAN_CREATED", **envelope: Any) -> list[str]:
        """Put dead letters on the queue, each with another body, and return their message IDs."""
        return [self.queues.put(loan(len(id_) + hash(id_) % 10_000, event), receipt_id=id_, **envelope) for id_ in receipt_ids]

    def plan(self, **form: Any) -> Plan:
        """Post a form that makes a plan, and return the plan when it is ready."""
        answer = self.page.post("/plans", {"action": "replay", **form})
        assert answer.status_code == 303, answer.text
        self.page.wait()
        found = plans_of(self.page.console).find(answer.headers["location"].removeprefix("/plans/"))
        assert found is not None
        return found

    def confirm(self, plan: Plan, form: Mapping[str, Any] | None = None) -> httpx.Response:
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


def open_letters(store: DeadLetterStore, queues: Queues, **settings: Any) -> Letters:
    """Return a console on the stack of these queues, with routes, a target and logs."""
    for group in (INGEST, PROCESSOR):
        queues.aws.logs.create_log_group(logGroupName=group)
        queues.aws.logs.create_log_stream(logGroupName=group, logStreamName="s")
    scope = with_routes(with_targets(store.scope, ["loan-created"]), ROUTES)
    outputs = scope.stack.outputs | {"IngestLogGroupName": INGEST, "ProcessorLogGroupName": PROCESSOR}
    scope, clock = scope._replace(stack=scope.stack._replace(outputs=outputs)), Clock()
    return Letters(opened(scope, clock, **settings), clock, queues, store._replace(scope=scope))
