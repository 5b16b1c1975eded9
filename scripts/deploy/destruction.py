"""Delete a deployment's stacks, the last one first, if its queues are empty. Retained resources stay."""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from scripts.aws import mark, stack
from scripts.aws.address import Address
from scripts.aws.clients import Aws
from scripts.aws.context import check_account
from scripts.aws.part_stacks import queues_of
from scripts.aws.queues import queue_count_or_zero
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.cli.plural import plural
from scripts.deploy import existing, optional_parts, recorded_parts, retained
from scripts.deploy.retained import Place
from scripts.deploy.stack_name import checked_name
from scripts.deploy.stack_part import PIPELINE_PART, StackPart

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

# By output; that of the notifications stack has the name of its part before it.
_QUEUES: Final = {
    "QueueUrl": "webhook queue",
    "DeadLetterQueueUrl": "dead-letter queue",
    "notifications.QueueUrl": "notifications queue",
    "notifications.DeadLetterQueueUrl": "dead-letter queue of notifications",
}
_ADVICE: Final = "Wait until the webhook queue is empty, and replay or discard the dead letters."
_ADVICE_ON_NOTIFICATIONS: Final = (
    "Wait until the notifications queue is empty, and replay or discard the dead letters of notifications "
    "(alma-webhooks dead-letters list --queue notifications)."
)
_EXPIRE: Final = "expire after 4 days (dead letters after 14)"
_EXPIRE_BY_TEMPLATE: Final = "expire at the end of the retention of their queue"
_SECONDS: Final = 3600.0


class Destruction(NamedTuple):
    """A planned deletion: `stacks` in the order of their deletion, and the retained resources in `kept`."""

    aws: Aws
    place: Place
    stage: str
    stacks: list["StackTypeDef"]
    kept: list[retained.Retained]
    queues: dict[str, str]

    @property
    def facts(self) -> dict[str, str]:
        """Account, region, stage and stack."""
        return {**self.place.facts, "stage": self.stage}

    @property
    def names(self) -> list[str]:
        """The names of the stacks that are deleted."""
        return [each["StackName"] for each in self.stacks]

    def resources(self) -> int:
        """Return the number of resources that are deleted."""
        return sum(len(existing.resources(self.aws, name)) for name in self.names) - len(self.kept)

    def waiting(self) -> dict[str, int]:
        """Return the number of events by queue, with in-flight and delayed ones. Leave out empty and deleted queues."""
        counts = {_QUEUES.get(key, key): queue_count_or_zero(self.aws.sqs, url) for key, url in self.queues.items()}
        return {name: count for name, count in counts.items() if count}

    def check(self) -> None:
        """Raise RejectedError if a queue holds events: without the stack they would expire unprocessed."""
        if waiting := self.waiting():
            held = " and ".join(f"the {name} holds about {held_in(name, count)}" for name, count in waiting.items())
            advice = dict.fromkeys(map(_advice_on, waiting))
            expire = _EXPIRE if waiting.keys() <= {*_QUEUES.values()} else _EXPIRE_BY_TEMPLATE
            raise RejectedError(
                f"Nothing was deleted, because {held}. Without the stack nothing would process them, and they would "
                f"{expire}. {' '.join(advice)}"
            )

    def run(self, report: stack.ReportLine) -> dict[str, Any]:
        """Delete the stacks, wait, and return what was kept and which events have arrived. Raise FailedError."""
        self.check()  # again, because the answer to the prompt may have taken long
        for each in self.stacks:
            watch = stack.Watch(self.aws, each["StackId"], each["StackName"])
            self.aws.cloudformation.delete_stack(StackName=each["StackName"])
            watch.wait(report, _SECONDS)
        kept = [{"type": each.kind, "name": each.name} for each in self.kept]
        return {**self.facts, "deleted": self.names, "kept": kept, "came": self.waiting()}


