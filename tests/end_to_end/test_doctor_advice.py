"""Each fix that the doctor prints solves the problem when it is run as printed."""

import hashlib
import json
import shlex
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.aws import emulator, ports
from scripts.aws import stack as stacks
from scripts.cli.advice import Advice
from scripts.cli.signals import Interrupts
from tests.end_to_end.advised import Advised, exercises, routes_text
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.running import eventually
from tests.end_to_end.test_deploy import SHORT

pytestmark = pytest.mark.full  # each fix needs a broken stack and some deployments

SITE = "alma-advised"
SECRET = "/alma-webhooks/dev/alma/secret"
STEP = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Advised]:
    """Deploy both stacks on an emulator of their own; secrets are cached for only five seconds."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        path, parameters = tmp_path_factory.mktemp("project"), {**SHORT, "SecretLifetimeSeconds": 5}
        project = ProjectFolder.create(path, profiles=("alma", "quiet"), parameters=parameters)
        site = Advised.on(started.endpoint_url, SITE, project)
        site.changed()
        yield site
        site.delete()


def mapping(site: Advised) -> str:
    found = site.aws.functions.list_event_source_mappings(FunctionName=f"{SITE}-processor")["EventSourceMappings"]
    return found[0]["UUID"]


def state_machines(site: Advised) -> dict[str, str]:
    """Return the ARNs of the declared state machines by name."""
    return stacks.read(site.aws, SITE).state_machines


def an_alarm(site: Advised, name: str) -> Any:
    [found] = site.aws.cloudwatch.describe_alarms(AlarmNames=[f"{SITE}-observability-{name}"])["MetricAlarms"]
    return found


def without_actions(site: Advised) -> None:
    """Remove the actions of an alarm."""
    alarm = an_alarm(site, "queue-age")
    names = ("AlarmName", "AlarmDescription", "Namespace", "MetricName", "Dimensions", "Statistic", "Period")
    more = ("EvaluationPeriods", "ComparisonOperator", "Threshold", "TreatMissingData")
    site.aws.cloudwatch.put_metric_alarm(**{name: alarm[name] for name in (*names, *more)}, AlarmActions=[])


FAULTS: dict[str, tuple[Callable[[Advised], Any], str]] = {
    "topic": (
        lambda site: site.aws.sns.delete_topic(TopicArn=f"{site.outputs['TopicArnPrefix']}loan-lost"),
        f"{SITE}-loan-lost does not exist",
    ),
    "mapping-deleted": (
        lambda site: site.aws.functions.delete_event_source_mapping(UUID=mapping(site)),
        "is not mapped to the webhook queue",
    ),
    "mapping-disabled": (
        lambda site: site.aws.functions.update_event_source_mapping(UUID=mapping(site), Enabled=False),
        "-processor is Disabl",
    ),
    "queue-policy": (
        lambda site: site.aws.sqs.set_queue_attributes(QueueUrl=site.outputs["QueueUrl"], Attributes={"Policy": ""}),
        f"the policy of {SITE}-webhooks lacks TlsOnly",
    ),
    "webhook-queue": (
        lambda site: site.aws.sqs.delete_queue(QueueUrl=site.outputs["QueueUrl"]),
        "the webhook queue does not exist, so no event",
    ),
    "dead-letter-queue": (
        lambda site: site.aws.sqs.delete_queue(QueueUrl=site.outputs["DeadLetterQueueUrl"]),
        "the dead-letter queue does not exist",
    ),
    "state_machine": (
        lambda site: site.aws.states.delete_state_machine(stateMachineArn=state_machines(site)["pod"]),
        f"stateMachine:{SITE}-pod does not exist",
    ),
    "alarm-deleted": (
        lambda site: site.aws.cloudwatch.delete_alarms(AlarmNames=[f"{SITE}-observability-queue-age"]),
        f"deleted by hand: {SITE}-observability-queue-age",
    ),
    "alarm-without-actions": (without_actions, f"{SITE}-observability-queue-age notifies nobody"),
    "alarm-topic": (
        lambda site: site.aws.sns.delete_topic(TopicArn=an_alarm(site, "queue-age")["AlarmActions"][0]),
        f"{SITE}-observability-alarms does not exist",
    ),
}


@exercises(Advice.doctor_fix)
@pytest.mark.parametrize("fault", FAULTS)
def test_f74_a_resource_deleted_or_disabled_by_hand_is_restored(site: Advised, fault: str) -> None:
    """The printed command restores the resource; then there is nothing to deploy, and events are delivered."""
    break_, message = FAULTS[fault]
    break_(site)
    finding = site.found(message)
    assert finding["state"] == "unhealthy"
    [printed] = site.follow(finding["fix"], Advice.doctor_fix)
    assert "fixed  " in printed
    eventually(lambda: not site.findings(message))
    assert [change for change in site.changed() if change["resource"] != "Domain"] == []
    assert site.outcome(
        site.accepted(b'{"action":"LOAN","event":{"value":"LOAN_RETURNED"},"id":"%s"}' % fault.encode())
    )


def test_f74_a_fix_is_audited_and_asks_for_confirmation(site: Advised) -> None:
    """A fix is recorded in the audit log, and needs a confirmation or --yes."""
    site.aws.sqs.set_queue_attributes(QueueUrl=site.outputs["QueueUrl"], Attributes={"Policy": ""})
    completed = site.command("doctor", "--fix")
    assert (completed.returncode, completed.stdout) == (2, "")
    assert site.findings("lacks TlsOnly")
    assert site.command("doctor", "--fix", "--yes").returncode == 0
    group = site.outputs["AuditLogGroupName"]
    lines = [json.loads(event["message"]) for event in site.aws.logs.filter_log_events(logGroupName=group)["events"]]
    line = next(line for line in reversed(lines) if line["message"] == "repaired")
    assert (line["command"], line["logical_id"], line["of_stack"]) == ("doctor-fix", "WebhookQueuePolicy", SITE)
    assert line["who"].startswith("arn:aws:")
    assert site.ours(["doctor", "--fix", *site.options.split()]) == "nothing to fix\n"


@exercises(Advice.deploy)
def test_f74_a_missing_stack_is_deployed(site: Advised) -> None:
    """The printed command deploys a deleted observability stack."""
    site.aws.cloudformation.delete_stack(StackName=f"{SITE}-observability")
    finding = site.found("observability are not deployed")
    site.follow(finding["fix"], Advice.deploy)
    eventually(lambda: not site.findings("not deployed"))


@exercises(Advice.deploy, Advice.deploy_routes)
def test_f74_a_routes_file_that_is_not_deployed_is_deployed(site: Advised) -> None:
    """The printed commands add the permissions that a routes file needs, and deploy a changed file."""
    url = site.aws.sqs.create_queue(QueueName="theirs")["QueueUrl"]
    arn = site.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    routes, path = site.project.routes, site.project.routes_path
    added = f'  - {{name: theirs, when: {{action: [LOAN]}}, deliver: [{{queue: "{arn}"}}]}}'
    site.project.routes = f"{routes}\n{added}\n"
    given = f"--routes={path}"
    missing = site.found("the processor lacks sqs:SendMessage", given)
    site.follow(missing["fix"], Advice.deploy)
    assert not site.findings("the processor lacks", given)
    site.project.routes += "# a different version\n"
    other = site.found("is not deployed", given)
    site.follow(other["fix"], Advice.deploy_routes)
    same = site.found(f"{path} is deployed", given)
    assert same["fix"] == ""
    assert site.found("the deployed routes file is valid")["state"] == "ok"
    site.project.routes = routes
    site.changed("--allow-removal=theirs", f"--allow-removal={arn}")


@exercises(Advice.correct_routes)
def test_f74_an_invalid_routes_file_is_checked(site: Advised, tmp_path: Path) -> None:
    """The printed command checks the routes file, and passes after a correction."""
    path = tmp_path / "routes.yaml"
    path.write_text(routes_text("{name: all, deliver: [{topic: nowhere}]}"), "utf-8")
    finding = site.found("the stack has no topic nowhere", f"--routes={path}")
    path.write_text(routes_text("{name: all, deliver: [{topic: other}]}", topics=["other"]), "utf-8")
    [printed] = site.follow(finding["fix"], Advice.correct_routes)
    assert "1 route, no problems" in printed


@exercises(Advice.correct_deployed_routes)
def test_f74_invalid_deployed_routes_are_replaced(site: Advised) -> None:
    """The printed command replaces invalid routes that were deployed without `deploy`."""
    content = routes_text("{name: all, deliver: [{topic: nowhere}]}").encode()
    digest = hashlib.sha256(content).hexdigest()
    bucket, key = site.outputs["CodeBucket"], "processor/another.zip"
    site.aws.s3.put_object(Bucket=bucket, Key=f"routes/{digest}.yaml", Body=content)
    [stack] = site.aws.cloudformation.describe_stacks(StackName=SITE)["Stacks"]
    code = stacks.parameters_of(stack)["ProcessorCodeKey"]
    site.aws.s3.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": code})
    changed = {"RoutesDigest": digest, "ProcessorCodeKey": key}
    parameters: Any = [
        {"ParameterKey": name, **({"ParameterValue": changed[name]} if name in changed else {"UsePreviousValue": True})}
        for name in stacks.parameters_of(stack)
    ]
    site.aws.cloudformation.update_stack(
        StackName=SITE, UsePreviousTemplate=True, Parameters=parameters, Capabilities=["CAPABILITY_IAM"]
    )
    eventually(lambda: site.outputs["RoutesDigest"] == digest)
    finding = site.found("the deployed routes file: line")
    # The routes of the project lack the route `all`, so the flag that the rejection prints must allow its removal.
    site.follow(finding["fix"], Advice.correct_deployed_routes, "--allow-removal=all")
    assert site.found("the deployed routes file is valid")


@exercises(Advice.deploy)
def test_f74_a_deleted_copy_of_the_routes_is_restored(site: Advised) -> None:
    """The printed command stores the copy of the deployed routes again; without it the check is unknown."""
    key = f"routes/{site.outputs['RoutesDigest']}.yaml"
    site.aws.s3.delete_object(Bucket=site.outputs["CodeBucket"], Key=key)
    finding = site.found("cannot be read: AWS answers NoSuchKey")
    assert (finding["check"], finding["state"]) == ("routes", "unknown")
    site.follow(finding["fix"], Advice.deploy)
    assert site.found("the deployed routes file is valid")


@exercises(Advice.deploy_own_state_machine)
def test_f74_a_state_machine_outside_the_stack_is_replaced(site: Advised) -> None:
    """The printed command replaces the ARN of a deleted state machine that the stack did not create."""
    role = "arn:aws:iam::000000000000:role/r"
    old, new = (
        site.aws.states.create_state_machine(name=name, definition=STEP, roleArn=role)["stateMachineArn"]
        for name in ("theirs", "theirs-too")
    )
    site.project.declare_state_machine("timdex", arn=old)
    site.changed("--allow-removal=timdex")  # the one that the stack created
    site.aws.states.delete_state_machine(stateMachineArn=old)
    finding = site.found("stateMachine:theirs does not exist")
    site.project.declare_state_machine("timdex", arn=new)
    site.follow(finding["fix"], Advice.deploy_own_state_machine)
    assert state_machines(site)["timdex"] == new
    assert not site.findings("stateMachine:theirs does not exist")


def logged(site: Advised, **line: str) -> None:
    """Write a line to the access log of the gateway."""
    group = site.outputs["ApiLogGroupName"]
    stream = f"s-{time.time_ns()}"
    site.aws.logs.create_log_stream(logGroupName=group, logStreamName=stream)
    event: Any = {"timestamp": round(time.time() * 1000), "message": json.dumps(line)}
    site.aws.logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])


@exercises(Advice.raise_throttle)
def test_f66_requests_answered_with_429_are_shown_and_the_limit_is_raised(site: Advised) -> None:
    """The printed setting and command double the throttling limit after requests were answered with 429."""
    logged(site, status="429", route_key="ANY /webhooks/{profile}")
    finding = site.found("answered 429 in the last hour")
    assert (finding["state"], "1 to webhook URLs" in finding["message"]) == ("unhealthy", True)
    site.follow(finding["fix"], Advice.raise_throttle)
    [stack] = site.aws.cloudformation.describe_stacks(StackName=SITE)["Stacks"]
    assert {"ParameterKey": "ThrottlingRateLimit", "ParameterValue": "2000"} in stack["Parameters"]


@exercises(Advice.secret_status)
def test_f66_requests_answered_with_401_lead_to_the_secrets(site: Advised) -> None:
    """The printed command shows the states of the secrets, but no secret, after requests were answered with 401."""
    logged(site, status="401", route_key="ANY /webhooks/{profile}")
    finding = site.found("answered 401 in the last hour")
    [printed] = site.follow(finding["fix"], Advice.secret_status)
    assert "profile   alma: one secret" in printed
    assert "do not enter it in Alma: only the heartbeat of the stack uses this profile" in printed


@exercises(Advice.end_retirement)
def test_f74_a_retired_profile_is_served_again_or_deleted(site: Advised) -> None:
    """The printed commands either serve a retired profile again or delete its secret."""
    served = site.project.stage["alma_profiles"]
    site.project.add_profile("gone")
    site.changed()
    site.project.set(alma_profiles=served)
    site.changed("--allow-removal=gone")
    finding = site.found("gone has a secret but is not served: it answers 503")
    site.follow(finding["fix"], Advice.end_retirement)
    assert set(site.outputs["AlmaProfiles"].split(",")) == {*served, "gone"}
    assert not site.findings("gone has a secret")
    site.project.set(alma_profiles=served)
    site.changed("--allow-removal=gone")
    _, delete = finding["fix"].split(", or: ")
    site.ours([*shlex.split(delete)[1:], "--confirm-name=gone"])
    assert site.found("every Alma profile that has a secret is served")["state"] == "ok"


@exercises(Advice.secret_create)
def test_f74_a_missing_secret_is_created(site: Advised) -> None:
    """The printed command creates a missing secret."""
    site.aws.ssm.delete_parameter(Name=SECRET)
    site.follow(site.found("alma has no secret")["fix"], Advice.secret_create)
    assert not site.findings("alma has no secret")


@exercises(Advice.secret_rotate)
def test_f74_a_previous_secret_without_a_current_one_is_rotated(site: Advised) -> None:
    """The printed command creates a current secret beside a previous one."""
    value = site.aws.ssm.get_parameter(Name=SECRET, WithDecryption=True)["Parameter"]["Value"]
    name = SECRET.replace("/secret", "/previous-secret")
    site.aws.ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
    site.aws.ssm.delete_parameter(Name=SECRET)
    site.follow(site.found("alma has only a previous secret")["fix"], Advice.secret_rotate)
    assert not site.findings("only a previous secret")
    site.aws.ssm.delete_parameter(Name=name)


@exercises(Advice.list_dead_letters)
def test_f66_dead_letters_are_listed(site: Advised) -> None:
    """The printed command lists dead letters with their cause."""
    receipt_id = site.dead(b"no event")
    [printed] = site.follow(site.found("they expire 14 days after")["fix"], Advice.list_dead_letters)
    assert (receipt_id in printed, "not-parsed" in printed) == (True, True)
    site.aws.sqs.purge_queue(QueueUrl=site.outputs["DeadLetterQueueUrl"])
    eventually(lambda: not site.findings("they expire"))


@exercises(Advice.reconcile)
def test_f66_a_silent_profile_leads_to_the_reconciliation(site: Advised) -> None:
    """The printed command shows the row of a silent profile."""
    [printed] = site.follow(site.found("quiet: none in the last 24 h")["fix"], Advice.reconcile)
    assert "quiet" in printed


@exercises(Advice.delete_mapping)
def test_f74_an_extra_mapping_is_deleted(site: Advised) -> None:
    """The printed command deletes an extra mapping and keeps that of the stack."""
    own = mapping(site)
    url = site.aws.sqs.create_queue(QueueName="another")["QueueUrl"]
    arn = site.aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    site.aws.functions.create_event_source_mapping(FunctionName=f"{SITE}-processor", EventSourceArn=arn)
    site.follow(site.found("has an extra mapping")["fix"], Advice.delete_mapping)
    assert not site.findings("an extra mapping")
    assert mapping(site) == own


@exercises(Advice.subscribe)
def test_f74_an_alarm_topic_without_subscription_gets_one(site: Advised) -> None:
    """Both the printed setting and the printed command subscribe an address to the alarm topic."""
    address = "library@example.org"
    finding = site.found("no subscription, so")
    site.follow(finding["fix"], Advice.subscribe, ADDRESS=address)
    assert not site.findings("no subscription, so")
    site.project.set(alarm_email=None)
    site.changed(f"--allow-removal={address}")
    assert site.found("no subscription, so") == finding
    _, command = finding["fix"].split(", or: ")
    site.call([address if word == "ADDRESS" else word for word in shlex.split(command)])
    assert not site.findings("no subscription, so")


@exercises(Advice.enable_alarm)
def test_f74_disabled_alarm_actions_are_enabled(site: Advised) -> None:
    """The printed command enables the actions of an alarm."""
    name = f"{SITE}-observability-queue-age"
    site.aws.cloudwatch.disable_alarm_actions(AlarmNames=[name])
    site.follow(site.found(f"{name} notifies nobody")["fix"], Advice.enable_alarm)
    assert not site.findings(f"{name} notifies nobody")


@exercises(Advice.alarm_description)
def test_f66_the_doctor_shows_the_reason_of_an_alarm(site: Advised) -> None:
    """The doctor shows the reason of an alarm from CloudWatch, and its description with the first command."""
    name, reason = f"{SITE}-observability-too-large", "Threshold Crossed: 1 datapoint [3.0] was greater than 0.0"
    site.aws.cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=reason)
    finding = site.found(f"{name} is in alarm")
    assert finding["message"] == f"{name} is in alarm: {reason}"
    assert finding["fix"].endswith("First: alma-webhooks dead-letters list --stage dev")
    site.aws.cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="test")
