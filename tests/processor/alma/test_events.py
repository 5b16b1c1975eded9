"""Events: bodies in JSON and XML, also with incomplete and unexpected data."""

import json

import pytest

from processor.alma.events import parse
from processor.errors import Permanent
from tests.samples import INDEX, body_of


@pytest.mark.parametrize("sample", [name for name in INDEX if INDEX[name]["file"].endswith(".json")])
def test_samples_parse_without_losing_a_field(sample: str) -> None:
    """Every sample is parsed, and routes see all its members unchanged."""
    fields = dict(parse(body_of(sample)).fields)
    assert fields | {"event": 0} == json.loads(body_of(sample)) | {"event": 0}


def test_a_loan_has_its_codes() -> None:
    """A LOAN body has the event's members with their types."""
    event = parse(body_of("loan-renewed"))
    assert (event.action, event.event_value, event.institution_code) == ("LOAN", "LOAN_RENEWED", "01EXAMPLE_INST")


def test_a_job_end_has_no_event() -> None:
    """Alma sends null."""
    assert parse(body_of("job-end-pod")).event_value == ""


@pytest.mark.parametrize("action", ["job_end", "Job_End", "JOB_END"])
def test_the_action_ignores_case(action: str) -> None:
    """`job_end` is a JOB_END, and routes see it in upper case."""
    event = parse(json.dumps({"action": action}).encode())
    assert event.action == event.fields["action"] == "JOB_END"


@pytest.mark.parametrize("event", [{}, {"event": None}, {"event": {"value": None, "desc": "d"}}, {"event": "text"}])
@pytest.mark.parametrize(
    ("method", "value"), [("CREATE", "USER_CREATED"), ("update", "USER_UPDATED"), ("DELETE", "USER_DELETED")]
)
def test_an_old_user_event_gets_its_value_from_the_method(event: dict[str, object], method: str, value: str) -> None:
    """User bodies without an event value get one from their method."""
    found = parse(json.dumps({"action": "USER", "webhook_user": {"method": method}, **event}).encode())
    assert found.event_value == value
    assert found.fields["event"]["value"] == value


@pytest.mark.parametrize(
    ("members", "value"),
    [
        ({"action": "USER", "event": {"value": "USER_NEW"}, "webhook_user": {"method": "CREATE"}}, "USER_NEW"),
        ({"action": "USER", "webhook_user": {"method": "MERGE"}}, ""),
        ({"action": "USER", "webhook_user": None}, ""),
        ({"action": "USER", "webhook_user": {"method": ["CREATE"]}}, ""),
        ({"action": "BIB", "webhook_user": {"method": "CREATE"}}, ""),
    ],
)
def test_no_other_event_gets_a_value_from_the_method(members: dict[str, object], value: str) -> None:
    """An existing event value is kept, and an unknown method adds none."""
    assert parse(json.dumps(members).encode()).event_value == value


def test_an_unknown_action_is_an_event() -> None:
    """An unknown action is kept with all its fields."""
    event = parse(b'{"action":"HOLDING","holding":{"new":[1]}}')
    assert event.action == "HOLDING"
    assert event.fields["holding"] == {"new": [1]}


@pytest.mark.parametrize(
    "members",
    [
        {"job_instance": None, "institution": None, "event": None, "time": None, "id": None},
        {"job_instance": "text", "institution": ["a"], "event": 5, "time": {}, "id": []},
        {"job_instance": {"counter": "x", "status": "DONE", "progress": "much", "job_info": 1, "name": 3}},
        {"job_instance": {"counter": [None, {"type": None, "value": 3}, "x"], "alert": {}}},
        {"fields": 1, "_fields": 2, "model_extra": 3, "event_value": "x"},
    ],
)
def test_members_of_unexpected_types_do_not_reject_an_event(members: dict[str, object]) -> None:
    """Nulls, absent members, unexpected types and new fields are accepted, and routes see them unchanged."""
    event = parse(json.dumps({"action": "JOB_END", **members}).encode())
    assert event.fields == {"action": "JOB_END", **members}


def test_numbers_where_text_is_expected_are_text() -> None:
    """A number in place of a text is converted to text."""
    assert parse(b'{"action":"LOAN","id":4711}').id == "4711"


def test_a_code_as_plain_text_is_its_value() -> None:
    """`"institution": "X"` is read like `{"value": "X"}`."""
    assert parse(b'{"action":"LOAN","institution":"X"}').institution_code == "X"


@pytest.mark.parametrize(
    "body", [b"[]", b'"LOAN"', b"null", b"{}", b'{"action":null}', b'{"action":["LOAN"]}', b"<a><b>1</b></a>"]
)
def test_a_body_without_a_text_action_is_not_parsed(body: bytes) -> None:
    """A body without an action is a permanent failure of class not-parsed, with the field."""
    with pytest.raises(Permanent) as raised:
        parse(body)
    assert str(raised.value) == "not-parsed: The body has no member action, or it is not text."
    assert raised.value.field == "action"


NOT_PARSED = [(b"{", "The body is not valid JSON at"), (b"<a/>", "The body is XML without")]


@pytest.mark.parametrize(("body", "reason"), NOT_PARSED)
def test_an_unreadable_body_is_not_parsed(body: bytes, reason: str) -> None:
    """An unreadable body is a permanent failure with the reason of the reader."""
    with pytest.raises(Permanent) as raised:
        parse(body)
    assert raised.value.cause_class == "not-parsed"
    assert raised.value.reason.startswith(reason)
