"""Create, describe, execute and discard CloudFormation change sets.

"CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet", AWS CloudFormation API Reference.
"""

import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws import stack
from scripts.aws.clients import Aws
from scripts.cli.exit_codes import FailedError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ChangeTypeDef, ParameterTypeDef, ResourceToImportTypeDef

_CAPABILITIES: Final = ("CAPABILITY_IAM",)
_DESCRIBE_SECONDS: Final = 300.0

# CloudFormation's status reasons when there are no changes.
_NO_CHANGE: Final = ("didn't contain changes", "No updates are to be performed")

# What is lost, or at least no longer used, when such a resource is replaced or removed, even if its policy retains it.
_HOLDING: Final = {
    "AWS::SQS::Queue": "its events would stay in the old queue, unprocessed",
    "AWS::DynamoDB::Table": "its records would no longer be used",
    "AWS::S3::Bucket": "the bodies stored in it would no longer be found",
    "AWS::ApiGatewayV2::Api": "every webhook URL entered in Alma would stop working",
}

_WORDS: Final = {"Modify": "change", "Dynamic": "change"}
_REPLACEMENTS: Final = {"True": "replace", "Conditional": "may replace"}


class ResourceChange(NamedTuple):
    """The change of one resource. `name` is its logical id.

    `action` is add, change, replace, may replace, remove or import. "may replace": AWS does not know beforehand
    whether it will replace the resource (Replacement: Conditional).
    """

    action: str
    kind: str
    name: str

    @property
    def loss(self) -> str:
        """What the change would lose, or an empty text."""
        return _HOLDING.get(self.kind, "") if self.action in {"replace", "may replace", "remove"} else ""

    def as_data(self) -> dict[str, str]:
        """Return the change as JSON data."""
        return {"action": self.action, "type": self.kind, "resource": self.name}


class ChangeSetRequest(NamedTuple):
    """The arguments of a change set. `template` has TemplateBody or TemplateURL; `kind` is CREATE, UPDATE or IMPORT."""

    name: str
    kind: str
    template: dict[str, str]
    parameters: "list[ParameterTypeDef]"
    imported: "Sequence[ResourceToImportTypeDef]" = ()


class ChangeSet(NamedTuple):
    """A change set that can be executed. CloudFormation does not keep one without changes."""

    id: str
    stack_id: str
    request: ChangeSetRequest
    changes: list[ResourceChange]


def create(aws: Aws, request: ChangeSetRequest) -> ChangeSet:
    """Create a change set and wait for its changes. Raise FailedError with the reason if CloudFormation rejects it.

    If it cannot be returned, the change set is deleted, together with the empty stack created for it.
    """
    asked = ChangeSet(new_name(), request.name, request, [])
    with discarding(aws, asked):
        change_set = _requested(aws, asked)
    with discarding(aws, change_set):
        status, reason = _described(aws, change_set)
        if status == "CREATE_COMPLETE":
            outputs = [ResourceChange("change", "outputs", request.name)]  # which AWS does not list
            return change_set._replace(changes=_changes(aws, change_set) or outputs)
    discard(aws, change_set)
    if any(text in reason for text in _NO_CHANGE):
        return change_set
    raise FailedError(f"CloudFormation rejected the changes to stack {request.name}: {reason}")


def new_name() -> str:
    """Return the name of a new change set. The policies in docs/permissions.md allow names that begin like this."""
    return f"deploy-{uuid.uuid4()}"


@contextmanager
def discarding(aws: Aws, change_set: ChangeSet) -> Iterator[None]:
    """Discard the change set if the block raises, also on Ctrl-C, and raise the block's error again."""
    try:
        yield
    except BaseException:
        with suppress(ClientError, BotoCoreError):
            discard(aws, change_set)
        raise


def discard(aws: Aws, change_set: ChangeSet) -> None:
    """Delete a change set, and the empty stack created for it. A stack whose change set was executed stays."""
    try:
        aws.cloudformation.delete_change_set(StackName=change_set.request.name, ChangeSetName=change_set.id)
    finally:
        if change_set.request.kind != "UPDATE":
            found = stack.describe(aws, change_set.stack_id)
            if found and found["StackStatus"] == "REVIEW_IN_PROGRESS":
                aws.cloudformation.delete_stack(StackName=found["StackId"])


def execute(aws: Aws, change_set: ChangeSet, report: stack.ReportLine, *, seconds: float) -> None:
    """Execute the change set and wait. Raise FailedError with the first cause."""
    name = change_set.request.name
    with discarding(aws, change_set):
        watch = stack.Watch(aws, change_set.stack_id, name)
        aws.cloudformation.execute_change_set(StackName=name, ChangeSetName=change_set.id)
    watch.wait(report, seconds)


def _requested(aws: Aws, asked: ChangeSet) -> ChangeSet:
    """Request the change set. Return it with the ids of the change set and of its stack."""
    request = asked.request
    imported: dict[str, Any] = {"ResourcesToImport": request.imported} if request.imported else {}
    try:
        made = aws.cloudformation.create_change_set(
            StackName=request.name,
            ChangeSetName=asked.id,
            ChangeSetType=request.kind,  # type: ignore[arg-type] # the stubs want a literal
            Parameters=request.parameters,
            Capabilities=_CAPABILITIES,
            **request.template,  # type: ignore[arg-type] # the template, by one of two names
            **imported,
        )
    except ClientError as error:
        message = error.response["Error"].get("Message", str(error))
        raise FailedError(f"CloudFormation rejected the change set for stack {request.name}: {message}") from None
    return asked._replace(id=made["Id"], stack_id=made["StackId"])


def _described(aws: Aws, change_set: ChangeSet) -> tuple[str, str]:
    """Return the final status of the change set, and its reason."""
    deadline = time.monotonic() + _DESCRIBE_SECONDS
    name = change_set.request.name
    for pause in stack.pauses():
        found = aws.cloudformation.describe_change_set(StackName=name, ChangeSetName=change_set.id)
        if not found["Status"].endswith(("_PENDING", "_IN_PROGRESS")):
            break
        if time.monotonic() > deadline:
            raise FailedError(f"CloudFormation did not compute the changes within {_DESCRIBE_SECONDS:.0f} s.")
        time.sleep(pause)
    return found["Status"], found.get("StatusReason") or "no reason given."


def _changes(aws: Aws, change_set: ChangeSet) -> list[ResourceChange]:
    paginator = aws.cloudformation.get_paginator("describe_change_set")
    pages = paginator.paginate(StackName=change_set.request.name, ChangeSetName=change_set.id)
    return [_change(item) for page in pages for item in page["Changes"] if "ResourceChange" in item]


def _change(item: "ChangeTypeDef") -> ResourceChange:
    change = item["ResourceChange"]
    replacement = _REPLACEMENTS.get(change.get("Replacement", "")) if change["Action"] == "Modify" else None
    action = replacement or _WORDS.get(change["Action"], change["Action"].lower())
    return ResourceChange(action, change.get("ResourceType", ""), change.get("LogicalResourceId", ""))