def planned(aws: Aws, address: Address) -> Destruction:
    """Return the planned deletion of a stage's stacks. Raise ConfigurationError if there is none, or RejectedError."""
    stage = address.stage
    place = Place.of(aws, checked_name(address.stack), address.needed_project.file.name)
    check_account(aws, address)
    name, projects = place.stack, [place.project]
    parts = reversed(optional_parts.deployed(aws, name, projects))
    described = existing.described(aws, name, stage, parts, projects=projects)
    names = [*address.needed_project.file.parts, *recorded_parts.known_names(aws, place, described[PIPELINE_PART])]
    found = _of(aws, place, stage, described, reversed(dict.fromkeys(names)), projects)  # the last one first
    if found is None:
        raise ConfigurationError(f"Stack {name} not found in {place.region}. Check --stage, --stack and --region.")
    return found


def of_unwanted(
    aws: Aws,
    place: Place,
    stage: str,
    pipeline: "StackTypeDef | None",
    parts: Collection[StackPart],
    projects: Collection[str],
) -> Destruction | None:
    """Return the planned deletion of what is deployed and not one of these parts.

    Raise RejectedError, and FailedError for a record of a deployment that cannot be read.
    """
    unwanted = [part for part in optional_parts.OPTIONAL if part not in parts]
    there = optional_parts.deployed(aws, place.stack, projects) if unwanted else ()
    described = {part: stack.describe(aws, place.stack + part.suffix) for part in there if part in unwanted}
    known = recorded_parts.known_names(aws, place, pipeline)
    names = [name for name in known if name not in {part.mark for part in parts}]
    return _of(aws, place, stage, described, names, projects)


def _of(
    aws: Aws,
    place: Place,
    stage: str,
    described: "Mapping[StackPart, StackTypeDef | None]",
    further: Iterable[str],
    projects: Collection[str],
) -> Destruction | None:
    """Return the planned deletion of the described stacks and of those of further parts; None if there is none."""
    parts = optional_parts.further_deployed(aws, place.stack, further, projects)
    found = {**parts, **{part: each for part, each in described.items() if each}}
    if not found:
        return None
    for each in found.values():
        if each["StackStatus"] != "DELETE_FAILED":
            existing.check_state(each["StackName"], each["StackStatus"])
    kept = [each for part, of_part in found.items() for each in _kept(aws, part, of_part, place)]
    return Destruction(aws, place, stage, list(found.values()), kept, _queues(found))


def held_in(queue: str, count: int) -> str:
    """Return the number of events, notifications or messages in words, for the queue of this name."""
    if queue not in _QUEUES.values():
        return plural(count, "message")
    return plural(count, "notification" if "notifications" in queue else "event")


def _advice_on(queue: str) -> str:
    if queue not in _QUEUES.values():
        name = queue.rpartition(" ")[2]
        return (
            f"Wait until the queue {name} is empty, and replay or discard its dead letters "
            f"(alma-webhooks dead-letters list --queue {name})."
        )
    return _ADVICE_ON_NOTIFICATIONS if "notifications" in queue else _ADVICE


def _queues(found: "Mapping[StackPart, StackTypeDef]") -> dict[str, str]:
    """Return the URLs of the stacks' queues by the keys of `_QUEUES`, in its order, and those of further parts."""
    urls = {
        f"{'' if part.mark == mark.PIPELINE else part.mark + '.'}{output}": url
        for part, each in found.items()
        for output, url in stack.outputs_of(each).items()
    }
    further = {
        f"{kind} {queue.name}": url
        for part, each in found.items()
        if part.is_further
        for queue in queues_of(Stack(each["StackName"], stack.outputs_of(each)))
        for kind, url in (("queue", queue.url), ("dead-letter queue of", queue.dead_letters_url))
    }
    return {key: urls[key] for key in _QUEUES if key in urls} | further


def _kept(aws: Aws, part: StackPart, described: "StackTypeDef", place: Place) -> list[retained.Retained]:
    """Return what the stack has of the resources that its template keeps."""
    name = described["StackName"]
    template = stack.template(aws, name) if part.is_further else part.load()
    keepable = retained.of(template, place._replace(stack=place.stack + part.suffix))
    there = existing.resources(aws, name) if keepable else set()
    return [each for each in keepable if each.resource in there]
