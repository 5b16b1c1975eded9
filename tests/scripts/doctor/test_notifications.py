"""Test the checks of the stack of the notifications: its deployment, the sender's mapping, its queues, the API keys."""

from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.doctor.check import Health, Subject
from scripts.doctor.checks import checks_of
from tests.scripts.doctor.notified import PREFIX, STACK, in_project, with_notifications
from tests.scripts.doctor.subjects import OK, UNHEALTHY, UNKNOWN, WARNING, found
from tests.scripts.doctor.test_queues import aged

FIX = "alma-webhooks doctor --fix --stage dev"
DEPLOY = "alma-webhooks deploy --stage dev"
SENDER = f"{STACK}-sender"
QUEUE = f"arn:aws:sqs:us-east-1:123456789012:{STACK}-queue"


def test_a_stage_without_notifications_has_no_checks_of_them(subject: Subject, tmp_path: Path) -> None:
    """It is the same with and without a project."""
    for each in (subject, in_project(subject, tmp_path, notifications=False)):
        assert [check.name for check in checks_of(each)][-1] == "members"


def test_a_stack_that_the_project_asks_for_must_be_deployed(subject: Subject, tmp_path: Path) -> None:
    """The project's setting counts for the project's stack only."""
    [finding] = found(in_project(subject, tmp_path), "notifications")
    assert (finding.state, finding.fix) == (UNHEALTHY, DEPLOY)
    assert f"the stack {STACK} is not deployed" in finding.message
    other = in_project(subject, tmp_path, stack="another")
    assert [check.name for check in checks_of(other)][-1] == "members"


@pytest.mark.parametrize(
    ("status", "state", "fix"),
    [
        ("CREATE_COMPLETE", OK, ""),
        ("UPDATE_COMPLETE", OK, ""),
        ("UPDATE_IN_PROGRESS", UNKNOWN, "check again in a few minutes"),
        ("UPDATE_ROLLBACK_COMPLETE", UNHEALTHY, DEPLOY),
    ],
)
def test_the_status_of_the_stack_is_checked(subject: Subject, status: str, state: Health, fix: str) -> None:
    """A failed update leaves the previous version."""
    [finding] = found(with_notifications(subject, status), "notifications")
    assert (finding.state, finding.fix) == (state, fix)
    assert status in finding.message


@pytest.mark.parametrize(
    ("mappings", "state", "message"),
    [
        ([{"EventSourceArn": QUEUE, "State": "Enabled"}], OK, f"{SENDER} receives notifications"),
        (
            [{"EventSourceArn": QUEUE, "State": "Disabled"}],
            UNHEALTHY,
            f"the mapping of {SENDER} is Disabled, so",
        ),
        ([], UNHEALTHY, f"{SENDER} is not mapped to the notifications queue"),
    ],
)
def test_the_mapping_of_the_sender_is_checked(
    subject: Subject, mappings: list[Any], state: Health, message: str
) -> None:
    """It is checked like that of the processor, and `doctor --fix` enables it."""
    with Stubber(subject.scope.aws.functions) as stub:
        stub.add_response("list_event_source_mappings", {"EventSourceMappings": mappings}, {"FunctionName": SENDER})
        [finding] = found(with_notifications(subject), "sender mapping")
    assert (finding.state, finding.fix) == (state, "" if state is OK else FIX)
    assert finding.message.startswith(message)


def test_empty_queues_of_notifications_are_healthy(subject: Subject) -> None:
    """Nothing waits, and nothing has failed."""
    findings = found(with_notifications(subject), "sender queue", "sender dead letters")
    assert [(finding.state, finding.fix) for finding in findings] == [(OK, ""), (OK, "")]


@pytest.mark.parametrize(("seconds", "state"), [(7200, OK), (7201, UNHEALTHY)])
def test_notifications_that_wait_too_long_are_unhealthy(subject: Subject, seconds: int, state: Health) -> None:
    """The limit is that of the alarm."""
    subject = with_notifications(subject, NotificationAgeLimit="7200")
    assert subject.notifications
    subject.scope.aws.sqs.send_message(QueueUrl=subject.notifications.outputs["QueueUrl"], MessageBody="{}")
    assert found(subject, "sender queue")[0].state is UNKNOWN
    aged(subject, f"{STACK}-queue", seconds)
    [finding] = found(subject, "sender queue")
    assert finding.state is state
    assert finding.fix == ("" if state is OK else f"read the log of the sender: /aws/lambda/{SENDER}")


