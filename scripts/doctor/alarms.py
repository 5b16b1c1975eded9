"""Check that the alarms of the templates exist, are quiet and notify somebody.

The names of the expected alarms are computed from the templates, for the stack's tier of alarms.

What to do about an alarm is in its description (AlarmDescription in infra/cloudformation/observability.yaml, explained
in docs/alarms.md), which is printed as the fix. "DescribeAlarms", Amazon CloudWatch API Reference;
"ListSubscriptionsByTopic", Amazon SNS API Reference.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from scripts.aws import alarm_tiers
from scripts.aws.alarm_tiers import AlarmTier
from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from scripts.aws.errors import none_if_gone
from scripts.aws.mark import OBSERVABILITY as OBSERVABILITY_STACK
from scripts.aws.part_stacks import queues_of
from scripts.aws.stack import Stack, state_machines_of
from scripts.aws.template import NOTIFICATIONS, OBSERVABILITY, PIPELINE, load
from scripts.cli.advice import Advice, Fix
from scripts.cli.plural import plural
from scripts.deploy import conditions, state_machines
from scripts.deploy.expansion import expanded
from scripts.deploy.part_template import QueueIds, completed
from scripts.doctor.check import Finding, Subject, ok, unhealthy

_SHOWN: Final = 3
_PENDING: Final = {"PendingConfirmation", "Deleted"}


def topic(subject: Subject) -> Iterator[Finding]:
    """Check that the topic of the alarms has a confirmed subscription."""
    if _tier(subject) is AlarmTier.none:
        yield ok("no topic: the stack was deployed without alarms (Alarms=none)")
        return
    stack = subject.sibling(OBSERVABILITY_STACK)
    arn = stack and stack.outputs.get("AlarmTopicArn")
    if not arn:
        name = f"{subject.pipeline.name}-{OBSERVABILITY_STACK}"
        yield unhealthy(f"the alarm stack {name} is not deployed, so nobody will be notified", subject.deploy_fix)
        return
    pages = subject.scope.aws.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
    found = none_if_gone(lambda: [each for page in pages for each in page["Subscriptions"]])
    if found is None:
        yield unhealthy(f"the topic {arn} does not exist, so nobody will be notified", subject.repair_fix)
        return
    confirmed = [each for each in found if each.get("SubscriptionArn") not in _PENDING]
    if confirmed:
        yield ok(f"{_protocols(confirmed)} confirmed")
    elif found:
        yield unhealthy(f"{_protocols(found)} not confirmed, so nobody will be notified", Advice.confirm.text())
    else:
        yield unhealthy("no subscription, so nobody will be notified", _subscribe(subject.scope, arn))


def _subscribe(scope: StackContext, arn: str) -> Fix:
    """Return the setting first: unlike a subscription by hand, it is there again after the stack was destroyed."""
    return Advice.subscribe.text(stage=scope.stage, options=scope.options, topic=arn, aws_options=scope.aws_options)


def alarms(subject: Subject) -> Iterator[Finding]:
    """Check each alarm that the templates have in the stack's tier."""
    expected = alarm_names(load(PIPELINE), subject.pipeline)
    observability = subject.sibling(OBSERVABILITY_STACK)
    if observability and OBSERVABILITY.exists():
        # The lists that the template loops over, such as topics, are outputs of the pipeline, not parameters.
        outputs = {**subject.pipeline.outputs, **observability.outputs}
        expected += alarm_names(load(OBSERVABILITY), observability._replace(outputs=outputs))
    else:
        message = f"the alarms of the stack {subject.pipeline.name}-{OBSERVABILITY_STACK} are not deployed"
        yield unhealthy(message, subject.deploy_fix)
    if subject.notifications:
        expected += alarm_names(load(NOTIFICATIONS), subject.notifications)
    expected += _of_parts(subject)
    found = deployed_alarms(subject.scope.aws, subject.pipeline.name)
    if missing := [name for name in expected if name not in found]:
        several = (subject.pipeline, observability, subject.notifications, *subject.parts.values())
        yield from _missing(subject, missing, [each for each in several if each])
    deployed = {name: found[name] for name in expected if name in found}
    for name, alarm in deployed.items():
        yield from _problem(subject, name, alarm)
    quiet = [alarm for alarm in deployed.values() if alarm["StateValue"] != "ALARM"]
    waiting = [alarm["AlarmName"] for alarm in quiet if alarm["StateValue"] == "INSUFFICIENT_DATA"]
    if observability and _tier(subject) is AlarmTier.none:
        yield ok("no alarms: the stack was deployed without them (Alarms=none)")
    if quiet:
        message = f"{len(quiet)} of {plural(len(expected), 'alarm')} deployed and not in alarm"
        yield ok(message + (f"; no data yet: {_some(waiting)}" if waiting else ""))


