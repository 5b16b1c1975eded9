"""A stage with notifications: what is missing or disabled is fixed as printed, and what was sent is accounted for."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from notifications.topics import Topic
from scripts.aws import emulator, ports
from scripts.aws import stack as stacks
from scripts.cli.advice import Advice
from scripts.cli.signals import Interrupts
from tests.end_to_end.advised import Advised, exercises
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.running import eventually
from tests.notifications.gateway_events import event
from tests.scripts.command import run
from tests.scripts.doctor.notified import FLOW, HASH, MAIL, TEAM, TEXT

pytestmark = pytest.mark.full  # a deployment of three stacks, and a fix that waits for its mapping

SITE = "alma-examined"
CHECKS = ["notifications", "sender mapping", "sender queue", "sender dead letters", "API keys", "topics"]
KEY = "/alma-webhooks/dev/notifications/api-key"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Advised]:
    """A deployment with notifications, on an emulator of its own."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        project = ProjectFolder.create(tmp_path_factory.mktemp("project"))
        project.set(notifications=True)
        site = Advised.on(started.endpoint_url, SITE, project)
        site.changed()
        yield site


def of_notifications(site: Advised) -> dict[str, dict[str, str]]:
    """Return the findings of the notifications by their check; of several of one check the last one."""
    findings = site.doctor()
    first = [finding["check"] for finding in findings].index("notifications")
    return {finding["check"]: finding for finding in findings[first:]}


def stored(site: Advised, *integrations: dict[str, Any], topic: str = "jobs") -> None:
    """Put a topic into the table."""
    members = {"id": HASH, "channel": "library", "topic": topic, "integrations": list(integrations)}
    item = Topic.model_validate(members).item()
    serialized: Any = {name: TypeSerializer().serialize(value) for name, value in item.items()}
    site.aws.dynamodb.put_item(TableName=f"{SITE}-notifications-topics", Item=serialized)


@exercises(Advice.create_api_key, Advice.put_parameter)
def test_f74_a_missing_api_key_is_created(site: Advised) -> None:
    """Everything else is healthy: a new stack has no topics."""
    found = of_notifications(site)
    assert list(found) == CHECKS
    assert [name for name, finding in found.items() if finding["state"] != "ok"] == ["API keys"]
    site.follow(found["API keys"]["fix"], Advice.create_api_key)
    assert of_notifications(site)["API keys"]["message"] == "api-key is valid"
    site.aws.ssm.put_parameter(Name=KEY, Value=" ", Type="SecureString", Overwrite=True)
    blank = site.found("there is no API key")
    site.follow(blank["fix"], Advice.put_parameter, **{"file://FILE": "canary-of-the-key"})
    done = site.doctor()
    assert next(finding for finding in done if finding["check"] == "API keys")["message"] == "api-key is valid"
    assert "canary" not in json.dumps(done)


@exercises(Advice.doctor_fix)
def test_f74_a_disabled_mapping_of_the_sender_is_enabled(site: Advised) -> None:
    """The printed command looks into the notifications stack too."""
    [mapping] = site.aws.functions.list_event_source_mappings(FunctionName=f"{SITE}-notifications-sender")[
        "EventSourceMappings"
    ]
    site.aws.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    finding = site.found("so notifications wait on the notifications queue unprocessed")
    [printed] = site.follow(finding["fix"], Advice.doctor_fix)
    assert f"fixed      the mapping of {SITE}-notifications-sender to its queue is Disabled" in printed
    eventually(lambda: not site.findings("notifications wait"))


@exercises(Advice.doctor_fix)
def test_f74_a_lost_policy_of_the_notifications_queue_is_restored(site: Advised) -> None:
    """It is checked like that of the webhook queue."""
    outputs = stacks.read(site.aws, f"{SITE}-notifications").outputs
    site.aws.sqs.set_queue_attributes(QueueUrl=outputs["QueueUrl"], Attributes={"Policy": ""})
    finding = site.found(f"the policy of {SITE}-notifications-queue lacks TlsOnly")
    site.follow(finding["fix"], Advice.doctor_fix)
    assert not site.findings("lacks TlsOnly")


@exercises(Advice.store_topic_secret)
def test_f74_the_secrets_and_accounts_of_topics_are_checked(site: Advised) -> None:
    """The emulator has no attributes of SMS, which is nothing to fix."""
    stored(site, TEAM, MAIL, TEXT, FLOW)
    site.aws.ssm.put_parameter(
        Name=KEY.replace("api-key", "teams-flow"), Value="https://x.webhook.office.com/canary", Type="SecureString"
    )
    missing = site.found("the secret slack-team of library/jobs, integration team does not exist")
    site.follow(missing["fix"], Advice.store_topic_secret, stdin="https://hooks.slack.invalid/canary")
    findings = site.doctor()
    messages = [f"{finding['check']}: {finding['message']}" for finding in findings]
    assert "secrets: 2 secrets of topics exist" in messages
    assert site.findings("is an address at x.webhook.office.com: Microsoft has retired connectors")
    assert site.findings("sends e-mail, but the stack has no EmailIdentity and may not")
    assert site.findings("sends SMS, but the stack may not (AllowSms)")
    assert [finding for finding in findings if finding["check"] == "SMS" and finding["state"] == "unknown"] == []
    assert "canary" not in json.dumps(findings)


def posted(site: Advised, topic: str, key: str) -> str:
    """Call the producer as the gateway does, and return the receipt ID."""
    path = f"/v1/notifications/library/{topic}"
    given = event({"metadata": {"title": "b"}}, path=path, x_api_key=key, x_topic_hash_x=str(HASH))
    name = f"{SITE}-notifications-producer"
    answer = site.aws.functions.invoke(FunctionName=name, Payload=json.dumps(given).encode())
    response = json.loads(answer["Payload"].read())
    assert response["statusCode"] == 200, response
    return str(response["headers"]["X-Receipt-Id"])


def test_notifications_are_traced_and_reconciled(site: Advised) -> None:
    """One is accepted by SNS, and one fails because its secret does not exist."""
    stored(site, TEXT, TEAM | {"configuration": {"url": {"ssm": "nowhere"}}}, topic="done")
    site.aws.ssm.put_parameter(Name=KEY, Value="canary-of-the-key", Type="SecureString", Overwrite=True)
    receipt_id = posted(site, "done", "canary-of-the-key")
    traced = run("trace", receipt_id, "--follow", "--timeout=1m", *site.options.split(), "--output=json")
    assert traced.returncode == 0, traced.stderr
    lines = [(line["log"], line["line"]) for line in json.loads(traced.stdout)["lines"]]
    assert [line["queued"] for log, line in lines if log == "producer"] == [2]
    outcomes = {line["integration"]: line["outcome"] for log, line in lines if log == "sender"}
    assert outcomes == {"text": "accepted", "team": "dead"}
    done = run("reconcile", "--queue=notifications", "--since=1h", *site.options.split(), "--output=json")
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout)["topics"]["library/done"]
    assert {name: count for name, count in counts.items() if count} == {"queued": 2, "accepted": 1, "dead": 1}
    assert site.found("on the dead-letter queue of notifications")["check"] == "sender dead letters"