def test_dead_letters_of_notifications_are_unhealthy(subject: Subject) -> None:
    """The fix lists them."""
    subject = with_notifications(subject)
    assert subject.notifications
    subject.scope.aws.sqs.send_message(QueueUrl=subject.notifications.outputs["DeadLetterQueueUrl"], MessageBody="{}")
    [finding] = found(subject, "sender dead letters")
    assert finding.state is UNHEALTHY
    assert finding.fix == "alma-webhooks dead-letters list --queue notifications --stage dev"


def test_deleted_queues_of_notifications_are_unhealthy(subject: Subject) -> None:
    """The fix recreates them."""
    subject = with_notifications(subject)
    assert subject.notifications
    for output in ("QueueUrl", "DeadLetterQueueUrl"):
        subject.scope.aws.sqs.delete_queue(QueueUrl=subject.notifications.outputs[output])
    findings = found(subject, "sender queue", "sender dead letters")
    assert [(finding.state, finding.fix) for finding in findings] == [(UNHEALTHY, FIX), (UNHEALTHY, FIX)]


def key(subject: Subject, name: str, value: str) -> None:
    subject.scope.aws.ssm.put_parameter(Name=PREFIX + name, Value=value, Type="SecureString")


def test_a_stage_without_api_key_is_a_warning(subject: Subject) -> None:
    """A stage that only uses routes needs none. The fix makes one."""
    [finding] = found(with_notifications(subject), "API keys")
    assert finding.message.endswith("so every post is answered with 403, and only routes can notify")
    assert (finding.state, finding.fix) == (WARNING, "alma-webhooks topics api-key create --stage dev")


def test_a_blank_api_key_is_a_warning(subject: Subject) -> None:
    """The fix stores another one in its place; no value is on the command line."""
    key(subject, "api-key", " ")
    blank, finding = found(with_notifications(subject), "API keys")
    assert (blank.state, finding.state) == (WARNING, WARNING)
    assert f"aws ssm put-parameter --name {PREFIX}api-key --type SecureString " in finding.fix
    assert "--value file://FILE" in finding.fix


def test_a_blank_api_key_is_no_key(subject: Subject) -> None:
    """The producer accepts none of white space."""
    subject = with_notifications(subject)
    key(subject, "api-key", " \n")
    assert [finding.state for finding in found(subject, "API keys")] == [WARNING, WARNING]
    key(subject, "previous-api-key", "canary-of-the-key")
    findings = found(subject, "API keys")
    assert [finding.state for finding in findings] == [WARNING, OK]
    assert "canary" not in f"{findings}"


def test_two_api_keys_are_healthy_during_a_rotation(subject: Subject) -> None:
    """Both are valid."""
    subject = with_notifications(subject)
    key(subject, "api-key", "canary-one")
    [one] = found(subject, "API keys")
    key(subject, "previous-api-key", "canary-two")
    [two] = found(subject, "API keys")
    assert (one.state, one.message, two.state) == (OK, "api-key is valid", OK)
    assert "two API keys" in two.message
    assert two.fix == "alma-webhooks topics api-key retire --stage dev"


HOST = "api-eu.hosted.exlibrisgroup.com"


@pytest.mark.parametrize(
    ("host", "value", "expected"),
    [
        ("", None, []),
        (HOST, "canary", [(OK, "")]),
        (HOST, None, [(WARNING, "alma-webhooks topics secret alma-api-key --stage dev")]),
        (HOST, " ", [(WARNING, "store it, from a file")]),
        ("", " ", []),
    ],
)
def test_the_host_of_alma_needs_a_key(
    subject: Subject, host: str, value: str | None, expected: list[tuple[Health, str]]
) -> None:
    """A stage without both looks nobody up in Alma, as is meant. No value is shown."""
    subject = with_notifications(subject, AlmaApiHost=host)
    if value is not None:
        key(subject, "alma-api-key", value)
    findings = found(subject, "Alma")
    assert [(finding.state, finding.fix.partition(" with nothing")[0]) for finding in findings] == expected
    assert "canary" not in f"{findings}"


def test_the_key_of_alma_needs_a_host(subject: Subject) -> None:
    """The fix names the parameter."""
    key(subject, "alma-api-key", "canary")
    [finding] = found(with_notifications(subject), "Alma")
    assert (finding.state, finding.fix.startswith("set AlmaApiHost: HOST under parameters")) == (WARNING, True)
