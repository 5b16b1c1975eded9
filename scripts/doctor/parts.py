"""Check the further parts of the project: their files, their stacks, and their queues."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Final

from scripts.aws import mark, part_files, stack
from scripts.aws.part_stacks import DeployedQueue, part_names, queues_of
from scripts.aws.queues import queue_attributes
from scripts.aws.stack import Stack
from scripts.cli.advice import Advice
from scripts.deploy.part_template import AGE_LIMIT, QueueIds
from scripts.doctor.check import Check, Finding, Subject, ok, unhealthy
from scripts.doctor.notifications import deployment
from scripts.doctor.queues import MappedQueue, WaitingQueue, age_of, dead_letters_of, state_of_mapping

_LOG: Final = "the log of its function"


def deployed_parts(subject: Subject) -> dict[str, Stack]:
    """Return the stacks of the further parts that the pipeline names, those that exist. Raise botocore's errors."""
    found = dict[str, Stack]()
    for name in part_names(subject.pipeline.outputs):
        described = stack.describe(subject.scope.aws, f"{subject.pipeline.name}-{name}")
        if described and mark.part_of(stack.outputs_of(described)) == name:
            found[name] = Stack.of(described)
    return found


def checks_of(subject: Subject) -> list[Check]:
    """Return the checks of the further parts, in the order of the report; none if there is no such part."""
    project = subject.scope.address.project
    declared = [] if project is None or project.is_example else [*project.file.parts]
    known = dict.fromkeys([*part_names(subject.pipeline.outputs), *declared])
    checks = [Check("part files", files)] if declared else []
    for name in known:
        found = subject.parts.get(name)
        if found is None:
            checks.append(Check(f"part {name}", partial(missing, name=name)))
            continue
        checks.append(Check(f"part {name}", partial(deployment, stack=found)))
        for queue in queues_of(found):
            checks += _checks_of_queue(queue, found)
    return checks


def files(subject: Subject) -> Iterator[Finding]:
    """Check the files that the project's parts name."""
    project = subject.scope.address.project
    problems = [unhealthy(problem) for problem in part_files.problems(project)] if project else []
    yield from problems or [ok("the templates, code and queues of the further parts are there")]


def missing(subject: Subject, name: str) -> Iterator[Finding]:
    """Report a part without a stack."""
    message = f"the stack {subject.pipeline.name}-{name} of the part {name} is not deployed"
    yield unhealthy(message, subject.deploy_fix)


def _checks_of_queue(queue: DeployedQueue, found: Stack) -> list[Check]:
    seconds = float(found.parameters.get(QueueIds(queue.name, "", "").age_limit, AGE_LIMIT))
    return [
        Check(f"{queue.name} mapping", partial(mapping, queue=queue)),
        Check(f"{queue.name} queue", partial(waiting, queue=queue, limit=timedelta(seconds=seconds))),
        Check(f"{queue.name} dead letters", partial(dead_letters, queue=queue)),
    ]


def mapping(subject: Subject, queue: DeployedQueue) -> Iterator[Finding]:
    """Check that each mapping that reads the queue is enabled. A queue without a mapping has no finding."""
    attributes = queue_attributes(subject.scope.aws.sqs, queue.url, ["QueueArn"])
    if attributes is None:
        return
    paginator = subject.scope.aws.functions.get_paginator("list_event_source_mappings")
    for page in paginator.paginate(EventSourceArn=attributes["QueueArn"]):
        for each in page["EventSourceMappings"]:
            function = each.get("FunctionArn", "").rpartition(":")[2]
            read = MappedQueue(function, queue.url, f"queue {queue.name}", "messages")
            yield state_of_mapping(each.get("State", "in an unknown state"), read, subject)


def waiting(subject: Subject, queue: DeployedQueue, limit: timedelta) -> Iterator[Finding]:
    """Check that messages do not wait for longer than the alarm allows."""
    fix, late = Advice.read_retries.text(group=_LOG), "messages are not processed, or fail"
    named = WaitingQueue(f"queue {queue.name}", "message", "its messages are lost", late, fix, limit)
    yield from age_of(subject, queue.url, named)


def dead_letters(subject: Subject, queue: DeployedQueue) -> Iterator[Finding]:
    """Check that there are no dead letters of the queue."""
    fix = Advice.list_dead_messages.text(queue=queue.name, options=subject.scope.options)
    url, none = queue.dead_letters_url, f"no dead letters of {queue.name}"
    gone = f"the dead-letter queue of {queue.name} does not exist, so messages that fail permanently are lost"
    note = f" on the dead-letter queue of {queue.name}"
    yield from dead_letters_of(subject, url, none=none, gone=gone, note=note, fix=fix)
