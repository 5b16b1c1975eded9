"""Parse the template parameters that a user chooses, and check them by the template's rules."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from scripts.cli.exit_codes import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

TemplateBody = Mapping[str, Any]


def parse(pairs: Sequence[str]) -> dict[str, str]:
    """Return template parameters from NAME=VALUE texts. Raise ConfigurationError."""
    for pair in pairs:
        if not re.match(r"[A-Za-z0-9]+=", pair):
            raise ConfigurationError(f"--parameter takes NAME=VALUE, not {pair!r}.")
    chosen = dict(pair.split("=", 1) for pair in pairs)
    if len(chosen) < len(pairs):  # the last one would win, and what the others list would be removed
        names = [pair.partition("=")[0] for pair in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ConfigurationError(f"--parameter {twice}=… is given twice: pass it once, with all its values.")
    return chosen


def check(chosen: Mapping[str, str], fixed: Iterable[str], templates: Sequence[TemplateBody]) -> None:
    """Raise ConfigurationError for an unknown parameter, one that the command sets, or an invalid value."""
    # The rules of the first template that has the parameter apply: the others get its value from the first stack.
    declared = {name: rules for template in reversed(templates) for name, rules in template["Parameters"].items()}
    known = ", ".join(sorted(set(declared) - set(fixed)))
    for name, value in chosen.items():
        if name in fixed:
            raise ConfigurationError(f"The parameter {name} is set by this command; you can choose {known}.")
        if name not in declared:
            raise ConfigurationError(f"The template has no parameter {name}; it has {known}.")
        if problem := _problem(value, declared[name]):
            shown = "" if declared[name].get("NoEcho") else f"; got {value!r}"
            raise ConfigurationError(f"The parameter {name} {problem}{shown}.")


def values(template: TemplateBody, chosen: Mapping[str, str]) -> "list[ParameterTypeDef]":
    """Return every parameter for CloudFormation with its value: the chosen one, else the template's default.

    A value is never kept from an earlier deployment, because a default of an older version would be frozen.
    """
    lacking = without_value(template, chosen)  # CloudFormation rejects a stack that lacks a value
    return [
        {"ParameterKey": name, "ParameterValue": in_force(name, template, chosen)}
        for name in template["Parameters"]
        if name not in lacking
    ]


def without_value(template: TemplateBody, known: Collection[str]) -> list[str]:
    """Return the parameters of a template that are neither known nor have a default."""
    return [name for name, rule in template["Parameters"].items() if name not in known and "Default" not in rule]


def in_force(name: str, template: TemplateBody, chosen: Mapping[str, str]) -> str:
    """Return the value that a parameter will have."""
    return chosen.get(name, str(template["Parameters"][name].get("Default", "")))


def listed(text: str) -> list[str]:
    """Return the elements of a list parameter's value."""
    return [element.strip() for element in text.split(",") if element.strip()]


def _problem(value: str, rules: Mapping[str, Any]) -> str | None:
    """Return which of the template's rules a value breaks ("Parameters", AWS CloudFormation User Guide), or None."""
    allowed = [str(each) for each in rules.get("AllowedValues", [])]
    if allowed and value not in allowed:
        return f"must be one of {', '.join(allowed)}"
    if rules["Type"] == "Number":
        return _number_problem(value, rules)
    if not rules.get("MinLength", 0) <= len(value) <= rules.get("MaxLength", len(value)):
        return f"must have {rules.get('MinLength', 0)} to {rules.get('MaxLength', 4096)} characters"
    is_list = rules["Type"] == "CommaDelimitedList"  # each of its elements has to match
    elements = [each.strip() for each in value.split(",")] if is_list else [value]
    if (pattern := rules.get("AllowedPattern")) and not all(re.fullmatch(pattern, each) for each in elements):
        return str(rules.get("ConstraintDescription", f"must match {pattern}"))
    return None


def _number_problem(value: str, rules: Mapping[str, Any]) -> str | None:
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
        return "must be a number"
    if float(value) < rules.get("MinValue", float(value)):
        return f"must be {rules['MinValue']} or more"
    if float(value) > rules.get("MaxValue", float(value)):
        return f"must be {rules['MaxValue']} or less"
    return None
