"""The function with AWS in process: both steps from S3 to S3, its log line, and what it rejects."""

import importlib
import io
import json
import logging
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import boto3
import pytest

from processor.errors import Transient
from tests.examples.export_transform.given import WRITTEN, counter, input_data
from tests.examples.export_transform.marc_samples import records

BUCKET = "exports-dev-files"
VARIABLES = {
    "ACCESS_PREFIX": "/alma-webhooks/dev/export-transform/",
    "CHECKPOINT_TABLE": "checkpoints",
    "EXPORT_BUCKET": BUCKET,
    "OUTPUT_BUCKET": BUCKET,
    "TRANSFORM": "my_transform.py",
}


class Context:
    """What Lambda passes to a handler."""

    function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "test"

    def get_remaining_time_in_millis(self) -> int:
        """Return the whole time of an invocation."""
        return 900_000


@pytest.fixture
def handler(aws: None, monkeypatch: pytest.MonkeyPatch) -> ModuleType:  # noqa: ARG001 -- starts AWS
    """Return the module as Lambda imports it, with a bucket, a table and an export."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="exports/1.xml", Body=records(3))
    boto3.client("dynamodb").create_table(
        TableName="checkpoints",
        KeySchema=[{"AttributeName": "Job", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "Job", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    import export_transform.handler as module

    return importlib.reload(module)


def step(handler: ModuleType, name: str, **export: Any) -> dict[str, Any]:
    """Return the result of a step, as the state machine gets it."""
    given = input_data(counter(WRITTEN, "3"), expect="counter", **export)
    result: dict[str, Any] = handler.lambda_handler({"step": name, "execution": "e", "input": given}, Context())
    return json.loads(json.dumps(result))  # type: ignore[no-any-return]  # JSON


@pytest.fixture
def log(handler: ModuleType) -> Iterator[io.StringIO]:  # noqa: ARG001 -- makes the logger
    """Return what the logger of the function writes."""
    (output,) = logging.getLogger("export-transform").handlers
    assert isinstance(output, logging.StreamHandler)
    before = output.setStream(written := io.StringIO())
    yield written
    output.setStream(before)


def test_both_steps_run(handler: ModuleType, log: io.StringIO) -> None:
    """The records are in the bucket, and each step has one log line with receipt ID, execution and totals."""
    assert step(handler, "check", destination="s3")["status"] == "found"
    done = step(handler, "run", destination="s3")
    assert (done["status"], done["totals"]["written"]) == ("done", 3)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [(line["step"], line["status"]) for line in lines] == [("check", "found"), ("run", "done")]
    assert {(line["receipt_id"], line["execution"], line["job_id"]) for line in lines} == {
        ("receipt-1", "e", "9100000000008141")
    }


def test_a_wrong_input_fails_with_its_fields(handler: ModuleType) -> None:
    """The state machine ends with the cause, and nothing is retried."""
    failed = step(handler, "check", source="ftp")
    assert (failed["status"], failed["cause"]) == ("failed", "input-refused")
    assert "export.source" in failed["reason"]


@pytest.mark.parametrize(
    ("given", "receipt_id", "job_id"),
    [
        ({"receipt_id": "receipt-2", "job": {"id": "2"}}, "receipt-2", "2"),
        ({"job": "text"}, None, None),
        ([], None, None),
    ],
)
def test_a_log_line_has_the_ids_of_its_own_execution(
    handler: ModuleType, log: io.StringIO, given: object, receipt_id: str | None, job_id: str | None
) -> None:
    """Also if the input is wrong, and never those of the invocation before."""
    step(handler, "check")
    handler.lambda_handler({"step": "check", "execution": "e2", "input": given}, Context())
    last = json.loads(log.getvalue().splitlines()[-1])
    assert (last["cause"], last.get("receipt_id"), last.get("job_id")) == ("input-refused", receipt_id, job_id)


def test_a_step_that_the_state_machine_repeats_says_why(
    handler: ModuleType, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the receipt ID of the webhook."""

    def fail(*_: object) -> None:
        raise Transient("transient", "Another execution works on the same job.", target="checkpoint")

    monkeypatch.setattr(handler.CheckpointStore, "load", fail)
    with pytest.raises(Transient):
        step(handler, "run", destination="s3")
    line = json.loads(log.getvalue())
    assert (line["cause"], line["receipt_id"]) == ("checkpoint-unreachable", "receipt-1")
    assert line["reason"] == "Another execution works on the same job."


def test_a_missing_parameter_fails_with_its_place(handler: ModuleType) -> None:
    """The receiver's access belongs to the destination, the SFTP server's to the source."""
    step(handler, "check")
    assert step(handler, "run")["cause"] == "destination-refused"
    assert step(handler, "check", source="sftp")["cause"] == "source-refused"


def test_an_authority_is_for_the_emulator_only(handler: ModuleType) -> None:
    """A parameter cannot send batches to this computer on AWS."""
    value = {"url": "https://127.0.0.1:8443/", "secret": "whsec_" + "A" * 32, "authority": "invented"}
    name = VARIABLES["ACCESS_PREFIX"] + "receiver"
    boto3.client("ssm").put_parameter(Name=name, Value=json.dumps(value), Type="SecureString")
    step(handler, "check")
    failed = step(handler, "run")
    assert (failed["cause"], failed["status"]) == ("destination-refused", "failed")
    assert "emulator" in failed["reason"]
