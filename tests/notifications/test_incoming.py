"""A notification is read from an SQS record."""

from typing import Any

import pytest

from notifications.incoming import Incoming
from tests.notifications.sender_case import notification, queued

SENT = notification(kind="mail")


@pytest.mark.parametrize(
    ("replay", "replay_id"),
    [
        (None, ""),
        ({"id": "r1", "count": 1}, ""),
        ({"id": "r1", "count": 1, "redeliver": True}, "r1"),
        ({"count": 1, "redeliver": True}, ""),
    ],
)
def test_only_a_replay_that_delivers_again_has_a_key_of_its_own(replay: dict[str, Any] | None, replay_id: str) -> None:
    """Any other replay is suppressed by the first record."""
    assert Incoming.read(queued(SENT, replay=replay)).delivery_key == SENT.delivery_key(replay_id)


def test_the_target_has_type_name_and_topic() -> None:
    """It is the target of dead letters, as kind and name."""
    assert Incoming.read(queued(SENT)).target == "mail:team@library+jobs"
