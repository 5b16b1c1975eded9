"""The first command of every alarm's description, run as printed, shows the trouble that the alarm is about.

The stack's name and the engine's address are added, which no description can know.
"""

import json
import re
import shlex
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest

from scripts.local import engine, ports
from scripts.local.interrupts import Interrupts
from tests.end_to_end.advised import Advised
from tests.end_to_end.running import eventually
from tests.infra.observability_alarms import alarms
from tests.scripts.command import run

SITE: Final = "alma-alarmed"
REASON: Final = "Threshold Crossed: 1 datapoint [5.0] was greater than the threshold (0.0)."


@pytest.fixture(scope="module")
def site() -> Iterator[Advised]:
    """Both stacks, and a dead letter, a failed execution and an accepted event on them."""
    with engine.started(ports.free(0), Interrupts()) as started:
        site = Advised.on(started.endpoint_url, SITE)
        site.changed("--parameter=ProcessorTimeout=15", "--parameter=VisibilityTimeout=16")
        yield site
        for name in (f"{SITE}-observability", SITE):
            site.aws.cloudformation.delete_stack(StackName=name)


def first_commands() -> dict[str, list[str]]:
    """Each first command that a description ends in, without the stage, and the alarms that have it."""
    found: dict[str, list[str]] = {}
    for alarm in alarms(["loan-lost"], f"{SITE}-observability").values():
        description = " ".join(alarm["AlarmDescription"].split())
        [command] = re.findall(r" First: alma-webhooks (.*) --stage \$\{Stage\}$", description)
        found.setdefault(command, []).append(alarm["AlarmName"])
    return found


def shown(site: Advised, command: str) -> str:
    """What the command prints here, whatever its exit code."""
    return run(*shlex.split(command), *site.options.split()).stdout


def shows_it(site: Advised, command: str, trace: str) -> None:
    """Waits until the command shows the trouble: metrics and counts come late."""
    assert eventually(lambda: trace in shown(site, command)), command


def test_f66_doctor_shows_every_alarm_that_sends_to_it(site: Advised) -> None:
    """With CloudWatch's reason: metric, datapoint and limit. Those that the engine cannot make are left out."""
    there = site.aws.cloudwatch.describe_alarms(MaxRecords=100)["MetricAlarms"]
    names = {alarm["AlarmName"] for alarm in there} & set(first_commands()["doctor"])
    assert len(names) >= 10
    for name in names:
        site.aws.cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=REASON)
    told = {finding["told"] for finding in site.doctor() if finding["check"] == "alarms"}
    assert {f"{name} is in alarm: {REASON}" for name in names} <= told
    for name in names:
        site.aws.cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="test")


def test_f66_every_other_first_command_shows_its_trouble(site: Advised) -> None:
    """Another one needs a trouble of its own here; nothing is skipped."""
    receipt_id = site.dead(b"no event")
    failed: Any = site.aws.states.start_execution(stateMachineArn=site.outputs["PodStateMachineArn"], input="{}")
    traces = {
        "dead-letters list": receipt_id,
        "executions list": failed["executionArn"].rpartition(":")[2],
        "balance --since 1h --profile heartbeat": "heartbeat",
    }
    others = set(first_commands()) - {"doctor"}
    assert others == set(traces)
    for command in others:
        shows_it(site, command, traces[command])


def test_f66_a_429_is_in_no_balance_and_in_the_doctors_report(site: Advised) -> None:
    """The gateway's access log alone has it."""
    group = site.outputs["ApiLogGroupName"]
    site.aws.logs.create_log_stream(logGroupName=group, logStreamName="s")
    line = json.dumps({"status": "429", "path": "/webhooks/alma"})
    events: Any = [{"timestamp": round(time.time() * 1000), "message": line}]
    site.aws.logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    assert "429" not in shown(site, "balance --since 1h")
    assert f"{SITE}-observability-throttled-requests" in first_commands()["doctor"]
    assert "1 answered 429 in the last hour" in shown(site, "doctor")
