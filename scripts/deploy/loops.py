"""Lays out a template's Fn::ForEach loops, for readers that know none. Resolves no other function, deploys nothing.

"Fn::ForEach", AWS CloudFormation Template Reference: ${Name} and !Ref Name are the loop's value, &{Name} in a key is
the value without what is no letter and no digit.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from scripts.errors import ConfigurationError

_LOOP: Final = "Fn::ForEach::"


def laid_out(template: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """The template with the resources that its loops make. `values`: list parameters, as text with commas.

    Raises ConfigurationError for a loop over something else.
    """
    return {**template, "Resources": _members(template["Resources"], values)}


def _members(resources: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, resource in resources.items():
        if not name.startswith(_LOOP):
            found[name] = resource
            continue
        variable, several, body = resource
        for value in _several(several, values):
            found |= _members(_replaced(body, variable, value), values)
    return found


def _several(listed: Any, values: Mapping[str, str]) -> list[str]:
    match listed:
        case list() if all(isinstance(one, str) for one in listed):
            return listed
        case {"Ref": str(name)} if name in values:
            return [one.strip() for one in values[name].split(",") if one.strip()]
    raise ConfigurationError(f"The loop over {listed!r} cannot be laid out: it is no list and no list parameter.")


def _replaced(value: Any, variable: str, by: str) -> Any:
    match value:
        case str():
            return value.replace(f"${{{variable}}}", by)
        case {"Ref": name} if name == variable:
            return by
        case dict():
            letters = re.sub(r"[^A-Za-z0-9]", "", by)
            return {
                _replaced(name, variable, by).replace(f"&{{{variable}}}", letters): _replaced(one, variable, by)
                for name, one in value.items()
            }
        case list():
            return [_replaced(one, variable, by) for one in value]
    return value
