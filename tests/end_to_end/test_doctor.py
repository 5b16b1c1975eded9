"""The doctor on a running pipeline: healthy except for the alarm stack, and each fault is found with its fix."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.addresses import is_scope_line
from tests.end_to_end.running import Running, eventually
from tests.end_to_end.stack import Stack, watched
from tests.scripts.command import run

# `make run` does not deploy the observability stack, so there are no alarms.
NOT_DEPLOYED = {"alarm topic", "alarms"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start a run for this module, because the faults would disturb other tests."""
    with Running(tmp_path_factory.mktemp("run"), "--port", "0", "--no-samples") as run, watched(run) as stack:
        stack.outcome(stack.accepted(b'{"action":"LOAN","event":{"value":"LOAN_CREATED"}}'))
        yield stack


def doctor(stack: Stack, *more: str) -> dict[str, Any]:
    """Return the JSON output of `alma-webhooks doctor`."""
    completed = run("doctor", "--output=json", f"--endpoint-url={stack.facts['endpoint_url']}", *more)
    assert (completed.returncode, is_scope_line(completed.stderr)) == (1, True), completed.stderr
    return dict(json.loads(completed.stdout))


def unhealthy(stack: Stack) -> list[dict[str, str]]:
    """Return the unhealthy or unknown findings, without those of the alarm stack."""
    findings = [finding for finding in doctor(stack)["findings"] if finding["state"] != "ok"]
    expected = [finding for finding in findings if "deploy --stage dev" in finding["fix"]]
    assert {finding["check"] for finding in expected if finding["check"].startswith("alarm")} == NOT_DEPLOYED
    return [finding for finding in findings if not finding["check"].startswith("alarm")]


def test_a_running_pipeline_is_healthy(stack: Stack) -> None:
    """The doctor finds no problem except for the alarm stack, which is not deployed here."""
    findings = doctor(stack)["findings"]
    assert unhealthy(stack) == []
    messages = {finding["check"]: finding["message"] for finding in findings}
    assert list(messages) == [
        *("stack", "clock", "secret", "retired", "listener", "mapping"),
        *("queue", "dead letters", "queue policies", "requests"),
        *("routes", "permissions", "targets", "alarm topic", "alarms", "last event", "members"),
    ]
    assert messages["listener"] == f"{stack.facts['webhook_url']} answers the challenge"
    assert messages["targets"] == "24 of 24 targets exist"
    assert messages["last event"].startswith("alma at 20")
    assert stack.facts["secret"] not in f"{findings}"


def test_text_output_has_a_line_for_each_finding(stack: Stack) -> None:
    """The text output shows each fix with the flags that select this stack."""
    completed = run("doctor", f"--endpoint-url={stack.facts['endpoint_url']}")
    assert completed.returncode == 1
    lines = completed.stdout.splitlines()
    assert re.fullmatch(r"alma-webhooks-dev, us-east-1: \d+ unhealthy", lines[0])
    assert f"→ alma-webhooks deploy --stage dev --endpoint-url {stack.facts['endpoint_url']}" in completed.stdout
    assert lines[-1].endswith(" unhealthy")


def test_a_disabled_mapping_is_found(stack: Stack) -> None:
    """A disabled mapping is found, and its fix is the command that enables it."""
    lambda_ = stack.aws.functions
    [mapping] = lambda_.list_event_source_mappings(FunctionName=f"{stack.facts['stack']}-processor")[
        "EventSourceMappings"
    ]
    lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        [finding] = unhealthy(stack)
        assert (finding["check"], finding["state"]) == ("mapping", "unhealthy")
        assert finding["fix"].startswith("alma-webhooks doctor --fix --stage dev --endpoint-url http://127.0.0.1:")
    finally:
        lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    assert unhealthy(stack) == []


def test_a_blank_secret_is_found(stack: Stack) -> None:
    """A blank secret is found, and its fix is the command that creates one."""
    name = "/alma-webhooks/dev/alma/secret"
    put = stack.aws.ssm.put_parameter
    put(Name=name, Value=" ", Type="SecureString", Overwrite=True)
    try:
        finding = next(finding for finding in unhealthy(stack) if finding["check"] == "secret")
        assert finding["message"] == "alma has no secret or a blank one, so the listener answers 503"
        assert finding["fix"].startswith(
            "alma-webhooks secret create alma --stage dev --endpoint-url http://127.0.0.1:"
        )
    finally:
        put(Name=name, Value=stack.facts["secret"], Type="SecureString", Overwrite=True)
    assert unhealthy(stack) == []


def test_a_deleted_topic_is_found(stack: Stack) -> None:
    """A deleted topic is found and named by its ARN."""
    arn = stack.facts["topics"]["loan-lost"]
    stack.aws.sns.delete_topic(TopicArn=arn)
    try:
        [finding] = unhealthy(stack)
        assert finding["check"] == "targets"
        assert f"the topic {arn} does not exist" in finding["message"]
        messages = [one["message"] for one in doctor(stack)["findings"] if one["check"] == "targets"]
        assert messages[-1] == "23 of 24 targets exist"
    finally:
        stack.aws.sns.create_topic(Name=arn.rpartition(":")[2])
    assert unhealthy(stack) == []


def test_a_dead_letter_is_found(stack: Stack) -> None:
    """A dead letter is found, and its fix is the command that lists it."""
    receipt_id = stack.accepted(b"no event at all")
    assert stack.outcome(receipt_id)["outcome"] == "dead"
    [finding] = eventually(lambda: unhealthy(stack))
    assert (finding["check"], finding["state"]) == ("dead letters", "unhealthy")
    assert finding["fix"].startswith("alma-webhooks dead-letters list --stage dev")
    stack.dead_letter(receipt_id)
    assert unhealthy(stack) == []
