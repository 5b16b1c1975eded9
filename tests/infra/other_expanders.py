"""Two implementations of Fn::ForEach that are not ours, as judges of ours: cfn-lint's and the emulator's.

What they do beyond loops is undone or left out before they are compared.
"""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from cfnlint.template import Template  # type: ignore[import-untyped] # it has no types
from cfnlint.template.transforms._language_extensions import (  # type: ignore[import-untyped] # it has no types
    language_extension,
)

from scripts.aws.clients import Aws
from scripts.aws.template import load

TOPICS: Final[tuple[list[str], ...]] = ([], ["loan-created"], [f"a-topic-{number}" for number in range(30)])
"""No topic, one, and thirty: lists that every implementation is tried with."""

PROFILES: Final = ["alma", "inter-library"]
"""The Alma profiles that the other loop runs over; `expanded` is given them by `lists`."""

_MASKED: Final = "Masked::FindInMap"


def by_cfn_lint(path: Path, topics: list[str]) -> dict[str, Any]:
    """The template as cfn-lint expands it.

    It would guess the stage to resolve Fn::FindInMap, which is hidden from it. It gets the list as a literal, for it
    invents elements of an empty parameter. It takes no empty list either: what no topic makes is what is the same for
    any.
    """
    if not topics:
        one, other = by_cfn_lint(path, ["one"]), by_cfn_lint(path, ["other"])
        one["Resources"] = {name: each for name, each in one["Resources"].items() if name in other["Resources"]}
        return one
    source = _literal_loops(_renamed(load(path), {"Fn::FindInMap": _MASKED}), topics)
    judge = Template(str(path), deepcopy(source), ["us-east-1"])
    judge.template = source  # as it was before cfn-lint sorted the conditions' operands
    problems, made = language_extension(judge)
    assert problems == []
    found: dict[str, Any] = _renamed(json.loads(json.dumps(made)), {_MASKED: "Fn::FindInMap"})
    return found


def by_the_emulator(aws: Aws, path: Path, topics: list[str], **values: str) -> dict[str, Any]:
    """The template as the emulator expands it for a change set, which is deleted.

    It takes an empty parameter for one empty element, so it gets the list as a literal.
    """
    source = _literal_loops(_renamed(load(path), {"Fn::FindInMap": _MASKED}), topics)
    given = {**lists(topics), **values}
    cloudformation, name = aws.cloudformation, "judge"
    made = cloudformation.create_change_set(
        StackName=name,
        ChangeSetName=name,
        ChangeSetType="CREATE",
        TemplateBody=json.dumps(source, separators=(",", ":")),
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in given.items()
            if name in source["Parameters"]
        ],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    try:
        answer: Any = cloudformation.get_template(StackName=name, ChangeSetName=name, TemplateStage="Processed")
    finally:
        cloudformation.delete_stack(StackName=made["StackId"])
    body = answer["TemplateBody"]
    found: dict[str, Any] = _renamed(json.loads(body) if isinstance(body, str) else body, {_MASKED: "Fn::FindInMap"})
    return found


def lists(topics: list[str]) -> dict[str, str]:
    """The lists that loops run over, as parameters have them."""
    return {"Topics": ",".join(topics), "AlmaProfiles": ",".join(PROFILES)}


def comparable(template: dict[str, Any], topics: list[str]) -> dict[str, Any]:
    """The parts of a template that loops can be in, with what is known resolved: the topics, and texts of them."""
    found: dict[str, Any] = _resolved({name: template[name] for name in ("Conditions", "Resources", "Outputs")}, topics)
    return found


def _resolved(value: Any, topics: list[str]) -> Any:
    match value:
        case {"Ref": "Topics"}:
            return topics
        case {"Ref": "AlmaProfiles"}:
            return PROFILES
        case {"Fn::GetAtt": str(text)}:
            return {"Fn::GetAtt": text.split(".", 1)}
        case {"Fn::Sub": str(text)} if "${" not in text:
            return text
        case {"Fn::Join": [str(between), several]} if isinstance(found := _resolved(several, topics), list):
            is_text = all(isinstance(one, str) for one in found)
            return between.join(found) if is_text else {"Fn::Join": [between, found]}
        case dict():
            return {name: _resolved(one, topics) for name, one in value.items()}
        case list():
            return [_resolved(one, topics) for one in value]
    return value


def _literal_loops(value: Any, topics: list[str]) -> Any:
    if not isinstance(value, dict):
        return value
    known = {"Topics": topics, "AlmaProfiles": PROFILES}
    over = {
        name: known.get(one[1].get("Ref", ""))
        for name, one in value.items()
        if name.startswith("Fn::ForEach::") and isinstance(one[1], dict)
    }
    return {
        name: [one[0], listed, one[2]] if (listed := over.get(name)) is not None else _literal_loops(one, topics)
        for name, one in value.items()
    }


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(name, name): _renamed(one, names) for name, one in value.items()}
    return [_renamed(one, names) for one in value] if isinstance(value, list) else value
