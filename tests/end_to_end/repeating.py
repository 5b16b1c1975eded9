"""Retries a post after a 5XX, as Alma does: a busy machine answers 5XX if an event is not queued in time."""

from collections.abc import Callable
from http import HTTPStatus

from scripts.alma_client.client import Reply
from tests.end_to_end.running import eventually


def as_alma(send: Callable[[], Reply]) -> Reply:
    """Return the first reply that is not a 5XX."""

    def attempt() -> Reply | None:
        reply = send()
        return None if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR else reply

    return eventually(attempt, seconds=60)
