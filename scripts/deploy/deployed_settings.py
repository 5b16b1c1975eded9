"""Read what was chosen for a deployed stack: everything that differs from the defaults of this version."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from processor.routing.models import InvalidRoutesError
from scripts.aws.parameters import listed
from scripts.deploy import expansion, optional_parts, stack_deployer
from scripts.deploy.desired import ARNS, not_chosen
from scripts.project.models import OWN_KEYS, StageSettings
from scripts.routes.check import compile_checked, permissions

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

# A stack of a version without tiers has all alarms.
_BEFORE_TIERS: Final = "full"


class DeployedSettings(NamedTuple):
    """The settings of a stage. `lines` are further lines of the project's file, `secret` the hidden parameters."""

    alma_profiles: list[str]
    alarm_email: str | None
    runtime: str | None
    lines: list[str]
    secret: list[str]


def read(
    described: "Sequence[StackTypeDef | None]", outputs: Mapping[str, str], routes: str, stage: str
) -> DeployedSettings:
    """Return the settings of described stacks, the pipeline's first and the optional ones last, if they are deployed.

    `routes` is the text of their routes file.
    """
    parts = optional_parts.possible()[: len(described)]
    templates = [part.load() for part in parts]
    optional = [f"{part.mark}: true" for part in parts[len(stack_deployer.PARTS) :]]
    values, rules = dict[str, str](), dict[str, Any]()
    for template, each in reversed([*zip(templates, described, strict=True)]):  # the pipeline's values count
        rules |= template["Parameters"]
        values |= expansion.values_before(template, each, outputs)
    values |= {name: _without(values[name], routes, stage) for name in ARNS if name in values}
    fixed = not_chosen(templates) | set(OWN_KEYS)
    differing = {name: values[name] for name in rules if name in values and _differs(values[name], rules[name])}
    further = {name: value for name, value in differing.items() if name not in fixed}
    secret = [name for name in further if rules[name].get("NoEcho")]
    return DeployedSettings(
        listed(values.get("Profiles", "")),
        values.get("AlarmEmail") or None,
        differing.get("Runtime"),
        [*_own_lines(values, differing), *optional, *_parameter_lines(further, secret, rules)],
        secret,
    )


def _differs(value: str, rule: Mapping[str, Any]) -> bool:
    default = str(rule.get("Default", ""))
    return value != default and not (rule["Type"] == "CommaDelimitedList" and listed(value) == listed(default))


def _without(value: str, routes: str, stage: str) -> str:
    """Return a list of ARNs without those that a deployment adds by itself, because the routes name them."""
    try:
        named = {each.arn for each in permissions(compile_checked(routes), stage)}
    except InvalidRoutesError:
        named = set()  # `routes check` reports what is wrong
    return ",".join(arn for arn in listed(value) if arn not in named)


def _own_lines(values: Mapping[str, str], differing: Mapping[str, str]) -> Iterator[str]:
    tier = values.get("Alarms", _BEFORE_TIERS)
    if tier != StageSettings.model_fields["alarms"].default:
        yield f"alarms: {tier}"
    if "LogRetentionDays" in differing:
        yield f"log_retention_days: {differing['LogRetentionDays']}"


def _parameter_lines(further: Mapping[str, str], secret: Sequence[str], rules: Mapping[str, Any]) -> Iterator[str]:
    shown = {name: value for name, value in further.items() if name not in secret}
    if further:
        yield "parameters:" if shown else "# parameters:"
    for name, value in shown.items():
        is_number = rules[name]["Type"] == "Number" and value.isdecimal()
        yield f"  {name}: {value if is_number else json.dumps(value, ensure_ascii=False)}"
    for name in secret:
        yield f"#   {name} is set, but AWS does not show it. Store the value in SSM, and name its parameter here:"
        yield f"#   {name}: {{ssm: NAME}}"
