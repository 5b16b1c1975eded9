"""The Jinja2 environment of templates: members instead of methods, allowed methods only, bounded output.

Nothing is computed while a template is compiled, because constant folding has no budget and could fill the memory.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from jinja2 import Template as JinjaTemplate
from jinja2 import TemplateSyntaxError, Undefined, meta, nodes, pass_context
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from processor.routing.template_budget import STEP, TooLargeError, size_of, spend
from processor.routing.template_filters import Filter, added_by_replacing, filters
from processor.routing.template_metering import Metered
from processor.routing.template_text import Formatter, percent, text_of
from processor.routing.template_values import Missing, is_missing, used

_MAX_REPEATED = 100_000
_TESTS: dict[str, Callable[[Any], bool]] = {
    "defined": lambda value: not isinstance(used(value), Undefined),
    "undefined": lambda value: isinstance(used(value), Undefined),
    "none": is_missing,  # as null is missing
    "iterable": lambda value: isinstance(used(value), Iterable) and not is_missing(value),
}
_OTHERS = (nodes.Include, nodes.Extends, nodes.Import, nodes.FromImport, nodes.Block)
_METHODS: tuple[tuple[type, tuple[str, ...]], ...] = (
    (list, ("count", "index")),
    (tuple, ("count", "index")),
    (float, ("is_integer",)),
    (LoopContext, ("changed", "cycle")),
)
_METHOD_NAMES = frozenset((*dir(str), *(name for _, names in _METHODS for name in names)))


@pass_context
def finalized(_: Context, value: Any) -> str:
    """Return what `{{ … }}` shows of a value. Raise NotTextError, TooLargeError; UndefinedError if it is missing."""
    text = text_of(value)
    spend(len(text))
    return text


class Environment(ImmutableSandboxedEnvironment):
    """Jinja2 with access to dict members instead of dict methods, and with a budget for all output."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})
    metered: ClassVar[type[Metered]] = Metered

    def __init__(
        self,
        ours: Mapping[str, Filter],
        functions: Mapping[str, Callable[..., Any]],
        finalize: Callable[[Context, Any], str] = finalized,
    ) -> None:
        super().__init__(undefined=Missing, finalize=finalize, keep_trailing_newline=True, optimized=False)
        self.globals = dict(functions)  # `range` and the others are not fields of an event
        self.filters = filters(ours)
        self.tests |= _TESTS

    def from_string(self, source: Any, *arguments: Any, **options: Any) -> JinjaTemplate:
        """Compile a template. Raise TemplateSyntaxError."""
        tree = self.parse(source) if isinstance(source, str) else source
        if next(tree.find_all(_OTHERS), None):
            raise TemplateSyntaxError("include, import, extends and block are not supported", 1)
        if next(tree.find_all((nodes.Macro, nodes.CallBlock)), None) or any(
            loop.recursive for loop in tree.find_all(nodes.For)
        ):
            raise TemplateSyntaxError("macros and recursive loops are not supported; use let", 1)
        if unknown := next(filter(None, map(_unknown_method, tree.find_all(nodes.Call))), ""):
            reason = f"no value has a method {unknown}(); write OBJECT.NAME or OBJECT[NAME], with | default(…)"
            raise TemplateSyntaxError(reason, 1)
        tree = self.metered().visit(tree)
        tree.set_environment(self)
        return super().from_string(tree, *arguments, **options)

    def names_in(self, source: str) -> frozenset[str]:
        """Return the names that a template uses but does not define. Nothing is computed."""
        finder = meta.TrackingCodeGenerator(self)
        finder.optimizer = None  # otherwise it would compute constants without a budget
        finder.visit(self.parse(source))
        return frozenset(finder.undeclared_identifiers) - self.globals.keys()

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Compute `+`, `*`, `**` or `%`. Raise TooLargeError."""
        if operator == "%" and isinstance(left, str):
            return percent(text_of(left), right)
        spend(_units(operator, left, right))
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805 -- as Jinja2 does
        """Call a method of a text or an allowed method. Raise TypeError, TooLargeError."""
        owner, name = getattr(__obj, "__self__", None), getattr(__obj, "__name__", "")
        spend(STEP + sum(map(size_of, args)))
        if isinstance(owner, str):
            args = (list(args[0]),) if name == "join" and args else args
            spend(_made_by_method(owner, name, *args, **kwargs))
        elif not (isinstance(__obj, Undefined | _Format) or _is_listed(owner, name) or __self._is_function(__obj)):
            raise TypeError
        return super().call(__context, __obj, *args, **kwargs)

    def _is_function(self, value: Any) -> bool:
        return any(value is function for function in self.globals.values())

    def wrap_str_format(self, value: Any) -> Any:
        """Replace `str.format` by a version for scalar values only."""
        name, owner = getattr(value, "__name__", ""), getattr(value, "__self__", None)
        return _Format(self, owner, name) if isinstance(owner, str) and name in ("format", "format_map") else None

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return a member of an object, or an attribute of another value."""
        return self.getitem(obj, attribute) if isinstance(obj, Mapping) else super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return a member or an element; null counts as missing."""
        found = obj.get(argument) if isinstance(obj, Mapping) else super().getitem(obj, argument)
        return self.undefined(obj=obj, name=str(argument)) if found is None else found


class _Format:
    """`str.format` or `str.format_map` of one text."""

    def __init__(self, environment: Environment, text: str, name: str) -> None:
        self._environment, self._text, self._is_map = environment, text, name == "format_map"

    def __call__(self, *values: Any, **names: Any) -> str:
        if self._is_map:
            values, names = (), *values
        return str(Formatter(self._environment).vformat(self._text, values, names))


def _unknown_method(call: nodes.Call) -> str:
    """Return the name of a called method that neither texts nor lists have, such as `get`, or empty text."""
    called = call.node
    return called.attr if isinstance(called, nodes.Getattr) and called.attr not in _METHOD_NAMES else ""


def _is_listed(owner: Any, method: str) -> bool:
    return any(isinstance(owner, kind) and method in methods for kind, methods in _METHODS)


def _units(operator: str, left: Any, right: Any) -> int:
    """Return the bits, characters or elements that a sum, repetition or power produces. Raise TooLargeError."""
    if operator == "+":
        return size_of(left) + size_of(right)
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() * right if operator == "**" else left.bit_length() + right.bit_length()
    else:
        repeated, times = (left, right) if isinstance(right, int) else (right, left)
        bits = size_of(repeated) * times if isinstance(times, int) else 0
    if bits > _MAX_REPEATED:
        raise TooLargeError
    return bits


def _made_by_method(text: str, name: str, *arguments: Any, **options: Any) -> int:
    """Return an upper bound of the characters or elements that a method of a text produces."""
    match name, arguments:
        case ("center" | "ljust" | "rjust" | "zfill", (int(width), *_)):
            return width
        case ("expandtabs", _):
            return text.count("\t") * int(max([8, *arguments, *options.values()]))
        case ("join", (list(members),)):
            return sum(map(len, map(text_of, members))) + len(text) * len(members)
        case ("replace", (str(old), str(new), *_)):
            return len(text) + added_by_replacing(text, old, new)
        case ("translate", (table,)):
            return len(text) * max([1, *map(size_of, table.values() if isinstance(table, Mapping) else table)])
        case _:
            return 4 * len(text)
