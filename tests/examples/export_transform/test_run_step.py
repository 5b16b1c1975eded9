"""The step `run`: what is sent, recorded and sent again."""

import pytest
from export_transform.export_input import ExportInput
from export_transform.run_step import MAX_FAILURES
from pymarc import Record

from notifications.errors import Throttled, Unconfirmed
from processor.errors import Permanent, Transient
from tests.examples.export_transform.given import export_input
from tests.examples.export_transform.marc_samples import LEADER, document, record, records
from tests.examples.export_transform.world import KilledError, World

DELETED = LEADER.replace("nam", "dam")


def checked(world: World) -> ExportInput:
    """Return the input of a job whose files were found."""
    given = export_input(batch_records=10)
    assert world.check(given).status == "found"
    return given


def test_all_records_are_sent_in_batches_of_one_file() -> None:
    """Each batch has records of one file, in their order, and the totals reconcile."""
    world = World({"exports/1.xml": records(25), "exports/2.xml": records(5)})
    done = world.run(checked(world))
    assert (done.status, done.batches, done.totals) == ("done", 4, (30, 30, 0, 0, 0))
    assert [(each.file, each.first, each.last) for each in world.sent] == [
        (1, 1, 10),
        (1, 11, 20),
        (1, 21, 25),
        (2, 1, 5),
    ]


def test_f100_bad_deleted_and_skipped_records_are_counted_apart() -> None:
    """A bad record is a reject with its position, a deleted one is sent as such, and None leaves a record out."""
    mixed = [record(1), record(2, "short"), record(3, DELETED), record(4)]
    world = World({"exports/1.xml": document(mixed)})
    given = checked(world)
    done = world.run(given, transform=lambda each: None if each["001"].data == "99000004" else "kept")
    assert done.totals == (4, 1, 1, 1, 1)
    assert world.records == [b"kept", b'{"delete":"99000003"}']
    (rejects,) = world.rejects.values()
    assert [(each.position.number, each.reason) for each in rejects] == [(2, "bad-leader")]


def test_a_finished_job_is_not_sent_again() -> None:
    """Another execution of the same job finds it done, and sends nothing."""
    world = World({"exports/1.xml": records(5)})
    given = checked(world)
    world.run(given)
    assert world.check(given, "another-execution").status == "found"
    assert world.run(given, "another-execution").status == "done"
    assert len(world.sent) == 1


def test_the_end_of_an_invocation_is_not_the_end_of_the_work() -> None:
    """With little time left no batch is begun, and the next invocation goes on."""
    world = World({"exports/1.xml": records(15)})
    given = checked(world)
    world.seconds_left = 59.0
    assert (world.run(given).status, world.sent) == ("more", [])
    world.seconds_left = 900.0
    assert (world.run(given).status, len(world.records)) == ("done", 15)


