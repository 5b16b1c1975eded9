"""What would become of a letter, by the stack's own targets."""

from datetime import UTC, datetime
from typing import Any

import pytest

from processor.route_checks import load
from scripts.deploy.check import ROUTES
from scripts.errors import ConfigurationError
from scripts.operate.dead_letters.explaining import explain_letter, target_names_of
from scripts.operate.dead_letters.letter import Letter
from scripts.operate.dead_letters.opening import DeadLetters
from scripts.operate.scope import Scope
from tests.scripts.operate.dead_letters.letters import Queues, loan

TARGETS: dict[str, Any] = {"topic": {"loan-created"}, "state_machine": set()}


def failure_of(dead_letters: DeadLetters, queues: Queues, targets: dict[str, Any]) -> tuple[str, str] | None:
    [letter] = queues.letters.receive(30, 0)
    explained = explain_letter(dead_letters.reader.read(letter), load(ROUTES), targets, stage="dev")
    failure = explained.explanation.failure
    return (failure.category, failure.target) if failure else None


def test_a_letter_is_explained_by_the_targets_that_the_stack_has(queues: Queues, dead_letters: DeadLetters) -> None:
    """Today's, whatever it died of then."""
    queues.put(loan())
    assert failure_of(dead_letters, queues, TARGETS) is None


def test_a_target_that_the_stack_lacks_is_named(queues: Queues, dead_letters: DeadLetters) -> None:
    """Whatever the template of this checkout has."""
    queues.put(loan())
    assert failure_of(dead_letters, queues, TARGETS | {"topic": set()}) == ("no-target", "topic:loan-created")


def test_what_is_no_envelope_stays_what_it_is(dead_letters: DeadLetters) -> None:
    """With the reason that it cannot be read for."""
    read = dead_letters.reader.read(Letter("m1", "h", "x", {}, datetime.now(UTC)))
    failure = explain_letter(read, load(ROUTES), TARGETS, stage="dev").explanation.failure
    assert failure is not None
    assert (failure.category, failure.reason) == ("envelope", read.problem)


def test_names_of_targets_come_from_the_stacks_outputs(scope: Scope) -> None:
    """As the processor has them."""
    outputs = {"Topics": "a,b", "TopicArnPrefix": "arn:x-", "StateMachineArns": '{"pod": "arn:pod"}'}
    names = target_names_of(scope._replace(stack=scope.stack._replace(outputs=outputs)))
    assert (names["topic"], names["state_machine"], names["queue"]) == (
        {"a", "b", "heartbeat"},
        {"pod"},
        set(),
    )


def test_a_stack_that_does_not_tell_its_targets_is_refused(scope: Scope) -> None:
    """It is of an older version."""
    with pytest.raises(ConfigurationError, match="does not tell which targets it has"):
        target_names_of(scope)
