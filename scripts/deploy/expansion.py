"""Expand a template for one stack: replace its loops by the resources for each list element.

The sent template has no parameter for a list that loops use. The deployed stack has an output of that name instead.

The result needs no transform ("Fn::ForEach", AWS CloudFormation Template Reference). A loop's variable is replaced in
the keys of the loop's body (`&{Name}` is the value's letters and digits), in the text of Fn::Sub and as a Ref. AWS
leaves it unchanged elsewhere.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from scripts.aws import parameters, stack
from scripts.cli.exit_codes import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

_LOOP: Final = "Fn::ForEach::"
_VARIABLE: Final = re.compile(r"([$&])\{(\w+)\}")
_OVER_A_PARAMETER: Final = re.compile(r'"Fn::ForEach::[^"]*": \["[^"]*", \{"Ref": "([^"]*)"\}')


def list_parameters(template: Mapping[str, Any]) -> set[str]:
    """Return the names of the list parameters that the template's loops run over."""
    return set(_OVER_A_PARAMETER.findall(json.dumps(template))) & set(template.get("Parameters", {}))


def values_before(
    template: Mapping[str, Any], described: "StackTypeDef | None", pipeline: Mapping[str, str]
) -> dict[str, str]:
    """Return the values that a described stack was deployed with, those of the lists that loops use included.

    AWS shows no secret parameter, not even that it is empty; an output of the `pipeline` says so.
    """
    outputs = stack.outputs_of(described)
    lists = {name: outputs[name] for name in list_parameters(template) if name in outputs}
    hidden = {"SentryDsn": ""} if pipeline.get("Sentry") == "off" else {}
    return lists | stack.parameters_of(described) | hidden


def expanded(template: Mapping[str, Any], chosen: Mapping[str, str]) -> dict[str, Any]:
    """Return the template without loops, by the chosen values, else the defaults. Raises ConfigurationError."""
    values = {name: parameters.in_force(name, template, chosen) for name in list_parameters(template)}
    return without_loops(template, {name: parameters.listed(text) for name, text in values.items()})


def body(template: Mapping[str, Any]) -> str:
    """Return the template as compact JSON."""
    return json.dumps(template, separators=(",", ":"))


def without_loops(template: Mapping[str, Any], lists: Mapping[str, list[str]]) -> dict[str, Any]:
    """Return the template without loops and transform, these list parameters as literals. Raises ConfigurationError."""
    plain = {name: part for name, part in template.items() if name != "Transform"}
    made: dict[str, Any] = _replaced(plain, lists, "")
    for name in lists:
        made.get("Parameters", {}).pop(name, None)
    for group in made.get("Metadata", {}).get("AWS::CloudFormation::Interface", {}).get("ParameterGroups", []):
        group["Parameters"] = [name for name in group["Parameters"] if name not in lists]
    return made


def alphanumeric(value: str) -> str:
    """Return the letters and digits of a value, as a loop puts it into a logical id."""
    return re.sub(r"[^A-Za-z0-9]", "", value)


def _replaced(value: Any, scope: Mapping[str, Any], place: str) -> Any:
    if isinstance(value, str):
        return _text(value, scope, place, "")
    match value:
        case {"Ref": str(name), **more} if name in scope and not more:
            return scope[name]
        case {"Fn::Sub": [str(text), dict(own)]}:
            outer = {name: one for name, one in scope.items() if name not in own}
            return {"Fn::Sub": [_text(text, outer, place, "$"), _replaced(own, scope, place)]}
        case {"Fn::Sub": str(text)}:
            text = _text(text, scope, place, "$")
            return {"Fn::Sub": text} if "${" in text else text
        case {"Fn::Join": [str(between), {"Ref": str(name)}]} if isinstance(scope.get(name), list):
            return between.join(scope[name])
        case dict():
            return _mapping(value, scope, place)
        case list():
            return [_replaced(one, scope, f"{place}[{index}]") for index, one in enumerate(value)]
    return value


def _mapping(mapping: Mapping[str, Any], scope: Mapping[str, Any], place: str) -> dict[str, Any]:
    found: dict[str, tuple[Any, str]] = {}
    for key, value, source in _entries(mapping, scope, place):
        if key in found:
            raise ConfigurationError(f"{place}: {found[key][1]} and {source} both become {key}. Rename one of them.")
        found[key] = value, source
    return {key: value for key, (value, _) in found.items()}


def _entries(mapping: Any, scope: Mapping[str, Any], place: str, source: str = "") -> Iterator[tuple[str, Any, str]]:
    for key, value in mapping.items():
        if key.startswith(_LOOP):
            variable, several, body = value
            elements = _replaced(several, scope, f"{place}.{key}")
            if not isinstance(elements, list) or not all(isinstance(one, str) for one in elements):
                raise ConfigurationError(f"{place}.{key}: {several!r} is neither a list nor a list parameter.")
            for one in elements:
                yield from _entries(body, {**scope, variable: one}, place, f"{source} {one!r}".lstrip())
        else:
            name = _text(key, scope, f"{place}.{key}", "$&" if source else "")
            yield name, _replaced(value, scope, f"{place}.{name}".lstrip(".")), source or repr(key)


def _text(text: str, scope: Mapping[str, Any], place: str, signs: str) -> str:
    """Return the text with the loops' variables after these signs replaced; after another sign one is an error."""
    if "{" not in text:  # as most of a template's texts
        return text

    def replaced(found: re.Match[str]) -> str:
        sign, value = found[1], scope.get(found[2])
        if not isinstance(value, str):
            return found[0]
        if sign not in signs:
            raise ConfigurationError(f"{place}: {found[0]} is not replaced there. Use !Sub with ${{{found[2]}}}.")
        return value if sign == "$" else alphanumeric(value)

    return _VARIABLE.sub(replaced, text)
