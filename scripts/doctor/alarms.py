"""Whether the alarms of the templates are in place, what they say, and whether a person hears of it. Sets none.

"DescribeAlarms", Amazon CloudWatch API Reference; "ListSubscriptionsByTopic", Amazon SNS API Reference.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from botocore.exceptions import ClientError

from scripts.aws.errors import is_gone
from scripts.aws.template import PIPELINE, load
from scripts.cli.advice import Advice, Fix
from scripts.doctor.alarm_names import alarm_names
from scripts.doctor.finding import Check, Finding, State
from scripts.doctor.subject import Subject

OBSERVABILITY: Final = PIPELINE.with_name("observability.yaml")

_SHOWN: Final = 3
_PENDING: Final = {"PendingConfirmation", "Deleted"}


def checks(subject: Subject) -> Iterator[Check]:
    """Who is told, and the alarms."""
    yield Check("alarm topic", partial(_topic, subject))
    yield Check("alarms", partial(_alarms, subject))


def _topic(subject: Subject) -> Iterator[Finding]:
    stack = subject.beside(OBSERVABILITY.stem)
    topic = stack and stack.outputs.get("AlarmTopicArn")
    if not topic:
        told = (
            f"there is no stack {subject.pipeline.name}-{OBSERVABILITY.stem} up with a topic for alarms: nobody is told"
        )
        yield Finding("alarm topic", State.bad, told, subject.deploying)
        return
    pages = subject.scope.aws.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    try:
        found = [each for page in pages for each in page["Subscriptions"]]
    except ClientError as error:
        if not is_gone(error):
            raise
        told = f"the topic {topic} is not there: nobody is told"
        yield Finding("alarm topic", State.bad, told, subject.fixing)
        return
    confirmed = [each for each in found if each.get("SubscriptionArn") not in _PENDING]
    if confirmed:
        yield Finding("alarm topic", State.ok, f"{_protocols(confirmed)} confirmed")
        return
    if found:
        told = f"{_protocols(found)} not confirmed: nobody is told"
        yield Finding("alarm topic", State.bad, told, Advice.confirm.text())
        return
    fix = Advice.subscribe.text(topic=topic)
    yield Finding("alarm topic", State.bad, "nobody has subscribed: nobody is told", fix)


def _protocols(subscriptions: "list[Any]") -> str:
    """Addresses are personal; how they are reached is not."""
    protocols = [each.get("Protocol", "?") for each in subscriptions]
    return ", ".join(f"{protocols.count(name)} by {name}" for name in sorted(set(protocols)))


def _alarms(subject: Subject) -> Iterator[Finding]:
    expected = alarm_names(load(PIPELINE), subject.pipeline)
    beside = subject.beside(OBSERVABILITY.stem)
    if beside and OBSERVABILITY.exists():
        lists = subject.pipeline.outputs  # the topics among them, which are not parameters of what is deployed
        expected += alarm_names(load(OBSERVABILITY), beside._replace(outputs={**lists, **beside.outputs}))
    else:
        told = f"the alarms of the stack {subject.pipeline.name}-{OBSERVABILITY.stem} are not deployed"
        yield Finding("alarms", State.bad, told, subject.deploying)
    there = _described(subject)
    if missing := [name for name in expected if name not in there]:
        yield from _missing(subject, missing)
    for name in expected:
        if name in there and (finding := _wrong(subject, name, there[name])):
            yield finding
    fine = [there[name] for name in expected if name in there and there[name]["StateValue"] != "ALARM"]
    waiting = [each["AlarmName"] for each in fine if each["StateValue"] == "INSUFFICIENT_DATA"]
    if fine:
        told = f"{len(fine)} of {len(expected)} in place and quiet"
        yield Finding("alarms", State.ok, told + (f"; no data yet: {_some(waiting)}" if waiting else ""))


def _missing(subject: Subject, missing: list[str]) -> Iterator[Finding]:
    """What was deleted by hand is apart from what was never deployed: only for that a deployment does something."""
    made = _made_by_stacks(subject)
    if deleted := [name for name in missing if name in made]:
        yield Finding("alarms", State.bad, f"deleted by hand: {_some(deleted)}", subject.fixing)
    if never := [name for name in missing if name not in made]:
        told = f"not there: {_some(never)}; the stack is older than this folder"
        yield Finding("alarms", State.bad, told, subject.deploying)


def _made_by_stacks(subject: Subject) -> set[str]:
    """The physical ids of all that the stacks made, as far as CloudFormation knows."""
    names = [subject.pipeline.name, *([beside.name] if (beside := subject.beside(OBSERVABILITY.stem)) else [])]
    paginator = subject.scope.aws.cloudformation.get_paginator("list_stack_resources")
    pages = [page for name in names for page in paginator.paginate(StackName=name)]
    return {one.get("PhysicalResourceId", "") for page in pages for one in page["StackResourceSummaries"]}


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _described(subject: Subject) -> dict[str, Any]:
    """Alarms of the stacks by name; only those that begin with the pipeline's name, as all of ours do."""
    pages = subject.scope.aws.cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=f"{subject.pipeline.name}-", AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    return {
        alarm["AlarmName"]: alarm
        for page in pages
        for alarm in [*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])]
    }


def _wrong(subject: Subject, name: str, alarm: dict[str, Any]) -> Finding | None:
    """The first thing that is wrong with an alarm."""
    if alarm["StateValue"] == "ALARM":
        why = " ".join(alarm.get("StateReason", "").split())
        return Finding("alarms", State.bad, f"{name} is in alarm" + (f": {why}" if why else ""), _first(alarm))
    if not alarm.get("AlarmActions"):
        return Finding("alarms", State.bad, f"{name} tells nobody: its actions were taken away", subject.fixing)
    if not alarm.get("ActionsEnabled", True):
        told = f"{name} tells nobody: its actions are switched off"
        return Finding("alarms", State.bad, told, Advice.enable_alarm.text(name=name))
    return None


def _first(alarm: dict[str, Any]) -> Fix:
    """The alarm's own description; where its first command is this one, the page that says what comes after it."""
    description = " ".join(alarm.get("AlarmDescription", "").split())
    before, _, command = description.partition(" First: ")
    after = ' RUNBOOK.md, "From the alarm", has what comes next' if command.startswith("alma-webhooks doctor") else ""
    return Advice.alarm_description.text(description=before + after if after else description)
