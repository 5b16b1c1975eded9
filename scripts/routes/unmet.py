"""Find the conditions of a route that an event does not meet, with the event's values beside them.

For `routes explain` only: `dead-letters explain` shows no values of a body.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import jinja2
from jinja2 import nodes

from processor.routing.counters import UnreadableCounterError, counted, counter_of
from processor.routing.patterns import FieldPath, Pattern
from processor.routing.template_values import FailedLet
from processor.routing.templates import Condition, TemplateContext

_SYNTAX: Final = jinja2.Environment(autoescape=True)  # parses expressions only, and renders nothing


class UnmetField(NamedTuple):
    """A field of `when` that does not match: its conditions, and the event's value, None if it is missing.

    `note` says what else keeps the field from matching.
    """

    field: str
    wanted: Any
    is_missing: bool
    value: Any
    note: str = ""


class UsedValue(NamedTuple):
    """A value that the expression of `if` uses; None if it is missing."""

    name: str
    is_missing: bool
    value: Any


def unmet_fields(pattern: Pattern, fields: TemplateContext) -> list[UnmetField]:
    """Return every field that does not match by itself; of a `$or` those of all its alternatives."""
    found = list(_unmet(pattern.source, (), "", fields))
    mismatch = None if found else pattern.mismatch(fields)
    if mismatch:
        names = tuple(mismatch.path.split("."))
        note = "no single element of the array meets all conditions"
        found.append(UnmetField(mismatch.path, mismatch.wanted, *_found(fields, names), note))
    return found


def used_values(condition: Condition, names: TemplateContext) -> list[UsedValue]:
    """Return each value that an expression uses, in its order."""
    found = {used.name: used for used in _used(_SYNTAX.parse(f"{{{{ {condition.source} }}}}"), condition, names)}
    return list(found.values())


def _unmet(pattern: Mapping[str, Any], names: FieldPath, place: str, fields: TemplateContext) -> Iterator[UnmetField]:
    for name, wanted in pattern.items():
        if isinstance(wanted, Mapping):
            yield from _unmet(wanted, (*names, name), place, fields)
        elif _matches(names, name, wanted, fields):
            continue
        elif name == "$or":
            for number, alternative in enumerate(wanted):
                yield from _unmet(alternative, names, f"{place}$or[{number}] ", fields)
        else:
            path = (*names, name)
            yield UnmetField(place + ".".join(path), wanted, *_found(fields, path))


def _matches(names: FieldPath, name: str, wanted: Any, fields: TemplateContext) -> bool:
    alone: dict[str, Any] = {name: wanted}
    for parent in reversed(names):
        alone = {parent: alone}
    return Pattern(alone).mismatch(fields) is None


def _found(value: Any, names: FieldPath) -> tuple[bool, Any]:
    """Return whether there is no value at the path, and the value; a list if there are several in arrays."""
    values = list(_values(value, names))
    return not values, (None if not values else values[0] if len(values) == 1 else values)


def _values(value: Any, names: FieldPath) -> Iterator[Any]:
    if isinstance(value, FailedLet):
        return
    if isinstance(value, list):
        for element in value:
            yield from _values(element, names)
    elif not names:
        yield value
    elif isinstance(value, Mapping) and names[0] in value:
        yield from _values(value[names[0]], names[1:])


def _used(node: nodes.Node, condition: Condition, names: TemplateContext) -> Iterator[UsedValue]:
    path = _path(node)
    if path and path[0] in condition.names:
        yield UsedValue(".".join(path), *_found(names, path))
    elif isinstance(node, nodes.Filter) and node.name == "counted" and (path := _path(node.node)):
        yield _counted(f"{'.'.join(path)} | counted(…)", counted, _found(names, path)[1], node.args)
    elif isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name == "counter":
        types = ", ".join(_texts(node.args))
        yield _counted(f'counter("{types}")', counter_of, names.get("job_instance"), node.args)
    else:
        for child in _parts(node):
            yield from _used(child, condition, names)


def _counted(name: str, count: Callable[..., Any], job_instance: Any, types: list[nodes.Expr]) -> UsedValue:
    try:
        number = count(job_instance, *_texts(types))
    except UnreadableCounterError as error:
        return UsedValue(name, is_missing=False, value=f"{error} is not a number")
    return UsedValue(name, is_missing=number is None, value=number)


def _texts(arguments: list[nodes.Expr]) -> list[str]:
    return [argument.value for argument in arguments if isinstance(argument, nodes.Const)]


def _parts(node: nodes.Node) -> Iterator[nodes.Node]:
    """Yield the parts of an expression; of a called method, such as `name.lower()`, its owner and its arguments."""
    is_method = isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr)
    for child in node.iter_child_nodes():
        yield child.node if is_method and child is node.node else child  # type: ignore[attr-defined] # of a Call


def _path(node: nodes.Node | None) -> FieldPath:
    """Return the steps of `a.b["c"]`; empty for other expressions."""
    match node:
        case nodes.Name(name=name):
            return (name,)
        case nodes.Getattr(node=owner, attr=step) if path := _path(owner):
            return (*path, step)
        case nodes.Getitem(node=owner, arg=nodes.Const(value=str(step))) if path := _path(owner):
            return (*path, step)
    return ()
