"""Complete the template of a further part: its mark, the tags of what it keeps, its queues and their alarms.

A library writes none of these, so that no template lacks them or has them in an older form.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from scripts.aws import mark
from scripts.aws.part_stacks import QUEUES
from scripts.aws.template import PIPELINE, load
from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy import retained
from scripts.deploy.part_alarms import alarms_of, conditions

AGE_LIMIT: Final = 3600
"""The seconds that a message may wait, if neither template nor project say otherwise; as for a notification."""

_PARAMETERS: Final[Mapping[str, Mapping[str, str]]] = {
    "Project": {"Type": "String", "Description": "The project that this stack belongs to."},
    "Stage": {"Type": "String", "Description": "The stage that this stack belongs to."},
    "Alarms": {"Type": "String", "Description": "The tier of alarms: none, essential or full."},
    "AlarmStack": {"Type": "String", "Description": "The alarm stack, whose topic the alarms use.", "Default": ""},
    "Emulated": {"Type": "String", "Description": "Whether the stack is one of the emulator.", "Default": "false"},
}


class QueueIds(NamedTuple):
    """The name of a queue of a part, and the logical ids of the queue and of its dead-letter queue."""

    name: str
    queue: str
    dead_letters: str

    @property
    def prefix(self) -> str:
        """The beginning of the names that are made for it: `job-files` becomes JobFiles."""
        return "".join(word.capitalize() for word in self.name.split("-"))

    @property
    def age_limit(self) -> str:
        """The template parameter for the seconds that a message may wait. A template can declare it itself."""
        return f"{self.prefix}AgeLimit"


def completed(template: Mapping[str, Any], part: str, queues: Collection[QueueIds]) -> dict[str, Any]:
    """Return the template with all that a deployment adds.

    Raise ConfigurationError if it has some of that already, or a limit that is not a number of seconds.
    """
    added = {
        "Metadata": {mark.NAME: {"product": mark.PRODUCT, "part": part, "version": mark.product_version()}},
        "Conditions": conditions(),
        "Resources": {id_: alarm for each in queues for id_, alarm in alarms_of(each, part)},
        "Outputs": dict(_outputs(part, queues)),
    }
    made = dict(template)
    for section, entries in added.items():
        before = made.get(section) or {}
        if taken := sorted(before.keys() & entries.keys()):
            problem = f"has {taken[0]}, which a deployment adds. Rename or remove it."
            raise ConfigurationError(f"the template of {part}: {section} {problem}")
        made[section] = {**before, **entries}
    made["Resources"] = {id_: _tagged(one, part) for id_, one in made["Resources"].items()}
    own = {name: _as_given(name, rule) for name, rule in (made.get("Parameters") or {}).items()}
    for each in queues:
        if own.get(each.age_limit, {}).get("Type", "Number") != "Number":
            raise ConfigurationError(
                f"the template of {part}: the parameter {each.age_limit} has another type than Number. Correct it."
            )
    made["Parameters"] = {**_PARAMETERS, **dict(_limits(queues)), **own}
    return {"AWSTemplateFormatVersion": "2010-09-09", **made}


def _as_given(name: str, rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rules of a parameter: secret as the pipeline's, and without a default if each pipeline outputs it."""
    pipeline = load(PIPELINE)
    known, output = pipeline["Parameters"].get(name), pipeline["Outputs"].get(name)
    if known:
        return {**rule, **{key: value for key, value in known.items() if key == "NoEcho"}}
    is_given = output is not None and "Condition" not in output
    return {key: value for key, value in rule.items() if key != "Default" or not is_given}


def _limits(queues: Iterable[QueueIds]) -> Iterator[tuple[str, dict[str, Any]]]:
    for each in queues:
        text = f"Seconds that a message may wait on the queue {each.name}."
        yield each.age_limit, {"Type": "Number", "Description": text, "Default": AGE_LIMIT, "MinValue": 0}


def _outputs(part: str, queues: Iterable[QueueIds]) -> Iterator[tuple[str, dict[str, Any]]]:
    shown = {"product": mark.PRODUCT, "part": part, "project": "${Project}", "version": mark.product_version()}
    description = "Identifies this stack. Commands reject a stack without the mark of its part."
    yield mark.NAME, {"Description": description, "Value": {"Fn::Sub": json.dumps(shown, separators=(",", ":"))}}
    if urls := {
        each.name: {"queue": f"${{{each.queue}}}", "dead_letters": f"${{{each.dead_letters}}}"} for each in queues
    }:
        description = "The queues and dead-letter queues of the part, as a JSON object."
        yield QUEUES, {"Description": description, "Value": {"Fn::Sub": json.dumps(urls, separators=(",", ":"))}}


def _tagged(resource: Any, part: str) -> Any:
    """Return a resource that outlives the stack with the tags by which a new stack of the name may import it."""
    if not isinstance(resource, dict) or resource.get("DeletionPolicy") not in retained.KEPT:
        return resource
    known = {"stack": {"Ref": "AWS::StackName"}, "project": {"Ref": "Project"}}
    tags = mark.tags("", part=part)
    made = {key: known.get(key.rpartition(":")[2], value) for key, value in tags.items()}
    own = resource.get("Properties") or {}
    others = [each for each in own.get("Tags", []) if each.get("Key") not in made]
    added = [{"Key": key, "Value": value} for key, value in made.items()]
    return {**resource, "Properties": {**own, "Tags": [*others, *added]}}
