"""Prove a deployment: post one signed heartbeat and wait for its outcome. Change and undo nothing.

It reads one secret, the heartbeat's. The outcome is in the processor's log; the topic has no subscriber of ours. When
the processor cannot start, Lambda logs the error with `errorType` and `errorMessage` ("Using Lambda advanced logging
controls", AWS Lambda Developer Guide). The emulator logs nothing then, so the function is invoked there.
"""

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, Literal, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from ingest import heartbeat
from notifications.json_body import json_members
from scripts.alma_client.client import Reply, post, signature
from scripts.aws.clients import Aws, moment_of
from scripts.aws.context import reason_of
from scripts.aws.logs import pages
from scripts.cli.exit_codes import FailedError
from scripts.cli.terminal import escape
from scripts.request_trace.log import pattern_for

SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 1.0
_REPORT_EVERY_SECONDS: Final = 10.0
# An error can be the last one of the previous code. A processor that starts delivers the heartbeat within this time.
_FAULT_SECONDS: Final = 10.0
_START_EVERY_SECONDS: Final = 2.0
# The lines' timestamps are not by this computer's clock.
_AHEAD_MILLISECONDS: Final = 86_400_000
_LONGEST_FAULT: Final = 300
# An invocation whose event is retried ends with one of these errors by design (`processor.errors`).
_RETRIES: Final = frozenset({"Transient", "DeliveryUncertain", "InProgress"})


class Proof(NamedTuple):
    """The result. `problem` says what failed and what to do; `follow` is the command that follows the heartbeat."""

    state: Literal["proven", "accepted", "failed"]
    receipt_id: str = ""
    seconds: float = 0.0
    events_ahead: int = 0
    follow: str = ""
    problem: str = ""


class HeartbeatLines(NamedTuple):
    """The lines about a heartbeat, and the error of a processor that cannot start. Each can be empty."""

    outcome: Mapping[str, Any] = {}
    retry: Mapping[str, Any] = {}
    fault: str = ""


