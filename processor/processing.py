"""What happens to one queued message: envelope → event → routes → targets → outcome. Makes no clients itself."""

import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger

from ingest.envelope import Envelope, EnvelopeError, NewerEnvelopeError, attribute_value
from processor import outcomes
from processor.delivery import Delivery
from processor.errors import Failure, Permanent, Transient
from processor.events import parse
from processor.outcomes import Outcome
from processor.routing import Router
from processor.targets.target import Sent, Target

SqsRecord = Mapping[str, Any]


@dataclass
class _Attempt:
    """What is known of one attempt at one message, for its log line."""

    receipt_id: str
    facts: dict[str, Any]
    deliveries: list[dict[str, str]]


class Processor:
    """Processes messages by the routes of one stage. `targets` are the kinds of targets by name."""

    def __init__(
        self,
        router: Router,
        targets: Mapping[str, Target[Any]],
        logger: Logger,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._router = router
        self._targets = targets
        self._logger = logger
        self._monotonic = monotonic

    def process(self, record: SqsRecord) -> Outcome:
        """Brings one SQS record of a Lambda event to its outcome, and logs one line about it.

        Raises Transient or Permanent when it cannot; SQS then delivers the message again or moves it to the
        dead-letter queue. Neither quotes the event.
        """
        attempt = _Attempt("", {}, [])
        started = self._monotonic()
        try:
            outcome = self._attempt(record, attempt)
        except Exception as error:  # noqa: BLE001 - every failure becomes one that we know
            failure = _known(error)
            self._log("retry", attempt, started, _described(failure))
            raise failure from None
        self._log("outcome", attempt, started, {"outcome": outcome.value})
        return outcome

    def _attempt(self, record: SqsRecord, attempt: _Attempt) -> Outcome:
        attributes = _attributes(record)
        attempt.receipt_id = attributes.get("receipt_id", "")
        envelope = _envelope(record, attributes)
        attempt.facts["profile"] = envelope.profile
        event = parse(envelope.body)
        # Cut: a code is short, and what is not is none.
        attempt.facts |= {"action": attribute_value(event.action), "event": attribute_value(event.event_value)}
        plan = self._router.plan(event, envelope)
        attempt.facts["identity"] = plan.identity
        return self._deliver(plan.deliveries, attempt)

    def _deliver(self, deliveries: list[Delivery], attempt: _Attempt) -> Outcome:
        # Every target is tried, whatever befalls the others; a failure that may pass brings the message back.
        failures: list[Failure] = []
        made: list[Outcome] = []
        for delivery in deliveries:
            line = {"route": delivery.route, "target": attribute_value(delivery.target)}
            try:
                sent: Sent = self._targets[delivery.kind].deliver(delivery)
            except Exception as error:  # noqa: BLE001 - one target's failure, of whatever kind, is not the others'
                failures.append(_known(error))
                attempt.deliveries.append({**line, **_described(failures[-1])})
            else:
                made.append(sent.outcome)
                attempt.deliveries.append({**line, "outcome": sent.outcome.value, "execution": sent.execution})
        if failures:
            raise next((failure for failure in failures if isinstance(failure, Transient)), failures[0])
        return outcomes.of_event(made)

    def _log(self, message: str, attempt: _Attempt, started: float, more: Mapping[str, Any]) -> None:
        line = {
            "receipt_id": attempt.receipt_id,
            **attempt.facts,
            "deliveries": attempt.deliveries,
            "duration_ms": round((self._monotonic() - started) * 1000, 1),
            **more,
        }
        self._logger.info(message, extra=line)


def _attributes(record: SqsRecord) -> dict[str, str]:
    attributes = record.get("messageAttributes") or {}
    return {name: attribute.get("stringValue") or "" for name, attribute in attributes.items()}


def _envelope(record: SqsRecord, attributes: Mapping[str, str]) -> Envelope:
    try:
        return Envelope.decode(record["body"], attributes)
    except NewerEnvelopeError as error:
        raise Transient("envelope", str(error)) from None
    except EnvelopeError as error:
        raise Permanent("envelope", str(error)) from None


def _known(error: Exception) -> Failure:
    # The text of an exception that is not ours can quote the body: only its class and place go on.
    return error if isinstance(error, Failure) else Transient("unknown", f"{type(error).__name__} at {_place(error)}")


def _described(failure: Failure) -> dict[str, str]:
    described = {
        "failure": failure.category,
        "reason": failure.reason,
        "route": failure.route,
        "target": attribute_value(failure.target),
        "field": failure.field,
    }
    return {name: value for name, value in described.items() if value}


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
