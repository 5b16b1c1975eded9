"""The first command in the description of every alarm shows the problem of the alarm.

It is run as printed, with the stack name and the URL of the emulator added, which no description can contain.
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
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.running import eventually
from tests.end_to_end.test_deploy import SHORT
from tests.infra.observability_alarms import alarms
from tests.scripts.command import run

pytestmark = pytest.mark.full  # two stacks of its own

SITE: Final = "alma-alarmed"
# The emulator supports neither composite alarms nor alarms on several metrics.
UNSUPPORTED: Final = {"page", "processor-stalled"}
STATE_MACHINES: Final = {
    "Failed": '{"StartAt": "End", "States": {"End": {"Type": "Fail"}}}',
    "Aborted": '{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": true}}}',
}
REASON: Final = "Threshold Crossed: 1 datapoint [5.0] was greater than the threshold (0.0)."


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Advised]:
    """Deploy both stacks on an emulator of their own, with a profile that gets no events."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        path = tmp_path_factory.mktemp("project")
        project = ProjectFolder.create(path, profiles=("alma", "quiet"), parameters=SHORT)
        site = Advised.on(started.endpoint_url, SITE, project)
        site.changed()
        yield site
        site.delete()


def first_commands() -> dict[str, list[str]]:
    """Return the alarms by the first command in their descriptions, without the stage."""
    found: dict[str, list[str]] = {}
    for alarm in alarms(["loan-lost"], f"{SITE}-observability").values():
        description = " ".join(alarm["AlarmDescription"].split())
        [command] = re.findall(r" First: alma-webhooks (.*) --stage \$\{Stage\}$", description)
        found.setdefault(command, []).append(alarm["AlarmName"])
    return found


def alarms_made(site: Advised) -> set[str]:
    """Return the names of the alarms on the emulator."""
    pages = site.aws.cloudwatch.get_paginator("describe_alarms").paginate()
    return {alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]}


def logged(site: Advised, **line: str) -> None:
    """Write a line to the access log of the gateway."""
    group, stream = site.outputs["ApiLogGroupName"], f"s-{time.time_ns()}"
    site.aws.logs.create_log_stream(logGroupName=group, logStreamName=stream)
    events: Any = [{"timestamp": round(time.time() * 1000), "message": json.dumps(line)}]
    site.aws.logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def shown(site: Advised, command: str) -> str:
    """Return the output of the command on this stack, with any exit code."""
    return run(*shlex.split(command), *site.options.split()).stdout


def check_shown(site: Advised, command: str, text: str) -> None:
    """Wait until the command shows the problem, because metrics and counts are late."""
    assert eventually(lambda: text in shown(site, command)), command


def test_f66_doctor_shows_every_alarm_that_names_it(site: Advised) -> None:
    """The doctor shows every alarm whose description names it, with the reason of CloudWatch."""
    names = alarms_made(site) & set(first_commands()["doctor"])
    assert set(first_commands()["doctor"]) - names == {f"{SITE}-observability-{name}" for name in UNSUPPORTED}
    for name in names:
        site.aws.cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=REASON)
    messages = {finding["message"] for finding in site.doctor() if finding["check"] == "alarms"}
    assert {f"{name} is in alarm: {REASON}" for name in names} <= messages
    for name in names:
        site.aws.cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="test")


def test_f66_every_other_first_command_shows_its_problem(site: Advised) -> None:
    """Every other first command shows the problem of its alarm."""
    shown_text = {
        "dead-letters list": site.dead(b"no event"),
        "executions list": ended(site, "pod", "Failed"),
        "reconcile --since 1h --alma-profile heartbeat": "heartbeat",
    }
    others = set(first_commands()) - {"doctor"}
    assert others == set(shown_text)
    for command in others:
        check_shown(site, command, shown_text[command])


def ended(site: Advised, state_machine: str, ending: str) -> str:
    """Make an execution of a state machine end this way, and return its name."""
    arn = stacks.read(site.aws, SITE).state_machines[state_machine]
    site.aws.states.update_state_machine(stateMachineArn=arn, definition=STATE_MACHINES[ending])
    execution = site.aws.states.start_execution(stateMachineArn=arn, input="{}")["executionArn"]
    if ending == "Aborted":
        site.aws.states.stop_execution(executionArn=execution)
    return execution.rpartition(":")[2]


def test_f66_executions_list_shows_the_execution_of_each_alarm(site: Advised) -> None:
    """`executions list` shows failed and aborted executions of each state machine; none times out on the emulator."""
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
            check_shown(site, "executions list", f"{name}\n  state machine  {state_machine}, {ending.upper()}")


@pytest.mark.parametrize(
    ("status", "names"),
    [("429", ("throttled-requests", "sustained-throttled-requests")), ("404", ("signed-not-found",))],
)
def test_f66_the_doctor_shows_requests_that_ingest_rejected_or_never_got(
    site: Advised, status: str, names: tuple[str, ...]
) -> None:
    """The doctor shows status and destination of requests from the access log, which alone records a 429."""
    logged(site, status=status, route_key="$default")
    assert status not in shown(site, "reconcile --since 1h")
    assert {f"{SITE}-observability-{name}" for name in names} <= set(first_commands()["doctor"])
    printed = shown(site, "doctor")
    assert f"1 answered {status} in the last hour" in printed
    assert "(1 to other paths)" in printed


def test_f66_the_doctor_shows_a_retired_profile(site: Advised) -> None:
    """The doctor shows a retired profile that still has a secret."""
    assert f"{SITE}-observability-retired-profile" in first_commands()["doctor"]
    name = "/alma-webhooks/dev/retired-one/secret"
    site.aws.ssm.put_parameter(Name=name, Value="invented-secret-of-24-bytes-or-more", Type="SecureString")
    assert "retired-one has a secret but is not served" in shown(site, "doctor")
    site.aws.ssm.delete_parameter(Name=name)


def test_f66_the_doctor_shows_a_silent_profile(site: Advised) -> None:
    """The doctor shows a profile without recent events, while others send; the alarm of the profile names it."""
    [alarm] = site.aws.cloudwatch.describe_alarms(AlarmNames=[f"{SITE}-observability-profile-silence-quiet"])[
        "MetricAlarms"
    ]
    assert alarm["AlarmDescription"].endswith(" First: alma-webhooks doctor --stage dev")
    site.dead(b"no event")
    printed = shown(site, "doctor")
    assert "quiet: none in the last 24 h" in printed
    assert "alma: none in the last 24 h" not in printed
