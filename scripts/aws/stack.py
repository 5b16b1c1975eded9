"""Read a CloudFormation stack: its outputs, its state, and the cause of a failed change. Changes nothing."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.exceptions import ClientError

from ingest import heartbeat
from scripts.aws.clients import Aws
from scripts.aws.parameters import listed
from scripts.aws.template import parse
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.cli.plural import plural

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef, StackTypeDef

_LONGEST_PAUSE_SECONDS: Final = 5.0
_DONE: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "DELETE_COMPLETE"})

ReportLine = Callable[[str], None]
"""Called with each line of progress for people."""


class Stack(NamedTuple):
    """A deployed stack, by the template's Outputs and Parameters. AWS shows a NoEcho parameter as ****.

    `status` is empty where only outputs and parameters are needed.
    """

    name: str
    outputs: dict[str, str]
    parameters: Mapping[str, str] = MappingProxyType({})
    status: str = ""

    @classmethod
    def of(cls, described: "StackTypeDef") -> "Stack":
        """Convert a stack from the response of DescribeStacks."""
        return cls(described["StackName"], outputs_of(described), parameters_of(described), described["StackStatus"])

    def output(self, name: str, purpose: str = "") -> str:
        """Return an output. Raise ConfigurationError, which quotes `purpose`, if it does not exist."""
        if name not in self.outputs:
            shows = f", which shows {purpose}" if purpose else ""
            raise ConfigurationError(
                f"Stack {self.name} has no output {name}{shows}. Deploy this version's template first."
            )
        return self.outputs[name]

    @property
    def topics(self) -> dict[str, str]:
        """The ARN of each topic by the name that routes use, the heartbeat's topic included."""
        names = (*listed(self.outputs["Topics"]), heartbeat.PROFILE)
        return {name: self.outputs["TopicArnPrefix"] + name for name in names}

    @property
    def state_machines(self) -> dict[str, str]:
        """The ARN of each state machine by the name that routes use."""
        return state_machines_of(self.outputs)


def state_machines_of(outputs: Mapping[str, str]) -> dict[str, str]:
    """Return the ARN of each state machine by the name that routes use; none if the outputs do not list them."""
    return dict(json.loads(outputs.get("StateMachineArns", "{}")))


def read(aws: Aws, name: str) -> Stack:
    """Return a deployed stack. Raise FailedError if it does not exist or has no outputs."""
    found = describe(aws, name)
    if found is None or not found.get("Outputs"):
        raise FailedError(f"Stack {name} not found, or its creation has not finished.")
    return Stack(name, outputs_of(found), parameters_of(found))


def describe(aws: Aws, name: str) -> "StackTypeDef | None":
    """Return CloudFormation's description of the stack, or None if it does not exist."""
    try:
        return aws.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def outputs_of(described: "StackTypeDef | None") -> dict[str, str]:
    """Return the outputs of a described stack; none if it does not exist or is not complete."""
    outputs = described.get("Outputs", []) if described else []
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def template(aws: Aws, name: str) -> Any:
    """Return the template of a stack as it was sent, as JSON data. Raise botocore's errors and ConfigurationError."""
    body: Any = aws.cloudformation.get_template(StackName=name, TemplateStage="Original")["TemplateBody"]
    try:
        return json.loads(json.dumps(parse(body, name) if isinstance(body, str) else body))
    except TypeError:  # YAML can have dates, bytes and sets, which JSON cannot have
        raise ConfigurationError(f"The template of stack {name} has values that JSON cannot have.") from None


def account_of(described: "StackTypeDef") -> str:
    """Return the AWS account of a described stack."""
    return described["StackId"].split(":")[4]


def parameters_of(described: "StackTypeDef | None") -> dict[str, str]:
    """Return the parameters of a described stack. AWS shows a NoEcho parameter as ****."""
    parameters = described.get("Parameters", []) if described else []
    return {item["ParameterKey"]: item.get("ParameterValue", "") for item in parameters}


class Watch:
    """Waits for the next change of a stack. It detects new events by their ids, because a local clock may be wrong."""

    def __init__(self, aws: Aws, stack_id: str, name: str) -> None:
        self._aws = aws
        self._id = stack_id
        self._name = name
        self._last_known = next((event["EventId"] for event in self._all_events()), None)

    def wait(self, report: ReportLine, seconds: float) -> None:
        """Wait for the end of the change. Raise FailedError with the first cause, or after `seconds`."""
        deadline = time.monotonic() + seconds
        reported = ""
        for pause in pauses():
            found = describe(self._aws, self._id)
            status = found["StackStatus"] if found else "DELETE_COMPLETE"
            events = self._events()
            line = f"stack {self._name}: {status}, {plural(_finished(events, self._name), 'resource')}"
            if line != reported:
                report(line)
            reported = line
            if not status.endswith("_IN_PROGRESS") and (events or status == "DELETE_COMPLETE"):
                break
            if time.monotonic() > deadline:
                raise FailedError(f"Stack {self._name} was still {status} after {seconds:.0f} s.")
            time.sleep(pause)
        if status not in _DONE:
            raise FailedError(f"Stack {self._name} ended as {status}: {_cause(events)}")

    def _events(self) -> "list[StackEventTypeDef]":
        """Return the new events, the latest first."""
        return list(takewhile(lambda event: event["EventId"] != self._last_known, self._all_events()))

    def _all_events(self) -> "Iterator[StackEventTypeDef]":
        pages = self._aws.cloudformation.get_paginator("describe_stack_events").paginate(StackName=self._id)
        yield from (event for page in pages for event in page["StackEvents"])


def pauses() -> Iterator[float]:
    """Yield growing pauses in seconds: an emulator takes less than a second, AWS takes minutes."""
    pause = 0.05
    while True:
        yield pause
        pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)


def _finished(events: "list[StackEventTypeDef]", name: str) -> int:
    finished = {event.get("LogicalResourceId") for event in events if event["ResourceStatus"].endswith("_COMPLETE")}
    return len(finished - {name})


def _cause(events: "list[StackEventTypeDef]") -> str:
    """Return the first resource that failed and the reason. Later failures are only cancellations."""
    failures = [event for event in events if event.get("ResourceStatus", "").endswith("_FAILED")]
    if not failures:
        return "CloudFormation gives no reason."
    first = failures[-1]
    return f"{first.get('LogicalResourceId')}: {first.get('ResourceStatusReason', 'no reason given')}"
