"""Templates and conditions: the filters, what a dot reaches, and what fails without quoting the event."""

from typing import Any

import pytest

from processor.routing.template_environment import Environment
from processor.routing.templates import (
    Condition,
    InvalidTemplateError,
    Template,
    TemplateFailedError,
    counted,
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
    """A dot means a member, text keeps its methods, and a last newline stays."""
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
        ("{{ job.keys() }}", "does not have"),
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
        ("{{ job.list | date }}", "TypeError"),
        ("{{ range }}", "does not have"),
        ("{{ job.secret | int + 'x' }}", "TypeError"),
        ("{{ job.secret.__class__.__mro__ }}", "SecurityError"),
        ("{{ ''.join(job.secret) | fromjson }}", "invalid"),
    ],
)
def test_a_template_that_fails_says_which_and_quotes_nothing(template: str, reason: str) -> None:
    """A missing or null field is an error of one kind, and no error holds a value of the event."""
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
def test_no_operator_makes_what_fills_the_memory(source: str) -> None:
    """Neither on an event nor when it is compiled, which `routes check` does: nothing could interrupt that."""
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
    """The bound is far from anything that a route needs."""
    assert Template(source).render({}) == expected


def test_what_memory_cannot_hold_is_rejected_when_it_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever Jinja2 or Python needs so much of it for."""

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
    """Syntax and unknown filters do not wait for an event."""
    with pytest.raises(InvalidTemplateError):
        Template(source)


@pytest.mark.parametrize(
    ("source", "hint"), [('action = "BIB"', "use == to compare"), ("{{ action == 'BIB' }}", "without {{ and }}")]
)
def test_common_mistakes_get_a_hint(source: str, hint: str) -> None:
    """What Jinja2 says of the two commonest is translated."""
    with pytest.raises(InvalidTemplateError, match=hint):
        Condition(source)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{{ a | nofilter }}", "No filter named 'nofilter'."),
        ("{% include 'x' %}", "include, import, extends and block are not supported"),
        ("{{ " + "(" * 500 + ")" * 500 + " }}", "too deeply nested or too long to compile"),
    ],
    ids=range(3),
)
def test_an_invalid_template_says_why(source: str, reason: str) -> None:
    """Jinja2's own reason, or ours where it has none that helps."""
    with pytest.raises(InvalidTemplateError) as raised:
        Template(source)
    assert str(raised.value) == reason


@pytest.mark.parametrize("source", ["", "LOAN_CREATED", "a { b } }} %} #}", "two\nlines\n", "{", "{ {a}"])
def test_a_text_without_syntax_is_as_it_is(source: str) -> None:
    """As Jinja2 would have it, without being compiled; it takes no names from outside."""
    template = Template(source)
    assert (template.render({}), template.names) == (source, frozenset())
    assert Environment({}).from_string(source).render() == source


def test_a_text_without_syntax_is_not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most of a routes file's are such, and each would cost every cold start something."""
    monkeypatch.setattr(Environment, "from_string", None)
    assert Template("no other test has this text").render({}) == "no other test has this text"


@pytest.mark.parametrize(
    ("source", "expected"), [("a\r\nb\rc", "a\nb\nc"), ("a{# b #}c", "ac"), ("{% if 1 %}a{% endif %}", "a")]
)
def test_every_syntax_is_seen(source: str, expected: str) -> None:
    """Line ends, comments and statements are Jinja2's business as much as expressions."""
    assert Template(source).render({}) == expected


def test_the_names_of_a_template_are_those_from_outside() -> None:
    """What a template takes from outside can be known without an event."""
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
    """A condition that cannot be decided is not quietly false."""
    with pytest.raises(TemplateFailedError, match=f"^'{source}' uses a field that the event does not have"):
        Condition(source).holds({"job": {}})


@pytest.mark.parametrize("source", ["", "a >", "a; b"])
def test_an_invalid_condition_is_rejected_when_it_is_compiled(source: str) -> None:
    """An expression is checked like a template."""
    with pytest.raises(InvalidTemplateError):
        Condition(source)


@pytest.mark.parametrize(
    ("value", "expected"), [("LOAN_DUE_DATE", "loan-due-date"), (" A  b__c! ", "a-b-c"), ("é", "")]
)
def test_slug(value: str, expected: str) -> None:
    """Lower case, hyphens between, none at the ends."""
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
    """A word ignores case and is bounded by anything but letters, digits and underscores."""
    assert has_word(value, word) is expected


@pytest.mark.parametrize(
    ("job_instance", "expected"),
    [
        ({"counter": [{"type": {"value": "a"}, "value": "2"}, {"type": {"value": "b"}, "value": " 3 "}]}, 5),
        ({"counter": [{"type": {"value": "a"}, "value": 2}, {"type": {"value": "foreign"}, "value": "9"}]}, 2),
        ({"counter": [{"type": {"value": "a"}, "value": "many"}, {"type": {"value": "b"}, "value": None}]}, 0),
        ({"counter": [{"type": {"value": "a"}, "value": "9" * 5000}]}, 0),
        ({"counter": [None, "a", {"type": "a", "value": "1"}, {"type": None}, {}]}, 0),
        ({"counter": None}, 0),
        ({"counter": "a"}, 0),
        ({}, 0),
        (None, 0),
        ("text", 0),
    ],
)
def test_counted(job_instance: Any, expected: int) -> None:
    """Counters of the named types add up; no number, no counter and no job count as zero."""
    assert counted(job_instance, "a", "b") == expected
