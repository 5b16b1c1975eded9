"""The first command of every alarm's description, run as printed, shows the trouble that the alarm is about.

The stack's name and the emulator's address are added, which no description can know.
"""

import json
import re
import shlex
import time
from collections.abc import Iterator
from typing import Any, Final

import pytest

from scripts.aws import emulator, ports
from scripts.aws import stack as stacks
from scripts.cli.signals import Interrupts
from tests.end_to_end.advised import Advised
from tests.end_to_end.running import eventually
from tests.infra.observability_alarms import alarms
from tests.scripts.command import run

SITE: Final = "alma-alarmed"
# The emulator makes no alarm on other alarms, and none on more than one metric.
NOT_MADE: Final = {"page", "processor-stalled"}
STATE_MACHINES: Final = {
    "Failed": '{"StartAt": "End", "States": {"End": {"Type": "Fail"}}}',
    "Aborted": '{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": true}}}',
}
REASON: Final = "Threshold Crossed: 1 datapoint [5.0] was greater than the threshold (0.0)."


@pytest.fixture(scope="module")
def site() -> Iterator[Advised]:
    """Both stacks on an emulator of their own, with a profile that nobody sends by."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        site = Advised.on(started.endpoint_url, SITE)
        chosen = ("ProcessorTimeout=15", "VisibilityTimeout=16", "Profiles=alma,quiet")
        site.changed(*(f"--parameter={one}" for one in chosen))
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


def alarms_made(site: Advised) -> set[str]:
    """The names of the alarms that the emulator has."""
    pages = site.aws.cloudwatch.get_paginator("describe_alarms").paginate()
    return {alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]}


def logged(site: Advised, **line: str) -> None:
    """Writes a line of the gateway's access log."""
    group, stream = site.outputs["ApiLogGroupName"], f"s-{time.time_ns()}"
    site.aws.logs.create_log_stream(logGroupName=group, logStreamName=stream)
    events: Any = [{"timestamp": round(time.time() * 1000), "message": json.dumps(line)}]
    site.aws.logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def shown(site: Advised, command: str) -> str:
    """What the command prints here, whatever its exit code."""
    return run(*shlex.split(command), *site.options.split()).stdout


def shows_it(site: Advised, command: str, trace: str) -> None:
    """Waits until the command shows the trouble: metrics and counts come late."""
    assert eventually(lambda: trace in shown(site, command)), command


def test_f66_doctor_shows_every_alarm_that_sends_to_it(site: Advised) -> None:
    """With CloudWatch's reason: metric, datapoint and limit. Those that the emulator cannot make are left out."""
    names = alarms_made(site) & set(first_commands()["doctor"])
    assert set(first_commands()["doctor"]) - names == {f"{SITE}-observability-{name}" for name in NOT_MADE}
    for name in names:
        site.aws.cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=REASON)
    told = {finding["message"] for finding in site.doctor() if finding["check"] == "alarms"}
    assert {f"{name} is in alarm: {REASON}" for name in names} <= told
    for name in names:
        site.aws.cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="test")


def test_f66_every_other_first_command_shows_its_trouble(site: Advised) -> None:
    """Another one needs a trouble of its own here; nothing is skipped."""
    traces = {
        "dead-letters list": site.dead(b"no event"),
        "executions list": ended(site, "pod", "Failed"),
        "reconcile --since 1h --alma-profile heartbeat": "heartbeat",
    }
    others = set(first_commands()) - {"doctor"}
    assert others == set(traces)
    for command in others:
        shows_it(site, command, traces[command])


def ended(site: Advised, state_machine: str, ending: str) -> str:
    """Lets an execution of a state machine end so; its name."""
    arn = stacks.read(site.aws, SITE).state_machines[state_machine]
    site.aws.states.update_state_machine(stateMachineArn=arn, definition=STATE_MACHINES[ending])
    execution = site.aws.states.start_execution(stateMachineArn=arn, input="{}")["executionArn"]
    if ending == "Aborted":
        site.aws.states.stop_execution(executionArn=execution)
    return execution.rpartition(":")[2]


def test_f66_executions_list_shows_what_each_of_their_alarms_is_about(site: Advised) -> None:
    """Of each state machine one that failed and one that was aborted. None times out on the emulator."""
    state_machines, endings = ("pod", "timdex", "bursar"), ("Failed", "TimedOut", "Aborted")
    names = {
        f"{SITE}-observability-{state_machine}-executions-{ending}"
        for state_machine in state_machines
        for ending in endings
    }
    assert set(first_commands()["executions list"]) == names <= alarms_made(site)
    for state_machine in state_machines:
        for ending in STATE_MACHINES:
            name = ended(site, state_machine, ending)
            shows_it(site, "executions list", f"{name}\n  state machine  {state_machine}, {ending.upper()}")


@pytest.mark.parametrize(
    ("status", "names"),
    [("429", ("throttled-requests", "sustained-throttled-requests")), ("404", ("signed-not-found",))],
)
def test_f66_what_no_reconciliation_has_is_in_the_doctors_report(
    site: Advised, status: str, names: tuple[str, ...]
) -> None:
    """The gateway's access log alone has the path, and of a 429 anything."""
    logged(site, status=status, path="/webhooks/amla")
    assert status not in shown(site, "reconcile --since 1h")
    assert {f"{SITE}-observability-{name}" for name in names} <= set(first_commands()["doctor"])
    printed = shown(site, "doctor")
    assert f"1 answered {status} in the last hour" in printed
    assert "(1 /webhooks/amla)" in printed


def test_f66_a_profile_that_was_taken_away_is_in_the_doctors_report(site: Advised) -> None:
    """With what becomes of its events; the log of 503s tells none of it."""
    assert f"{SITE}-observability-retired-profile" in first_commands()["doctor"]
    name = "/alma-webhooks/dev/taken-away/secret"
    site.aws.ssm.put_parameter(Name=name, Value="invented-secret-of-24-bytes-or-more", Type="SecureString")
    assert "taken-away has a secret but is not served" in shown(site, "doctor")
    site.aws.ssm.delete_parameter(Name=name)


def test_f66_a_profile_that_is_silent_while_others_send_is_in_the_doctors_report(site: Advised) -> None:
    """Its alarm, one for each profile of the stack, sends to the doctor, which has each profile's last event."""
    [alarm] = site.aws.cloudwatch.describe_alarms(AlarmNames=[f"{SITE}-observability-profile-silence-quiet"])[
        "MetricAlarms"
    ]
    assert alarm["AlarmDescription"].endswith(" First: alma-webhooks doctor --stage dev")
    site.dead(b"no event")
    printed = shown(site, "doctor")
    assert "quiet: none in the last 24 h" in printed
    assert "alma: none in the last 24 h" not in printed
