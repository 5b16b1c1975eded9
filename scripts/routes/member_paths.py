"""Read the paths of members out of expressions: `a.b["c"]`, through elements, filters and attributes of elements."""

from collections.abc import Sequence
from typing import Final

from jinja2 import nodes

# Filters whose result has the members of what they are applied to.
_KEEPING: Final = frozenset(
    {"default", "d", "first", "last", "list", "reverse", "sort", "unique", "selectattr", "rejectattr"}
)

# Filters whose first argument is a member of each element.
_BY_MEMBER: Final = frozenset({"selectattr", "rejectattr", "groupby", "sum"})

MemberPath = tuple[str, ...]


def path_of(node: nodes.Node | None) -> MemberPath:
    """Return the steps of `a.b["c"]`, through elements and filters; an empty step is unknown. Empty for others."""
    match node:
        case nodes.Name(name=name):
            return (name,)
        case nodes.Getattr(node=owner, attr=step) if path := path_of(owner):
            return (*path, step)
        case nodes.Getitem(node=owner, arg=arg) if path := path_of(owner):
            return (*path, *_step(arg))
        case nodes.Filter(node=owner, name=name) if name in _KEEPING and (path := path_of(owner)):
            return path
        case nodes.Filter(node=owner, name="map") if (attribute := attribute_of(node)) and (path := path_of(owner)):
            return (*path, *attribute)
    return ()


def _step(arg: nodes.Node) -> MemberPath:
    match arg:
        case nodes.Const(value=str(step)):
            return (step,)
        case nodes.Const() | nodes.Slice() | nodes.Neg():
            return ()  # an element, or a part of a text
    return ("",)


def attribute_of(node: nodes.Filter) -> MemberPath:
    """Return the member that a filter looks at in each element, such as `type.value`."""
    named = [pair.value for pair in node.kwargs if pair.key == "attribute"]
    first = node.args[:1] if node.name in _BY_MEMBER else []
    texts = texts_of([*first, *named])
    return tuple(step for step in texts[0].split(".") if not step.isdigit()) if texts else ()


def path_with(node: nodes.Node, value: str | float) -> MemberPath:
    """Return the path of a member that would have this value; empty if the value can be that of a default."""
    found: nodes.Node | None = node
    while isinstance(found, nodes.Filter | nodes.Getattr | nodes.Getitem):
        defaults = found.args if isinstance(found, nodes.Filter) and found.name in ("default", "d") else []
        if any(not isinstance(each, nodes.Const) or each.value == value for each in defaults):
            return ()
        found = found.node
    return path_of(node)


def texts_of(found: Sequence[nodes.Node]) -> tuple[str, ...]:
    """Return the constant texts among expressions."""
    return tuple(each.value for each in found if isinstance(each, nodes.Const) and isinstance(each.value, str))