def test_work_without_progress_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that takes an invocation to read up to its next batch would be read again and again."""
    monkeypatch.setattr("export_transform.run_step.MAX_FAILURES", 2)
    world = World({"exports/1.xml": records(15)})
    given = checked(world)
    world.seconds_left = 59.0
    results = [world.run(given)[:3] for _ in range(3)]
    assert results == [
        ("more", 15, "source-unreachable"),
        ("more", 30, "source-unreachable"),
        ("failed", 0, "source-unreachable"),
    ]


def test_a_lost_answer_is_sent_again_with_the_same_key_and_bytes() -> None:
    """The receiver took the first batch, and its answer was lost: the repeated one is counted."""
    world = World({"exports/1.xml": records(5)})
    given = checked(world)
    world.kill_at = world.calls + 2  # after the batch was taken
    with pytest.raises(KilledError):
        world.run(given)
    done = world.run(given)
    first, second = world.sent
    assert (first.key, first.body, done.possibly_twice) == (second.key, second.body, 1)
    assert len(world.records) == 5


def test_failures_are_repeated_after_pauses() -> None:
    """In the same invocation while that takes little time, and as the receiver asks."""
    world = World({"exports/1.xml": records(5)})
    given = checked(world)
    world.answers = [Transient("transient", "Down."), Throttled("Slow.", 7.0)]
    done = world.run(given)
    assert (done.status, done.possibly_twice) == ("done", 0)
    assert world.pauses == [1.0, 7.0]


@pytest.mark.parametrize("lost", [1, 3])
def test_a_lost_answer_within_an_invocation_is_counted(lost: int) -> None:
    """The receiver may have the batch twice, however often it was repeated."""
    world = World({"exports/1.xml": records(15)})
    given = checked(world)
    world.answers = [Unconfirmed("Lost.") for _ in range(lost)]
    done = world.run(given)
    assert (done.status, done.possibly_twice) == ("done", 1)


def test_a_receiver_that_asks_for_a_long_wait_is_waited_for_by_the_state_machine() -> None:
    """Its `Retry-After` is the wait, and progress sets the failures to zero."""
    world = World({"exports/1.xml": records(5)})
    given = checked(world)
    world.answers = [Throttled("Slow.", 600.0)]
    assert world.run(given)[:4] == ("more", 600, "destination-unreachable", "Slow.")
    assert world.run(given).status == "done"
    assert world.checkpoint(given).failures == 0


def test_a_receiver_that_is_down_for_long_fails_the_execution() -> None:
    """After many invocations without progress; a new execution tries again."""
    world = World({"exports/1.xml": records(15)})
    given = checked(world)
    world.seconds_left = 60.5  # one attempt an invocation
    world.answers = [Transient("transient", "Down.") for _ in range(MAX_FAILURES + 1)]
    statuses = [world.run(given).status for _ in range(MAX_FAILURES + 1)]
    assert statuses == ["more"] * MAX_FAILURES + ["failed"]
    assert world.run(given, "another-execution").status == "done"
    assert len(world.records) == 15


def test_a_rejected_batch_fails_the_execution() -> None:
    """A permanent failure is not repeated."""
    world = World({"exports/1.xml": records(5)})
    given = checked(world)
    world.answers = [Permanent("refused", "host answered 400.")]
    assert world.run(given)[:4] == ("failed", 0, "destination-refused", "host answered 400.")
    assert world.pauses == []


def test_a_file_that_is_replaced_after_its_check_is_not_sent() -> None:
    """If nothing was sent yet, a new execution checks again; else the files that were checked are needed."""
    world = World({"exports/1.xml": records(15)})
    given = checked(world)
    world.contents["exports/1.xml"] = records(16)
    assert world.run(given).cause == "artifact-incomplete"
    assert world.sent == []
    assert world.check(given, "another-execution").records == 16


def test_a_file_that_is_replaced_after_a_batch_needs_a_new_beginning() -> None:
    """The reason says how: no execution can go on with another file."""
    world = World({"exports/1.xml": records(15), "exports/2.xml": records(5)})
    given = checked(world)
    world.kill_at = world.calls + 3
    with pytest.raises(KilledError):
        world.run(given)
    world.contents["exports/1.xml"] = records(16)
    for execution in ("e", "another-execution"):
        failed = world.run(given, execution)
        assert failed.cause == "artifact-incomplete"
        assert failed.reason.endswith("delete the checkpoint to send all records again.")


def test_a_transform_that_changes_in_the_middle_of_a_batch_fails_the_execution() -> None:
    """The receiver may have the batch with other bytes, so it cannot be sent with the same key."""
    world = World({"exports/1.xml": records(5)})
    given = checked(world)
    world.kill_at = world.calls + 2
    with pytest.raises(KilledError):
        world.run(given)
    changed = world.run(given, transform=lambda _: "other")
    assert (changed.status, changed.cause) == ("failed", "batch-changed")
    assert len(world.sent) == 1


def test_two_executions_of_a_job_do_not_overwrite_each_other() -> None:
    """The one whose checkpoint is older stops."""
    world = World({"exports/1.xml": records(30)})
    given = checked(world)

    def meddle(each: Record) -> str:
        if each["001"].data == "99000015":
            other = world.store(given)
            other.save(other.load("none"))
        return str(each["001"].data)

    with pytest.raises(Transient, match="Another execution"):
        world.run(given, transform=meddle)
    assert world.run(given).status == "done"
    assert len(world.records) == 30
