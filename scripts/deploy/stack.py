"""Creates or updates a stack from a template and reads its outputs. Builds no code, deletes nothing."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from botocore.exceptions import ClientError

from scripts.deploy.aws import Aws
from scripts.deploy.package import Package
from scripts.deploy.template import PIPELINE, load
from scripts.errors import ConfigurationError, FailedError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef, StackEventTypeDef, StackTypeDef

_CAPABILITIES: Final = ("CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND")  # roles; the transform for Fn::ForEach
_LONGEST_PAUSE_SECONDS: Final = 5.0

Report = Callable[[str], None]


class Stack(NamedTuple):
    """A stack that is up, by its outputs. The names are those of the template's Outputs."""

    name: str
    outputs: dict[str, str]

    @property
    def topics(self) -> dict[str, str]:
        """The ARN of each topic by the name that routes use."""
        return {name: self.outputs["TopicArnPrefix"] + name for name in self.outputs["Topics"].split(",")}

    @property
    def state_machines(self) -> dict[str, str]:
        """The ARN of each state machine by the name that routes use."""
        return dict(json.loads(self.outputs["StateMachineArns"]))


def upload(aws: Aws, packages: list[Package], bucket: str) -> None:
    """Puts the zips into the bucket, which is made if need be, each under its key."""
    region = aws.s3.meta.region_name
    try:
        aws.s3.head_bucket(Bucket=bucket)
    except ClientError:
        if region == "us-east-1":  # The one region that CreateBucket takes only unsaid.
            aws.s3.create_bucket(Bucket=bucket)
        else:
            aws.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})  # type: ignore[typeddict-item] # the stubs list the regions
    for package in packages:
        aws.s3.put_object(Bucket=bucket, Key=package.key, Body=package.content)


def check_parameters(chosen: dict[str, str], fixed: dict[str, str], template: Path = PIPELINE) -> None:
    """Refuses, with a ConfigurationError that names the known ones, parameters that are not the user's to choose."""
    known = sorted(set(load(template)["Parameters"]) - set(fixed))
    for name in chosen:
        if name in fixed:
            raise ConfigurationError(f"The parameter {name} is set by this command; you can choose {', '.join(known)}.")
        if name not in known:
            raise ConfigurationError(f"The template has no parameter {name}; it has {', '.join(known)}.")


def deploy(
    aws: Aws, name: str, parameters: dict[str, str], report: Report, *, seconds: float = 1800, template: Path = PIPELINE
) -> Stack:
    """Creates the stack, or updates it (parameters not given keep their value). Raises FailedError with the cause."""
    existing = describe(aws, name)
    kept = {item["ParameterKey"] for item in existing.get("Parameters", [])} if existing else set()
    values: list[ParameterTypeDef] = [
        {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
    ]
    values += [
        {"ParameterKey": key, "UsePreviousValue": True}
        for key in sorted(kept & set(load(template)["Parameters"]) - set(parameters))
    ]
    since = datetime.now(UTC)
    if _begin(aws, name, template.read_text(encoding="utf-8"), values, update=existing is not None):
        _wait(aws, name, since, report, seconds)
    return read(aws, name)


def read(aws: Aws, name: str) -> Stack:
    """A stack that is up. Raises FailedError when there is none or it has no outputs."""
    found = describe(aws, name)
    if found is None or not found.get("Outputs"):
        raise FailedError(f"There is no stack {name} here that is up.")
    return Stack(name, {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]})


def describe(aws: Aws, name: str) -> "StackTypeDef | None":
    """CloudFormation's description of the stack, or None when there is none."""
    try:
        return aws.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def _begin(aws: Aws, name: str, body: str, parameters: "list[ParameterTypeDef]", *, update: bool) -> bool:
    """Begins the creation or update; False when there is nothing to update."""
    call = aws.cloudformation.update_stack if update else aws.cloudformation.create_stack
    try:
        call(StackName=name, TemplateBody=body, Parameters=parameters, Capabilities=_CAPABILITIES)
    except ClientError as error:
        message = error.response["Error"].get("Message", str(error))
        if update and "No updates are to be performed" in message:
            return False
        raise FailedError(f"CloudFormation refuses the stack {name}: {message}") from None
    return True


def _wait(aws: Aws, name: str, since: datetime, report: Report, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for pause in _pauses():
        found = describe(aws, name)
        status = found["StackStatus"] if found else "gone"
        if not status.endswith("_IN_PROGRESS"):
            break
        if time.monotonic() > deadline:
            raise FailedError(f"The stack {name} was still {status} after {seconds:.0f} s.")
        time.sleep(pause)
    events = _events(aws, name, since)
    if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        raise FailedError(f"The stack {name} ended as {status}: {_cause(events)}")
    report(f"stack {name}: {status}, {len({event.get('LogicalResourceId') for event in events} - {name})} resources")


def _pauses() -> Iterator[float]:
    """Short at first: a local engine is done within a second; an account takes minutes."""
    pause = 0.05
    while True:
        yield pause
        pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)


def _events(aws: Aws, name: str, since: datetime) -> "list[StackEventTypeDef]":
    pages = aws.cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
    return [event for page in pages for event in page["StackEvents"] if event["Timestamp"] >= since]


def _cause(events: "list[StackEventTypeDef]") -> str:
    """The first resource that failed and why: what comes after it was only cancelled."""
    failures = [event for event in events if event.get("ResourceStatus", "").endswith("_FAILED")]
    if not failures:
        return "CloudFormation gives no reason."
    first = min(failures, key=lambda event: event["Timestamp"])
    return f"{first.get('LogicalResourceId')}: {first.get('ResourceStatusReason', 'no reason given')}"
