"""Compute the names of the alarms that a template creates in a deployed stack. Does not call AWS.

Supports only the CloudFormation functions that names and conditions in the project's templates use.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy.expansion import expanded
from scripts.doctor.subject import DeployedStack

_ALARMS: Final = {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"}

Values = Mapping[str, str]
"""The values of the parameters, and the name of the stack."""


def alarm_names(template: Mapping[str, Any], stack: DeployedStack) -> list[str]:
    """Return the alarm names in the order of the template.

    Raise ConfigurationError for a name or condition that uses an unsupported function.
    """
    defaults = {name: str(one.get("Default", "")) for name, one in template.get("Parameters", {}).items()}
    values = {"AWS::StackName": stack.name} | defaults | stack.outputs | stack.parameters
    conditions = template.get("Conditions", {})
    return [
        _text(resource["Properties"].get("AlarmName"), values)
        for resource in expanded(template, values)["Resources"].values()
        if resource.get("Type") in _ALARMS
        and ("Condition" not in resource or _holds(conditions[resource["Condition"]], conditions, values))
    ]


def _text(value: Any, values: Values) -> str:
    match value:
        case str() | int():
            return str(value)
        case {"Ref": str(name)} if name in values:
            return values[name]
        case {"Fn::Sub": str(text)} if all(name in values for name in re.findall(r"\$\{([^!}]+)\}", text)):
            return re.sub(r"\$\{([^!}]+)\}", lambda found: values[found[1]], text)
        case {"Fn::Join": [str(between), several]}:
            return between.join(_text(one, values) for one in several)
    raise ConfigurationError(f"doctor cannot evaluate {value!r}, which the template uses in a name.")


def _holds(condition: Any, conditions: Mapping[str, Any], values: Values) -> bool:
    match condition:
        case {"Condition": str(name)}:
            return _holds(conditions[name], conditions, values)
        case {"Fn::Equals": [one, other]}:
            return _text(one, values) == _text(other, values)
        case {"Fn::Not": [one]}:
            return not _holds(one, conditions, values)
        case {"Fn::And": several}:
            return all(_holds(one, conditions, values) for one in several)
        case {"Fn::Or": several}:
            return any(_holds(one, conditions, values) for one in several)
    raise ConfigurationError(f"doctor cannot evaluate the condition {condition!r} of the template.")
