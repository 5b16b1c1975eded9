"""Finds templates where they are not rendered: in keys, stage variables and names of entries."""

import re
from collections.abc import Iterator
from typing import Any

from processor.routing.deliver_models import StateMachineEntry
from processor.routing.models import Mistake, Route, Routes
from processor.routing.yaml_lines import YamlPath

_SYNTAX = re.compile(r"\{[{%#]")
_REASON = "templates are not rendered here; write the literal text"


def in_stages(routes: Routes) -> Iterator[Mistake]:
    """Find templates in the values of stage variables."""
    for stage, variables in routes.stages.items():
        for name, text in variables.items():
            if _SYNTAX.search(text):
                yield ("stages", stage, name), _REASON


def in_route(route: Route) -> Iterator[Mistake]:
    """Find templates in the keys of `when` and `input`, and in the names of entries."""
    yield from _in_keys(route.when, ("when",))
    for number, entry in enumerate(route.deliver):
        if _SYNTAX.search(entry.name):
            yield ("deliver", number, "name"), _REASON
        if isinstance(entry, StateMachineEntry):
            yield from _in_keys(entry.input, ("deliver", number, "input"))


def _in_keys(value: Any, path: YamlPath) -> Iterator[Mistake]:
    if isinstance(value, list):
        for number, member in enumerate(value):
            yield from _in_keys(member, (*path, number))
    elif isinstance(value, dict):
        for name, member in value.items():
            if _SYNTAX.search(name):
                yield (*path, name), _REASON
            yield from _in_keys(member, (*path, name))
