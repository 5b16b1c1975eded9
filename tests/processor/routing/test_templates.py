"""Templates and conditions: filters, access to members, and failures that do not quote the event."""

from typing import Any

import pytest

from processor.routing.template_environment import Environment
from processor.routing.template_values import TemplateFailedError
from processor.routing.templates import (
    Condition,
    InvalidTemplateError,
    Template,
    has_word,
    slug,
)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("plain", "plain"),
        ("{{ event.value | slug }}", "loan-due-date"),
        ("{{ job.name.split()[-1] | lower }}", "daily"),
        ("{{ job.end_time[:10] }}", "2026-05-13"),
        ("{{ job['end_time'] }}", "2026-05-13T02:41:10Z"),
        ("{{ job.items }}", "a member"),
        ("{{ job.progress }}\n", "209.0\n"),
        ("{{ job.none | default('-') }}{{ job.absent | default('-') }}", "--"),
        ("{{ 'yes' if job.none is defined else 'no' }}", "no"),
        ("{{ job.end_time | date }}", "2026-05-13"),
    ],
)
def test_a_template_reaches_the_fields(template: str, expected: str) -> None:
    """A dot selects a member, text keeps its methods, and a final newline is kept."""
    job = {
        "name": "TIMDEX Daily",
        "end_time": "2026-05-13T02:41:10Z",
        "items": "a member",
        "progress": 209.0,
        "none": None,
    }
    assert Template(template).render({"event": {"value": "LOAN_DUE_DATE"}, "job": job}) == expected


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ job.keys }}", "does not have"),
        ("{{ job.end_time[:10] }}", "does not have"),
        ("{{ nothing }}", "does not have"),
        ("{{ job[job.secret] }}", "does not have"),
        ("{{ job.null }}", "does not have"),
        ("{{ job.null[:10] }}", "does not have"),
        ("{{ job.null | lower }}", "does not have"),
        ("{{ job.null | replace('a', 'b') }}", "does not have"),
        ("{{ 'x-' ~ job.null }}", "does not have"),
        ("{{ '%s' % job.null }}", "does not have"),
        ("{{ job.list[0] ~ '' }}", "does not have"),
        ("{{ null_at_the_top ~ '' }}", "does not have"),
        ("{{ job.list | first }}", "does not have"),
        ("{{ none }}", "does not have"),
        ("{{ job.null | date }}", "does not have"),
        ("{{ job.secret | date }}", "ValueError"),
        ("{{ job.list | date }}", "needs text"),
        ("{{ range }}", "does not have"),
        ("{{ job.secret | int + 'x' }}", "TypeError"),
        ("{{ job.secret.__class__.__mro__ }}", "SecurityError"),
        ("{{ ''.join(job.secret) | fromjson }}", "invalid"),
    ],
)
def test_a_failed_template_is_named_and_quotes_nothing(template: str, reason: str) -> None:
    """A missing or null field is an error of one kind, and no error quotes a value of the event."""
    with pytest.raises((TemplateFailedError, InvalidTemplateError)) as failed:
        Template(template).render(
            {"job": {"secret": "patron-4711", "null": None, "list": [None]}, "null_at_the_top": None}
        )
    assert "patron" not in str(failed.value)
    assert failed.value.__cause__ is None
    assert reason == "invalid" or str(failed.value).startswith(repr(template))
    assert reason == "invalid" or reason in str(failed.value)


@pytest.mark.parametrize(
    "source",
    [
        *("9 ** (9 ** (9 ** 9))", "n ** (n ** n) ** n", "2 ** 100000", "'x' * 10 ** 5 * 10", "10 ** 9 * 'x'"),
        *("[1] * 10 ** 9", "(1, 2) * 10 ** 9", "text * 100000", "100000 * text"),
    ],
)
def test_no_operator_exhausts_the_memory(source: str) -> None:
    """Memory is limited when a template is rendered and when it is compiled, as by `routes check`."""
    with pytest.raises(TemplateFailedError, match="produces too much text or too many elements"):
        Condition(source).holds({"n": 99, "text": "xy"})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        *(
            ("{{ 2 ** 10 }}", "1024"),
            ("{{ 2 ** -1 }}", "0.5"),
            ("{{ 1.5 * 2 }}", "3.0"),
            ("{{ 10 ** 9 * 10 ** 9 }}", f"{10**18}"),
        ),
        *(
            ("{{ 'ab' * 3 }}", "ababab"),
            ("{{ 2 * 'ab' }}", "abab"),
            ("{{ [1] * 2 == [1, 1] }}", "true"),
            ("{{ 'ab' * -1 }}", ""),
        ),
    ],
)
def test_powers_and_repetitions_of_common_size_are_computed(source: str, expected: str) -> None:
    """The limit is far above the needs of a route."""
    assert Template(source).render({}) == expected


