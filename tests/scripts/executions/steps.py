"""A fake Step Functions in memory behind the client of boto3, which validates the parameters of each call.

The emulators have no RedriveExecution. This one follows "RedriveExecution", AWS Step Functions API Reference.
"""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

from scripts.aws.clients import Aws

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECRET = "Ana Example, barcode 123"  # a cause may quote the event

Answer = dict[str, Any]


def machine(name: str) -> str:
    return f"arn:aws:states:us-east-1:123456789012:stateMachine:{name}"


class Steps:
    """State machines and executions by ARN. `errors` has error codes by operation and ARN."""

    def __init__(self, aws: Aws) -> None:
        self.machines: set[str] = set()
        self.executions: dict[str, Answer] = {}
        self.errors: dict[tuple[str, str], str] = {}
        self.redriven: list[str] = []
        self.asked: list[tuple[str, str]] = []
        self._tokens: set[str] = set()
        answer: Any = self._answer  # botocore uses its result as the response of AWS
        aws.states.meta.events.register("before-call.stepfunctions", answer)

    def put(
        self, state_machine: str, name: str, status: str = "FAILED", *, age: timedelta | None = None, **more: Any
    ) -> str:
        """Add an execution that ended some time ago (an hour), a minute after its start; return its ARN."""
        self.machines.add(machine(state_machine))
        arn = machine(state_machine).replace(":stateMachine:", ":execution:") + f":{name}"
        stopped = NOW - (age if age is not None else timedelta(hours=1))
        self.executions[arn] = {
            "executionArn": arn,
            "stateMachineArn": machine(state_machine),
            "name": name,
            "status": status,
            "startDate": stopped - timedelta(minutes=1),
            "stopDate": stopped,
            "error": "States.TaskFailed",
            "cause": SECRET,
            "redriveCount": 0,
            "redriveStatus": "REDRIVABLE",
        } | more
        return arn

    def fail(self, operation: str, arn: str, code: str) -> None:
        """Make AWS answer an operation on this ARN with an error."""
        self.errors[operation, arn] = code

    def _answer(self, model: Any, params: dict[str, Any], **_: Any) -> tuple[Any, Answer]:
        members = json.loads(params["body"])
        arn = members.get("stateMachineArn") or members["executionArn"]
        self.asked.append((model.name, arn))
        code = self.errors.get((model.name, arn))
        answer = {"Error": {"Code": code, "Message": "No."}} if code else self._handle(model.name, arn, members)
        http = SimpleNamespace(status_code=400 if "Error" in answer else 200)
        return http, answer | {"ResponseMetadata": {"HTTPHeaders": {"date": format_datetime(NOW, usegmt=True)}}}

    def _handle(self, operation: str, arn: str, members: dict[str, Any]) -> Answer:
        if operation == "ListExecutions":
            return self._list(arn, members)
        if arn not in self.executions:
            return {"Error": {"Code": "ExecutionDoesNotExist", "Message": "No."}}
        return self.executions[arn] if operation == "DescribeExecution" else self._redrive(arn, members["clientToken"])

    def _list(self, arn: str, members: dict[str, Any]) -> Answer:
        """Two executions on a page."""
        alias = "stateMachineAliasArn"
        if arn not in self.machines | {each.get(alias) for each in self.executions.values()}:
            return {"Error": {"Code": "StateMachineDoesNotExist", "Message": "No."}}
        found = [
            each
            for each in self.executions.values()
            if arn in (each["stateMachineArn"], each.get(alias))
            and members.get("statusFilter") in (None, each["status"])
        ]
        begin = int(members.get("nextToken", 0))
        more = {"nextToken": str(begin + 2)} if len(found) > begin + 2 else {}
        return {"executions": found[begin : begin + 2]} | more

    def _redrive(self, arn: str, token: str) -> Answer:
        execution = self.executions[arn]
        if token not in self._tokens:
            if execution["status"] == "RUNNING" or execution["redriveStatus"] != "REDRIVABLE":
                return {"Error": {"Code": "ExecutionNotRedrivable", "Message": "Execution is RUNNING"}}
            self._tokens.add(token)
            self.redriven.append(arn)
            execution |= {"status": "RUNNING", "redriveCount": execution["redriveCount"] + 1}
        return {"redriveDate": NOW}
