"""Steps of operating a stack: alarms that ring, executions that are redriven, and a secret under a key of one's own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from scripts.cli.plural import plural
from tests.acceptance.site import SECRET_LIFETIME_SECONDS, Site, StepFailedError
from tests.end_to_end.running import eventually
from tests.end_to_end.test_events import fresh
from tests.end_to_end.test_executions import without_an_id
from tests.samples import body_of

_REASON: Final = "acceptance"
_MOST_ALARMS: Final = 5


def ring_alarms(site: Site) -> str:
    """Set some alarms by hand, and wait for what subscribers of the alarm topic get: the alarm, then its end."""
    alarms = _alarms(site)[:_MOST_ALARMS]
    with alarm_queue(site) as url:
        for state in ("ALARM", "OK"):
            for name in alarms:
                site.aws.cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason=_REASON)
        site.only_on_aws(f"{plural(len(alarms), 'alarm')} set", "runs no actions of alarms that are set by hand")
        found: set[tuple[str, str]] = set()
        wanted = {(name, state) for name in alarms for state in ("ALARM", "OK")}

        def look() -> bool:
            found.update(_notified(site, url))
            return wanted <= found

        eventually(look, seconds=60)
    return f"subscribers were notified of {plural(len(alarms), 'alarm')} and of their end, over an encrypted topic"


def _alarms(site: Site) -> list[str]:
    """Return the names of the alarms that notify the topic at their begin and their end."""
    pages = site.aws.cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=site.stack_name)
    alarms = [each for page in pages for each in (*page["MetricAlarms"], *page.get("CompositeAlarms", []))]
    both = [each for each in alarms if each.get("AlarmActions") and each.get("OKActions")]
    return sorted(each["AlarmName"] for each in both)


@contextmanager
def alarm_queue(site: Site) -> Iterator[str]:
    """Subscribe a queue to the alarm topic during the block, and yield its URL."""
    topic = site.alarm_outputs["AlarmTopicArn"]
    name = site.new_name("alarms")
    arn = f"{topic.replace(':sns:', ':sqs:').rpartition(':')[0]}:{name}"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy: Any = {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})}
    url = site.aws.sqs.create_queue(QueueName=name, Attributes=policy)["QueueUrl"]
    found = site.aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    try:
        yield url
    finally:
        site.aws.sns.unsubscribe(SubscriptionArn=found["SubscriptionArn"])
        site.aws.sqs.delete_queue(QueueUrl=url)


def _notified(site: Site, url: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the new state of each alarm that has arrived."""
    answer = site.aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5)
    for message in answer.get("Messages", []):
        alarm = json.loads(json.loads(message["Body"])["Message"])
        yield alarm["AlarmName"], alarm["NewStateValue"]


def redrive(site: Site) -> str:
    """Make an execution fail, and redrive it."""
    machine = site.scope.stack.state_machines["bursar"]
    site.post(without_an_id(site.options.stage))

    def failed() -> Any:
        found = site.aws.states.list_executions(stateMachineArn=machine, statusFilter="FAILED")["executions"]
        return found[0]["executionArn"] if found else None

    arn = eventually(failed, seconds=60)
    done = site.command("executions", "redrive", arn, "--yes", codes=(0, 1))
    is_missing = "does not support RedriveExecution" in done.stderr
    site.only_on_aws(f"a failed execution was found, and the redrive was tried (missing: {is_missing})", "lacks it")
    if done.returncode:
        raise StepFailedError(f"not redriven: {done.stderr.strip().splitlines()[-1]}")
    count = eventually(lambda: site.aws.states.describe_execution(executionArn=arn).get("redriveCount"), seconds=60)
    return f"a failed execution was redriven, redriveCount {count}"


def use_own_key(site: Site) -> str:
    """Encrypt the secret with a key of one's own; then disable the key: events are accepted, or answered with 503."""
    kms = site.client("kms")
    key = kms.create_key(Description="acceptance of alma-webhooks; may be deleted")["KeyMetadata"]["KeyId"]
    secret = site.secret()
    try:
        _store(site, secret, key)
        accepted = _status_later(site, secret)
        kms.disable_key(KeyId=key)
        disabled = _status_later(site, secret)
    finally:
        _store(site, secret, "alias/aws/ssm")
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    seen = f"answered with {accepted} under the key, and with {disabled} after it was disabled"
    if accepted != 200 or disabled not in {200, 503}:
        raise StepFailedError(seen)
    site.only_on_aws(seen, "decrypts with any key, also a disabled one")
    return seen


def _store(site: Site, secret: str, key: str) -> None:
    site.aws.ssm.put_parameter(Name=site.secret_name, Value=secret, Type="SecureString", Overwrite=True, KeyId=key)


def _status_later(site: Site, secret: str) -> int:
    """Return the status of a post after the listeners have read the secret anew."""
    site.sleep(0 if site.is_emulator else SECRET_LIFETIME_SECONDS + 5)
    return site.post(fresh(body_of("loan-created")), secret=secret).status
