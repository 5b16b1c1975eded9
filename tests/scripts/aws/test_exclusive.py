"""One command at a time on things of one kind; on others another may be at work."""

import time

import pytest

from scripts.aws.exclusive import Caller, exclusive
from scripts.cli.exit_codes import RejectedError
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.dead_letters.queues import audited

OPERATOR = Caller("123456789012", "arn:aws:iam::123456789012:user/operator", time.time)


def test_f40_only_commands_on_the_same_things_wait_for_each_other(dead_letters: DeadLetterStore) -> None:
    """A redrive of executions need not wait for a replay of dead letters."""
    scope = dead_letters.scope
    with exclusive(scope, "dead letters", "replay", caller=OPERATOR):
        with exclusive(scope, "executions", "redrive", caller=OPERATOR) as (held, _):
            held.renew()
        with (
            pytest.raises(RejectedError, match=r"with the command replay. Wait"),
            exclusive(scope, "dead letters", "discard", caller=OPERATOR),
        ):
            pytest.fail("it may change dead letters")


def test_an_audit_says_how_a_command_ended(dead_letters: DeadLetterStore) -> None:
    """Also one that an error ended, by the error's class alone."""

    def fail() -> None:
        with exclusive(dead_letters.scope, "executions", "redrive", caller=OPERATOR):
            raise RejectedError("a text that stays out")

    with pytest.raises(RejectedError):
        fail()
    lines = audited(dead_letters.scope.aws)
    assert [(line["message"], line.get("result")) for line in lines] == [("began", None), ("ended", "RejectedError")]
    assert "stays out" not in str(lines)
