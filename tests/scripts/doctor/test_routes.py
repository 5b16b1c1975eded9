"""Test that routes are checked for validity and for permissions in the deployed stack."""

from pathlib import Path

import pytest

from scripts.doctor.finding import Health
from scripts.doctor.routes import checks
from scripts.doctor.subject import Subject
from scripts.routes.check import target_names
from scripts.routes.deployed_routes import RoutesFileCopy
from tests.samples import STAGES
from tests.scripts.doctor.subjects import OK, PREFIX, UNHEALTHY, UNKNOWN, found

QUEUE = "arn:aws:sqs:us-east-1:123456789012:theirs"
TOPIC = "arn:aws:sns:us-east-1:123456789012:theirs"


def delivering(subject: Subject, folder: Path, *entries: str, stages: str = STAGES) -> Subject:
    """Return the subject with a routes file whose only route delivers to these targets."""
    path = folder / "routes.yaml"
    path.write_text(f"{stages}routes: [{{name: a, deliver: [{', '.join(f'{{{entry}}}' for entry in entries)}]}}]")
    return subject._replace(routes=path)


def with_parameters(subject: Subject, **parameters: str) -> Subject:
    return subject._replace(pipeline=subject.pipeline._replace(parameters=parameters))


def with_outputs(subject: Subject, **outputs: str) -> Subject:
    stack = subject.scope.stack._replace(outputs=subject.scope.stack.outputs | outputs)
    return subject._replace(scope=subject.scope._replace(stack=stack))


def test_the_default_routes_are_healthy(subject: Subject) -> None:
    """They use no target outside a stack with default topics."""
    valid, permitted = found(checks, with_outputs(subject, Topics=",".join(target_names()["topic"])))
    assert (valid.state, permitted.state) == (OK, OK)
    assert valid.message.endswith("routes.yaml may not be deployed: the stack does not say which routes file it runs")


def test_f74_the_deployed_routes_are_checked(subject: Subject, tmp_path: Path) -> None:
    """If a file is passed, the finding says whether it is deployed, and how to deploy it."""
    named = delivering(subject, tmp_path, f"topic: '{PREFIX}one'")
    path = tmp_path / "routes.yaml"
    copy = RoutesFileCopy(path.read_bytes())
    s3 = subject.scope.aws.s3
    s3.create_bucket(Bucket="artefacts")
    s3.put_object(Bucket="artefacts", Key=copy.key, Body=copy.content)
    named = with_outputs(named, CodeBucket="artefacts", RoutesDigest=copy.digest)
    [deployed, _] = found(checks, named._replace(routes=None))
    assert (deployed.state, deployed.message, deployed.fix) == (OK, "the deployed routes file is valid", "")
    [same, _] = found(checks, named)
    assert (same.message, same.fix) == (f"{path} is valid; {path} is deployed", "")
    path.write_text(path.read_text() + "# more\n")
    [other, _] = found(checks, named)
    assert other.message == f"{path} is valid; {path} is not deployed"
    assert other.fix == f"alma-webhooks deploy --routes {path} --stage dev"
    s3.delete_object(Bucket="artefacts", Key=copy.key)
    unknown, needed = found(checks, named._replace(routes=None))
    assert (unknown.state, needed.state) == (UNKNOWN, UNKNOWN)
    assert unknown.message.startswith("cannot be read: AWS answers NoSuchKey")


def test_invalid_deployed_routes_are_unhealthy(subject: Subject) -> None:
    """The stack may have lost a topic that they use; the fix deploys others."""
    copy = RoutesFileCopy(f"{STAGES}routes: [{{name: a, deliver: [{{topic: gone}}]}}]".encode())
    subject.scope.aws.s3.create_bucket(Bucket="artefacts")
    subject.scope.aws.s3.put_object(Bucket="artefacts", Key=copy.key, Body=copy.content)
    subject = with_outputs(subject, CodeBucket="artefacts", RoutesDigest=copy.digest)
    [unhealthy, _] = found(checks, subject._replace(routes=None))
    assert unhealthy.message.startswith("the deployed routes file: line 2, route a")
    assert unhealthy.fix == "correct the routes, then alma-webhooks deploy --routes FILE --stage dev"


def test_an_invalid_routes_file_is_unhealthy(subject: Subject, tmp_path: Path) -> None:
    """Line and route are named; permissions and targets are unknown then."""
    valid, needed = found(checks, delivering(subject, tmp_path, "topic: nowhere"))
    assert (valid.state, needed.state) == (UNHEALTHY, UNKNOWN)
    assert "routes.yaml: line 2, route a" in valid.message
    assert "the stack has no topic nowhere" in valid.message
    assert "alma-webhooks routes check" in valid.fix


@pytest.mark.parametrize(
    ("entry", "parameters", "state"),
    [
        (f"queue: '{QUEUE}'", {}, UNHEALTHY),
        (f"queue: '{QUEUE}'", {"QueueArns": f"{QUEUE}-2"}, UNHEALTHY),
        (f"queue: '{QUEUE}'", {"OutsideTopicArns": QUEUE}, UNHEALTHY),
        (f"queue: '{QUEUE}'", {"QueueArns": f"{QUEUE}-2, {QUEUE}"}, OK),
        (f"queue: '{QUEUE}'", {"QueueArns": "arn:aws:sqs:us-east-1:123456789012:*"}, OK),
        (f"topic: '{TOPIC}'", {}, UNHEALTHY),
        (f"topic: '{PREFIX}one'", {}, OK),
        ("state_machine: 'arn:aws:states:us-east-1:123456789012:stateMachine:pod'", {}, OK),
        ("state_machine: 'arn:aws:states:us-east-1:123456789012:stateMachine:theirs'", {}, UNHEALTHY),
    ],
)
def test_missing_permissions_are_unhealthy(
    subject: Subject, tmp_path: Path, entry: str, parameters: dict[str, str], state: Health
) -> None:
    """The deployed parameters count; targets of the stack itself need none."""
    subject = with_parameters(delivering(subject, tmp_path, entry), **parameters)
    findings = found(checks, subject, "permissions")
    assert {finding.state for finding in findings} == {state}


def test_the_fix_names_the_parameter(subject: Subject, tmp_path: Path) -> None:
    """Each missing right is a finding."""
    findings = found(checks, delivering(subject, tmp_path, f"queue: '{QUEUE}'"), "permissions")
    assert [finding.message for finding in findings] == [
        f"the processor lacks {action} on {QUEUE}, which a route uses"
        for action in ("sqs:SendMessage", "sqs:GetQueueUrl")
    ]
    assert findings[0].fix == f"alma-webhooks deploy --parameter QueueArns={QUEUE} --stage dev"
    more = with_parameters(delivering(subject, tmp_path, f"queue: '{QUEUE}'"), QueueArns="arn:of:another")
    fix = found(checks, more, "permissions")[0].fix
    assert fix == f"alma-webhooks deploy --parameter QueueArns=arn:of:another,{QUEUE} --stage dev"


def test_only_this_stages_arns_count(subject: Subject, tmp_path: Path) -> None:
    """ARNs in the variables of other stages are ignored."""
    stages = f"stages: {{dev: {{there: '{QUEUE}'}}, stg: {{there: '{QUEUE}-stg'}}, prod: {{there: '{QUEUE}-prod'}}}}\n"
    subject = delivering(subject, tmp_path, 'queue: "{{ there }}"', stages=stages)
    [finding] = found(checks, with_parameters(subject, QueueArns=QUEUE), "permissions")
    assert (finding.state, finding.message) == (OK, "1 ARN outside the stack, allowed")
