"""Create and update the stacks by change sets that `approve` has approved.

A new stack imports what a deleted stack of its name left behind (first change set) before the rest is created (second
change set). A stack whose creation failed is deleted and recreated.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from scripts.aws import emulator, mark, parameters, stack
from scripts.aws.clients import Aws, moment_of
from scripts.aws.template import OBSERVABILITY, PIPELINE, load
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.deploy import change_sets, expansion, retained
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.change_sets import ChangeSet, ChangeSetRequest
from scripts.deploy.retained import Place

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

_NEVER_UP: Final = frozenset({"REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"})

# The name of a deleted queue cannot be reused for this long ("DeleteQueue", Amazon SQS API Reference).
_QUEUE_NAME_FREE_AFTER: Final = timedelta(seconds=61)


class StackPart(NamedTuple):
    """One stack of a deployment: the suffix of its name, its template, and the part that its mark names."""

    suffix: str
    template: Path
    mark: str = mark.PIPELINE


PIPELINE_PART: Final = StackPart("", PIPELINE)

OBSERVABILITY_PART: Final = StackPart(f"-{mark.OBSERVABILITY}", OBSERVABILITY, mark.OBSERVABILITY)

PARTS: Final = (PIPELINE_PART, OBSERVABILITY_PART)
"""In the order of deployment. A parameter with the name of an output of the first stack gets that output's value."""

Approve = Callable[[ChangeSet], None]
"""Called with each change set before it is executed. Raises an error if it must not be executed."""


class StackResult(NamedTuple):
    """The result for one stack: all changes made to it, and its outputs."""

    name: str
    changes: list[change_sets.ResourceChange]
    outputs: dict[str, str]

    def as_data(self) -> dict[str, Any]:
        """Return the stack's name and changes as JSON data."""
        return {"stack": self.name, "changes": [change.as_data() for change in self.changes]}


