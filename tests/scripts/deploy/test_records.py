"""The records of deployments: what they hold, their order, and that no NoEcho value is in them. S3 is moto."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scripts.aws.clients import Aws
from scripts.cli.exit_codes import FailedError
from scripts.deploy.artefacts import Artefacts, TemplateCopy
from scripts.deploy.records import DeploymentRecords
from scripts.deploy.stack_deployer import SentStack, StackResult

pytestmark = pytest.mark.usefixtures("no_policies")

AT = datetime(2026, 5, 13, 2, 41, 11, tzinfo=UTC)
TEMPLATE = json.dumps({"Parameters": {"SentryDsn": {"NoEcho": True}, "Empty": {"NoEcho": True}, "RoutesDigest": {}}})


@pytest.fixture
def artefacts(aws: Aws) -> Artefacts:
    return Artefacts(aws, "123456789012", "us-east-1")


@pytest.fixture
def records(artefacts: Artefacts) -> DeploymentRecords:
    return DeploymentRecords(artefacts, "stack")


def result(**values: str) -> StackResult:
    parameters: Any = [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
    return StackResult("stack", [], {}, SentStack(TEMPLATE, tuple(parameters), {"Topics": "loans"}))


def test_a_record_holds_everything_by_digest_and_no_secret_value(
    artefacts: Artefacts, records: DeploymentRecords
) -> None:
    """The stored JSON is a published format: a change of it is a decision."""
    records.store([result(SentryDsn="https://hidden", Empty="", RoutesDigest="ab", IngestCodeKey="i.zip")], "mine", AT)
    [key] = artefacts.keys("deployments/")
    assert key == "deployments/stack/2026-05-13T02:41:11.000Z.json"
    content = artefacts.read(key) or b""
    template = TemplateCopy(TEMPLATE).key
    assert json.loads(content) == {
        "format": 1,
        "stack": "stack",
        "time": "2026-05-13T02:41:11.000Z",
        "version": "0.1.0",
        "project": "mine",
        "envelope_version": "1",
        "stacks": [
            {
                "template": template,
                "parameters": {"Empty": "", "RoutesDigest": "ab", "IngestCodeKey": "i.zip"},
                "lists": {"Topics": "loans"},
                "secret": ["SentryDsn"],
            }
        ],
    }
    assert artefacts.read(template) == TEMPLATE.encode()
    [record] = records.newest_first()
    assert record.artefacts == [template, "i.zip", "routes/ab.yaml"]
    assert record.values["Topics"] == "loans"


def test_records_come_newest_first_and_an_unchanged_deployment_adds_none(records: DeploymentRecords) -> None:
    """Otherwise a rollback after it would restore what is deployed."""
    for number, digest in enumerate(("a", "b", "b")):
        records.store([result(RoutesDigest=digest)], "mine", AT + timedelta(hours=number))
    assert [each.values["RoutesDigest"] for each in records.newest_first()] == ["b", "a"]


def test_a_restored_deployment_is_recorded_with_its_own_version(records: DeploymentRecords) -> None:
    """The older code runs, so its version and its envelope count."""
    records.store([result(RoutesDigest="a")], "mine", AT)
    older = next(records.newest_first())._replace(version="0.0.1", envelope_version="0")
    records.store([result(RoutesDigest="a")], "mine", AT + timedelta(hours=1), older)
    newest = next(records.newest_first())
    assert (newest.version, newest.envelope_version) == ("0.0.1", "0")


def test_a_kept_secret_is_still_a_secret(records: DeploymentRecords) -> None:
    """A rollback sends UsePreviousValue for it, and the record of the rollback says that it has a value."""
    sent = SentStack(TEMPLATE, ({"ParameterKey": "SentryDsn", "UsePreviousValue": True},))
    records.store([StackResult("stack", [], {}, sent)], "mine", AT)
    assert next(records.newest_first()).stacks[0].secret == ["SentryDsn"]


def test_without_a_bucket_there_is_no_record(records: DeploymentRecords) -> None:
    """Before the first deployment the bucket does not exist."""
    assert list(records.newest_first()) == []


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}", b'{"format": 1, "stacks": [{"other": 1}]}'])
def test_a_damaged_record_is_named(content: bytes, aws: Aws, artefacts: Artefacts, records: DeploymentRecords) -> None:
    """One sentence names the object, instead of a traceback."""
    records.store([result()], "mine", AT)
    [key] = artefacts.keys("deployments/")
    aws.s3.put_object(Bucket=artefacts.bucket, Key=key, Body=content)
    with pytest.raises(FailedError, match=f"^The record {key} is not the record of a deployment"):
        list(records.newest_first())
