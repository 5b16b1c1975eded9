"""Makes each delivery once, with a record in DynamoDB by delivery key.

A delivery is recorded as in progress before it is made, and as made afterwards. A worker that dies in between leaves a
record that expires once the worker's time would have been over ("Idempotency", Powertools for AWS Lambda).
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from aws_lambda_powertools.utilities.idempotency import BasePersistenceLayer, IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
)

from processor.delivery import Delivery
from processor.errors import DeliveryUncertain, InProgress, Transient
from processor.outcomes import Outcome
from processor.retries import CLOCKS_DIFFER_SECONDS, ENOUGH_SECONDS, RemainingTime, code_of, retry_in_process
from processor.targets.target import Sent, Target

# Step Functions keeps the names of executions as long ("StartExecution", AWS Step Functions API Reference).
KEPT_SECONDS = 90 * 86_400

# Instead of the function's name, the default of powertools: renaming the function must not deliver everything again.
KEY_PREFIX = "delivery"


class Deliveries:
    """The deliveries of a stack, shared by all workers. `targets` are the kinds of targets by name."""

    def __init__(
        self,
        records: BasePersistenceLayer,
        targets: Mapping[str, Target[Any]],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._targets = targets
        self._sleep = sleep
        self._config = IdempotencyConfig(
            expires_after_seconds=KEPT_SECONDS, hash_function="sha256", response_hook=lambda made, _: made | _AGAIN
        )
        self._once = idempotent_function(
            _make, data_keyword_argument="key", persistence_store=records, config=self._config, key_prefix=KEY_PREFIX
        )

    def register(self, remaining_time: RemainingTime) -> None:
        """Set how long this invocation can last, which bounds how long its deliveries can be in progress."""
        self._config.register_lambda_context(_Invocation(remaining_time))  # type: ignore[arg-type]  # the part that powertools uses

    def make(self, delivery: Delivery, body_digest: str, remaining_time: RemainingTime) -> Sent:
        """Deliver, unless this delivery was made before: then it is a duplicate.

        `body_digest` distinguishes a repeated event from one with the same identity and another body. Nothing is sent
        unless enough of the function's time remains. Raise Permanent, Transient, DeliveryUncertain.
        """

        def attempt() -> Sent:
            _check_enough(remaining_time)  # again, because writing the record may have taken long
            return self._targets[delivery.kind].deliver(delivery)

        sent: list[Sent] = []

        def send() -> Sent:
            sent.append(retry_in_process(attempt, remaining_time=remaining_time, sleep=self._sleep))
            return sent[0]

        _check_enough(remaining_time)

        try:
            made = self._once(key=delivery.key, body_digest=body_digest, send=send)
        except IdempotencyAlreadyInProgressError:
            raise InProgress("transient", "another attempt at this delivery is in progress") from None
        except (IdempotencyInconsistentStateError, IdempotencyPersistenceLayerError) as error:
            raise DeliveryUncertain(
                "transient", f"the delivery record could not be read or written: {code_of(error.__cause__ or error)}"
            ) from None
        found = Sent(Outcome(made["outcome"]), made["execution"], body_differs=made["body_digest"] != body_digest)
        return found._replace(facts=sent[0].facts) if sent else found


class _Invocation(NamedTuple):
    """The part of Lambda's context that powertools uses."""

    remaining_time: RemainingTime

    def get_remaining_time_in_millis(self) -> int:
        return round((self.remaining_time() + CLOCKS_DIFFER_SECONDS) * 1000)


def _check_enough(remaining_time: RemainingTime) -> None:
    if remaining_time() < ENOUGH_SECONDS:
        raise Transient("transient", "the function had too little time left to start the delivery")


_AGAIN = {"outcome": Outcome.DUPLICATE.value}


def _make(*, key: str, body_digest: str, send: Callable[[], Sent]) -> dict[str, Any]:  # noqa: ARG001 - powertools takes it
    sent = send()
    return {"outcome": sent.outcome.value, "execution": sent.execution, "body_digest": body_digest}