def test_a_template_that_needs_too_much_memory_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """A template that exhausts the memory of Jinja2 or Python is rejected when it is compiled."""

    def fail(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(Environment, "from_string", fail)
    with pytest.raises(InvalidTemplateError):
        Template("{{ what_no_other_test_has_compiled }}")


@pytest.mark.parametrize(
    "source",
    [
        *("{{", "{% if %}", "{{ a | nofilter }}", "{{ a b }}", "{% include 'x' %}", "{% extends 'x' %}"),
        *(
            "{% import 'x' as y %}",
            "{{ f(a=1,a=2) }}",
            "{{ " + "(" * 500 + ")" * 500 + " }}",
            "{{ " + "9" * 5000 + " }}",
        ),
        "{% for a in b %}" * 25 + "{% endfor %}" * 25,
    ],
    ids=range(11),
)
def test_an_invalid_template_is_rejected_when_it_is_compiled(source: str) -> None:
    """Invalid syntax and unknown filters are found before any event arrives."""
    with pytest.raises(InvalidTemplateError):
        Template(source)


@pytest.mark.parametrize(
    ("source", "hint"), [('action = "BIB"', "use == to compare"), ("{{ action == 'BIB' }}", "without {{ and }}")]
)
def test_common_mistakes_get_a_hint(source: str, hint: str) -> None:
    """The two most common errors of Jinja2 have a hint."""
    with pytest.raises(InvalidTemplateError, match=hint):
        Condition(source)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{{ a | nofilter }}", "No filter named 'nofilter'."),
        ("{% include 'x' %}", "include, import, extends and block are not supported"),
        *(
            (
                f"{{{{ {source} }}}}",
                f"no value has a method {name}(); write OBJECT.NAME or OBJECT[NAME], with | default(…)",
            )
            for name, source in (("get", "job.get('id')"), ("get", "{'A': 'b'}.get(x)"), ("keys", "job.keys()"))
        ),
        ("{{ " + "(" * 500 + ")" * 500 + " }}", "too deeply nested or too long to compile"),
    ],
    ids=range(6),
)
def test_an_invalid_template_has_a_reason(source: str, reason: str) -> None:
    """The reason is that of Jinja2, or a clearer one."""
    with pytest.raises(InvalidTemplateError) as raised:
        Template(source)
    assert str(raised.value) == reason


@pytest.mark.parametrize("source", ["", "LOAN_CREATED", "a { b } }} %} #}", "two\nlines\n", "{", "{ {a}"])
def test_a_text_without_syntax_renders_unchanged(source: str) -> None:
    """A text without template syntax renders as in Jinja2 and uses no variables."""
    template = Template(source)
    assert (template.render({}), template.names) == (source, frozenset())
    assert Environment({}, {}).from_string(source).render() == source


def test_a_text_without_syntax_is_not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most texts of a routes file have no syntax, and compiling them would slow down every cold start."""
    monkeypatch.setattr(Environment, "from_string", None)
    assert Template("no other test has this text").render({}) == "no other test has this text"


@pytest.mark.parametrize(
    ("source", "expected"), [("a\r\nb\rc", "a\nb\nc"), ("a{# b #}c", "ac"), ("{% if 1 %}a{% endif %}", "a")]
)
def test_all_template_syntax_is_recognized(source: str, expected: str) -> None:
    """Line endings, comments and statements are compiled like expressions."""
    assert Template(source).render({}) == expected


def test_the_variables_of_a_template_are_known() -> None:
    """The variables of a template are known without an event."""
    assert Template("{{ marker }} {{ a.b | slug }} {% set c = 1 %}{{ c }}").names == {"marker", "a"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [("run in ('daily', 'full')", True), ("run == 'full'", False), ("job.name | has_word('dev1')", True), ("0", False)],
)
def test_conditions(source: str, expected: bool) -> None:
    """An expression is true or false."""
    assert Condition(source).holds({"run": "daily", "job": {"name": "to Dev1"}}) is expected


@pytest.mark.parametrize("source", ["missing", "job.missing", "job.missing > 1"])
def test_a_condition_over_a_missing_field_fails(source: str) -> None:
    """A condition over a missing field is an error, and not false."""
    with pytest.raises(TemplateFailedError, match=f"^'{source}' uses a field that the event does not have"):
        Condition(source).holds({"job": {}})


@pytest.mark.parametrize("source", ["", "a >", "a; b"])
def test_an_invalid_condition_is_rejected_when_it_is_compiled(source: str) -> None:
    """A condition is checked like a template."""
    with pytest.raises(InvalidTemplateError):
        Condition(source)


@pytest.mark.parametrize(
    ("value", "expected"), [("LOAN_DUE_DATE", "loan-due-date"), (" A  b__c! ", "a-b-c"), ("é", "")]
)
def test_slug(value: str, expected: str) -> None:
    """A slug is in lower case, with hyphens between words and none at the ends."""
    assert slug(value) == expected


@pytest.mark.parametrize(
    ("value", "word", "expected"),
    [
        ("EXPORT to Dev1", "Dev1", True),
        ("EXPORT to DEV1 daily", "Dev1", True),
        ("EXPORT to Dev12x", "Dev1", False),
        ("EXPORT to xDev1", "Dev1", False),
        ("EXPORT to Dev1_x", "Dev1", False),
        ("EXPORT to Dev1é", "Dev1", False),
        ("EXPORT to (Dev1)-x", "Dev1", True),
        ("contest FOO", "test", False),
        ("a.c", "a.c", True),
        ("abc", "a.c", False),
        (None, "Dev1", False),
        (3, "3", False),
    ],
)
def test_has_word(value: Any, word: str, expected: bool) -> None:
    """A word ignores case and ends at any character but letters, digits and underscores."""
    assert has_word(value, word) is expected
