"""A scan sees every dead letter once, and leaves the queue unchanged."""

from collections import Counter
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from scripts.dead_letters import scan as scan_module
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.queues import DeadLetterQueue, Depth, Handles
from scripts.dead_letters.scan import Scan
from tests.scripts.dead_letters.queues import Queues


def quiet(_seen: int, _about: int) -> None:
    """Ignore the progress."""


class Repeating(DeadLetterQueue):
    """A queue with prepared responses, then empty ones, that records how long dead letters are hidden."""

    def __init__(self, answers: list[list[str]], depth: int) -> None:
        self._answers = answers
        self._depth = depth
        self.asked = 0
        self.holds: list[int] = []
        self.hidden: list[tuple[dict[str, str], int]] = []

    def depth(self) -> Depth:
        return Depth(self._depth, 0)

    def receive(self, hold_seconds: int, wait_seconds: int) -> list[DeadLetter]:  # noqa: ARG002 - as its parent
        self.asked += 1
        self.holds.append(hold_seconds)
        names = self._answers.pop(0) if self._answers else []
        return [DeadLetter.of({"MessageId": name[0], "ReceiptHandle": name, "Body": "{}"}) for name in names]

    def hide(self, handles: Handles, seconds: int) -> set[str]:
        self.hidden.append((dict(handles), seconds))
        return set()


def test_every_dead_letter_is_seen_once_and_is_visible_again(queues: Queues) -> None:
    """This works for any number, and no other reader gets them meanwhile."""
    for number in range(25):
        queues.put(receipt_id=f"r{number}")
    with Scan(queues.dead_letters, quiet) as scan:
        seen = Counter(dead_letter.id for dead_letter in scan.dead_letters())
        assert queues.dead_letters.receive(0, 0) == []
    assert seen == {f"r{number}": 1 for number in range(25)}
    assert (scan.seen, scan.depth.all) == (25, 25)
    assert queues.dead_letters.depth() == Depth(25, 0)


def test_f46_an_interrupted_scan_leaves_every_dead_letter_visible(queues: Queues) -> None:
    """This holds after Ctrl-C and after an error during the scan."""
    for number in range(15):
        queues.put(receipt_id=f"r{number}")

    def interrupted() -> None:
        with Scan(queues.dead_letters, quiet) as scan:
            for _ in scan.dead_letters():
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert queues.dead_letters.depth() == Depth(15, 0)


def test_a_dead_letter_received_again_counts_once_and_is_shown_by_its_newest_handle() -> None:
    """The old handle may have expired."""
    queue = Repeating([["a1", "b1"], ["a2"], ["c1"]], depth=3)
    with Scan(queue, quiet) as scan:
        assert [dead_letter.message_id for dead_letter in scan.dead_letters()] == ["a", "b", "c"]
    assert queue.hidden == [({"a": "a2", "b": "b1", "c": "c1"}, 0)]


def test_a_dead_letter_received_again_is_deleted_by_its_newest_handle() -> None:
    """With an older one SQS reports success but deletes nothing."""
    queue = Repeating([["a1", "b1"], ["a2"]], depth=2)
    with Scan(queue, quiet) as scan:
        dead_letters = list(scan.dead_letters())
        assert scan.handles(dead_letters) == {"a": "a2", "b": "b1"}


@pytest.mark.parametrize(("depth", "asked"), [(1, 2), (2, 4)])
def test_an_empty_response_ends_a_scan_that_has_seen_the_count(depth: int, asked: int) -> None:
    """Otherwise it takes three in a row."""
    queue = Repeating([["a1"]], depth)
    with Scan(queue, quiet) as scan:
        assert len(list(scan.dead_letters())) == 1
    assert queue.asked == asked


