"""Posts as Alma does: again after a 5XX, which a busy computer gives where an event is not queued in time."""

from collections.abc import Callable
from http import HTTPStatus

from scripts.alma_client.client import Reply
from tests.end_to_end.running import eventually


def as_alma(send: Callable[[], Reply]) -> Reply:
    """The first reply that is no 5XX."""

    def attempt() -> Reply | None:
        reply = send()
        return None if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR else reply

    return eventually(attempt, seconds=60)
