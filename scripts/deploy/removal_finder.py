"""Find what a deployment would remove, by comparing the deployed stacks with the chosen options. Rejects nothing."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from processor.routing.models import InvalidRoutesError, read
from scripts.aws import stack
from scripts.aws.clients import Aws
from scripts.aws.errors import is_gone
from scripts.aws.parameters import TemplateBody
from scripts.deploy import expansion, removals
from scripts.deploy.removals import Before, Removals
from scripts.routes.judged_routes import deployed_routes_or_none

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

_ROUTES_UNKNOWN: Final = "the deployed routes cannot be read, so removed routes are not shown"


def find(
    aws: Aws,
    described: "Sequence[StackTypeDef | None]",
    templates: Sequence[TemplateBody],
    chosen: Mapping[str, str],
    routes: Path,
    allowed: Iterable[str],
) -> Removals:
    """Return what would be removed from the described stacks; nothing for a stack that was never created."""
    there = [(template, each) for template, each in zip(templates, described, strict=True) if stack.outputs_of(each)]
    if not there:
        return Removals(allowed=frozenset(allowed))
    outputs = stack.outputs_of(described[0])
    before = _before(aws, there, outputs.get("TopicArnPrefix", ""))
    deployed = _deployed_names(aws, outputs)
    gone = removals.of_routes(deployed, route_names(routes.read_text("utf-8")))
    return Removals(
        (*removals.of_parameters(templates, chosen, before), *gone),
        frozenset(allowed),
        removals.resource_names(before),
        () if deployed is not None else (_ROUTES_UNKNOWN,),
    )


def route_names(text: str) -> frozenset[str]:
    """Return the names of the routes in the text of a routes file. Raise InvalidRoutesError."""
    return frozenset(route.name for route in read(text).routes.routes)


def _deployed_names(aws: Aws, outputs: Mapping[str, str]) -> frozenset[str] | None:
    text = deployed_routes_or_none(aws.s3, outputs)
    try:
        return None if text is None else route_names(text)
    except InvalidRoutesError:
        return None


def _before(aws: Aws, there: "Sequence[tuple[TemplateBody, StackTypeDef | None]]", topic_prefix: str) -> Before:
    parameters = dict[str, str]()
    for template, each in reversed(there):  # of a parameter that both have, the pipeline's value counts
        parameters |= expansion.values_before(template, each)
    return Before(parameters, lambda topic: subscriptions(aws, topic_prefix + topic) if topic_prefix else None)


def subscriptions(aws: Aws, arn: str) -> int | None:
    """Return the number of a topic's subscriptions: 0 if the topic does not exist, None if access is denied."""
    try:
        pages = aws.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
        return sum(len(page["Subscriptions"]) for page in pages)
    except ClientError as error:
        return 0 if is_gone(error) else None
