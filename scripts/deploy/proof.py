"""Prove a deployment: post one signed heartbeat and wait for its outcome. Change and undo nothing.

It reads one secret, the heartbeat's. The outcome is in the processor's log; the topic has no subscriber of ours.
"""

import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, Literal, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from ingest import heartbeat
from scripts.alma_client.client import Reply, post, signature
from scripts.aws.clients import Aws, moment_of
from scripts.aws.context import reason_of
from scripts.cli.exit_codes import FailedError
from scripts.deploy.heartbeat_log import HeartbeatLines, HeartbeatLog

SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 1.0
_REPORT_EVERY_SECONDS: Final = 10.0
# An error can be the last one of the previous code. A processor that starts delivers the heartbeat within this time.
_FAULT_SECONDS: Final = 10.0
_START_EVERY_SECONDS: Final = 2.0


class Proof(NamedTuple):
    """The result. `problem` says what failed and what to do; `follow` is the command that follows the heartbeat."""

    state: Literal["proven", "accepted", "failed"]
    receipt_id: str = ""
    seconds: float = 0.0
    events_ahead: int = 0
    follow: str = ""
    problem: str = ""


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
            return self._failed(f"AWS rejected {error.operation_name}: {reason_of(error)}. {self._look('doctor')}")
        except (BotoCoreError, FailedError) as error:
            text = reason_of(error) if isinstance(error, BotoCoreError) else str(error).rstrip(".")
            return self._failed(f"{text}. {self._look('doctor')}")

    def _proof(self, began: float) -> Proof:
        secret = self._secret()
        if not secret:
            create = f"secret create {heartbeat.PROFILE}"
            return self._failed(f"the profile has no secret. {self._look(create, 'Create one')}, and deploy again")
        ahead, since = self._waiting()
        reply = self._posted(secret, began)
        if not reply.receipt_id:
            error = f" ({reply.error})" if reply.error else ""
            return self._failed(f"the listener answered {reply.status}{error}. {self._look('doctor')}")
        self.report(f"heartbeat {reply.receipt_id} accepted; waiting up to {self.seconds:.0f} s for its outcome")
        names = self.outputs["ProcessorLogGroupName"], self.outputs["ProcessorFunctionName"]
        found = self._awaited(HeartbeatLog(self.aws, *names, since), reply.receipt_id, began)
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

    def _awaited(self, log: HeartbeatLog, receipt_id: str, began: float) -> HeartbeatLines:
        """Return what the log has once there is an outcome, a fault persists, or no time is left."""
        deadline, reported, started = began + self.seconds, self.monotonic(), self.monotonic()
        fault = ""
        while True:
            found = log.read(receipt_id)
            now = self.monotonic()
            if found.outcome or now >= deadline:
                return found._replace(fault=found.fault or fault)
            if now - started >= _START_EVERY_SECONDS:
                fault, started = log.start() or fault, now
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
            return self._failed(f"it became a dead letter ({_cause(found.outcome)}). {self._look(explain)}")
        if outcome:
            return self._failed(f"its outcome is {outcome}, which is not expected of a heartbeat. {self._look(trace)}")
        if found.fault:
            replay = self._look("dead-letters replay --cause crashed", "Then replay the dead letters that it caused")
            return self._failed(f"the processor fails: {found.fault}. Fix that and deploy again. {replay}")
        ahead = min(ahead, self._waiting()[0])
        if ahead:
            return Proof("accepted", events_ahead=ahead, follow=self.command(trace))
        retry = f" and its last attempt failed ({_cause(found.retry)})" if found.retry else ""
        return self._failed(f"it has no outcome after {self.seconds:.0f} s{retry}. {self._look('doctor')}")

    def _failed(self, problem: str) -> Proof:
        return Proof("failed", problem=problem)

    def _look(self, command: str, purpose: str = "Find out why") -> str:
        return f"{purpose}: {self.command(command)}"


def _cause(line: Mapping[str, Any]) -> str:
    failure = line.get("failure", {})
    return f"{failure.get('class', 'unknown')}: {failure.get('reason', 'no reason given')}"
