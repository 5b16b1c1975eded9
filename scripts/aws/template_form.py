"""Check the form of a template that a project brings: what a deployment, or CloudFormation, could not read at all.

It does not check what the properties of a resource mean; CloudFormation and cfn-lint do.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

_SECTIONS: Final = ("Parameters", "Mappings", "Conditions", "Outputs", "Metadata")
_LOOP: Final = "Fn::ForEach::"


def problems(template: Mapping[str, Any]) -> Iterator[str]:
    """Yield one predicate for each problem, such as `has Outputs that are not a mapping`. Resources are a mapping."""
    try:
        json.dumps(template)
    except (TypeError, ValueError) as error:  # a YAML set, binary data, a mapping that contains itself
        yield f"cannot be written as JSON ({error})"
        return
    yield from _of_keys(template)
    for name in _SECTIONS:
        if not isinstance(template.get(name) or {}, dict):
            yield f"has {name} that are not a mapping of names"
    for name, rule in _entries(template, "Parameters"):
        if not isinstance(rule, dict) or not isinstance(rule.get("Type"), str):
            yield f"has the parameter {name} without a Type"
    for name, resource in _entries(template, "Resources"):
        if not name.startswith(_LOOP):
            yield from _of_resource(name, resource)


def _entries(template: Mapping[str, Any], section: str) -> Iterator[tuple[str, Any]]:
    found = template.get(section)
    for name, entry in found.items() if isinstance(found, dict) else ():
        yield str(name), entry


def _of_resource(name: str, resource: Any) -> Iterator[str]:
    if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
        yield f"has the resource {name} without a Type"
        return
    if not isinstance(resource.get("DeletionPolicy", ""), str):
        yield f"has the resource {name} with a DeletionPolicy that is not a text; a deployment has to know what is kept"
    properties = resource.get("Properties") or {}
    if not isinstance(properties, dict):
        yield f"has the resource {name} with Properties that are not a mapping"
    elif "DeletionPolicy" in resource and not _is_list_of_tags(properties.get("Tags", [])):
        yield f"has the resource {name} with Tags that are not a list of keys and values"


def _is_list_of_tags(tags: Any) -> bool:
    return isinstance(tags, list) and all(isinstance(each, dict) for each in tags)


def _of_keys(value: Any) -> Iterator[str]:
    """Yield each key that is not a text, and each loop that has not a variable, a list and a body."""
    if isinstance(value, list):
        for each in value:
            yield from _of_keys(each)
    for key, entry in value.items() if isinstance(value, dict) else ():
        if not isinstance(key, str):
            yield f"has the key {key}, which is not a text; put it into quotes"
        elif key.startswith(_LOOP) and not _is_loop(entry):
            yield f"has the loop {key} that is not [VARIABLE, LIST, {{NAME: RESOURCE}}]"
        yield from _of_keys(entry)


def _is_loop(entry: Any) -> bool:
    match entry:
        case [str(), _, dict()]:
            return True
    return False
