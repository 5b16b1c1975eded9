"""The filters of templates: the deterministic ones of Jinja2, within the budget, and our own.

Other filters do not exist. `random` would give each attempt at a delivery another text, and `pprint`, `safe`,
`xmlattr`, `urlize`, `forceescape` and `attr` return values that are not text, or reach attributes that are not members.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from inspect import signature
from typing import Any

from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.filters import make_multi_attrgetter

from processor.routing.template_budget import STEP, each, size_of, spend
from processor.routing.template_text import concatenated, percent, text_of
from processor.routing.template_values import is_missing, used

Filter = Callable[..., Any]

CONCAT = " concat"  # templates cannot write names that start with a space
EACH = " each"

# Their first argument is text.
_OF_TEXT = (
    *("capitalize", "center", "e", "escape", "indent", "lower", "replace", "string", "striptags", "title", "trim"),
    *("truncate", "upper", "urlencode", "wordcount", "wordwrap"),
)
_OF_VALUES = (
    *("abs", "batch", "count", "d", "default", "dictsort", "filesizeformat", "first", "float", "groupby", "int"),
    *("items", "last", "length", "list", "map", "max", "min", "reject", "rejectattr", "reverse", "round", "select"),
    *("selectattr", "slice", "sort", "sum", "tojson", "unique"),
)
# These compare their elements, by default without regard to case.
_KEYED = ("groupby", "max", "min", "sort", "unique")
# With an attribute, these skip the elements that lack it.
_TESTING = ("rejectattr", "selectattr")
_BY_ATTRIBUTE = frozenset((*_KEYED, *_TESTING, "map", "sum"))
_OF_MISSING = frozenset({"defined", "none", "undefined"})


def filters(ours: Mapping[str, Filter]) -> dict[str, Filter]:
    """Return all filters by name, including `ours`."""
    table = {name: _within_budget(name, JINJA_FILTERS[name]) for name in (*_OF_TEXT, *_OF_VALUES)}
    table |= {name: _within_budget(name, function) for name, function in ours.items()}
    return table | {"format": _format, "join": _joined, CONCAT: concatenated, EACH: each}


def added_by_replacing(text: str, old: str, new: str) -> int:
    """Return how many characters replacing every `old` by `new` adds."""
    return max(len(new) - len(old), 0) * (text.count(old) if old else len(text) + 1)


def _within_budget(name: str, function: Filter) -> Filter:
    place = 1 if hasattr(function, "jinja_pass_arg") else 0  # Jinja2 passes its context to some of them first
    makes = _MAKES.get(name)

    @wraps(function)
    def bounded(*arguments: Any, **options: Any) -> Any:
        before, value, rest = arguments[:place], used(arguments[place]), arguments[place + 1 :]
        if (
            name in _BY_ATTRIBUTE
            and (attribute := _attribute(name, function, before, value, rest, options)) is not None
        ):
            value = _having(before[0], attribute, value)
        if name in _OF_TEXT:
            value = text_of(value)
        if name in _KEYED:
            value = list(value)
            spend(_of_keys(function, *before, value, *rest, **options))
        spend(STEP + size_of(value) // 10 + (makes(value, *rest, **options) if makes else 0))
        made = function(*before, value, *rest, **options)
        if isinstance(made, Iterator):
            return each(made)
        spend(size_of(made))
        return str(made) if isinstance(made, str) else made  # a Markup would escape the text next to it

    return bounded


def _attribute(name: str, function: Filter, before: Any, value: Any, rest: Any, options: Mapping[str, Any]) -> Any:
    """Return the attribute by which a filter selects or compares elements; None if it has no use for missing ones."""
    if name in _TESTING:
        test = rest[1] if len(rest) > 1 else ""
        return None if test in _OF_MISSING else rest[0]
    given = options if name == "map" else signature(function).bind(*before, value, *rest, **options).arguments
    return None if "default" in given else given.get("attribute")


def _having(environment: Any, attribute: Any, values: Iterable[Any]) -> list[Any]:
    """Return the elements that have the attribute, or all of several after commas."""
    keys = make_multi_attrgetter(getattr(environment, "environment", environment), attribute)
    return [value for value in each(values) if not any(map(is_missing, keys(value)))]


def _of_indent(text: str, width: int | str = 4, first: bool = False, blank: bool = False) -> int:  # noqa: ARG001, FBT001, FBT002 -- Jinja2's own
    return (len(text.splitlines()) + 1) * (len(width) if isinstance(width, str) else width)


def _of_replace(text: str, old: Any, new: Any, count: int | None = None) -> int:  # noqa: ARG001 -- Jinja2's own
    return added_by_replacing(text, text_of(old), text_of(new))


def _of_wordwrap(
    text: str,
    width: int = 79,
    break_long_words: bool = True,  # noqa: ARG001, FBT001, FBT002 -- Jinja2's own
    wrapstring: str | None = None,
    break_on_hyphens: bool = True,  # noqa: ARG001, FBT001, FBT002 -- Jinja2's own
) -> int:
    lines = 2 * len(text) // max(width, 1) + len(text.splitlines()) + 1
    return lines * len(wrapstring or "\n")


def _of_dictsort(value: Any, *_: Any, **__: Any) -> int:
    return sum(map(size_of, value)) + sum(map(size_of, value.values()))


def _of_sum(_: Any, attribute: Any = None, start: Any = 0) -> int:  # noqa: ARG001 -- Jinja2's own
    if not isinstance(start, int | float):
        raise TypeError  # lists in lists would add up to any size
    return 0


def _of_tojson(value: Any, indent: int | None = None) -> int:
    _spend_json(value, indent or 0, 1)
    return 0


def _spend_json(value: Any, indent: int, depth: int) -> None:
    """Spend the cost of each member before reading the next one: nested lists can have any number of members."""
    spend(1 + size_of(value) + indent * depth)
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    for member in members:
        _spend_json(member, indent, depth + 1)


def _of_keys(function: Filter, environment: Any, values: list[Any], *arguments: Any, **options: Any) -> int:
    """Return the size of the keys that a comparing filter copies, with the default for missing members."""
    given = signature(function).bind(environment, values, *arguments, **options).arguments
    keys = make_multi_attrgetter(environment, given.get("attribute"))
    return sum(size_of(key) for value in values for key in keys(value)) + size_of(given.get("default")) * len(values)


_MAKES: dict[str, Callable[..., int]] = {
    "center": lambda _, width=80: width,
    "indent": _of_indent,
    "replace": _of_replace,
    "truncate": lambda _, length=255, killwords=False, end="...", leeway=None: len(end),  # noqa: ARG005 -- Jinja2's own
    "wordwrap": _of_wordwrap,
    "batch": lambda _, linecount, fill_with=None: 0 if fill_with is None else linecount * STEP,
    "slice": lambda _, slices, fill_with=None: slices * STEP,  # noqa: ARG005 -- Jinja2's own
    "dictsort": _of_dictsort,
    "sum": _of_sum,
    "tojson": _of_tojson,
}


def _format(text: Any, *values: Any, **names: Any) -> str:
    if values and names:
        raise TypeError
    spend(STEP)
    return percent(text_of(text), names or values)


_mapped = JINJA_FILTERS["map"]


def _joined(context: Any, values: Iterable[Any], d: str = "", attribute: Any = None) -> str:
    spend(STEP + size_of(used(values)) // 10)
    if attribute is not None:
        values = _mapped(context, _having(context, attribute, values), attribute=attribute)
    members = list(values)
    spend(max(len(members) - 1, 0) * len(text_of(d)))
    return text_of(d).join([concatenated([member]) for member in members])


_joined.jinja_pass_arg = _mapped.jinja_pass_arg  # type: ignore[attr-defined]  # as its decorator sets it
