"""The listener's ports in memory; `tests/ingest/test_ports.py` runs the same contract against the real ones."""

from ingest.deadline import Deadline
from ingest.envelope import Pointer, QueuedMessage, pointer_to
from ingest.overflow_bucket import OverflowBucket
from ingest.profile_secrets import ProfileSecrets, Secrets
from ingest.webhook_queue import WebhookQueue
from tests.ingest.clocks import FakeClock

DEADLINE = Deadline(4, FakeClock())


class Watched:
    """A fake that checks that it gets the deadline of the request; None accepts any deadline."""

    deadline: Deadline | None = DEADLINE

    def check(self, deadline: Deadline) -> None:
        assert self.deadline in (None, deadline)


class FakeSecrets(Watched, ProfileSecrets):
    """The secrets of the profile alma, before and after a refresh; an exception is raised instead."""

    def __init__(self, known: tuple[str, ...] | Exception, fresh: tuple[str, ...] | Exception = ()) -> None:
        self.known, self.fresh = known, fresh

    def usable(self, profile: str, deadline: Deadline) -> Secrets:
        assert profile == "alma"
        self.check(deadline)
        return _raised_or(self.known)

    def after_mismatch(self, profile: str, deadline: Deadline) -> Secrets:
        assert profile == "alma"
        self.check(deadline)
        return _raised_or(self.fresh)


def _raised_or(value: tuple[str, ...] | Exception) -> Secrets:
    if isinstance(value, Exception):
        raise value
    return Secrets(*value)


class FakeQueue(Watched, WebhookQueue):
    """Keeps the messages that it is sent, unless it fails."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.messages: list[QueuedMessage] = []

    def send(self, message: QueuedMessage, deadline: Deadline) -> None:
        self.check(deadline)
        if self.failure:
            raise self.failure
        self.messages.append(message)


class FakeBucket(Watched, OverflowBucket):
    """Keeps the objects that it is given, unless it fails."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.bodies: list[bytes] = []

    def put(self, body: bytes, deadline: Deadline) -> Pointer:
        self.check(deadline)
        if self.failure:
            raise self.failure
        self.bodies.append(body)
        return pointer_to(body, "bucket")
