"""A path with a missing or null step is missing as a whole; a name of `let` that fails is an error where it is used."""

from typing import Any

import pytest

from processor.routing.template_values import FailedLet, LetFailedError, TemplateFailedError, is_missing, used
from processor.routing.templates import Condition, Template

# The value of `a.b.c` is missing in all of these.
INCOMPLETE: list[dict[str, Any]] = [
    {},
    {"a": None},
    {"a": {}},
    {"a": {"b": None}},
    {"a": {"b": {}}},
    {"a": {"b": {"c": None}}},
    {"a": {"b": "text"}},
    {"a": {"b": []}},
]
COMPLETE = {"a": {"b": {"c": "MAIN"}}}


@pytest.mark.parametrize("event", INCOMPLETE)
@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ('a.b.c | default("") == "MAIN"', False),
        ('a["b"]["c"] | default("MAIN") == "MAIN"', True),
        ('a.b.c is defined and a.b.c == "MAIN"', False),
        ("a.b.c is undefined", True),
        ("a.b.c is none", True),
        ("a.b.c is string or a.b.c is number or a.b.c is mapping or a.b.c is sequence or a.b.c is iterable", False),
        ("a.b.c.d.e is not defined", True),
        ("a.b.c[0].d is not defined", True),
        ("a.b.c | default([]) | length == 0", True),
        ('"x" if a.b.c is defined else "" == ""', True),
    ],
)
def test_f70_a_guard_holds_at_every_step(event: dict[str, Any], condition: str, *, holds: bool) -> None:
    """Whichever step is missing or null."""
    assert Condition(condition).holds(event) is holds


@pytest.mark.parametrize("event", INCOMPLETE)
@pytest.mark.parametrize(
    "expression",
    [
        *("a.b.c", "a.b.c.d", "a.b.c == 'MAIN'", "a.b.c != none", "a.b.c in ['MAIN']", "'M' in a.b.c", "a.b.c | lower"),
        *(
            "a.b.c ~ ''",
            "a.b.c + ''",
            "a.b.c.split()",
            "a.b['c']() ",
            "not a.b.c",
            "a.b.c > 1",
            "a.b.c | length",
            "-a.b.c",
        ),
        *("'%s' % a.b.c", "'{}'.format(a.b.c)", "a.b.c | list", "'x' if a.b.c else 'y'", "a.b.c | slug"),
        *("-a.b.c", "a.b.c | date", "a.b.c | sum", "a.b.c[1:]"),
    ],
)
def test_f70_every_use_of_a_missing_value_is_an_error(event: dict[str, Any], expression: str) -> None:
    """Otherwise a file name could end in nothing, and a condition hold by accident."""
    with pytest.raises(TemplateFailedError):
        Template(f"{{{{ {expression} }}}}").render(event)


def test_f70_a_complete_path_is_what_it_was() -> None:
    """The other side: the guard lets the value through."""
    assert Condition('a.b.c | default("") == "MAIN" and a.b.c is defined and a.b.c is not none').holds(COMPLETE)
    assert Template("{{ a.b.c }}").render(COMPLETE) == "MAIN"


def test_python_itself_finds_no_member_of_a_missing_value() -> None:
    """Such as `__html__`, by which a library recognises markup."""
    assert Condition("a is not escaped").holds({})


LIST = {"list": [{"n": 2, "t": {"v": "x"}}, {"n": 1}, {"t": None}, None, "text", {"n": None, "t": {"v": "x"}}]}


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("list | selectattr('t.v', 'equalto', 'x') | list | length", "2"),
        ("list | rejectattr('t.v', 'equalto', 'y') | list | length", "2"),
        ("list | selectattr('n') | map(attribute='n') | join(',')", "2,1"),
        ("list | map(attribute='n') | join(',')", "2,1"),
        ("list | map(attribute='n', default=0) | join(',')", "2,1,0,0,0,0"),
        ("list | join(',', attribute='n')", "2,1"),
        ("list | sum(attribute='n')", "3"),
        ("(list | sort(attribute='n') | first).n", "1"),
        ("(list | max(attribute='n')).n", "2"),
        ("list | unique(attribute='t.v') | list | length", "1"),
        ("list | groupby('n') | length", "2"),
        ("list | groupby('t.v,n') | length", "1"),
        ("list | selectattr('t.v', 'defined') | list | length", "2"),
        ("list | selectattr('t.v', 'undefined') | list | length", "4"),
        ("list | rejectattr('t.v', 'defined') | list | length", "4"),
    ],
)
def test_f70_filters_skip_elements_that_lack_the_attribute(expression: str, text: str) -> None:
    """But for a test or a default that is about missing ones."""
    assert Template(f"{{{{ {expression} }}}}").render(LIST) == text


FAILED = FailedLet(LetFailedError("lib", "the reason"))


@pytest.mark.parametrize(
    "expression",
    [
        *("lib", "lib == 'x'", "'x' == lib", "lib | default('x')", "lib is defined", "lib is none", "lib | lower"),
        *("lib in ['x']", "'x' in lib", "lib ~ 'x'", "'x' ~ lib", "'x' if lib else 'y'", "lib.split()", "lib[0]"),
        *(
            "lib > 1",
            "1 + lib",
            "lib % 2",
            "'%s' % lib",
            "'{}'.format(lib)",
            "[lib] | join",
            "lib | list",
        ),
    ],
)
def test_f70_every_use_of_a_name_that_failed_names_it(expression: str) -> None:
    """Also `default`, which would hide a mistake in the template of the name."""
    with pytest.raises(LetFailedError) as raised:
        Template(f"{{{{ {expression} }}}}").render({"lib": FAILED})
    assert (raised.value.name, str(raised.value)) == ("lib", "the reason")


def test_f70_a_name_that_failed_has_no_effect_where_it_is_not_used() -> None:
    """`and`, `or` and `if` decide before it."""
    names = {"lib": FAILED, "a": None}
    assert not Condition("a is defined and lib == 'x'").holds(names)
    assert Template("{{ lib if a is defined else 'none' }}").render(names) == "none"
    assert is_missing(None)
    with pytest.raises(LetFailedError):
        used(FAILED)