def test_f40_a_long_scan_renews_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scan renews it before each receive and dead letter, and while it renews the hold of thousands."""
    monkeypatch.setattr(scan_module, "_AT_A_TIME", 2)
    queue = Repeating([["a1", "b1", "c1", "d1", "e1"]], depth=5)
    kept: list[int] = []
    now = [0.0]

    def renew() -> None:
        kept.append(len(queue.hidden))

    with Scan(queue, quiet, renew=renew, hold=timedelta(seconds=100), monotonic=lambda: now[0]) as scan:
        for _ in scan.dead_letters():
            now[0] += 10
    assert queue.hidden[:-1] == [({"a": "a1", "b": "b1"}, 100), ({"c": "c1", "d": "d1"}, 100), ({"e": "e1"}, 100)]
    assert kept == [0, *[0] * 5, 0, 1, 2, 3]


def test_a_deleted_message_is_not_shown_again() -> None:
    """SQS would reject its handle."""
    queue = Repeating([["a1", "b1"]], depth=2)
    with Scan(queue, quiet) as scan:
        list(scan.dead_letters())
        scan.forget({"a"})
    assert queue.hidden == [({"b": "b1"}, 0)]


def test_a_long_scan_renews_its_hold() -> None:
    """The scan renews it before they reappear to other readers and would count twice."""
    queue = Repeating([["a1"], ["b1"], ["c1"]], depth=3)
    now = [0.0]
    with Scan(queue, quiet, hold=timedelta(seconds=100), monotonic=lambda: now[0]) as scan:
        for _ in scan.dead_letters():
            now[0] += 30
    assert queue.hidden[:-1] == [({"a": "a1", "b": "b1"}, 100)]


class Failing(Repeating):
    """A queue on which the first calls that show dead letters again fail in different ways."""

    def __init__(self, failures: list[BaseException]) -> None:
        super().__init__(
            [
                [f"{dead_letter}1" for dead_letter in dead_letters]
                for dead_letters in ("abcdefghij", "klmnopqrst", "uvw")
            ],
            23,
        )
        self.failures = failures

    def hide(self, handles: Handles, seconds: int) -> set[str]:
        if self.failures:
            raise self.failures.pop(0)
        return super().hide(handles, seconds)

    @property
    def shown(self) -> str:
        return "".join(sorted(name for handles, _ in self.hidden for name in handles))


def busy() -> ClientError:
    return ClientError({"Error": {"Code": "RequestThrottled"}}, "ChangeMessageVisibilityBatch")


def passed(queue: Failing, error: Exception | None = None) -> None:
    with Scan(queue, quiet) as scan:
        list(scan.dead_letters())
        if error:
            raise error


def test_f46_an_interruption_while_dead_letters_are_shown_again_leaves_none_hidden() -> None:
    """This holds even if Ctrl-C comes at the very end."""
    queue = Failing([KeyboardInterrupt()])
    with pytest.raises(KeyboardInterrupt):
        passed(queue)
    assert queue.shown == "abcdefghijklmnopqrstuvw"


def test_a_call_that_fails_at_the_end_keeps_no_other_dead_letters_hidden() -> None:
    """The error is raised nevertheless."""
    queue = Failing([busy()])
    with pytest.raises(ClientError):
        passed(queue)
    assert queue.shown == "klmnopqrstuvw"


def test_the_error_that_ended_the_scan_is_raised() -> None:
    """The first error is the cause of the second."""
    with pytest.raises(ValueError, match="first"):
        passed(Failing([busy()]), ValueError("first"))


def test_showing_stops_after_repeated_failures() -> None:
    """Thousands of calls to a network that is down would hold up the command for hours."""
    queue = Failing([busy(), busy(), busy(), busy()])
    with pytest.raises(ClientError):
        passed(queue)
    assert len(queue.failures) == 1


@pytest.mark.parametrize(("depth", "hold"), [(9_999, 300), (10_000, 600), (100_000, 3_300), (9_000_000, 43_200)])
def test_many_dead_letters_are_held_for_longer(depth: int, hold: int) -> None:
    """A call renews ten, so the first would reappear before the last is renewed."""
    queue = Repeating([["a1"]], depth)
    with Scan(queue, quiet) as scan:
        list(scan.dead_letters())
    assert set(queue.holds) == {hold}


def test_progress_counts_dead_letters(queues: Queues) -> None:
    """Progress has the number seen and the approximate total."""
    for number in range(12):
        queues.put(receipt_id=f"r{number}")
    calls: list[tuple[int, int]] = []
    with Scan(queues.dead_letters, lambda seen, about: calls.append((seen, about))) as scan:
        list(scan.dead_letters())
    assert calls[0] == (0, 12)
    assert calls[-1] == (12, 12)


def test_a_queue_that_may_not_be_read_is_an_error(queues: Queues) -> None:
    """The error of AWS is raised."""
    queues.aws.sqs.delete_queue(QueueUrl=queues.dead_letters_url)
    with pytest.raises(ClientError), Scan(queues.dead_letters, quiet):
        pass
