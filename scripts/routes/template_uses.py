"""Find what a template or condition uses: members of the event, the values they are compared with, and counters."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import jinja2
from jinja2 import nodes

_SYNTAX: Final = jinja2.Environment(autoescape=True)  # parses only, and renders nothing

# Filters whose result has the members of what they are applied to.
_KEEPING: Final = frozenset(
    {"default", "d", "first", "last", "list", "reverse", "sort", "unique", "selectattr", "rejectattr"}
)
_EQUALITY: Final = frozenset({"equalto", "eq", "==", "ne", "!="})
_COUNTER_TYPE: Final = ("counter", "type", "value")
JOB: Final = ("job_instance",)

MemberPath = tuple[str, ...]
CountedTypes = Mapping[str, tuple[str, ...]]
"""By the names of `let` that are a sum of counters, the types of those counters."""


class UsedMember(NamedTuple):
    """A member of the event. `value` is a constant that it is compared with, None if it is used otherwise."""

    path: MemberPath
    value: str | float | None = None


class ZeroTest(NamedTuple):
    """A test of a sum of counters that also holds if the job has none of them. `types` are those of the counters."""

    types: tuple[str, ...]


def used_in(source: str, sums: CountedTypes) -> Iterator[UsedMember | ZeroTest]:
    """Yield what a valid template uses; give an expression as `{{ EXPRESSION }}`."""
    yield from _in_node(_SYNTAX.parse(source), sums)


def counted_types(source: str) -> tuple[str, ...]:
    """Return the types of the counters if a template is a sum of counters and nothing else."""
    match _SYNTAX.parse(source).body:
        case [nodes.Output(nodes=[nodes.Filter() as only])] if only.name == "counted":
            return _texts(only.args)
    return ()


def _in_node(node: nodes.Node, sums: CountedTypes) -> Iterator[UsedMember | ZeroTest]:
    path = _path(node)
    if path:
        yield UsedMember(path)
        yield from _in_chain(node, sums)
        return
    match node:
        case nodes.Compare():
            yield from _compared(node, sums)
        case nodes.Not() if types := _sum(node.node, sums):
            yield ZeroTest(types)
        case nodes.Filter(name="counted") if base := _path(node.node):
            yield from (UsedMember((*base, *_COUNTER_TYPE), text) for text in _texts(node.args))
        case nodes.Call(node=nodes.Name(name="counter")):
            yield from (UsedMember((*JOB, *_COUNTER_TYPE), text) for text in _texts(node.args))
        case nodes.Getitem(node=nodes.Dict(items=items)) if base := _path(node.arg):
            yield from (UsedMember(base, text) for text in _texts([pair.key for pair in items]))
    for child in _children(node):
        yield from _in_node(child, sums)


def _children(node: nodes.Node) -> Iterator[nodes.Node]:
    """Yield the parts of a node; of a call only the owner of its method, and its arguments."""
    for child in node.iter_child_nodes():
        if isinstance(node, nodes.Call) and child is node.node:
            if isinstance(child, nodes.Getattr):
                yield child.node
        else:
            yield child


def _path(node: nodes.Node | None) -> MemberPath:
    """Return the steps of `a.b["c"]`, through elements and filters; an empty step is unknown. Empty for others."""
    match node:
        case nodes.Name(name=name):
            return (name,)
        case nodes.Getattr(node=owner, attr=step) if path := _path(owner):
            return (*path, step)
        case nodes.Getitem(node=owner, arg=arg) if path := _path(owner):
            return (*path, *_step(arg))
        case nodes.Filter(node=owner, name=name) if name in _KEEPING and (path := _path(owner)):
            return path
        case nodes.Filter(node=owner, name="map") if (attribute := _attribute(node)) and (path := _path(owner)):
            return (*path, *attribute)
    return ()


def _step(arg: nodes.Node) -> MemberPath:
    match arg:
        case nodes.Const(value=str(step)):
            return (step,)
        case nodes.Const() | nodes.Slice() | nodes.Neg():
            return ()  # an element, or a part of a text
    return ("",)


def _in_chain(node: nodes.Node, sums: CountedTypes) -> Iterator[UsedMember | ZeroTest]:
    """Yield what the arguments along a path use, such as the attribute of selectattr."""
    match node:
        case nodes.Getitem():
            yield from _in_node(node.arg, sums)
        case nodes.Filter():
            if (attribute := _attribute(node)) and node.name != "map":
                texts = _texts(node.args[2:3]) if len(node.args) > 2 and _texts(node.args[1:2])[0] in _EQUALITY else ()
                path = (*_path(node.node), *attribute)
                yield from (UsedMember(path, text) for text in texts or (None,))
            for argument in (*node.args, *(pair.value for pair in node.kwargs)):
                yield from _in_node(argument, sums)
    if isinstance(node, nodes.Getattr | nodes.Getitem | nodes.Filter) and node.node:
        yield from _in_chain(node.node, sums)


def _attribute(node: nodes.Filter) -> MemberPath:
    """Return the member that a filter looks at in each element, such as `type.value`."""
    named = [pair.value for pair in node.kwargs if pair.key == "attribute"]
    first = node.args[:1] if node.name in ("selectattr", "rejectattr") else []
    texts = _texts([*first, *named])
    return tuple(step for step in texts[0].split(".") if not step.isdigit()) if texts else ()


def _compared(node: nodes.Compare, sums: CountedTypes) -> Iterator[UsedMember | ZeroTest]:
    left = node.expr
    for operand in node.ops:
        right = operand.expr
        for one, other in ((left, right), (right, left)):
            for value in _constants(other):
                is_equality = operand.op in ("eq", "ne", "in", "notin")
                if (is_equality or not isinstance(value, str)) and (path := _path_with(one, value)):
                    yield UsedMember(path, value)
        is_zero = (
            (operand.op == "eq" and (_is_zero(right) or _is_zero(left)))
            or (operand.op in ("lt", "lteq") and isinstance(right, nodes.Const))
            or (operand.op in ("gt", "gteq") and isinstance(left, nodes.Const))
        )
        if is_zero and (types := _sum(left, sums) or _sum(right, sums)):
            yield ZeroTest(types)
        left = right


def _path_with(node: nodes.Node, value: str | float) -> MemberPath:
    """Return the path of a member that would have this value; empty if the value can be that of a default."""
    found: nodes.Node | None = node
    while isinstance(found, nodes.Filter | nodes.Getattr | nodes.Getitem):
        defaults = found.args if isinstance(found, nodes.Filter) and found.name in ("default", "d") else []
        if any(not isinstance(each, nodes.Const) or each.value == value for each in defaults):
            return ()
        found = found.node
    return _path(node)


def _is_zero(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Const) and node.value in (0, "0") and node.value is not False


def _sum(node: nodes.Node, sums: CountedTypes) -> tuple[str, ...]:
    """Return the types of the counters that an expression adds up; empty for other expressions."""
    match node:
        case nodes.Filter(name="counted"):
            return _texts(node.args)
        case nodes.Filter(name="int", node=nodes.Name(name=name)) | nodes.Name(name=name):
            return sums.get(name, ())
    return ()


def _constants(node: nodes.Node) -> list[str | float]:
    """Return the constant texts, numbers and flags that an expression is or lists."""
    found = node.items if isinstance(node, nodes.List | nodes.Tuple) else [node]
    return [each.value for each in found if isinstance(each, nodes.Const) and isinstance(each.value, str | float | int)]


def _texts(found: Sequence[nodes.Node]) -> tuple[str, ...]:
    """Return the constant texts among expressions."""
    return tuple(each.value for each in found if isinstance(each, nodes.Const) and isinstance(each.value, str))
