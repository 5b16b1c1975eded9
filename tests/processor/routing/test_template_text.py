"""Templates render the same text in every attempt, and fail for values that are not text."""

import subprocess
import sys
from typing import Any

import pytest

from processor.alma.events import parse
from processor.routing.compile import compile_routes
from processor.routing.router import Router
from processor.routing.template_values import TemplateFailedError
from processor.routing.templates import FILTERS, Condition, InvalidTemplateError, Template
from tests.samples import STAGES, envelope_of

EVENT: dict[str, Any] = {
    "text": "Lent <b>out</b> é",
    "true": True,
    "number": 209.0,
    "list": ["b", "a", "b", 3],
    "names": ["x", "y", "z"],
    "object": {"b": "1", "a": {"value": "2"}},
    "objects": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}],
}
METHODS = sorted(name for name in dir(str) if not name.startswith("_"))
WORDS = ["range", "lipsum", "cycler", "joiner", "namespace", "dict", "now", "self", "loop", "caller", "environment"]


def expressions() -> list[str]:
    """Every filter, test and text method, applied to every kind of value."""
    values = [*EVENT, "text.upper", "list.index", "(names | map('upper'))", "{'a': 1}", "('a', 1)", "missing"]
    found = [*values, *(f"{value} | {name}" for value in values for name in FILTERS)]
    found += [f"{value} | {name}(1)" for value in values for name in FILTERS]
    found += [f"text.{name}({arguments})" for name in METHODS for arguments in ("", "'a'", "names", "3, 'x'", "object")]
    found += [f"{form} {value}" for form in ("'' ~", "'%s' %", "'%r' %") for value in values]
    return sorted([*found, *(f"'{form}'.format({value})" for form in ("{}", "{!r}") for value in values), *WORDS])


def outcomes(step: int) -> list[str]:
    """The outcome of each expression, or of every second, third or seventh."""
    return [outcome(f"{{{{ {expression} }}}}") for expression in expressions()[::step]]


def outcome(source: str) -> str:
    try:
        return repr(Template(source).render(EVENT))
    except (TemplateFailedError, InvalidTemplateError) as error:
        return str(error)


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.full)])
def test_f63_every_attempt_renders_the_same_text(step: int) -> None:
    """Another process, with another hash seed and other addresses, renders every filter and method alike."""
    code = f"from tests.processor.routing import test_template_text as t; print('\\n'.join(t.outcomes({step})))"
    runs = [
        subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True)  # noqa: S603 -- this Python, and a text of ours
        for seed in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout
    assert b"0x" not in runs[0].stdout
    assert runs[0].stdout.count(b"\n") > 1_500 // step


@pytest.mark.parametrize("name", ["random", "pprint", "safe", "xmlattr", "urlize", "forceescape", "attr", "shuffle"])
def test_f63_unknown_filters_are_rejected(name: str) -> None:
    """The list of filters is closed: routes with any other filter are rejected by the check."""
    with pytest.raises(InvalidTemplateError, match=f"No filter named '{name}'|the filter random does not exist"):
        Template(f"{{{{ list | {name} }}}}")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        *(
            (f"{{{{ {form} }}}}", "an object")
            for form in ("object", "'' ~ object", "'%s' % object.a", "object | string")
        ),
        *((f"{{{{ {form} }}}}", "a list") for form in ("list", "list | upper", "list ~ ''", "list | string")),
        *((f"{{{{ {form} }}}}", "a list") for form in ("'{}'.format(list)", "[1] * 2", "[list] | join", "list | e")),
        *((f"{{{{ {form} }}}}", "a list") for form in ("'%(a)s' % {'a': list}", "'%s' | format(list)", "names | sort")),
        *((f"{{{{ {form} }}}}", "a method") for form in ("text.upper", "'' ~ text.upper", "'{!r}'.format(text.upper)")),
        *((f"{{{{ {form} }}}}", "a sequence") for form in ("list | map('string')", "list | unique", "list | batch(2)")),
        *(
            (f"{{{{ {form} }}}}", "does not have")
            for form in ("missing", "'' ~ missing", "'%s' % none", "[none] | join")
        ),
    ],
)
def test_f63_a_value_that_is_not_text_is_an_error(source: str, reason: str) -> None:
    """A list, an object, a method or a missing value is never rendered into a name or an input."""
    with pytest.raises(TemplateFailedError, match=reason):
        Template(source).render(EVENT)


def test_f63_the_error_names_route_and_field() -> None:
    """The dead letter names the route and the field."""
    routes = "- {name: a, deliver: [{state_machine: pod, input: {job: '{{ job }}'}}]}"
    router = Router(compile_routes(f"{STAGES}routes:\n{routes}"), "dev")
    [failure] = router.plan(parse(b'{"action":"X","job":{}}'), envelope_of(b"{}")).failures
    assert "needs text, but the value is an object; name one of its members" in failure.reason
    assert (failure.route, failure.field) == ("a", "deliver[0].input.job")


@pytest.mark.parametrize("source", ["text.isdigit", "list | select('string')", "missing", "none"])
def test_f63_a_condition_that_is_always_true_fails(source: str) -> None:
    """A method that is not called, and a sequence that is not counted, would always be true."""
    with pytest.raises(TemplateFailedError):
        Condition(source).holds(EVENT)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        *(("{{ true }}", "true"), ("{{ 1 > 2 }}", "false"), ("{{ 'is ' ~ true }}", "is true")),
        *(("{{ '%s %d' % (true, 3) }}", "true 3"), ("{{ '{} {!s}'.format(true, false) }}", "true false")),
        *(("{{ [true, 1] | join(',') }}", "true,1"), ("{{ true | string }}", "true"), ("{{ true | upper }}", "TRUE")),
        *(("{{ true | tojson }}", "true"), ("{{ object | tojson }}", '{"a": {"value": "2"}, "b": "1"}')),
        *(("{{ text | e }}", "Lent &lt;b&gt;out&lt;/b&gt; é"), ("{{ ('<' | e) ~ '<' }}", "&lt;<")),
        *(("{{ '%05.1f|%-3s|' % (2.25, 'a') }}", "002.2|a  |"), ("{{ '%(b)s' % object }}", "1")),
        *(("{{ '{0:>4}{a[b]}'.format('x', a=object) }}", "   x1"), ("{{ '{b}'.format_map(object) }}", "1")),
        *(("{% for one in names %}{{ loop.index }}{{ one }},{% endfor %}", "1x,2y,3z,"),),
        *(
            ("{{ objects | map(attribute='b') | join('-') }}", "x-y"),
            ("{{ objects | join('-', attribute='a') }}", "1-2"),
        ),
        *(("{{ objects | selectattr('b', 'equalto', 'y') | map(attribute='a') | first }}", "2"),),
        *(("{{ text | center(20) | replace('Lent', 'Back') | trim }}", "Back <b>out</b> é"),),
        *(("{{ [3, 4] | sum }}", "7"), ("{{ ['a', 'b'] | batch(2, '-') | first | last }}", "b")),
        *(("{{ 'a\\tb'.expandtabs(2).ljust(5, '.') }}", "a b.."), ("{{ 'a'.join(names) }}", "xayaz")),
        *(("{{ 'abc'.translate({97: 'A'}) }}", "Abc"), ("{{ 'ab' | indent(2, true) }}", "  ab")),
    ],
)
def test_f63_common_templates_render_as_expected(source: str, text: str) -> None:
    """Booleans render as in JSON; numbers, formats, loops and filters as in Jinja2 and Python."""
    assert Template(source).render(EVENT) == text
