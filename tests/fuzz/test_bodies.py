"""Any body is an event or a failure for the processor, and neither failures nor log lines quote it."""

import json
from contextlib import suppress

from hypothesis import example, given

from processor.alma.events import parse
from processor.errors import Permanent, Transient
from processor.outcomes import Outcome
from tests.fuzz.bodies import BODIES, JSON_BODIES, NEAR_EVENTS, XML_BODIES, written
from tests.fuzz.strict_aws import Processing, is_accepted_by_aws
from tests.fuzz.values import CANARY
from tests.samples import envelope_of, record_of


def check_parsing(body: bytes) -> None:
    try:
        event = parse(body)
    except Permanent as failure:
        assert failure.cause_class == "not-parsed"
        assert CANARY not in f"{failure.members}{failure}"
        assert failure.__cause__ is None
    else:
        assert event.action == event.fields["action"]
        assert isinstance(event.event_value + event.institution_code, str)
        assert CANARY not in f"{event!r} {event}"


@example(f"{CANARY}\xff".encode("latin-1"))
@example(b"\xff\xfe<\x00a\x00")
@given(BODIES)
def test_f23_any_body_is_an_event_or_not_parsed(body: bytes) -> None:
    """Parsing arbitrary bytes, JSON or XML raises only Permanent, which does not quote the body."""
    check_parsing(body)


@example(CANARY.encode())
@example(b'{"action": "LOAN", "\\ud800": 1}')
@example(b"[" * 100_000)
@example(b'{"action": "LOAN", "id": ' + b"9" * 5000 + b"}")
@given(JSON_BODIES)
def test_f23_any_json_is_an_event_or_not_parsed(body: bytes) -> None:
    """Parsing modified JSON samples raises only Permanent, which does not quote the body."""
    check_parsing(body)


@example(b"<?xml version='1.0' encoding='shift_jis'?><a><action>LOAN</action></a>")
@example(f"<?xml version='1.0' encoding='{CANARY}'?><a/>".encode())
@example(b"<a>" * 5000 + b"</a>" * 5000)
@given(XML_BODIES)
def test_f23_any_xml_is_an_event_or_not_parsed(body: bytes) -> None:
    """Parsing arbitrary tags, modified XML samples and unknown encodings raises only Permanent without a quote."""
    check_parsing(body)


def check_processing(body: bytes) -> None:
    processing = Processing()
    outcome: Outcome | None = None
    with suppress(Transient):
        outcome = processing.process(record_of(envelope_of(body)))
    line = processing.line
    assert line.get("failure", {}).get("class") in {None, "not-parsed", "template", "envelope"}
    assert (outcome is Outcome.DEAD) == bool(processing.sqs.dead_letters)
    assert all(map(is_accepted_by_aws, processing.target.made))
    rest = {name: value for name, value in line.items() if name not in {"action", "event"}}
    assert CANARY not in json.dumps(rest)
    assert max(len(line.get(name, "")) for name in ("action", "event")) <= 256


@given(BODIES.filter(bool))
def test_f23_any_body_has_an_outcome(body: bytes) -> None:
    """The processor delivers or ignores any body with the shipped routes, or makes it a dead letter with a cause."""
    check_processing(body)


@given(NEAR_EVENTS)
def test_f22_a_modified_event_has_an_outcome_and_is_not_quoted(event: object) -> None:
    """AWS accepts the deliveries of an event with arbitrary members, and the log line quotes only shortened codes."""
    check_processing(written(event))
