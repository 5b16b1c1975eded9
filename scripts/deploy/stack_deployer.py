"""Create and update the stacks by change sets that `approve` has approved.

A new stack imports what a deleted stack of its name left behind (first change set) before the rest is created (second
change set). A stack whose creation failed is deleted and recreated.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from scripts.aws import mark, parameters, stack
from scripts.aws.clients import Aws, moment_of
from scripts.aws.context import webhook_url
from scripts.cli.exit_codes import RejectedError
from scripts.deploy import change_sets, expansion, retained, state_machines
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.change_sets import ChangeSet, ChangeSetRequest
from scripts.deploy.retained import Place
from scripts.deploy.stack_part import OBSERVABILITY_PART, PIPELINE_PART, StackPart
from scripts.deploy.state_machines import StateMachine

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

NEVER_UP: Final = frozenset({"REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"})
"""The states of a stack that was never created and holds nothing."""

# The name of a deleted queue cannot be reused for this long ("DeleteQueue", Amazon SQS API Reference).
_QUEUE_NAME_FREE_AFTER: Final = timedelta(seconds=61)


PARTS: Final = (PIPELINE_PART, OBSERVABILITY_PART)
"""In the order of deployment. A parameter with the name of an output of the first stack gets that output's value."""

Approve = Callable[[ChangeSet], None]
"""Called with each change set before it is executed. Raises an error if it must not be executed."""


class SentStack(NamedTuple):
    """What was sent to CloudFormation: the template, its parameters, and the lists that its loops ran over."""

    template: str = "{}"
    parameters: "tuple[ParameterTypeDef, ...]" = ()
    lists: Mapping[str, str] = {}


class StackResult(NamedTuple):
    """The result for one stack: all changes made to it, its outputs, and what was sent."""

    name: str
    changes: list[change_sets.ResourceChange]
    outputs: dict[str, str]
    sent: SentStack = SentStack()

    def as_data(self) -> dict[str, Any]:
        """Return the stack's name and changes as JSON data."""
        return {"stack": self.name, "changes": [change.as_data() for change in self.changes]}


class StackDeployer(NamedTuple):
    """Deploys the stacks. `values` are the chosen parameters; `seconds` limits the time of one change.

    `abandon_data` allows a queue, a table, a bucket or the API to be replaced or removed. `substitutions` are the
    values that definitions of `state_machines` can use. `projects` are those whose stacks may be changed; all if empty.
    """

    aws: Aws
    artefacts: Artefacts
    place: Place
    values: Mapping[str, str]
    approve: Approve
    report: stack.ReportLine
    abandon_data: bool = False
    state_machines: tuple[StateMachine, ...] = ()
    substitutions: Mapping[str, str] = {}
    projects: tuple[str, ...] = ()
    seconds: float = 3600.0
    sleep: Callable[[float], None] = time.sleep

    def run(self, parts: tuple[StackPart, ...] = PARTS) -> list[StackResult]:
        """Deploy each stack. Raise FailedError with the first cause, RejectedError, and what `approve` raises."""
        done: list[StackResult] = []
        for part in parts:
            done.append(self._deploy_part(part, self.given(done[0].outputs) if done else {}))
        return done

    def given(self, outputs: Mapping[str, str]) -> Mapping[str, str]:
        """Return the first stack's outputs for the later stacks. On an emulator the webhook URL is its own address."""
        if not self.aws.endpoint_url:
            return outputs
        return {**outputs, "WebhookUrlBase": webhook_url(outputs, self.aws.endpoint_url, "")}

    def _deploy_part(self, part: StackPart, outputs: Mapping[str, str]) -> StackResult:
        place, template = self.place._replace(stack=self.place.stack + part.suffix), part.load()
        described = stack.describe(self.aws, place.stack)
        if described:
            mark.check_before_change(self.aws, described, part.mark, self.projects)
        if described and described["StackStatus"] in NEVER_UP:
            self._clear(place.stack, described["StackId"], described["StackStatus"])
            described = None
        chosen = part.chosen(self.values, outputs)
        names = expansion.list_parameters(template)
        lists = {name: parameters.in_force(name, template, chosen) for name in sorted(names)}
        template = expanded_with(template, chosen, self.state_machines, self.substitutions)
        body = expansion.body(template)
        sent = SentStack(body, tuple(parameters.values(template, chosen)), lists)
        changes = self.send(place, template, sent, is_new=described is None)
        if self.aws.endpoint_url:
            tag_buckets(self.aws, template, place)
        return StackResult(place.stack, changes, stack.read(self.aws, place.stack).outputs, sent)

    def send(
        self, place: Place, template: Mapping[str, Any], sent: SentStack, *, is_new: bool
    ) -> list[change_sets.ResourceChange]:
        """Create the stack, with what an old one left behind, or update it. Raise as `run`. Return the changes."""
        imported = self.import_retained(place, template) if is_new else []
        kind = "CREATE" if is_new and not imported else "UPDATE"
        body = self.artefacts.template(sent.template)
        return imported + self.change(ChangeSetRequest(place.stack, kind, body, list(sent.parameters)))

    def import_retained(self, place: Place, template: Mapping[str, Any]) -> list[change_sets.ResourceChange]:
        """Create the new stack by importing what the old one left behind; return no changes if that is nothing."""
        there = retained.found(self.aws, template, place)
        if not there:
            return []
        body = retained.template_of(template, place, there)
        return self.change(ChangeSetRequest(place.stack, "IMPORT", body, [], there))

    def change(self, request: ChangeSetRequest) -> list[change_sets.ResourceChange]:
        """Carry out one change. Raise FailedError, RejectedError, and what `approve` raises."""
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


def expanded_with(
    template: Mapping[str, Any],
    values: Mapping[str, str],
    machines: Sequence[StateMachine],
    substitutions: Mapping[str, str],
) -> dict[str, Any]:
    """Return the template as it is sent: expanded, with the declared state machines. Raise ConfigurationError."""
    made = expansion.expanded(template, values)
    return made if mark.is_further(template) else state_machines.added_to(made, machines, substitutions)


def tag_buckets(aws: Aws, template: Mapping[str, Any], place: Place) -> None:
    """Tag the emulator's buckets as the template says, because its CloudFormation does not."""
    tags: Any = [{"Key": key, "Value": value} for key, value in retained.tags_of(template, place).items()]
    for each in retained.of(template, place):
        if each.kind == "AWS::S3::Bucket":
            aws.s3.put_bucket_tagging(Bucket=each.name, Tagging={"TagSet": tags})