class StackDeployer(NamedTuple):
    """Deploys the stacks. `values` are the chosen parameters; `seconds` limits the time of one change.

    `abandon_data` allows a queue, a table, a bucket or the API to be replaced or removed.
    """

    aws: Aws
    artefacts: Artefacts
    place: Place
    values: Mapping[str, str]
    approve: Approve
    report: stack.ReportLine
    abandon_data: bool = False
    seconds: float = 3600.0
    sleep: Callable[[float], None] = time.sleep

    def run(self, parts: tuple[StackPart, ...] = PARTS) -> list[StackResult]:
        """Deploy each stack. Raise FailedError with the first cause, RejectedError, and what `approve` raises."""
        done: list[StackResult] = []
        for part in parts:
            done.append(self._deploy_part(part, self._given(done[0].outputs) if done else {}))
        return done

    def _given(self, outputs: Mapping[str, str]) -> Mapping[str, str]:
        """Return the first stack's outputs for the later stacks. On an emulator the webhook URL is its own address."""
        if not self.aws.endpoint_url:
            return outputs
        base = emulator.Emulator(self.aws.endpoint_url).webhook_url(outputs["ApiId"], "")
        return {**outputs, "WebhookUrlBase": base}

    def _deploy_part(self, part: StackPart, outputs: Mapping[str, str]) -> StackResult:
        place, template = self.place._replace(stack=self.place.stack + part.suffix), load(part.template)
        described = stack.describe(self.aws, place.stack)
        if described:
            mark.check_before_change(self.aws, described, part.mark)
        if described and described["StackStatus"] in _NEVER_UP:
            self._clear(place.stack, described["StackId"], described["StackStatus"])
            described = None
        before, chosen = expansion.values_before(template, described), {**self.values, **outputs}
        template = expansion.expanded(template, chosen, before)
        imported = [] if described else self._import_retained(place, template)
        request = ChangeSetRequest(
            place.stack,
            "UPDATE" if described or imported else "CREATE",
            self.artefacts.template(expansion.body(template)),
            parameters.values(template, chosen, before),
            [],
        )
        changes = self._change(request)
        if self.aws.endpoint_url:
            tag_buckets(self.aws, template, place)
        return StackResult(place.stack, imported + changes, stack.read(self.aws, place.stack).outputs)

    def _import_retained(self, place: Place, template: Mapping[str, Any]) -> list[change_sets.ResourceChange]:
        """Create the new stack by importing what the old one left behind."""
        there = retained.found(self.aws, template, place)
        if not there:
            return []
        body = retained.template_of(template, place, there)
        return self._change(ChangeSetRequest(place.stack, "IMPORT", body, [], there))

    def _change(self, request: ChangeSetRequest) -> list[change_sets.ResourceChange]:
        change_set = change_sets.create(self.aws, request)
        if change_set.changes:
            with change_sets.discarding(self.aws, change_set):
                self._check(change_set)
                self.approve(change_set)
            change_sets.execute(self.aws, change_set, self.report, seconds=self.seconds)
        return change_set.changes

    def _check(self, change_set: ChangeSet) -> None:
        losses = [change for change in change_set.changes if change.loss]
        if losses and not self.abandon_data:
            listed = "; ".join(f"{change.action} {change.name} ({change.loss})" for change in losses)
            raise RejectedError(
                f"Stack {change_set.request.name} was not changed, because data would be abandoned: {listed}. To allow "
                "that, pass --abandon-data."
            )

    def _clear(self, name: str, stack_id: str, status: str) -> None:
        self.report(f"stack {name}: {status}, so it was never created and holds nothing; deleting and recreating it")
        watch = stack.Watch(self.aws, stack_id, name)
        self.aws.cloudformation.delete_stack(StackName=name)
        watch.wait(self.report, self.seconds)
        if not self.aws.endpoint_url:  # on the emulator a name can be reused at once
            self._wait_for_names(stack_id)

    def _wait_for_names(self, stack_id: str) -> None:
        answer = self.aws.cloudformation.describe_stack_events(StackName=stack_id)
        deleted: list[datetime] = [
            event["Timestamp"]
            for event in answer["StackEvents"]
            if event.get("ResourceType") == "AWS::SQS::Queue" and event.get("ResourceStatus") == "DELETE_COMPLETE"
        ]
        left = max(deleted) + _QUEUE_NAME_FREE_AFTER - moment_of(answer) if deleted else timedelta(0)
        if left > timedelta(0):
            self.report(f"waiting {left.total_seconds():.0f} s until AWS allows the queue names to be reused")
            self.sleep(left.total_seconds())


def described(
    aws: Aws, name: str, stage: str, parts: Iterable[StackPart], advice: str = ""
) -> "dict[StackPart, StackTypeDef | None]":
    """Return these stacks of a deployment as they are.

    Raise RejectedError for a stack without our mark, and ConfigurationError for one of another stage.
    """
    found = {part: stack.describe(aws, name + part.suffix) for part in parts}
    for part, each in found.items():
        if each:
            mark.check_before_change(aws, each, part.mark)
    is_of = stack.parameters_of(found[PIPELINE_PART]).get("Stage", stage)
    if is_of != stage:
        raise ConfigurationError(f"Stack {name} belongs to stage {is_of}, not {stage}: pass --stage {is_of}{advice}.")
    return found


def check_state(name: str, status: str) -> None:
    """Raise RejectedError if the stack cannot be changed in this state."""
    if status.endswith("_IN_PROGRESS") and status not in _NEVER_UP:
        raise RejectedError(f"Stack {name} is being changed ({status}). Wait until that has finished.")
    if status.endswith("_FAILED"):
        raise RejectedError(f"Stack {name} is {status}. Fix it in the CloudFormation console first.")


def tag_buckets(aws: Aws, template: Mapping[str, Any], place: Place) -> None:
    """Tag the emulator's buckets as the template says, because its CloudFormation does not."""
    tags: Any = [{"Key": key, "Value": value} for key, value in mark.tags(place.stack).items()]
    for each in retained.of(template, place):
        if each.kind == "AWS::S3::Bucket":
            aws.s3.put_bucket_tagging(Bucket=each.name, Tagging={"TagSet": tags})
