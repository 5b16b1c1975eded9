"""Read the resources of a stack from CloudFormation: template, logical ids and physical ids; and remove some of them.

"ListStackResources" and "GetTemplate", AWS CloudFormation API Reference.
"""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from scripts.aws.clients import Aws
from scripts.aws.template import parse
from scripts.cli.exit_codes import FailedError


class StackResource(NamedTuple):
    """A resource: its logical id, its type, and its physical id (an ARN, a URL, a name, …)."""

    logical: str
    type: str
    physical: str


class StackResources(NamedTuple):
    """A stack: its name, its deployed template with loops expanded, and its resources."""

    name: str
    template: Mapping[str, Any]
    resources: tuple[StackResource, ...]

    def properties(self, resource: StackResource) -> Mapping[str, Any]:
        """Return the properties in the template; empty if it has no such resource."""
        return self.template["Resources"].get(resource.logical, {}).get("Properties", {})  # type: ignore[no-any-return] # JSON

    def physical(self, logical: str) -> str:
        """Return the physical id of a logical id; empty if the stack has none."""
        return next((resource.physical for resource in self.resources if resource.logical == logical), "")


def stack_resources(aws: Aws, name: str) -> StackResources:
    """Return the resources of a stack. Raise botocore's errors."""
    body: Any = aws.cloudformation.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]
    template = parse(body, f"of the stack {name}") if isinstance(body, str) else json.loads(json.dumps(body))
    pages = aws.cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    resources = tuple(
        StackResource(found["LogicalResourceId"], found["ResourceType"], found.get("PhysicalResourceId", ""))
        for page in pages
        for found in page["StackResourceSummaries"]
        if found["ResourceStatus"] not in {"DELETE_COMPLETE", "DELETE_SKIPPED"}
    )
    return StackResources(name, template, resources)


# AWS deletes these together with their topic or queue.
_COMPANIONS: Final = {"AWS::SNS::TopicPolicy", "AWS::SNS::Subscription", "AWS::SQS::QueuePolicy"}


def with_companions(stack: StackResources, gone: Collection[StackResource]) -> list[StackResource]:
    """Return the resources together with the policies and subscriptions that AWS deleted with them."""
    names = {resource.logical for resource in gone}
    companions = [
        resource
        for resource in stack.resources
        if resource.type in _COMPANIONS
        and resource.logical not in names
        and names & set(_named(stack.properties(resource)))
    ]
    return [*gone, *companions]


def without(stack: StackResources, gone: Collection[StackResource], region: str, account: str) -> dict[str, Any]:
    """Return the template without the resources. Raise FailedError for a reference whose value is unknown."""
    names = {resource.logical: resource for resource in gone}
    kept = {name: one for name, one in stack.template["Resources"].items() if name not in names}
    values = _Values(names, f":{region}:{account}:")
    return {name: values.put_into(kept if name == "Resources" else one) for name, one in stack.template.items()}


def _named(value: Any) -> list[str]:
    """Return the logical ids that a value refers to."""
    match value:
        case {"Ref": str(name)}:
            return [name]
        case {"Fn::GetAtt": str(name) | [str(name), *_]}:
            return [name.partition(".")[0]]
        case {"Fn::Sub": str(text) | [str(text), *_]}:
            return re.findall(r"\$\{([A-Za-z0-9]+)", text)
        case Mapping():
            return [name for one in value.values() for name in _named(one)]
        case list():
            return [name for one in value for name in _named(one)]
    return []


class _Values(NamedTuple):
    """Replaces references to some resources with literal values."""

    resources: Mapping[str, StackResource]
    place: str

    def put_into(self, value: Any) -> Any:
        match value:
            case {"Ref": str(name)} if name in self.resources:
                return self.resources[name].physical
            case {"Fn::GetAtt": reference} if _named(value)[0] in self.resources:
                attribute = reference if isinstance(reference, str) else ".".join(reference)
                return self._attribute(*attribute.partition(".")[::2])
            case {"Fn::Sub": str(text)}:
                return {"Fn::Sub": self._substituted(text)}
            case {"Fn::Sub": [str(text), names]}:
                return {"Fn::Sub": [self._substituted(text), self.put_into(names)]}
            case Mapping():
                return {name: self._member(name, one) for name, one in value.items()}
            case list():
                return [self.put_into(one) for one in value]
        return value

    def _member(self, name: str, value: Any) -> Any:
        if name == "DependsOn":
            names = [value] if isinstance(value, str) else value
            return [one for one in names if one not in self.resources]
        return self.put_into(value)

    def _substituted(self, text: str) -> str:
        def literal(found: "re.Match[str]") -> str:
            name, _, attribute = found[1].partition(".")
            if name not in self.resources:
                return found[0]
            return self._attribute(name, attribute) if attribute else self.resources[name].physical

        return re.sub(r"\$\{([A-Za-z0-9.]+)\}", literal, text)

    def _attribute(self, logical: str, attribute: str) -> str:
        resource = self.resources[logical]
        name = re.split("[:/]", resource.physical)[-1]
        known = {
            ("AWS::SQS::Queue", "Arn"): f"arn:aws:sqs{self.place}{name}",
            ("AWS::SQS::Queue", "QueueName"): name,
            ("AWS::SNS::Topic", "TopicArn"): resource.physical,
            ("AWS::SNS::Topic", "TopicName"): name,
            ("AWS::StepFunctions::StateMachine", "Arn"): resource.physical,
            ("AWS::StepFunctions::StateMachine", "Name"): name,
            ("AWS::CloudWatch::Alarm", "Arn"): f"arn:aws:cloudwatch{self.place}alarm:{resource.physical}",
        }
        if (resource.type, attribute) not in known:
            raise FailedError(f"The value of {logical}.{attribute} is unknown, because {logical} does not exist.")
        return known[resource.type, attribute]
