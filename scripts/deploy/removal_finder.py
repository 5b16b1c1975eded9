"""Find what a deployment would remove, by comparing the deployed stacks with the chosen options. Rejects nothing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from processor.routing.models import InvalidRoutesError, Route, read
from scripts.aws import alarm_tiers, stack
from scripts.aws.alarm_tiers import AlarmTier
from scripts.aws.clients import Aws
from scripts.aws.errors import is_gone
from scripts.aws.parameters import TemplateBody, in_force
from scripts.deploy import expansion, removal_kinds
from scripts.deploy.desired import FIXED, DesiredStack
from scripts.deploy.removal_kinds import Before
from scripts.deploy.removals import Removals
from scripts.routes.judged_routes import deployed_routes_or_none

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

_ROUTES_UNKNOWN: Final = "the deployed routes cannot be read, so removed routes are not shown"


def find(
    aws: Aws,
    described: "Sequence[StackTypeDef | None]",
    templates: Sequence[TemplateBody],
    wanted: DesiredStack,
    allowed: Iterable[str],
) -> Removals:
    """Return what would be removed from the described stacks; nothing for a stack that was never created."""
    there = [(template, each) for template, each in zip(templates, described, strict=True) if stack.outputs_of(each)]
    if not there:
        return Removals(allowed=frozenset(allowed))
    outputs = stack.outputs_of(described[0])
    parameters = dict[str, str]()
    for template, each in reversed(there):  # of a parameter that both have, the pipeline's value counts
        parameters |= expansion.values_before(template, each, outputs)
    prefix = outputs.get("TopicArnPrefix", "")
    before = Before(parameters, lambda topic: subscriptions(aws, prefix + topic) if prefix else None)
    deployed = deployed_routes(aws, outputs)
    found = removal_kinds.of_parameters(templates, _effective(templates, wanted.values), before)
    if len(there) > 1:  # a pipeline alone has no alarms
        after = AlarmTier(in_force(alarm_tiers.PARAMETER, templates[0], wanted.values))
        found += removal_kinds.of_alarms(alarm_tiers.tier_of(outputs), after)
    machines = {machine.name: machine.arn for machine in wanted.state_machines}
    found += removal_kinds.of_state_machines(stack.state_machines_of(outputs), machines)
    if deployed is not None:
        found += removal_kinds.of_routes(deployed, wanted.routes.file.routes.routes)
    notes = () if deployed is not None else (_ROUTES_UNKNOWN,)
    return Removals(tuple(found), frozenset(allowed), removal_kinds.resource_names(before), notes)


def deployed_routes(aws: Aws, outputs: Mapping[str, str]) -> list[Route] | None:
    """Return the routes that a stack with these outputs runs, or None if they cannot be read."""
    text = deployed_routes_or_none(aws.s3, outputs)
    try:
        return None if text is None else read(text).routes.routes
    except InvalidRoutesError:
        return None


def _effective(templates: Sequence[TemplateBody], chosen: Mapping[str, str]) -> dict[str, str]:
    """Return the value of each parameter that a user can choose: the chosen one, else the default of this version."""
    found = dict[str, str]()
    for template in templates:  # of a parameter that both have, the pipeline's rules count
        for name, rule in template["Parameters"].items():
            if (name in chosen or "Default" in rule) and (name not in FIXED or name == "Topics"):
                found.setdefault(name, in_force(name, template, chosen))
    return found


def subscriptions(aws: Aws, arn: str) -> int | None:
    """Return the number of a topic's subscriptions: 0 if the topic does not exist, None if access is denied."""
    try:
        pages = aws.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
        return sum(len(page["Subscriptions"]) for page in pages)
    except ClientError as error:
        return 0 if is_gone(error) else None
