"""The function killed at twenty random moments, with the components that it has on AWS, and a receiver over TLS."""

import random
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from export_transform.batch import Batch
from export_transform.check_step import CheckStep
from export_transform.checkpoint import CheckpointStore
from export_transform.http_destination import HttpDestination, ReceiverAccess
from export_transform.limits import Limits
from export_transform.records import Reject
from export_transform.run_step import Ports, RunStep
from export_transform.s3_destination import RejectsFolder
from export_transform.s3_source import S3Source
from export_transform.surroundings import Surroundings
from export_transform.transform import Transform, default_delete
from local_run.receiver import BatchReceiver

from notifications.exchange import BoundedHttpClient
from notifications.local_receiver import LocalReceiver
from tests.examples.export_transform.given import STARTED, WRITTEN, counter, export_input
from tests.examples.export_transform.marc_samples import records
from tests.examples.export_transform.world import KilledError, control_numbers
from tests.notifications.tls_server import authority_pem, tls

BUCKET, TABLE, COUNT = "exports-dev-files", "checkpoints", 1000
SECRET = "whsec_" + "A" * 32
GIVEN = export_input(
    counter(WRITTEN, str(COUNT)),
    expect="counter",
    batch_records=50,
    job={"start_time": STARTED.replace("2026", "2020")},
)


class Killing:
    """Passes calls on, and ends the process before or after the effect of those that are chosen."""

    def __init__(self, kills: dict[int, bool]) -> None:
        self._kills = kills
        self._calls = 0

    def of(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return the call with its kills."""

        def killed(*arguments: Any, **options: Any) -> Any:
            self._calls += 1
            is_before = self._kills.get(self._calls)
            if is_before:
                raise KilledError
            result = call(*arguments, **options)
            if is_before is False:
                raise KilledError
            return result

        return killed


class KilledTable:
    """The client of DynamoDB, which can be killed at a write."""

    def __init__(self, killing: Killing) -> None:
        client = boto3.client("dynamodb")
        self.get_item = client.get_item
        self.put_item = killing.of(client.put_item)


class KilledPorts:
    """The receiver and the folder of rejects, which can be killed too."""

    def __init__(self, killing: Killing, destination: HttpDestination) -> None:
        self._send = killing.of(destination.send)
        self._write = killing.of(RejectsFolder(boto3.client("s3"), BUCKET).write)

    def send(self, batch: Batch) -> None:
        """Post a batch."""
        self._send(batch)

    def write(self, place: str, rejects: tuple[Reject, ...]) -> None:
        """Write rejects."""
        self._write(place, rejects)


@pytest.fixture
def _services(aws: None) -> None:  # noqa: ARG001 -- starts AWS
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(
        Bucket=BUCKET, Key="exports/1.xml", Body=records(COUNT).replace(b"<leader>00000nam", b"<leader>nam", 7)
    )
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "Job", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "Job", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def processes(receiver: BatchReceiver, kills: dict[int, bool]) -> Callable[[], bool]:
    """Return what runs both steps in a new process, and returns whether it was not killed."""
    killing = Killing(kills)
    address = LocalReceiver(receiver.port, authority_pem())
    access = ReceiverAccess.model_validate({"url": f"https://127.0.0.1:{receiver.port}/records", "secret": SECRET})
    destination = HttpDestination(BoundedHttpClient(receiver=address), access, "application/x-ndjson", time.time)
    surroundings = Surroundings(Limits(), lambda: 900.0, time.time)

    def finished() -> bool:
        store: Any = CheckpointStore(KilledTable(killing), TABLE, GIVEN.job_key, time.time)  # type: ignore[arg-type]  # two calls of it
        source, ports = S3Source(boto3.client("s3"), BUCKET), KilledPorts(killing, destination)
        try:
            CheckStep(store, source, surroundings).run(GIVEN, "export-1")
            run = RunStep(
                store, Ports(source, ports, ports, time.sleep), Transform(control_numbers, default_delete), surroundings
            )
            return run.run(GIVEN, "export-1").status == "done"
        except KilledError:
            return False

    return finished


@pytest.mark.full
@pytest.mark.usefixtures("_services")
def test_f99_a_receiver_over_tls_has_each_record_once_after_twenty_kills() -> None:
    """The files are in S3 and the checkpoint in DynamoDB. The receiver drops repeated keys."""
    chosen = random.Random(99)  # noqa: S311 -- not a secret
    kills = {call: chosen.random() < 0.5 for call in chosen.sample(range(1, 60), 20)}
    with BatchReceiver(tls(), SECRET) as receiver:
        finished, attempts = processes(receiver, kills), 1
        while not finished():
            attempts += 1
        checkpoint = CheckpointStore(boto3.client("dynamodb"), TABLE, GIVEN.job_key, time.time).load("none")
        assert attempts == 21
        assert checkpoint.totals == (COUNT, COUNT - 7, 7, 0, 0)
        assert len(receiver.records) == len(set(receiver.records)) == COUNT - 7
        assert 0 < receiver.repeated <= checkpoint.possibly_twice