class Prover(NamedTuple):
    """What a proof needs. `command` completes the words of a command, as it is typed for this stack."""

    aws: Aws
    stage: str
    outputs: Mapping[str, str]
    url: str
    command: Callable[[str], str]
    report: Callable[[str], None]
    seconds: float = SECONDS
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def prove(self) -> Proof:
        """Post a heartbeat and return the result. An error of AWS is a failed proof too."""
        try:
            return self._proof(self.monotonic())
        except ClientError as error:
            return _failed(f"AWS rejected {error.operation_name}: {reason_of(error)}. {self._look('doctor')}")
        except (BotoCoreError, FailedError) as error:
            text = reason_of(error) if isinstance(error, BotoCoreError) else str(error).rstrip(".")
            return _failed(f"{text}. {self._look('doctor')}")

    def _proof(self, began: float) -> Proof:
        secret = self._secret()
        if not secret:
            create = f"secret create {heartbeat.PROFILE}"
            return _failed(f"the profile has no secret. {self._look(create, 'Create one')}, and deploy again")
        ahead, since = self._waiting()
        reply = self._posted(secret, began)
        if not reply.receipt_id:
            error = f" ({reply.error})" if reply.error else ""
            return _failed(f"the listener answered {reply.status}{error}. {self._look('doctor')}")
        self.report(f"heartbeat {reply.receipt_id} accepted; waiting up to {self.seconds:.0f} s for its outcome")
        found = self._awaited(since, reply.receipt_id, began)
        ended = self._ended(found, reply.receipt_id, ahead)
        return ended._replace(receipt_id=reply.receipt_id, seconds=round(self.monotonic() - began, 1))

    def _secret(self) -> str:
        name = f"/alma-webhooks/{self.stage}/{heartbeat.PROFILE}/secret"
        found = self.aws.ssm.get_parameters(Names=[name], WithDecryption=True)["Parameters"]
        return found[0]["Value"].strip() if found else ""

    def _waiting(self) -> tuple[int, int]:
        """Return how many events wait on the queue, and the time by AWS's clock (milliseconds since 1970)."""
        answer = self.aws.sqs.get_queue_attributes(
            QueueUrl=self.outputs["QueueUrl"], AttributeNames=["ApproximateNumberOfMessages"]
        )
        count = int(answer["Attributes"]["ApproximateNumberOfMessages"])
        return count, int(moment_of(answer).timestamp()) * 1000

    def _posted(self, secret: str, began: float) -> Reply:
        """Post until the answer is not a 5XX, as Alma does: a new listener may not be ready yet."""
        pause = _PAUSE_SECONDS
        while True:
            body = heartbeat.event_body(time.time())
            reply = post(self.url, body, signed=signature(body, secret=secret))
            is_over = self.monotonic() - began + pause > self.seconds
            if reply.status < HTTPStatus.INTERNAL_SERVER_ERROR or is_over:
                return reply
            self.sleep(pause)
            pause *= 2

    def _awaited(self, since: int, receipt_id: str, began: float) -> HeartbeatLines:
        """Return what the log has once there is an outcome, a fault persists, or no time is left."""
        deadline, reported, started = began + self.seconds, self.monotonic(), self.monotonic()
        fault = ""
        while True:
            found = lines_of(self.aws, self.outputs["ProcessorLogGroupName"], since, receipt_id)
            now = self.monotonic()
            if found.outcome or now >= deadline:
                return found._replace(fault=found.fault or fault)
            if now - started >= _START_EVERY_SECONDS:
                fault, started = start_error(self.aws, self.outputs["ProcessorFunctionName"]) or fault, now
            if found.fault or fault:
                deadline = min(deadline, now + _FAULT_SECONDS)
            if now - reported >= _REPORT_EVERY_SECONDS:
                self.report(f"no outcome yet; {deadline - now:.0f} s left")
                reported = now
            self.sleep(_PAUSE_SECONDS)

    def _ended(self, found: HeartbeatLines, receipt_id: str, ahead: int) -> Proof:
        outcome = found.outcome.get("outcome")
        trace, explain = f"trace {receipt_id}", f"dead-letters explain {receipt_id}"
        if outcome in {"delivered", "duplicate"}:
            return Proof("proven")
        if outcome == "dead":
            return _failed(f"it became a dead letter ({_cause(found.outcome)}). {self._look(explain)}")
        if outcome:
            return _failed(f"its outcome is {outcome}, which is not expected of a heartbeat. {self._look(trace)}")
        if found.fault:
            replay = self._look("dead-letters replay --cause crashed", "Then replay the dead letters that it caused")
            return _failed(f"the processor fails: {found.fault}. Fix that and deploy again. {replay}")
        if ahead := min(ahead, self._waiting()[0]):
            return Proof("accepted", events_ahead=ahead, follow=self.command(trace))
        retry = f" and its last attempt failed ({_cause(found.retry)})" if found.retry else ""
        return _failed(f"it has no outcome after {self.seconds:.0f} s{retry}. {self._look('doctor')}")

    def _look(self, command: str, purpose: str = "Find out why") -> str:
        return f"{purpose}: {self.command(command)}"


def _failed(problem: str) -> Proof:
    return Proof("failed", problem=problem)


def _cause(line: Mapping[str, Any]) -> str:
    failure = line.get("failure", {})
    return f"{failure.get('class', 'unknown')}: {failure.get('reason', 'no reason given')}"


def lines_of(aws: Aws, group: str, since: int, receipt_id: str) -> HeartbeatLines:
    """Return what the log has about a receipt id since a time by AWS's clock (milliseconds since 1970)."""
    about = pattern_for(receipt_id).strip("{} ")
    found = HeartbeatLines()
    for page in pages(aws.logs, group, f'{{ ({about}) || ($.errorType = "*") }}', since, since + _AHEAD_MILLISECONDS):
        for event in page:
            found = _with_line(found, json_members(event["message"]), receipt_id)
    return found


def start_error(aws: Aws, function: str) -> str:
    """Invoke the processor without an event, on the emulator only. Return its error, if any."""
    if not aws.endpoint_url:
        return ""
    answer = aws.functions.invoke(FunctionName=function, Payload=b'{"Records": []}')
    return _fault_of(json_members(answer["Payload"].read().decode())) if answer.get("FunctionError") else ""


def _with_line(found: HeartbeatLines, members: Mapping[str, Any], receipt_id: str) -> HeartbeatLines:
    """Keep both lines: a retry can be read after the outcome."""
    message = members.get("message")
    if members.get("receipt_id") == receipt_id and message in ("outcome", "retry"):
        return found._replace(outcome=members) if message == "outcome" else found._replace(retry=members)
    return found._replace(fault=found.fault or _fault_of(members))


def _fault_of(members: Mapping[str, Any]) -> str:
    kind = members.get("errorType")
    if not isinstance(kind, str) or kind in _RETRIES:
        return ""
    return escape(f"{kind}: {members.get('errorMessage', '')}"[:_LONGEST_FAULT]).rstrip(" .:")
