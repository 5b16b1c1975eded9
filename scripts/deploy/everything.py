"""Delete a deployment with everything that `destroy` keeps, after its dead letters and audit log are exported."""

from pathlib import Path
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws import stack
from scripts.aws.address import Address
from scripts.aws.clients import Aws
from scripts.aws.context import StackContext, reason_of
from scripts.aws.queues import queue_count
from scripts.cli.exit_codes import FailedError
from scripts.cli.plural import plural
from scripts.deploy import data_export, destruction, leftovers, optional_parts, stage_secrets
from scripts.deploy.data_export import ExportedData
from scripts.deploy.destruction import Destruction, held_in
from scripts.deploy.leftovers import Leftover


class Deleted(NamedTuple):
    """What `destroy --everything` exported and deleted; `failed` has the reason by what was not deleted."""

    facts: dict[str, str]
    files: list[str]
    deleted: list[str]
    failed: dict[str, str]

    def as_data(self) -> dict[str, Any]:
        """Return the result as JSON data."""
        return {**self.facts, "files": self.files, "deleted": self.deleted, "failed": self.failed}

    def check(self) -> None:
        """Raise FailedError if something was not deleted."""
        if self.failed:
            raise FailedError(
                f"{plural(len(self.failed), 'item')} could not be deleted: {', '.join(self.failed)}. The reasons are "
                "above. Delete them in the AWS console."
            )


class Everything(NamedTuple):
    """A planned deletion of stacks and of all that they keep.

    `context` is None for a stack that was never complete, and so is `notifications` if there is no such stack.
    """

    destruction: Destruction
    context: StackContext | None
    leftovers: list[Leftover]
    folder: Path
    notifications: StackContext | None = None

    def run(self, report: stack.ReportLine) -> Deleted:
        """Export, then delete. Raise RejectedError, and FailedError if the export or the stacks' deletion fails."""
        self.destruction.check()
        exported = ExportedData([])
        if self.context:
            exported = data_export.export(self.context, self.notifications, self.folder, report)
        stacks = [f"stack {name}" for name in self.destruction.run(report)["deleted"]]
        result = Deleted(self.destruction.facts, [str(each) for each in exported.files], stacks, {})
        is_safe = not (arrived := self._arrived(exported))
        for each in self.leftovers:
            if not is_safe and each.kind in leftovers.HOLDING:
                result.failed[str(each)] = arrived
            else:
                self._delete(each, result, report)
        return result

    def _delete(self, each: Leftover, result: Deleted, report: stack.ReportLine) -> None:
        try:
            if leftovers.delete(self.destruction.aws, each, self.destruction.place.account):
                result.deleted.append(str(each))
                report(f"deleted {each}")
        except (ClientError, BotoCoreError) as error:
            result.failed[str(each)] = reason_of(error)
        except FailedError as error:
            result.failed[str(each)] = str(error).rstrip(".")

    def _arrived(self, exported: ExportedData) -> str:
        """Return which events and notifications reached the queues after the export, or an empty text."""
        if self.context is None:
            return ""
        counts = {
            **self.destruction.waiting(),
            "webhook queue": self._count(self.context, "QueueUrl"),
            "dead-letter queue": self._count(self.context, "DeadLetterQueueUrl") - exported.events,
        }
        if self.notifications:
            of_notifications = self._count(self.notifications, "DeadLetterQueueUrl") - exported.notifications
            counts["dead-letter queue of notifications"] = of_notifications
        held = [f"{held_in(name, count)} on the {name}" for name, count in counts.items() if count > 0]
        return f"{' and '.join(held)} arrived during the deletion and may need it" if held else ""

    def _count(self, of: StackContext, output: str) -> int:
        return queue_count(self.destruction.aws.sqs, of.stack.outputs[output])


def planned(aws: Aws, address: Address, folder: Path | None = None) -> Everything:
    """Return the planned deletion; files go to `folder`, by default the current one. Raise as `destruction.planned`."""
    found = destruction.planned(aws, address)
    pipeline, notifications = _stack(found, ""), _stack(found, optional_parts.NOTIFICATIONS_PART.suffix)
    context = of_notifications = None
    if pipeline.outputs:
        context = StackContext(aws, address, pipeline, found.place.account)
    if context and "DeadLetterQueueUrl" in notifications.outputs:
        of_notifications = context._replace(stack=notifications)
    kept = [Leftover(each.kind, each.name) for each in found.kept]
    logs = [pipeline.outputs.get(name) for name in leftovers.LOG_GROUPS]
    logs += [notifications.outputs.get(name) for name in leftovers.NOTIFICATION_LOG_GROUPS]
    secrets = stage_secrets.to_delete(aws, found)
    # dead letters do not count, because they are exported
    exported = {"DeadLetterQueueUrl"} | ({"notifications.DeadLetterQueueUrl"} if of_notifications else set())
    queues = {name: url for name, url in found.queues.items() if name not in exported}
    all_left = [
        *kept,
        *(Leftover(leftovers.LOG_GROUP, name) for name in logs if name and name not in {each.name for each in kept}),
        *(Leftover(leftovers.SECRET, name) for name in secrets),
    ]
    return Everything(found._replace(queues=queues), context, all_left, folder or Path(), of_notifications)


def _stack(found: Destruction, suffix: str) -> stack.Stack:
    """Return the stack with this suffix, without outputs if it is not to be deleted."""
    name = found.place.stack + suffix
    described = next((each for each in found.stacks if each["StackName"] == name), None)
    return stack.Stack(name, stack.outputs_of(described))
