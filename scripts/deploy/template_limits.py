"""Check templates against the limits of CloudFormation and Lambda, which AWS would report only after the uploads.

"Understand CloudFormation quotas" (AWS CloudFormation User Guide), "Lambda quotas" (AWS Lambda Developer Guide).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from scripts.aws import mark, parameters
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.plural import plural
from scripts.deploy import expansion
from scripts.deploy.retained import Place

_MOST_RESOURCES: Final = 500
_MOST_TEMPLATE_BYTES: Final = 1_000_000
_MOST_ENVIRONMENT_BYTES: Final = 4096

_FEWER: Final = "Declare fewer {0}s, and create the others elsewhere: a route can name any {0} by its ARN"
_FEWER_OF_ALL: Final = (
    "Declare fewer topics and state machines, and create the others elsewhere: a route can name any of them by its "
    "ARN. Or serve fewer Alma profiles in this stage"
)
_FEWER_OF_PART: Final = "Move some of its resources into another part of the project"
_ADVICE: Final = {
    "TOPICS": _FEWER.format("topic"),
    "STATE_MACHINE_ARNS": _FEWER.format("state machine"),
    "PROFILES": "Serve fewer Alma profiles in this stage, or give them shorter names",
    "RETIRED_PROFILES": "Delete the secrets of Alma profiles that are no longer served (alma-webhooks secret delete)",
}
_SHORTER: Final = "Choose a shorter value for it"

# The length of a name, URL or ARN that AWS makes; the longest that this product has are queue URLs of this length.
_MADE_BY_AWS: Final = "x" * 128


def check(template: Mapping[str, Any], values: Mapping[str, str], place: Place) -> None:
    """Check an expanded template that the stack of this place is to be deployed with. `values` are its parameters.

    Raise ConfigurationError for more than 500 resources, for a template of more than 1 MB, and for environment
    variables of a function of more than 4 KB; they are measured as far as they are known before the deployment.
    """
    known = {**place.pseudo_parameters, "AWS::Partition": "aws", "AWS::NoValue": "", **values}
    if problem := next(_problems(template, known), None):
        raise ConfigurationError(f"Stack {place.stack} cannot be deployed: {problem}.")


def _problems(template: Mapping[str, Any], values: Mapping[str, str]) -> Iterator[str]:
    fewer = _FEWER_OF_PART if mark.is_further(template) else _FEWER_OF_ALL
    if (count := len(template["Resources"])) > _MOST_RESOURCES:
        resources = plural(count, "resource")
        yield f"it would have {resources}, and CloudFormation accepts {_MOST_RESOURCES}. {fewer}"
    if (size := len(expansion.body(template).encode())) > _MOST_TEMPLATE_BYTES:
        measured = plural(size, "byte")
        yield f"its template has {measured}, and CloudFormation accepts {_MOST_TEMPLATE_BYTES:,}. {fewer}"
    for name, resource in template["Resources"].items():
        sizes = {
            key: len(f"{key}{_text(value, template, values)}".encode()) for key, value in _variables(resource).items()
        }
        if (total := sum(sizes.values())) > _MOST_ENVIRONMENT_BYTES:
            largest = max(sizes, key=lambda key: sizes[key])
            yield (
                f"the environment of {name} would have about {plural(total, 'byte')}, and Lambda accepts "
                f"{_MOST_ENVIRONMENT_BYTES:,}; {largest} has {sizes[largest]:,} of them. "
                f"{_ADVICE.get(largest, _SHORTER)}"
            )


def _variables(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return the environment variables of a function, or none; the template of a part can have anything there."""
    match resource:
        case {"Properties": {"Environment": {"Variables": dict(variables)}}}:
            return variables
    return {}


def _text(value: Any, template: Mapping[str, Any], values: Mapping[str, str]) -> str:
    """Return the value of an environment variable, as far as it is known; of two alternatives the longer one."""
    match value:
        case {"Ref": name}:
            return _parameter(name, template, values)
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([\w:.]+)\}", lambda found: _parameter(found[1], template, values), text)
        case {"Fn::Join": [separator, list(several)]}:
            return str(separator).join(_text(each, template, values) for each in several)
        case {"Fn::Join": [_, several]}:
            return _text(several, template, values)
        case {"Fn::If": [_, *several]}:
            return max((_text(each, template, values) for each in several), key=len)
        case dict():
            return _MADE_BY_AWS
    return str(value)


def _parameter(name: str, template: Mapping[str, Any], values: Mapping[str, str]) -> str:
    if name in template.get("Parameters", {}):
        return parameters.in_force(name, template, values)
    return values.get(name, _MADE_BY_AWS)
