"""Steps of operating a stack: alarms that ring, executions that are redriven, and a secret under a key of one's own."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from botocore.exceptions import ClientError

from tests.acceptance.queues import OwnQueue, queue_for, received, subscribed_to
from tests.acceptance.site import SECRET_LIFETIME_SECONDS, Site, StepFailedError
from tests.end_to_end.running import eventually
from tests.end_to_end.test_events import fresh
from tests.end_to_end.test_executions import without_an_id
from tests.samples import body_of

_REASON: Final = "acceptance"


def ring_page(site: Site) -> str:
    """Set an alarm of the page by hand, and wait for what subscribers get: the page, then its end."""
    parts = f"{site.stack_name}-observability-"
    page = f"{parts}page"
    with alarm_queue(site) as queue:
        if not site.is_emulator:
            eventually(lambda: _state_of(site, page) == "OK", seconds=180)
        for state in ("ALARM", "OK"):
            site.aws.cloudwatch.set_alarm_state(
                AlarmName=f"{parts}sustained-throttled-requests",
                StateValue=state,
                StateReason=_REASON,
            )
            if not site.is_emulator:
                _wait_for(site, queue, page, state)
    site.only_on_aws("the alarm was set", "has no composite alarms, and runs no actions of alarms that are set by hand")
    return "subscribers were notified of the page and of its end, over an encrypted topic"


def _state_of(site: Site, composite: str) -> str:
    found = site.aws.cloudwatch.describe_alarms(AlarmNames=[composite], AlarmTypes=["CompositeAlarm"])
    return found["CompositeAlarms"][0]["StateValue"]


@contextmanager
def alarm_queue(site: Site) -> Iterator[OwnQueue]:
    """Subscribe a queue to the alarm topic during the block, and yield it."""
    topic = site.alarm_outputs["AlarmTopicArn"]
    with queue_for(site, topic, "alarms") as queue, subscribed_to(site, topic, queue):
        yield queue


def _wait_for(site: Site, queue: OwnQueue, alarm: str, state: str) -> None:
    """Wait for the notification that an alarm is in this state."""

    def look() -> bool:
        texts = [json.loads(json.loads(message["Body"])["Message"]) for message in received(site, queue)]
        return any((each["AlarmName"], each["NewStateValue"]) == (alarm, state) for each in texts)

    eventually(look, seconds=60)


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
    """Store a new secret under a key of one's own; then disable the key: events are accepted, or answered with 503."""
    kms, usual, new = site.client("kms"), site.secret(), f"acceptance-{secrets.token_hex(16)}"
    key = kms.create_key(Description="acceptance of alma-webhooks; may be deleted")["KeyMetadata"]["KeyId"]
    try:
        eventually(lambda: _is_stored(site, new, key), seconds=20)  # a new key is not known everywhere at once
        eventually(lambda: _status(site, new) == HTTPStatus.OK, seconds=60)  # only the new secret signs it rightly
        _wait_for_listeners(site)
        kms.disable_key(KeyId=key)
        if not site.is_emulator:
            eventually(lambda: not _can_read(site), seconds=60)
        statuses = {reply.status for reply in site.post_all("loan-created", 40, new).replies}
    finally:
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        eventually(lambda: _is_stored(site, usual, "alias/aws/ssm"), seconds=20)
    _wait_for_listeners(site)  # for the steps that follow
    seen = f"accepted with the secret under the key; after the key was disabled, answered with {sorted(statuses)}"
    if not statuses <= {HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE}:
        raise StepFailedError(seen)
    site.only_on_aws(seen, "decrypts with any key, also a disabled one")
    return seen


def _wait_for_listeners(site: Site) -> None:
    """Wait until no listener uses an older secret: until then it rejects what the new one has signed."""
    site.sleep(SECRET_LIFETIME_SECONDS + 2)


def _is_stored(site: Site, secret: str, key: str) -> bool:
    try:
        site.aws.ssm.put_parameter(Name=site.secret_name, Value=secret, Type="SecureString", Overwrite=True, KeyId=key)
    except ClientError:
        return False
    return True


def _can_read(site: Site) -> bool:
    try:
        site.secret()
    except ClientError:
        return False
    return True


def _status(site: Site, secret: str) -> int:
    return site.post(fresh(body_of("loan-created")), secret=secret).status
