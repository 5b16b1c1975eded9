"""The routes file: valid, and allowed what it needs by the stack as it was deployed."""

from pathlib import Path

import pytest

from scripts.operate.doctor.finding import State
from scripts.operate.doctor.routes import checks
from scripts.operate.doctor.subject import Subject
from tests.samples import STAGES
from tests.scripts.operate.doctor.subjects import BAD, OK, PREFIX, UNKNOWN, found

QUEUE = "arn:aws:sqs:us-east-1:123456789012:theirs"
TOPIC = "arn:aws:sns:us-east-1:123456789012:theirs"


def delivering(subject: Subject, folder: Path, *entries: str, stages: str = STAGES) -> Subject:
    """The subject with a routes file whose only route delivers there."""
    path = folder / "routes.yaml"
    path.write_text(f"{stages}routes: [{{name: a, deliver: [{', '.join(f'{{{entry}}}' for entry in entries)}]}}]")
    return subject._replace(routes=path)


def with_parameters(subject: Subject, **parameters: str) -> Subject:
    return subject._replace(pipeline=subject.pipeline._replace(parameters=parameters))


def test_the_shipped_routes_are_well(subject: Subject) -> None:
    """They name nothing outside the stack."""
    assert [finding.state for finding in found(checks, subject)] == [OK, OK]


def test_routes_that_are_not_valid_are_bad(subject: Subject, tmp_path: Path) -> None:
    """With line and route; what they need is then not known."""
    valid, needed = found(checks, delivering(subject, tmp_path, "topic: nowhere"))
    assert (valid.state, needed.state) == (BAD, UNKNOWN)
    assert "routes.yaml: line 2, route a" in valid.told
    assert "the stack has no topic nowhere" in valid.told
    assert "alma-webhooks routes check" in valid.fix


@pytest.mark.parametrize(
    ("entry", "parameters", "state"),
    [
        (f"queue: '{QUEUE}'", {}, BAD),
        (f"queue: '{QUEUE}'", {"QueueArns": f"{QUEUE}-2"}, BAD),
        (f"queue: '{QUEUE}'", {"OutsideTopicArns": QUEUE}, BAD),
        (f"queue: '{QUEUE}'", {"QueueArns": f"{QUEUE}-2, {QUEUE}"}, OK),
        (f"queue: '{QUEUE}'", {"QueueArns": "arn:aws:sqs:us-east-1:123456789012:*"}, OK),
        (f"topic: '{TOPIC}'", {}, BAD),
        (f"topic: '{PREFIX}one'", {}, OK),
        ("state_machine: 'arn:aws:states:us-east-1:123456789012:stateMachine:pod'", {}, OK),
        ("state_machine: 'arn:aws:states:us-east-1:123456789012:stateMachine:theirs'", {}, BAD),
    ],
)
def test_what_is_not_permitted_is_bad(
    subject: Subject, tmp_path: Path, entry: str, parameters: dict[str, str], state: State
) -> None:
    """The deployed parameters count; what is the stack's own needs none."""
    subject = with_parameters(delivering(subject, tmp_path, entry), **parameters)
    findings = found(checks, subject, "permissions")
    assert {finding.state for finding in findings} == {state}


def test_the_fix_names_the_parameter(subject: Subject, tmp_path: Path) -> None:
    """A finding for each right."""
    findings = found(checks, delivering(subject, tmp_path, f"queue: '{QUEUE}'"), "permissions")
    assert [finding.told for finding in findings] == [
        f"the processor may not {action} on {QUEUE}, which a route names"
        for action in ("sqs:SendMessage", "sqs:GetQueueUrl")
    ]
    assert "the template's parameter QueueArns: alma-webhooks deploy --stage dev" in findings[0].fix


def test_only_this_stages_arns_count(subject: Subject, tmp_path: Path) -> None:
    """What another stage's variables say is another stack's matter."""
    stages = f"stages: {{dev: {{there: '{QUEUE}'}}, stg: {{there: '{QUEUE}-stg'}}, prod: {{there: '{QUEUE}-prod'}}}}\n"
    subject = delivering(subject, tmp_path, 'queue: "{{ there }}"', stages=stages)
    [finding] = found(checks, with_parameters(subject, QueueArns=QUEUE), "permissions")
    assert (finding.state, finding.told) == (OK, "1 of the routes' ARNs outside the stack, all allowed")
