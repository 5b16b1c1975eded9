"""Unknown keys of entries: what the target takes, or the nearest known key."""

import pytest

from tests.processor.routing.own_bodies import BUS, FUNCTION, MACHINE, NOTIFICATION, QUEUE, TOPIC, routes_with
from tests.processor.routing.routes_files import problems


@pytest.mark.parametrize(
    ("entry", "key", "advice"),
    [
        (MACHINE, "message", "; a state machine takes input"),
        (BUS, "message", "; an event bus takes input"),
        (BUS, "detail", "; an event bus takes input"),
        (TOPIC, "input", "; a topic takes message"),
        (QUEUE, "body", "; a queue takes message"),
        (FUNCTION, "payload", "; a function takes input or message"),
        (NOTIFICATION, "message", "; a notification takes none: its topic has the text"),
        (TOPIC, "mesage", "; did you mean 'message'?"),
        (MACHINE, "inptu", "; did you mean 'input'?"),
        (MACHINE, "mesage", ""),
        (QUEUE, "message_group", "; did you mean 'message_group_id'?"),
        (QUEUE, "delays", "; did you mean 'delay'?"),
        (TOPIC, "delays", ""),
        (BUS, "detail-type", "; did you mean 'detail_type'?"),
        (TOPIC, "xyzzy", ""),
    ],
)
def test_an_unknown_key_of_an_entry_has_advice(entry: str, key: str, advice: str) -> None:
    """For its kind of target; other keys have none."""
    [found] = problems(routes_with(f"{{{entry}, {key}: x}}"))
    assert (found.field, found.reason) == (f"deliver[0].{key}", f"unknown key {key!r}{advice}")


def test_unknown_keys_elsewhere_have_none() -> None:
    """Also those of a route that are keys of an entry."""
    [found] = problems(routes_with(f"{{{TOPIC}}}").replace("    deliver", "    input: x\n    deliver"))
    assert found.reason == "unknown key 'input'"
