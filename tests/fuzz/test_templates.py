"""Any template or condition fails to compile, fails without quoting the event, or renders."""

from typing import Any

import pytest
from hypothesis import example, given

from processor.routing.template_values import TemplateFailedError
from processor.routing.templates import Condition, InvalidTemplateError, Template
from tests.fuzz.bodies import NEAR_EVENTS
from tests.fuzz.templates import EXPRESSIONS, TEMPLATES
from tests.fuzz.values import CANARY

EVENT = {
    "action": "JOB_END",
    "event": {"value": f"{CANARY} a", "desc": None},
    "job_instance": {"name": CANARY, "end_time": CANARY, "counter": [{"type": {"value": "a"}, "value": CANARY}]},
    "marker": 7,
}


@example("{{ 1[1] and event.value }}")
@given(TEMPLATES)
def test_any_template_is_rejected_or_fails_or_renders(source: str) -> None:
    """A template raises only its own exceptions, which do not quote the event."""
    try:
        template = Template(source)
    except InvalidTemplateError as error:
        assert str(error)
        return
    assert all(isinstance(name, str) for name in template.names)
    try:
        assert isinstance(template.render(EVENT), str)
    except TemplateFailedError as error:
        assert CANARY not in str(error)


@example("1[1] ~ event.value")
@given(EXPRESSIONS)
def test_any_condition_is_rejected_or_fails_or_returns_a_boolean(source: str) -> None:
    """A condition raises only its own exceptions, which do not quote the event."""
    try:
        condition = Condition(source)
    except InvalidTemplateError as error:
        assert str(error)
        return
    assert all(isinstance(name, str) for name in condition.names)
    try:
        assert condition.holds(EVENT) in {True, False}
    except TemplateFailedError as error:
        assert CANARY not in str(error)


SHIPPED = [
    "{{ event.value | slug }}",
    "{{ job_instance.end_time | date }}",
    "{{ job_instance | counted('label.new.records') }}",
    "{{ counter('label.new.records') | default('none') }}",
]
SHIPPED += ["{{ job_instance.name.split()[-1] | lower }}", "{{ job_instance.name | has_word(id) }}"]


@pytest.mark.parametrize("source", SHIPPED)
@example({"job_instance": {"counter": [{"type": {"value": "label.new.records"}, "value": CANARY}]}})
@given(NEAR_EVENTS)
def test_a_valid_template_renders_or_fails_on_any_event(source: str, event: Any) -> None:
    """A valid template with this product's filters renders or fails cleanly on members of every type."""
    try:
        assert isinstance(Template(source).render(event if isinstance(event, dict) else {}), str)
    except TemplateFailedError as error:
        assert CANARY not in str(error)
        assert "counted" not in source or "whose value is not a number" in str(error)
