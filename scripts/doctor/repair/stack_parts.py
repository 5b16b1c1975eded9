"""A stack's resources by CloudFormation's own record: template, logical ids, and what each stands for. Changes nothing.

"ListStackResources" and "GetTemplate", AWS CloudFormation API Reference.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from scripts.aws.clients import Aws
from scripts.aws.template import parse


class Part(NamedTuple):
    """One resource: its logical id, its type, and its physical id (an ARN, a URL, a name, …)."""

    logical: str
    type: str
    physical: str


class StackParts(NamedTuple):
    """One stack: its name, the template that it was deployed by, without loops, and its resources."""

    name: str
    template: Mapping[str, Any]
    parts: tuple[Part, ...]

    def properties(self, part: Part) -> Mapping[str, Any]:
        """Return the properties in the template; none where it has no such resource."""
        return self.template["Resources"].get(part.logical, {}).get("Properties", {})  # type: ignore[no-any-return] # JSON

    def physical(self, logical: str) -> str:
        """Return what a logical id stands for; empty where the stack has none."""
        return next((part.physical for part in self.parts if part.logical == logical), "")


def stack_parts(aws: Aws, name: str) -> StackParts:
    """Return a stack's parts. Raises botocore's errors."""
    body: Any = aws.cloudformation.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]
    template = parse(body, f"of the stack {name}") if isinstance(body, str) else json.loads(json.dumps(body))
    pages = aws.cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    parts = tuple(
        Part(found["LogicalResourceId"], found["ResourceType"], found.get("PhysicalResourceId", ""))
        for page in pages
        for found in page["StackResourceSummaries"]
        if found["ResourceStatus"] not in {"DELETE_COMPLETE", "DELETE_SKIPPED"}
    )
    return StackParts(name, template, parts)
