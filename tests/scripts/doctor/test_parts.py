"""Test the checks of the further parts: their files, their stacks, and their queues."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.aws.stack import Stack
from scripts.doctor import parts
from scripts.doctor.alarms import alarms
from scripts.doctor.check import Finding, Health, Subject
from scripts.doctor.checks import checks_of
from scripts.project.folder import Project
from scripts.project.models import ProjectFile
from tests.further_part import PART, write_part
from tests.scripts.deploy.stacks import described, mark_of
from tests.scripts.doctor.subjects import NAME, OK, UNHEALTHY, UNKNOWN, found
from tests.scripts.doctor.test_queues import aged

STACK = f"{NAME}-shelf"
ARN = f"arn:aws:sqs:us-east-1:123456789012:{STACK}-returns"
DEPLOY = "alma-webhooks deploy --stage dev"
FIX = "alma-webhooks doctor --fix --stage dev"


def with_part(subject: Subject, status: str = "CREATE_COMPLETE", **parameters: str) -> Subject:
    """Return the subject with a part whose queues are created."""
    names = {"queue": f"{STACK}-returns", "dead_letters": f"{STACK}-return-dead-letters"}
    sqs = subject.scope.aws.sqs
    urls = {kind: sqs.create_queue(QueueName=name)["QueueUrl"] for kind, name in names.items()}
    outputs = {"Mark": mark_of("shelf"), "Queues": json.dumps({"returns": urls})}
    stack = Stack(STACK, outputs, parameters, status)
    return named(subject)._replace(parts={"shelf": stack})


def named(subject: Subject) -> Subject:
    """Return the subject whose pipeline names the part."""
    pipeline = subject.pipeline
    return subject._replace(pipeline=pipeline._replace(outputs={**pipeline.outputs, "Parts": "shelf"}))


def in_project(subject: Subject, folder: Path) -> Subject:
    """Return the subject with a project that has the part."""
    data = {"schema": 1, "name": "library", "stages": {"dev": {}}, "parts": {"shelf": PART}}
    address = subject.scope.address._replace(project=Project(folder, ProjectFile.model_validate(data), "--project"))
    return subject._replace(scope=subject.scope._replace(address=address))


def test_a_stack_without_parts_has_no_checks_of_them(subject: Subject) -> None:
    """Nor does a project without parts add any."""
    assert [check.name for check in checks_of(subject)][-1] == "members"


def test_each_part_and_each_queue_has_its_checks(subject: Subject, tmp_path: Path) -> None:
    """In the order of the parts; the files are checked only in a project that has parts."""
    names = ["part shelf", "returns mapping", "returns queue", "returns dead letters"]
    assert [check.name for check in checks_of(with_part(subject))][-4:] == names
    assert [check.name for check in parts.checks_of(in_project(with_part(subject), tmp_path))] == ["part files", *names]


def test_the_files_of_the_project_are_checked(subject: Subject, tmp_path: Path) -> None:
    """Each problem is a finding."""
    [finding] = found(in_project(subject, tmp_path), "part files")[:1]
    assert finding.state is UNHEALTHY
    write_part(tmp_path)
    [finding] = found(in_project(subject, tmp_path), "part files")
    assert finding.state is OK


def test_a_part_must_be_deployed(subject: Subject, tmp_path: Path) -> None:
    """One that the project has, and one that the pipeline names."""
    for each in (in_project(subject, tmp_path), named(subject)):
        [finding] = found(each, "part shelf")
        assert (finding.state, finding.fix) == (UNHEALTHY, DEPLOY)
        assert f"the stack {STACK} of the part shelf is not deployed" in finding.message


@pytest.mark.parametrize(
    ("status", "state", "fix"),
    [
        ("UPDATE_COMPLETE", OK, ""),
        ("UPDATE_IN_PROGRESS", UNKNOWN, "check again in a few minutes"),
        ("UPDATE_ROLLBACK_COMPLETE", UNHEALTHY, DEPLOY),
    ],
)
def test_the_status_of_the_stack_is_checked(subject: Subject, status: str, state: Health, fix: str) -> None:
    """As that of the notifications."""
    [finding] = found(with_part(subject, status), "part shelf")
    assert (finding.state, finding.fix) == (state, fix)


@pytest.mark.parametrize(
    ("part", "count"), [("shelf", 1), ("another", 0)], ids=["the part", "a foreign stack of that name"]
)
def test_only_a_stack_with_the_mark_is_the_part(subject: Subject, part: str, count: int) -> None:
    """Another stack of that name is not looked at."""
    with Stubber(subject.scope.aws.cloudformation) as stub:
        answer = described("UPDATE_COMPLETE", {"Mark": mark_of(part)})
        stub.add_response("describe_stacks", answer, {"StackName": STACK})
        assert len(parts.deployed_parts(named(subject))) == count


def mapped(subject: Subject, *mappings: Any) -> list[Finding]:
    """Return the findings about these mappings."""
    with Stubber(subject.scope.aws.functions) as stub:
        stub.add_response("list_event_source_mappings", {"EventSourceMappings": [*mappings]}, {"EventSourceArn": ARN})
        return found(with_part(subject), "returns mapping")


def test_a_mapping_must_be_enabled(subject: Subject) -> None:
    """A queue that no function reads has no finding."""
    function = "arn:aws:lambda:us-east-1:123456789012:function:shelf-returns"
    [ok] = mapped(subject, {"State": "Enabled", "FunctionArn": function})
    assert (ok.state, ok.message) == (OK, "shelf-returns receives messages from the queue returns")
    [disabled] = mapped(subject, {"State": "Disabled", "FunctionArn": function})
    assert (disabled.state, disabled.fix) == (UNHEALTHY, FIX)
    assert mapped(subject) == []


def test_messages_must_not_wait_longer_than_the_alarm_allows(subject: Subject) -> None:
    """The limit is a parameter of the part's stack."""
    checked = with_part(subject, ReturnsAgeLimit="600")
    [finding] = found(checked, "returns queue")
    assert finding.message == "no message is waiting on the queue returns"
    url = subject.scope.aws.sqs.get_queue_url(QueueName=f"{STACK}-returns")["QueueUrl"]
    subject.scope.aws.sqs.send_message(QueueUrl=url, MessageBody="a")
    aged(subject, f"{STACK}-returns", 500)
    assert found(checked, "returns queue")[0].state is OK
    aged(subject, f"{STACK}-returns", 900)
    [finding] = found(checked, "returns queue")
    assert (finding.state, "limit 10 min" in finding.message) == (UNHEALTHY, True)


