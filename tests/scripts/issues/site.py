"""A stack with dead letters, state machines in memory, and a table of issues. For tests."""

import json
from datetime import datetime
from typing import Any, NamedTuple

from scripts.aws.context import StackContext
from scripts.cli.options import ROUTES
from scripts.cli.times import time_of
from scripts.issues.issue import Issue
from scripts.issues.service import IssueService
from scripts.issues.store import IssueStore
from tests.scripts.dead_letters.queues import CAUSE, Queues, loan
from tests.scripts.executions.site import PROCESSOR
from tests.scripts.executions.steps import Steps, machine

TABLE = "issues"


class IssueSite(NamedTuple):
    """A stack, its queues and its Step Functions; the state machine is pod."""

    scope: StackContext
    queues: Queues
    steps: Steps

    @property
    def service(self) -> IssueService:
        """The service of its issues."""
        return IssueService(self.scope, ROUTES)

    @property
    def store(self) -> IssueStore:
        """The table."""
        return IssueStore(self.scope.aws.dynamodb, TABLE)

    def put(self, receipt_id: str, at: datetime | None = None, **cause: Any) -> str:
        """Put a dead letter on the queue that failed at a time, with other members of its cause; return its ID."""
        failed = {"at": time_of(at)} if at else {}
        return self.queues.put(loan(), receipt_id=receipt_id, failure=CAUSE | failed | cause)

    def only(self) -> Issue:
        """Return the only issue."""
        [issue] = self.service.list().issues
        return issue


def made(scope: StackContext, queues: Queues) -> IssueSite:
    """Add a state machine and the table to a stack that has the outputs for dead letters."""
    aws = scope.aws
    aws.logs.create_log_group(logGroupName=PROCESSOR)
    aws.dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    outputs = {
        "IssuesTableName": TABLE,
        "ProcessorLogGroupName": PROCESSOR,
        "StateMachineArns": json.dumps({"pod": machine("pod")}),
    }
    stack = scope.stack._replace(outputs=scope.stack.outputs | outputs)
    steps = Steps(aws)
    steps.machines.add(machine("pod"))
    return IssueSite(scope._replace(stack=stack), queues, steps)
