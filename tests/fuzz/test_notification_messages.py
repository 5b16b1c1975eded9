"""The sender reads any body: as the notification that was written, or as an error that quotes nothing."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from ingest.envelope import EnvelopeError
from notifications.notification import Fallback, Notification
from tests.fuzz.values import CANARY, JSON, TEXTS, mutated

# What UTF-8 can hold, because the producer replaces halves of surrogate pairs.
WRITTEN = st.text(max_size=12)
CREDENTIALS = st.dictionaries(WRITTEN, WRITTEN, max_size=3)
FALLBACKS = st.builds(Fallback, WRITTEN, CREDENTIALS, WRITTEN)
NOTIFICATIONS = st.builds(
    Notification,
    *(WRITTEN, CREDENTIALS, WRITTEN, WRITTEN, WRITTEN),
    summary_due=st.integers(0, 2**32),
    fallback=st.none() | FALLBACKS,
)
NEAR = mutated(NOTIFICATIONS.map(lambda sent: json.loads(sent.encode())))


@given(sent=NOTIFICATIONS, more=st.dictionaries(st.just("newer"), JSON))
def test_a_notification_is_read_as_it_was_written(sent: Notification, more: dict[str, Any]) -> None:
    """With or without a fallback; members of a newer version do not matter, also inside the fallback."""
    members = json.loads(sent.encode())
    assert Notification.decode(sent.encode().encode()) == sent
    if sent.fallback:
        members["fallback"] |= more
    assert Notification.decode(json.dumps({**members, **more}).encode()) == sent


@example(data={"fallback": {"configuration": None}}, text=CANARY)
@given(data=NEAR | JSON, text=TEXTS)
def test_another_body_is_rejected_without_being_quoted(data: Any, text: str) -> None:
    """Or what was read can be written and read again."""
    body = json.dumps({**data, CANARY: text} if isinstance(data, dict) else data).encode()
    try:
        read = Notification.decode(body)
    except EnvelopeError as error:
        assert CANARY not in str(error)
    else:
        assert Notification.decode(json.dumps(json.loads(read.encode())).encode()) == read
