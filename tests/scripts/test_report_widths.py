"""Test that what operators read fits a terminal of 80 columns, with realistic names, in the longest cases."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from scripts.alma_client.samples import load_all
from scripts.aws.context import StackContext
from scripts.cli.advice import Advice
from scripts.cli.output import fitted
from scripts.doctor import report as doctor_report
from scripts.doctor.check import Finding, Health
from scripts.doctor.checks import Examination
from scripts.doctor.repair.faults import Remedy, ResourceFault
from scripts.doctor.repair.fix import FixResult, Flow
from scripts.doctor.repair.stack_parts import StackResource, StackResources
from scripts.reconciliation import report as reconciliation_report
from scripts.reconciliation.collect import CollectedReconciliation
from scripts.reconciliation.reconcile import COUNTS, OutcomeDeadline, Reconciliation, ReconciliationLine, TimeWindow
from scripts.request_trace import log as request_log
from scripts.request_trace.log_line import LogLine
from scripts.secret import report as secret_report
from scripts.secret.rotation import RotationState
from scripts.secret.service import SecretStatus
from scripts.secret.store import Pair, StoredSecret
from tests.scripts.command import run

WIDTH = 80
STACK = "alma-webhooks-prod"
OPTIONS = "--stage prod --stack alma-webhooks-prod"
ARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:alma-webhooks-prod-timdex"
NOW = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC)
AT = 1_795_521_600_000

# A value of this length for each placeholder of the advice.
VALUES = {
    "arn": ARN,
    "topic": ARN,
    "deploying": f"alma-webhooks deploy --routes /home/operator/alma/routes.yaml {OPTIONS}",
    "description": "The heartbeat did not arrive: events are accepted, but not delivered. First: alma-webhooks doctor",
    "options": OPTIONS,
    "deploy_options": f"--routes FILE {OPTIONS}",
    "value": f"{ARN},{ARN}",
    "ids": "0123456789abcdef0123456789abcdef",  # pragma: allowlist secret -- a receipt id
    "group": "/aws/lambda/alma-webhooks-prod-processor",
    "queue": "a-name-of-thirty-one-characters",
}

MESSAGES = (
    "local clock is 3600 s behind AWS: times in reports are wrong, and AWS rejects more than 5 minutes",
    f"at least 1234 answered 401 in the last hour, newest at 2026-11-24T12:00:00.000Z: wrong or missing signature; if "
    f"Alma sent them, the events are lost (1200 /webhooks/alma, 30 /{'x' * 79}, 4 /wp-login.php, 12 more paths)",
    f"the state machine {ARN} does not exist, so its events become dead letters",
    "routes.yaml: line 3, route loans, deliver[0].topic: the stack has no topic nosuch; add the name to the template's "
    "parameter Topics, or use an ARN",
)


def overflowing(lines: Iterable[str], width: int = WIDTH) -> list[str]:
    """Return the fitted lines that exceed the width although they could break at a space."""
    return [
        line for line in fitted(lines, width) if cell_len(line) > width and len(line.removesuffix(" \\").split()) > 1
    ]


def test_the_doctor_fits() -> None:
    """Each advice and the longest messages wrap below their column; the state stays a column of its own."""
    advised = [Finding("queue policies", Health.unhealthy, "message", fix_of(advice)) for advice in Advice]
    shown = [Finding("dead letters", state, message) for message in MESSAGES for state in Health]
    examination = Examination(STACK, "eu-central-1", [*advised, *shown])
    assert overflowing(doctor_report.lines(examination)) == []
    text = list(fitted(doctor_report.lines(examination), WIDTH))
    assert all(line[:9].strip() in {"", *Health} for line in text[text.index("") : -1])


def fix_of(advice: Advice) -> Any:
    names = {"name": "alma-webhooks-prod-sustained-throttled-requests", "profile": "consortium"}
    names["aws_options"] = "--region eu-central-1 --profile library --endpoint-url http://127.0.0.1:4566"
    return advice.text(
        **dict.fromkeys(("uuid", "right", "file", "fix", "first", "place", "policy", "stage"), "value-of-it"),
        **dict.fromkeys(("targets", "subscriptions", "failures", "identity"), "value-of-it") | VALUES | names,
    )


def test_a_fix_fits() -> None:
    """This covers the plan and the result."""
    resource = StackResource("TimdexStateMachine", "AWS::StepFunctions::StateMachine", ARN)
    fault = ResourceFault(
        StackResources(STACK, {}, (resource,)),
        resource,
        Remedy.recreate,
        f"the state machine {ARN} does not exist",
        "subscriptions made outside the stack are lost; their owners must subscribe again",
    )
    flow = Flow(is_healthy=False, message="not verified: about 1,234 events are still waiting on the webhook queue")
    result = FixResult([fault], [fault], flow)
    assert overflowing([*doctor_report.plan_lines([fault]), *doctor_report.fix_lines(result)]) == []


@pytest.mark.parametrize("is_full", [True, False])
def test_a_reconciliation_fits(scope: StackContext, is_full: bool) -> None:
    """Columns are left out, those of zeros first; never the accepted and the missing."""
    counts = Counter({("consortium-heartbeat", name): 123_456 * is_full for name in COUNTS})
    counts["alma", "accepted"] = 1_234_567
    whys = Counter({("alma", "young"): 3, ("alma", "retry"): 12, ("alma", "queued"): 123_456})
    strangers = Counter({("alma", "delivered"): 123_456, ("alma", "duplicate"): 1})
    missing = [ReconciliationLine(AT, "accepted", "0123456789abcdef" * 2, "consortium")]
    collected = CollectedReconciliation(
        Reconciliation(counts, whys, strangers, strangers, missing),
        TimeWindow(AT, AT),
        {"visible": 123_456, "not_visible": 1_000, "delayed": 12},
        OutcomeDeadline(AT, 1, 1, 4_320_000, 120_000),
        [f"The log group /aws/lambda/{STACK}-ingest keeps lines for 90 d, so the reconciliation starts at …"],
    )
    data = reconciliation_report.as_data(scope, collected, None)
    lines = list(reconciliation_report.lines(data, WIDTH))
    assert overflowing(lines) == []
    [heading] = [line for line in lines if line.startswith("profile")]
    assert cell_len(heading) <= WIDTH
    assert {"accepted", "missing"} <= set(heading.split())
    assert "discarded" not in heading
    assert any(line.startswith("columns left out: ") for line in lines)


def test_a_trace_fits() -> None:
    """The longest lines of the three logs wrap."""
    failure = {"class": "refused", "reason": "AWS answered StateMachineDoesNotExist", "route": "r", "target": ARN}
    found = [
        LogLine(AT, "ingest", dict.fromkeys(("message", "profile", "secret", "bytes", "status", "detail"), "accepted")),
        LogLine(AT, "processor", {"message": "retry", "receives": 3, "seconds_away": 240, "failure": failure}),
        LogLine(
            AT,
            "processor",
            {
                "message": "outcome",
                "outcome": "duplicate",
                "profile": "consortium",
                "action": "JOB_END",
                "event": "JOB_END",
                "receives": 12,
                "duration_ms": 123_456,
                "deliveries": [{"route": "timdex-full-export", "target": f"state_machine:{ARN}", "failure": failure}],
            },
        ),
        LogLine(AT, "audit", {"message": "replayed", "who": ARN, "command": "dead-letters-replay", "result": "done"}),
    ]
    assert overflowing(request_log.lines(found)) == []


@pytest.mark.parametrize("profile", ["consortium-library", "heartbeat"])
@pytest.mark.parametrize("state", RotationState)
@pytest.mark.parametrize("show_secret", [True, False])
def test_the_status_of_a_secret_fits(profile: str, state: RotationState, *, show_secret: bool) -> None:
    """In each state."""
    url = f"https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/webhooks/{profile}"
    pair = Pair(StoredSecret("invented", NOW), StoredSecret("invented-" * 5, NOW), NOW)
    unknown = (
        "AccessDenied, User: arn:aws:iam::123456789012:user/operator is not authorized to perform: FilterLogEvents"
    )
    for status in (
        SecretStatus(profile, url, pair, state, NOW, last_uses=[NOW, None]),
        SecretStatus(profile, url, pair, state, NOW, uses_unknown=unknown),
    ):
        data = secret_report.as_data(status, OPTIONS, show_secret=show_secret)
        assert overflowing(secret_report.lines([data])) == []


def test_routes_fit(tmp_path: Path) -> None:
    """What the default routes do with samples, where they differ at another stage, and the problems of a file."""
    names = [sample.name for sample in load_all()]
    path = tmp_path / "routes.yaml"
    path.write_text("stages: {dev: {}, stg: {}, prod: {}}\nroutes:\n  - {name: a, deliver: [{topic: nosuch}]}\n")
    outputs = [run("routes", "explain", name).stdout for name in names[:: len(names) // 3]]
    outputs.append(run("routes", "check", "--routes", str(path)).stdout)
    outputs.append(run("routes", "test", "--stage=prod").stdout)
    assert all(outputs)
    assert [line for text in outputs for line in overflowing(text.splitlines())] == []
    assert json.loads(run("routes", "explain", names[0], "--output=json").stdout)
