"""Checkpoints in DynamoDB."""

import boto3
import pytest
from export_transform.artifact import FileFacts
from export_transform.checkpoint import KEPT_SECONDS, CheckedFile, Checkpoint, CheckpointStore
from export_transform.totals import Totals

from processor.errors import Permanent, Transient
from tests.examples.export_transform.given import source_file

TABLE = "checkpoints"


@pytest.fixture(autouse=True)
def _table(aws: None) -> None:  # noqa: ARG001 -- starts AWS
    """Make the table."""
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "Job", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "Job", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def store(job: str = "01EXAMPLE_INST/1") -> CheckpointStore:
    """Return a store at the time 1000."""
    return CheckpointStore(boto3.client("dynamodb"), TABLE, job, lambda: 1000.0)


def full() -> Checkpoint:
    """Return a checkpoint with a value in every member."""
    file = source_file("exports/a")
    return Checkpoint(
        execution="first",
        waiting_since=1.5,
        waits=2,
        seen=(file,),
        files=(CheckedFile(source=file, facts=FileFacts("exports/a", 10, "00", 1, 3)),),
        file=1,
        consumed=2,
        batches=1,
        totals=Totals(3, 1, 1, 1, 0),
        in_flight="ff",
        failures=1,
        possibly_twice=1,
        is_done=True,
    )


def test_a_checkpoint_is_read_as_it_was_written() -> None:
    """By another process; that of another job is not touched, and the item has a time to live in seconds."""
    mine = store()
    assert mine.load("first") == Checkpoint(execution="first")
    mine.save(full())
    assert store().load("second") == full()
    assert store("01EXAMPLE_INST/2").load("second") == Checkpoint(execution="second")
    item = boto3.client("dynamodb").get_item(TableName=TABLE, Key={"Job": {"S": "01EXAMPLE_INST/1"}})["Item"]
    assert item["ExpiresAt"] == {"N": str(1000 + KEPT_SECONDS)}


def test_of_two_executions_one_stops() -> None:
    """The second one to save has an old version, also at the first save of all."""
    one, two = store(), store()
    one.load("one")
    two.load("two")
    one.save(Checkpoint(execution="one"))
    with pytest.raises(Transient, match="Another execution") as error:
        two.save(Checkpoint(execution="two"))
    assert error.value.target == "checkpoint"
    one.save(Checkpoint(execution="one", batches=1))
    assert store().load("three").batches == 1


def test_a_repeated_write_finds_its_own() -> None:
    """The answer to a write was lost, and the SDK repeated it."""
    mine = store()
    mine.load("one")
    store_again = store()
    store_again.load("one")
    mine.save(full())
    store_again.save(full())
    store_again.save(full().changed(batches=7))
    assert store().load("one").batches == 7


def test_too_many_files_are_reported() -> None:
    """An item has a largest size."""
    many = tuple(source_file(f"exports/{number:0200}") for number in range(2000))
    with pytest.raises(Permanent, match="too many files"):
        store().save(Checkpoint(execution="one", seen=many))
