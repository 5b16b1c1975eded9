"""Find what a template or condition uses: members of the event, the values they are compared with, and counters.

`scripts.routes.member_paths` reads the paths of the members.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import jinja2
from jinja2 import nodes

from scripts.routes.member_paths import MemberPath, attribute_of, path_of, path_with, texts_of
from scripts.routes.number_members import is_plain_number, unmet

_SYNTAX: Final = jinja2.Environment(autoescape=True)  # parses only, and renders nothing

_ORDER: Final = {"lt": "<", "lteq": "<=", "gt": ">", "gteq": ">="}
_TURNED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_EQUALITY: Final = frozenset({"equalto", "eq", "==", "ne", "!="})
_COUNTER_TYPE: Final = ("counter", "type", "value")
JOB: Final = ("job_instance",)

CountedTypes = Mapping[str, tuple[str, ...]]
"""By the names of `let` that are a sum of counters, the types of those counters."""


class UsedMember(NamedTuple):
    """A member of the event. `value` is a constant that it is compared with, None if it is used otherwise."""

    path: MemberPath
    value: str | float | None = None


class TruthTest(NamedTuple):
    """A test whether a member is true. Text is true unless it is empty, also the text "false"."""

    path: MemberPath


class ZeroTest(NamedTuple):
    """A test of a sum of counters that also holds if the job has none of them. `types` are those of the counters."""

    types: tuple[str, ...]


class OrderTest(NamedTuple):
    """A comparison of a member by `<`, `<=`, `>` or `>=`, as it is in the event. It does not hold for `default`."""

    path: MemberPath
    default: float


class NumberTest(NamedTuple):
    """A comparison of a member, as it is in the event, with equal numbers. It does not hold for `default`."""

    path: MemberPath
    numbers: tuple[float, ...]
    default: float


Found = UsedMember | TruthTest | ZeroTest | OrderTest | NumberTest


def used_in(source: str, sums: CountedTypes) -> Iterator[Found]:
    """Yield what a valid template uses; give a condition as the template `{% if (CONDITION) %}{% endif %}`."""
    yield from _in_node(_SYNTAX.parse(source), sums)


def counted_types(source: str) -> tuple[str, ...]:
    """Return the types of the counters if a template is a sum of counters and nothing else."""
    match _SYNTAX.parse(source).body:
        case [nodes.Output(nodes=[nodes.Filter() as only])] if only.name == "counted":
            return texts_of(only.args)
    return ()


def _in_node(node: nodes.Node, sums: CountedTypes) -> Iterator[Found]:
    path = path_of(node)
    if path:
        yield UsedMember(path)
        yield from _in_chain(node, sums)
        return
    yield from (TruthTest(tested) for part in _tested(node) if (tested := path_of(part)))
    match node:
        case nodes.Compare():
            yield from _compared(node, sums)
        case nodes.Not() if types := _sum(node.node, sums):
            yield ZeroTest(types)
        case nodes.Filter(name="counted") if base := path_of(node.node):
            yield from (UsedMember((*base, *_COUNTER_TYPE), text) for text in texts_of(node.args))
        case nodes.Filter() if (attribute := attribute_of(node)) and (base := path_of(node.node)):
            yield UsedMember((*base, *attribute))
        case nodes.Call(node=nodes.Name(name="counter")):
            yield from (UsedMember((*JOB, *_COUNTER_TYPE), text) for text in texts_of(node.args))
        case nodes.Getitem(node=nodes.Dict(items=items)) if base := path_of(node.arg):
            yield from (UsedMember(base, text) for text in texts_of([pair.key for pair in items]))
    for child in _children(node):
        yield from _in_node(child, sums)


def _tested(node: nodes.Node) -> list[nodes.Node]:
    """Return the parts of a node that are tested for being true."""
    match node:
        case nodes.Not():
            return [node.node]
        case nodes.And() | nodes.Or():
            return [node.left, node.right]
        case nodes.If() | nodes.CondExpr():
            return [node.test]
    return []


def _children(node: nodes.Node) -> Iterator[nodes.Node]:
    """Yield the parts of a node; of a call only the owner of its method, and its arguments."""
    for child in node.iter_child_nodes():
        if isinstance(node, nodes.Call) and child is node.node:
            if isinstance(child, nodes.Getattr):
                yield child.node
        else:
            yield child


def _in_chain(node: nodes.Node, sums: CountedTypes) -> Iterator[Found]:
    """Yield what the arguments along a path use, such as the attribute of selectattr."""
    match node:
        case nodes.Getitem():
            yield from _in_node(node.arg, sums)
        case nodes.Filter():
            if (attribute := attribute_of(node)) and node.name != "map":
                texts = (
                    texts_of(node.args[2:3]) if len(node.args) > 2 and texts_of(node.args[1:2])[0] in _EQUALITY else ()
                )
                path = (*path_of(node.node), *attribute)
                yield from (UsedMember(path, text) for text in texts or (None,))
            for argument in (*node.args, *(pair.value for pair in node.kwargs)):
                yield from _in_node(argument, sums)
    if isinstance(node, nodes.Getattr | nodes.Getitem | nodes.Filter) and node.node:
        yield from _in_chain(node.node, sums)


def _compared(node: nodes.Compare, sums: CountedTypes) -> Iterator[Found]:
    left = node.expr
    for operand in node.ops:
        right = operand.expr
        if operand.op in _ORDER:
            yield from _ordered(_ORDER[operand.op], left, right)
        yield from _equal(operand.op, left, right)
        for one, other in ((left, right), (right, left)):
            for value in _constants(other):
                is_equality = operand.op in ("eq", "ne", "in", "notin")
                if (is_equality or not isinstance(value, str)) and (path := path_with(one, value)):
                    yield UsedMember(path, value)
        is_zero = (
            (operand.op == "eq" and (_is_zero(right) or _is_zero(left)))
            or (operand.op in ("lt", "lteq") and isinstance(right, nodes.Const))
            or (operand.op in ("gt", "gteq") and isinstance(left, nodes.Const))
        )
        if is_zero and (types := _sum(left, sums) or _sum(right, sums)):
            yield ZeroTest(types)
        left = right


def _ordered(sign: str, left: nodes.Node, right: nodes.Node) -> Iterator[OrderTest]:
    for member, operator, other in ((left, sign, right), (right, _TURNED[sign], left)):
        if path := path_of(member):
            match other:
                case nodes.Const(value=int() | float() as bound):
                    yield OrderTest(path, unmet(operator, bound))
                case _:
                    yield OrderTest(path, 99 if operator in ("<", "<=") else -99)


def _equal(operator: str, left: nodes.Node, right: nodes.Node) -> Iterator[NumberTest]:
    sides = {"eq": 2, "ne": 2, "in": 1, "notin": 1}.get(operator, 0)  # only the left one can be in a list
    for member, other in ((left, right), (right, left))[:sides]:
        numbers = tuple(filter(is_plain_number, _constants(other)))
        if numbers and (path := path_of(member)):
            yield NumberTest(path, numbers, max(numbers) + (1 if operator in ("eq", "in") else 0))


def _is_zero(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Const) and node.value in (0, "0") and node.value is not False


def _sum(node: nodes.Node, sums: CountedTypes) -> tuple[str, ...]:
    """Return the types of the counters that an expression adds up; empty for other expressions."""
    match node:
        case nodes.Filter(name="counted"):
            return texts_of(node.args)
        case nodes.Filter(name="int", node=nodes.Name(name=name)) | nodes.Name(name=name):
            return sums.get(name, ())
    return ()


def _constants(node: nodes.Node) -> list[str | float]:
    """Return the constant texts, numbers and flags that an expression is or lists."""
    found = node.items if isinstance(node, nodes.List | nodes.Tuple) else [node]
    return [each.value for each in found if isinstance(each, nodes.Const) and isinstance(each.value, str | float | int)]
