"""A counter that is missing, one that is zero and one that cannot be read are three things."""

from typing import Any

import pytest

from processor.routing.counters import UnreadableCounterError, counted, counter_of
from processor.routing.template_values import TemplateFailedError
from processor.routing.templates import Condition, Template

PENN = "counter('a') is defined and counter('a') == 0 and counter('b') is defined and counter('b') == 0"


def job(*counters: Any) -> dict[str, Any]:
    """Return a job with these counters; a pair is a type and a value."""
    made = [{"type": {"value": each[0]}, "value": each[1]} if isinstance(each, tuple) else each for each in counters]
    return {"counter": made}


@pytest.mark.parametrize(
    ("job_instance", "expected"),
    [
        (job(("a", "2"), ("b", " 3 ")), 5),
        (job(("a", 2), ("foreign", "9")), 2),
        (job(("a", "6342.0"), ("b", "0")), 6342),
        (job(("a", "1.5")), 1.5),
        (job(("a", "-1"), ("b", "+3")), 2),
        (job(("a", ""), ("b", None)), 0),
        (job(("foreign", "many"), ("a", "1")), 1),
        (job(None, "a", {"type": "a", "value": "1"}, {"type": None}, {"value": "1"}, {}), 0),
        ({"counter": None}, 0),
        ({"counter": "a"}, 0),
        ({}, 0),
        (None, 0),
        ("text", 0),
    ],
)
def test_counted(job_instance: Any, expected: float) -> None:
    """Counters of the named types are added; missing and empty ones count as zero."""
    assert counted(job_instance, "a", "b") == expected


@pytest.mark.parametrize(
    "value", ["6,342", "many", "1 000", "0x10", "1e3", "٣", "NaN", "9" * 5000, True, [], {"value": "1"}]
)
def test_f71_a_value_that_is_not_a_number_is_an_error(value: Any) -> None:
    """It names the counter, but not the value; read as zero it could start a full export."""
    with pytest.raises(UnreadableCounterError):
        counter_of(job(("a", value)), "a")
    with pytest.raises(TemplateFailedError) as raised:
        Template("{{ job_instance | counted('b', 'a') }}").render({"job_instance": job(("a", value), ("b", "1"))})
    assert "uses the counter a, whose value is not a number" in str(raised.value)


def test_f71_a_counter_is_one_number_or_missing() -> None:
    """The sum of several of the same type; whole numbers stay whole."""
    event = {"job_instance": job(("a", "2"), ("a", "3"), ("c", ""))}
    assert Template("{{ counter('a') }}").render(event) == "5"
    assert (
        Template("{{ counter('b') | default('none') }}, {{ counter('c') | default('none') }}").render(event)
        == "none, none"
    )
    with pytest.raises(TemplateFailedError, match="a field that the event does not have"):
        Template("{{ counter('b') }}").render(event)


@pytest.mark.parametrize(
    ("job_instance", "holds"),
    [
        (job(("a", "0"), ("b", "0")), True),
        (job(("a", "0.0"), ("b", 0)), True),
        (job(("a", "1"), ("b", "0")), False),
        (job(("a", "0")), False),
        (job(("a", None), ("b", "0")), False),
        (job(), False),
        ({}, False),
    ],
)
def test_f71_a_route_that_waits_for_zero_does_not_fire_without_counters(job_instance: Any, *, holds: bool) -> None:
    """It fires only if each counter is there and zero."""
    assert Condition(PENN).holds({"job_instance": job_instance}) is holds


def test_f71_a_route_that_waits_for_zero_fails_on_a_counter_that_cannot_be_read() -> None:
    """`6,342` is not zero."""
    with pytest.raises(TemplateFailedError, match="uses the counter a, whose value is not a number"):
        Condition(PENN).holds({"job_instance": job(("a", "6,342"), ("b", "0"))})


def test_counter_is_no_name_of_the_event() -> None:
    """Neither is it a value."""
    assert Condition("counter('a') is defined").names == frozenset()
    with pytest.raises(TemplateFailedError):
        Template("{{ counter }}").render({})
