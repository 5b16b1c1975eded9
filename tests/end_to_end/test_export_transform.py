"""`alma-webhooks run` on examples/export-transform: signed events, files in S3 and by SFTP, and what arrives."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from local_run.files import document, record

from tests.end_to_end.running import ROOT, Running, eventually

pytestmark = pytest.mark.full

EXAMPLE = ROOT / "examples" / "export-transform"
PART = "alma-webhooks-dev-export-transform"


class Run:
    """A run of the example whose samples were sent."""

    def __init__(self, running: Running) -> None:
        self.facts = running.facts
        self.err = running.err

    def client(self, service: Any) -> Any:
        """Return a client of the emulator."""
        return boto3.client(
            service,
            endpoint_url=self.facts["endpoint_url"],
            region_name=self.facts["region"],
            aws_access_key_id="test",
            aws_secret_access_key="test",  # pragma: allowlist secret -- the emulator takes any
        )

    def ended(self, source: str) -> dict[str, Any]:
        """Return the description of the execution whose files are at this source, once it has ended."""
        return eventually(lambda: next(self._ended(source), None), 60)

    def _ended(self, source: str) -> Iterator[dict[str, Any]]:
        states = self.client("stepfunctions")
        machine = self.facts["state_machines"]["export-transform"]
        for each in states.list_executions(stateMachineArn=machine)["executions"]:
            found = states.describe_execution(executionArn=each["executionArn"])
            if json.loads(found["input"])["export"]["source"] == source and found["status"] != "RUNNING":
                yield found

    @property
    def bucket(self) -> str:
        """The name of the example's bucket."""
        outputs = self.client("cloudformation").describe_stacks(StackName=PART)["Stacks"][0]["Outputs"]
        return str(next(each["OutputValue"] for each in outputs if each["OutputKey"] == "FilesBucketName"))

    def put(self, name: str, content: bytes) -> None:
        """Put a file into the bucket, as Alma does."""
        self.client("s3").put_object(Bucket=self.bucket, Key=f"exports/{name}", Body=content)

    def start(self, job: str, prefix: str, wait_minutes: int) -> str:
        """Start an execution of an export to S3, and return its ARN."""
        given = json.loads(self.ended("s3")["input"])
        export = {**given["export"], "prefix": f"exports/{prefix}", "links": [], "wait_minutes": wait_minutes}
        given |= {"job": {**given["job"], "id": job}, "export": export}
        machine = self.facts["state_machines"]["export-transform"]
        started = self.client("stepfunctions").start_execution(stateMachineArn=machine, input=json.dumps(given))
        return str(started["executionArn"])

    def events(self, arn: str) -> list[str]:
        """Return the types of the events of an execution."""
        history = self.client("stepfunctions").get_execution_history(executionArn=arn)
        return [each["type"] for each in history["events"]]

    def result(self, arn: str) -> dict[str, Any]:
        """Return the description of an execution, once it has ended."""

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self.client("stepfunctions").describe_execution(executionArn=arn)
            return found if found["status"] != "RUNNING" else None

        return eventually(look, 60)

    def objects(self, folder: str, execution: dict[str, Any]) -> list[bytes]:
        """Return the objects of an execution's job in a folder of the example's bucket."""
        given = json.loads(execution["input"])
        s3, bucket = self.client("s3"), self.bucket
        prefix = f"{folder}/{given['institution']}/{given['job']['id']}/"
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]
        return [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Run the example on a free port, with its samples."""
    folder: Path = tmp_path_factory.mktemp("run")
    with Running(folder, "--port", "0", "--project", str(EXAMPLE / "alma-webhooks.yaml")) as running:
        yield Run(running)


def test_an_export_in_s3_is_posted_to_the_receiver(run: Run) -> None:
    """All parts are read, the good records arrive signed, and the bad one is among the rejects."""
    found = run.ended("s3")
    assert found["status"] == "SUCCEEDED", found
    assert json.loads(found["output"])["totals"] == {"read": 7, "written": 6, "rejected": 1, "deleted": 0, "skipped": 0}
    eventually(lambda: any("received a batch of 4 records" in line for line in run.err))
    (rejects,) = run.objects("rejects", found)
    assert json.loads(rejects)["reason"] == "bad-leader"


def test_an_export_by_sftp_is_written_to_s3(run: Run) -> None:
    """The records of a tar.gz on the SFTP server are one object, and the deleted one is a deletion."""
    found = run.ended("sftp")
    assert found["status"] == "SUCCEEDED", found
    assert json.loads(found["output"])["totals"] == {"read": 7, "written": 6, "rejected": 0, "deleted": 1, "skipped": 0}
    (batch,) = run.objects("output", found)
    lines = [json.loads(line) for line in batch.splitlines()]
    assert len(lines) == 7
    assert lines[-1] == {"delete": {"id": "990000000017"}}


@pytest.mark.parametrize(
    ("name", "content", "cause"),
    [
        ("missing", b"", "artifact-missing"),
        ("cut", gzip.compress(document([record(1, "Cut")]))[:-6], "artifact-truncated"),
        ("refused", b"<!DOCTYPE a>" + document([record(1, "Refused")]), "artifact-refused"),
        ("empty", document([]), "artifact-missing"),
    ],
)
def test_an_unusable_export_ends_with_its_cause(run: Run, name: str, content: bytes, cause: str) -> None:
    """The execution fails with the cause as its error and a sentence, and nothing is sent."""
    if content:
        run.put(f"{name}/a.xml", content)
    found = run.result(run.start(name, f"{name}/", 0))
    assert (found["status"], found["error"]) == ("FAILED", cause)
    assert found["cause"].endswith(".")


def test_a_late_export_is_waited_for(run: Run) -> None:
    """A file that comes after the first look is sent."""
    arn = run.start("late", "late/", 10)
    eventually(lambda: "WaitStateEntered" in run.events(arn))
    run.put("late/a.xml", document([record(1, "Late")]))
    found = run.result(arn)
    assert (found["status"], json.loads(found["output"])["totals"]["written"]) == ("SUCCEEDED", 1)
