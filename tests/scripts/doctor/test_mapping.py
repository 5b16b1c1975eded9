"""Test that the processor has exactly one enabled mapping, to the webhook queue."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.cli.advice import Fix
from scripts.doctor.finding import Finding, Health
from scripts.doctor.subject import Subject
from tests.scripts.doctor.subjects import OK, UNHEALTHY, UNKNOWN, found

FIX = "alma-webhooks doctor --fix --stage dev"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:webhooks"
U1, U2, U3 = (f"00000000-0000-0000-0000-00000000000{number}" for number in (1, 2, 3))
OTHER = "arn:aws:sqs:us-east-1:123456789012:other"


def mapped(uuid: str, source: str = QUEUE, state: str = "Enabled") -> dict[str, Any]:
    return {"UUID": uuid, "EventSourceArn": source, "State": state}


@pytest.fixture
def stub(subject: Subject) -> Iterator[Stubber]:
    """Stub Lambda, for which moto needs more packages."""
    with Stubber(subject.scope.aws.functions) as stubber:
        yield stubber


def looked(subject: Subject, stub: Stubber, *mappings: dict[str, Any]) -> list[tuple[Health, str]]:
    answer = {"EventSourceMappings": list(mappings)}
    stub.add_response("list_event_source_mappings", answer, {"FunctionName": "processor"})
    return [(finding.state, finding.fix) for finding in found(subject, "mapping")]


def test_one_enabled_mapping_is_healthy(subject: Subject, stub: Stubber) -> None:
    """There is no fix."""
    assert looked(subject, stub, mapped(U1)) == [(OK, "")]


@pytest.mark.parametrize("state", ["Disabled", "Disabling", "Deleting"])
def test_a_disabled_mapping_is_unhealthy(subject: Subject, stub: Stubber, state: str) -> None:
    """The fix is the command that enables it."""
    assert looked(subject, stub, mapped(U1, state=state)) == [(UNHEALTHY, FIX)]


def test_a_mapping_that_is_being_created_is_unknown(subject: Subject, stub: Stubber) -> None:
    """The fix is to check again later."""
    assert looked(subject, stub, mapped(U1, state="Enabling")) == [(UNKNOWN, "check again in a few minutes")]


def test_a_missing_mapping_is_unhealthy(subject: Subject, stub: Stubber) -> None:
    """A mapping to another queue does not count."""
    assert looked(subject, stub) == [(UNHEALTHY, FIX)]
    deleted = f"aws lambda delete-event-source-mapping --uuid {U2}"
    assert looked(subject, stub, mapped(U2, OTHER)) == [(UNHEALTHY, FIX), (UNHEALTHY, deleted)]


def test_a_second_mapping_is_unhealthy(subject: Subject, stub: Stubber) -> None:
    """It may be to the same queue or to another."""
    found_here = looked(subject, stub, mapped(U1), mapped(U2), mapped(U3, OTHER))
    deleted = [f"aws lambda delete-event-source-mapping --uuid {uuid}" for uuid in (U2, U3)]
    assert found_here == [(OK, ""), *((UNHEALTHY, fix) for fix in deleted)]


def test_a_mapping_that_may_not_be_read_is_unknown(subject: Subject, stub: Stubber) -> None:
    """The missing right is named."""
    stub.add_client_error("list_event_source_mappings", "AccessDeniedException")
    [finding] = found(subject, "mapping")
    message = "AWS denied access: the permission lambda:ListEventSourceMappings is missing"
    assert finding == Finding("mapping", UNKNOWN, message, Fix("grant your role lambda:ListEventSourceMappings"))


def test_a_mapping_of_a_deleted_queue_is_unknown(subject: Subject) -> None:
    """The fix recreates the queue."""
    subject.scope.aws.sqs.delete_queue(QueueUrl=subject.scope.stack.outputs["QueueUrl"])
    [finding] = found(subject, "mapping")
    assert (finding.state, finding.fix) == (UNKNOWN, FIX)
