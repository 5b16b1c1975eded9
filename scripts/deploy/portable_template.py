"""Compose a template as a deployment sends it, without AWS, for other deployment tools.

Chosen parameters become the defaults. What is not known without AWS (account, region, partition) is left to
CloudFormation: texts with `${AWS::…}` become Fn::Sub. A parameter or a mapping cannot have one, so a reference to such
a value is replaced by the value.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from scripts.aws.parameters import listed
from scripts.deploy import optional_parts, stack_part
from scripts.deploy.desired import desired
from scripts.deploy.retained import Place
from scripts.project.folder import Project

ACCOUNT: Final = "${AWS::AccountId}"
REGION: Final = "${AWS::Region}"
PARTITION: Final = "${AWS::Partition}"

_PSEUDO: Final = re.compile(r"\$\{AWS::(AccountId|Region|Partition)\}")


def portable(project: Project, stage: str, stack: str, account: str | None, region: str | None) -> list[dict[str, Any]]:
    """Return the stage's templates, the pipeline's first. Raise ConfigurationError for an invalid project."""
    parts = optional_parts.wanted(project, stage)
    templates = [part.load() for part in parts]
    partition = _partition(region) if region else PARTITION
    place = Place(stack, account or ACCOUNT, region or REGION, project.file.name, partition)
    wanted = desired(project, stage, place, templates, {}, None)
    values = {**wanted.values, "Stage": stage, "Project": project.file.name}
    values |= {"AlmaProfiles": values["Profiles"], "AlarmStack": stack + stack_part.OBSERVABILITY_PART.suffix}
    made = []
    for part, expanded in zip(parts, wanted.expanded(parts, templates), strict=True):
        chosen = part.chosen(values, {})
        chosen.pop(stack_part.CODE_KEY, None)  # which a deployment knows
        made.append(_with_values(expanded, chosen))
    return made


def _with_values(template: dict[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """Return the template with the values as defaults, or in place of their references."""
    rules: dict[str, Any] = template["Parameters"]
    given = {name: values[name] for name in rules if name in values}
    inline = {name: _typed(value, rules[name]) for name, value in given.items() if _PSEUDO.search(value)}
    parameters = {
        name: rule | ({"Default": given[name]} if name in given else {})
        for name, rule in rules.items()
        if name not in inline
    }
    mappings = template.get("Mappings", {})
    kept = {name: one for name, one in mappings.items() if not _PSEUDO.search(str(one))}
    changed = {name: one for name, one in mappings.items() if name not in kept}
    conditions = {name: _typed(_PSEUDO.sub(r"\1", given[name]), rules[name]) for name in inline}
    made: dict[str, Any] = {}
    for name, part in template.items():
        match name:
            case "Parameters":
                made[name] = parameters
            case "Mappings":
                made |= {name: kept} if kept else {}
            case "Metadata":  # without the groups of parameters for AWS' console, which would name those left out
                made[name] = {"Mark": part["Mark"]}
            case "Conditions":  # they only ask whether a value is empty, and should need no Fn::Sub for that
                made[name] = _resolved(part, conditions, {})
            case _:
                made[name] = _resolved(part, inline, changed)
    return made


def _typed(value: str, rule: Mapping[str, Any]) -> str | list[str]:
    return listed(value) if rule["Type"] == "CommaDelimitedList" else value


def _resolved(part: Any, inline: Mapping[str, Any], mappings: Mapping[str, Any]) -> Any:
    match part:
        case {"Ref": str(name), **more} if name in inline and not more:
            return _resolved(inline[name], {}, {})
        case {"Fn::FindInMap": [str(name), str(first), str(second)]} if name in mappings:
            return _resolved(mappings[name][first][second], {}, {})
        case {"Fn::Sub": str()}:
            return part
        case {"Fn::Sub": [str(text), own]}:
            return {"Fn::Sub": [text, _resolved(own, inline, mappings)]}
        case dict():
            return {key: _resolved(value, inline, mappings) for key, value in part.items()}
        case list():
            return [_resolved(value, inline, mappings) for value in part]
        case str() if _PSEUDO.search(part):
            return {"Fn::Sub": re.sub(r"\$\{(?!AWS::(AccountId|Region|Partition)\})", "${!", part)}
    return part


def _partition(region: str) -> str:
    """Return the partition of a region ("AWS partitions", AWS Fault Isolation Boundaries)."""
    names = {"cn": "aws-cn", "us-gov": "aws-us-gov", "eusc": "aws-eusc"}
    return next((name for prefix, name in names.items() if region.startswith(f"{prefix}-")), "aws")
