"""Read the resources of a stack from CloudFormation: template, logical ids and physical ids.

"ListStackResources" and "GetTemplate", AWS CloudFormation API Reference.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from scripts.aws.clients import Aws
from scripts.aws.template import parse


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
