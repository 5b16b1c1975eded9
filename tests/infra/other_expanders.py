"""Expands Fn::ForEach with two independent implementations, cfn-lint and the emulator, for comparison with ours.

Anything they do besides expanding loops is reverted or left out of the comparison.
"""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from scripts.aws.clients import Aws
from scripts.aws.template import load
from scripts.deploy.artefacts import Artefacts

TOPICS: Final[tuple[list[str], ...]] = ([], ["loan-created"], [f"a-topic-{number}" for number in range(30)])
"""Every implementation is tested with no topic, one topic and thirty topics."""

PROFILES: Final = ["alma", "inter-library"]
"""The Alma profiles for the other loop; `lists` passes them to `expanded`."""

STATE_MACHINES: Final = ["Pod"]
"""The state machines for the third loop: those of the mapping in the template."""

_MASKED: Final = "Masked::FindInMap"


def by_cfn_lint(path: Path, topics: list[str]) -> dict[str, Any]:
    """Return the template as cfn-lint expands it.

    Fn::FindInMap is hidden from cfn-lint, which would guess the stage. The list is passed as a literal, because for
    an empty parameter cfn-lint invents elements. It rejects an empty list, so the resources for no topic are computed
    as those that are the same for any topic.
    """
    if not topics:
        one, other = by_cfn_lint(path, ["one"]), by_cfn_lint(path, ["other"])
        one["Resources"] = {name: each for name, each in one["Resources"].items() if name in other["Resources"]}
        return one
    # Only where it is used: every process imports this module, and cfn-lint with it would take a tenth of all imports.
    from cfnlint.template import Template  # type: ignore[import-untyped] # it has no types
    from cfnlint.template.transforms._language_extensions import (  # type: ignore[import-untyped] # it has no types
        language_extension,
    )

    source = _literal_loops(_renamed(load(path), {"Fn::FindInMap": _MASKED}), topics)
    judge = Template(str(path), deepcopy(source), ["us-east-1"])
    judge.template = source  # undo the sorting of the operands of conditions
    problems, made = language_extension(judge)
    assert problems == []
    found: dict[str, Any] = _renamed(json.loads(json.dumps(made)), {_MASKED: "Fn::FindInMap"})
    return found


def by_the_emulator(aws: Aws, path: Path, topics: list[str], **values: str) -> dict[str, Any]:
    """Return the template as the emulator expands it for a change set, which is then deleted.

    The list is passed as a literal, because the emulator reads an empty parameter as one empty element.
    """
    source = _literal_loops(_renamed(load(path), {"Fn::FindInMap": _MASKED}), topics)
    given = {**lists(topics), **values}
    cloudformation, name = aws.cloudformation, "judge"
    made = cloudformation.create_change_set(
        StackName=name,
        ChangeSetName=name,
        ChangeSetType="CREATE",
        **_argument(aws, json.dumps(source, separators=(",", ":"))),
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


def _argument(aws: Aws, body: str) -> Any:
    """Return a template as an argument for the emulator's CloudFormation, by its URL in a bucket if it is long."""
    account, region = aws.sts.get_caller_identity()["Account"], aws.s3.meta.region_name
    return Artefacts(aws, account, region).template(body)


def lists(topics: list[str]) -> dict[str, str]:
    """Return the lists of the loops as parameter values."""
    return {"Topics": ",".join(topics), "AlmaProfiles": ",".join(PROFILES), "StateMachines": ",".join(STATE_MACHINES)}


def comparable(template: dict[str, Any], topics: list[str]) -> dict[str, Any]:
    """Return the parts of a template that can contain loops, with references to the topics and profiles resolved."""
    found: dict[str, Any] = _resolved({name: template[name] for name in ("Conditions", "Resources", "Outputs")}, topics)
    return found


def _resolved(value: Any, topics: list[str]) -> Any:
    match value:
        case {"Ref": "Topics"}:
            return topics
        case {"Ref": "AlmaProfiles"}:
            return PROFILES
        case {"Ref": "StateMachines"}:
            return STATE_MACHINES
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
    known = {"Topics": topics, "AlmaProfiles": PROFILES, "StateMachines": STATE_MACHINES}
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
