"""A fake stack with three state machines over Step Functions in memory, and the log of its processor."""

import json
from datetime import datetime
from typing import Any, NamedTuple

from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from scripts.cli.times import milliseconds
from scripts.executions.find import Execution
from tests.moto_resources import create_log_group, create_table
from tests.scripts.executions.steps import NOW, Steps, machine

PROCESSOR = "/aws/lambda/alma-webhooks-dev-processor"
AUDIT = "/alma-webhooks/alma-webhooks-dev/audit"
LOCKS = "locks"


class Site(NamedTuple):
    """A stack, its Step Functions and its logs."""

    aws: Aws
    scope: StackContext
    steps: Steps

    def execution(self, arn: str) -> Execution:
        """Return an existing execution as the tools read it."""
        return Execution.of(self.aws.states.describe_execution(executionArn=arn), "pod", NOW)

    def log(self, at: datetime, *lines: Any) -> None:
        """Write lines to the log of the processor, as text or as JSON data."""
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        events: Any = [{"timestamp": milliseconds(at), "message": text} for text in texts]
        self.aws.logs.put_log_events(logGroupName=PROCESSOR, logStreamName="s", logEvents=events)

    def started(self, arn: str, receipt_id: str = "r1", **more: Any) -> None:
        """Write the log line of the event that started this execution."""
        delivery = {"route": "pod", "target": "state_machine:pod", "outcome": "delivered", "execution": arn}
        line = {"message": "outcome", "outcome": "delivered", "receipt_id": receipt_id, "action": "JOB_END"}
        started_at = self.steps.executions[arn]["startDate"]
        self.log(started_at, line | {"event": "JOB_END", "deliveries": [delivery]} | more)

    def audited(self) -> list[dict[str, Any]]:
        """Return the lines of the audit log group, oldest first."""
        events = self.aws.logs.filter_log_events(logGroupName=AUDIT)["events"]
        return [json.loads(event["message"]) for event in events]


def made(aws: Aws, scope: StackContext) -> Site:
    """Create the stack; its state machines have no executions."""
    steps = Steps(aws)
    steps.machines = {machine(name) for name in ("pod", "timdex", "bursar")}
    create_log_group(aws, PROCESSOR, "s")
    create_log_group(aws, AUDIT)
    create_table(aws, LOCKS)
    outputs = {
        "ProcessorLogGroupName": PROCESSOR,
        "AuditLogGroupName": AUDIT,
        "LocksTableName": LOCKS,
        "StateMachineArns": json.dumps({name: machine(name) for name in ("pod", "timdex", "bursar")}),
    }
    stack = scope.stack._replace(outputs=scope.stack.outputs | outputs)
    return Site(aws, scope._replace(stack=stack), steps)
