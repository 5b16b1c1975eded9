"""Check that the alarms of the templates exist, are quiet and notify somebody.

"DescribeAlarms", Amazon CloudWatch API Reference; "ListSubscriptionsByTopic", Amazon SNS API Reference.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from botocore.exceptions import ClientError

from scripts.aws.errors import is_gone
from scripts.aws.template import PIPELINE, load
from scripts.cli.advice import Advice, Fix
from scripts.cli.plural import plural
from scripts.doctor.alarm_names import alarm_names
from scripts.doctor.finding import Check, Finding, Health
from scripts.doctor.subject import Subject

OBSERVABILITY: Final = PIPELINE.with_name("observability.yaml")

_SHOWN: Final = 3
_PENDING: Final = {"PendingConfirmation", "Deleted"}


def checks(subject: Subject) -> Iterator[Check]:
    """Yield the checks of the alarm topic and of the alarms."""
    yield Check("alarm topic", partial(_topic, subject))
    yield Check("alarms", partial(_alarms, subject))


def _topic(subject: Subject) -> Iterator[Finding]:
    stack = subject.sibling(OBSERVABILITY.stem)
    topic = stack and stack.outputs.get("AlarmTopicArn")
    if not topic:
        message = (
            f"the alarm stack {subject.pipeline.name}-{OBSERVABILITY.stem} is not deployed, so nobody will be notified"
        )
        yield Finding("alarm topic", Health.unhealthy, message, subject.deploy_fix)
        return
    pages = subject.scope.aws.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    try:
        found = [each for page in pages for each in page["Subscriptions"]]
    except ClientError as error:
        if not is_gone(error):
            raise
        message = f"the topic {topic} does not exist, so nobody will be notified"
        yield Finding("alarm topic", Health.unhealthy, message, subject.repair_fix)
        return
    confirmed = [each for each in found if each.get("SubscriptionArn") not in _PENDING]
    if confirmed:
        yield Finding("alarm topic", Health.ok, f"{_protocols(confirmed)} confirmed")
        return
    if found:
        message = f"{_protocols(found)} not confirmed, so nobody will be notified"
        yield Finding("alarm topic", Health.unhealthy, message, Advice.confirm.text())
        return
    fix = Advice.subscribe.text(topic=topic)
    yield Finding("alarm topic", Health.unhealthy, "no subscription, so nobody will be notified", fix)


def _protocols(subscriptions: "list[Any]") -> str:
    """Count subscriptions by protocol. The addresses are personal data and are not shown."""
    protocols = [each.get("Protocol", "?") for each in subscriptions]
    return ", ".join(f"{protocols.count(name)} by {name}" for name in sorted(set(protocols)))


def _alarms(subject: Subject) -> Iterator[Finding]:
    expected = alarm_names(load(PIPELINE), subject.pipeline)
    observability = subject.sibling(OBSERVABILITY.stem)
    if observability and OBSERVABILITY.exists():
        # The lists that the template loops over, such as topics, are outputs of the pipeline, not parameters.
        outputs = {**subject.pipeline.outputs, **observability.outputs}
        expected += alarm_names(load(OBSERVABILITY), observability._replace(outputs=outputs))
    else:
        message = f"the alarms of the stack {subject.pipeline.name}-{OBSERVABILITY.stem} are not deployed"
        yield Finding("alarms", Health.unhealthy, message, subject.deploy_fix)
    deployed = _described(subject)
    if missing := [name for name in expected if name not in deployed]:
        yield from _missing(subject, missing)
    for name in expected:
        if name in deployed and (finding := _problem(subject, name, deployed[name])):
            yield finding
    quiet = [deployed[name] for name in expected if name in deployed and deployed[name]["StateValue"] != "ALARM"]
    waiting = [each["AlarmName"] for each in quiet if each["StateValue"] == "INSUFFICIENT_DATA"]
    if quiet:
        message = f"{len(quiet)} of {plural(len(expected), 'alarm')} deployed and not in alarm"
        yield Finding("alarms", Health.ok, message + (f"; no data yet: {_some(waiting)}" if waiting else ""))


def _missing(subject: Subject, missing: list[str]) -> Iterator[Finding]:
    """Separate alarms deleted by hand from those never deployed: a deployment only adds the latter."""
    created = _created_by_stacks(subject)
    if deleted := [name for name in missing if name in created]:
        yield Finding("alarms", Health.unhealthy, f"deleted by hand: {_some(deleted)}", subject.repair_fix)
    if never := [name for name in missing if name not in created]:
        message = f"not deployed: {_some(never)}; the stack was deployed from an older version"
        yield Finding("alarms", Health.unhealthy, message, subject.deploy_fix)


def _created_by_stacks(subject: Subject) -> set[str]:
    """Return the physical ids of all resources of the stacks, by the records of CloudFormation."""
    names = [
        subject.pipeline.name,
        *([observability.name] if (observability := subject.sibling(OBSERVABILITY.stem)) else []),
    ]
    paginator = subject.scope.aws.cloudformation.get_paginator("list_stack_resources")
    pages = [page for name in names for page in paginator.paginate(StackName=name)]
    return {one.get("PhysicalResourceId", "") for page in pages for one in page["StackResourceSummaries"]}


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _described(subject: Subject) -> dict[str, Any]:
    """Return the alarms of the stacks by name. Their names all begin with the name of the pipeline stack."""
    pages = subject.scope.aws.cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=f"{subject.pipeline.name}-", AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    return {
        alarm["AlarmName"]: alarm
        for page in pages
        for alarm in [*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])]
    }


def _problem(subject: Subject, name: str, alarm: dict[str, Any]) -> Finding | None:
    """Return the first problem of an alarm, or None."""
    if alarm["StateValue"] == "ALARM":
        why = " ".join(alarm.get("StateReason", "").split())
        return Finding(
            "alarms", Health.unhealthy, f"{name} is in alarm" + (f": {why}" if why else ""), _next_step(alarm)
        )
    if not alarm.get("AlarmActions"):
        return Finding(
            "alarms", Health.unhealthy, f"{name} notifies nobody: its actions were removed", subject.repair_fix
        )
    if not alarm.get("ActionsEnabled", True):
        message = f"{name} notifies nobody: its actions are disabled"
        return Finding("alarms", Health.unhealthy, message, Advice.enable_alarm.text(name=name))
    return None


def _next_step(alarm: dict[str, Any]) -> Fix:
    """Return the description of the alarm. If its first command is `doctor`, refer to the runbook instead."""
    description = " ".join(alarm.get("AlarmDescription", "").split())
    before, _, command = description.partition(" First: ")
    after = ' See RUNBOOK.md, "From the alarm", for the next step' if command.startswith("alma-webhooks doctor") else ""
    return Advice.alarm_description.text(description=before + after if after else description)
