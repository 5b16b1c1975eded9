"""Evaluate the conditions of an expanded template, to know which resources a stack has. Calls no AWS API.

Supports only the CloudFormation functions that conditions and names in the project's templates use.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from scripts.cli.exit_codes import ConfigurationError

_PLACEHOLDER: Final = re.compile(r"\$\{([^!}]+)\}")

Values = Mapping[str, str]
"""The values of the parameters, and the name of the stack."""


def resources_in_force(
    template: Mapping[str, Any], values: Values, *, is_strict: bool = True
) -> dict[str, dict[str, Any]]:
    """Return the resources of an expanded template whose conditions hold, by logical id.

    Raise ConfigurationError for a condition that uses an unsupported function; unless `is_strict` it counts as true.
    """
    conditions = template.get("Conditions", {})

    def is_in_force(resource: Mapping[str, Any]) -> bool:
        try:
            return "Condition" not in resource or holds(conditions[resource["Condition"]], conditions, values)
        except ConfigurationError:
            if is_strict:
                raise
            return True

    return {name: resource for name, resource in template["Resources"].items() if is_in_force(resource)}


def text(value: Any, values: Values) -> str:
    """Return the text of a value. Raise ConfigurationError for an unsupported function."""
    match value:
        case str() | int():
            return str(value)
        case {"Ref": str(name)} if name in values:
            return values[name]
        case {"Fn::Sub": str(source)} if all(name in values for name in _PLACEHOLDER.findall(source)):
            return _PLACEHOLDER.sub(lambda found: values[found[1]], source)
        case {"Fn::Join": [str(between), several]}:
            return between.join(text(one, values) for one in several)
    raise ConfigurationError(f"alma-webhooks cannot evaluate {value!r}, which the template uses in a name.")


def holds(condition: Any, conditions: Mapping[str, Any], values: Values) -> bool:
    """Return whether a condition is true. Raise ConfigurationError for an unsupported function."""
    match condition:
        case {"Condition": str(name)}:
            return holds(conditions[name], conditions, values)
        case {"Fn::Equals": [one, other]}:
            return text(one, values) == text(other, values)
        case {"Fn::Not": [one]}:
            return not holds(one, conditions, values)
        case {"Fn::And": several}:
            return all(holds(one, conditions, values) for one in several)
        case {"Fn::Or": several}:
            return any(holds(one, conditions, values) for one in several)
    raise ConfigurationError(f"alma-webhooks cannot evaluate the condition {condition!r} of the template.")