def test_dead_letters_are_unhealthy(subject: Subject) -> None:
    """The fix lists them by the name of the queue; a queue that does not exist is to be restored."""
    checked = with_part(subject)
    assert found(checked, "returns dead letters")[0].state is OK
    sqs = subject.scope.aws.sqs
    url = sqs.get_queue_url(QueueName=f"{STACK}-return-dead-letters")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="a")
    [finding] = found(checked, "returns dead letters")
    assert finding.fix == "alma-webhooks dead-letters list --queue returns --stage dev"
    sqs.delete_queue(QueueUrl=url)
    assert found(checked, "returns dead letters")[0].fix == FIX
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=f"{STACK}-returns")["QueueUrl"])
    assert found(checked, "returns queue")[0].fix == FIX
    assert parts.checks_of(checked)[1].run(checked) is not None
    assert found(checked, "returns mapping") == []


def test_the_alarms_of_its_queues_are_expected(subject: Subject) -> None:
    """They are missing here, and belong to the part's stack."""
    values = {"Alarms": "essential", "AlarmStack": f"{NAME}-observability", "Emulated": "false"}
    checked = with_part(subject, **values)
    with Stubber(subject.scope.aws.cloudformation) as stub:
        stub.add_client_error("describe_stacks", "ValidationError", "Stack with id stack does not exist")
        for _ in range(2):
            stub.add_response("list_stack_resources", {"StackResourceSummaries": []})
        messages = [finding.message for finding in alarms(checked)]
    assert any("observability-shelf-returns-dead-letters" in message for message in messages)
