"""Expand a template for one stack: replace its loops by the resources for each list element.

The sent template has no parameter for a list that loops use. The deployed stack has an output of that name instead.
"""

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from scripts.aws import parameters, stack
from scripts.deploy.loops import expand

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

_OVER_A_PARAMETER: Final = re.compile(r'"Fn::ForEach::[^"]*": \["[^"]*", \{"Ref": "([^"]*)"\}')


def list_parameters(template: Mapping[str, Any]) -> set[str]:
    """Return the names of the list parameters that the template's loops run over."""
    return set(_OVER_A_PARAMETER.findall(json.dumps(template))) & set(template.get("Parameters", {}))


def values_before(template: Mapping[str, Any], described: "StackTypeDef | None") -> dict[str, str]:
    """Return the values that a described stack was deployed with, those of the lists that loops use included."""
    outputs = stack.outputs_of(described)
    lists = {name: outputs[name] for name in list_parameters(template) if name in outputs}
    return lists | stack.parameters_of(described)


def expanded(
    template: Mapping[str, Any], chosen: Mapping[str, str], before: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the template without loops, by the values chosen, else those before, else the defaults.

    Raises ConfigurationError.
    """
    names = list_parameters(template)
    values = {name: parameters.in_force(name, template, chosen, before or {}) for name in names}
    return expand(template, {name: parameters.listed(text) for name, text in values.items()})


def body(template: Mapping[str, Any]) -> str:
    """Return the template as compact JSON."""
    return json.dumps(template, separators=(",", ":"))