def _of_parts(subject: Subject) -> list[str]:
    """Return the names of the alarms on the queues of further parts."""
    names = list[str]()
    for part, found in subject.parts.items():
        queues = [QueueIds(each.name, "", "") for each in queues_of(found)]
        names += alarm_names(completed({"Resources": {}}, part, queues), found)
    return names


def deployed_alarms(aws: Aws, stack: str) -> dict[str, Any]:
    """Return the alarms whose names begin with the name of a stack, by name. Raise botocore's errors."""
    pages = aws.cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=f"{stack}-", AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    return {
        alarm["AlarmName"]: alarm
        for page in pages
        for alarm in [*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])]
    }


def _tier(subject: Subject) -> AlarmTier:
    return alarm_tiers.tier_of(subject.scope.stack.outputs)


def _protocols(subscriptions: list[Any]) -> str:
    """Count subscriptions by protocol. The addresses are personal data and are not shown."""
    protocols = [each.get("Protocol", "?") for each in subscriptions]
    return ", ".join(f"{protocols.count(name)} by {name}" for name in sorted(set(protocols)))


def _missing(subject: Subject, missing: list[str], stacks: Sequence[Stack]) -> Iterator[Finding]:
    """Separate alarms deleted by hand from those never deployed: a deployment only adds the latter."""
    paginator = subject.scope.aws.cloudformation.get_paginator("list_stack_resources")
    pages = [page for stack in stacks for page in paginator.paginate(StackName=stack.name)]
    created = {one.get("PhysicalResourceId", "") for page in pages for one in page["StackResourceSummaries"]}
    if deleted := [name for name in missing if name in created]:
        yield unhealthy(f"deleted by hand: {_some(deleted)}", subject.repair_fix)
    if never := [name for name in missing if name not in created]:
        message = f"not deployed: {_some(never)}; the stack was deployed from an older version"
        yield unhealthy(message, subject.deploy_fix)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _problem(subject: Subject, name: str, alarm: dict[str, Any]) -> Iterator[Finding]:
    """Yield the first problem of an alarm, or nothing."""
    if alarm["StateValue"] == "ALARM":
        why = " ".join(alarm.get("StateReason", "").split())
        yield unhealthy(f"{name} is in alarm" + (f": {why}" if why else ""), next_step(alarm))
    elif not alarm.get("AlarmActions"):
        yield unhealthy(f"{name} notifies nobody: its actions were removed", subject.repair_fix)
    elif not alarm.get("ActionsEnabled", True):
        fix = Advice.enable_alarm.text(name=name, aws_options=subject.scope.aws_options)
        yield unhealthy(f"{name} notifies nobody: its actions are disabled", fix)


def next_step(alarm: dict[str, Any]) -> Fix:
    """Return the description of the alarm. If its first command is `doctor`, refer to the runbook instead."""
    description = " ".join(alarm.get("AlarmDescription", "").split())
    before, _, command = description.partition(" First: ")
    after = ' See RUNBOOK.md, "From the alarm", for the next step' if command.startswith("alma-webhooks doctor") else ""
    return Advice.alarm_description.text(description=before + after if after else description)


ALARM_TYPES: Final = {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"}


def alarm_names(template: Mapping[str, Any], stack: Stack) -> list[str]:
    """Return the alarm names in the order of the template.

    Raise ConfigurationError for a name or condition that uses an unsupported function.
    """
    defaults = {name: str(one.get("Default", "")) for name, one in template.get("Parameters", {}).items()}
    tier = {alarm_tiers.PARAMETER: alarm_tiers.tier_of(stack.outputs)}  # an older stack has no such parameter
    values = {"AWS::StackName": stack.name, **defaults, **tier, **stack.outputs, **stack.parameters}
    machines = state_machines.of_stack(state_machines_of(stack.outputs))
    lists = values | {"StateMachines": state_machines.parameters(machines)["StateMachines"]}
    made = state_machines.added_to(expanded(template, lists), machines, {})
    return [
        conditions.text(resource["Properties"].get("AlarmName"), values)
        for resource in conditions.resources_in_force(made, values).values()
        if resource.get("Type") in ALARM_TYPES
    ]
