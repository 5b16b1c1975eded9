"""Sessions of commands that change dead letters: right queues, one at a time, a working audit, no lock left."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from scripts.aws.exclusive import ChangeSession
from scripts.cli.exit_codes import ConfigurationError, FailedError, RejectedError
from scripts.dead_letters.change_session import check_queues, open_change_session, outline
from scripts.dead_letters.filters import Filters
from scripts.dead_letters.store import DeadLetterStore
from tests.scripts.dead_letters.queues import AUDIT, LOCKS, Queues, audited


def locks(queues: Queues) -> int:
    return queues.aws.dynamodb.scan(TableName=LOCKS)["Count"]


def without(dead_letters: DeadLetterStore, output: str) -> DeadLetterStore:
    scope = dead_letters.scope
    outputs = {name: value for name, value in scope.stack.outputs.items() if name != output}
    return dead_letters._replace(scope=scope._replace(stack=scope.stack._replace(outputs=outputs)))


def test_a_change_is_audited_from_its_beginning_to_its_end(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """The audit has who, where, and by which filters."""
    with open_change_session(dead_letters, "replay", filters=Filters(ids=("r1", "r2"), causes=("template",))) as change:
        assert locks(queues) == 1
        change.renew()
        change.record("sent", receipt_id="r1", result="done")
    lines = audited(queues.aws)
    assert [line["message"] for line in lines] == ["began", "sent", "ended"]
    assert lines[0]["filters"] == {"ids": 2, "causes": ["template"]}
    assert (lines[1]["receipt_id"], lines[1]["result"], lines[2]["result"]) == ("r1", "done", "done")
    for line in lines:
        assert line["who"] == change.who
        place = {name: line[name] for name in ("command", "account", "region", "stage", "stack")}
        assert place == {"command": "replay"} | dead_letters.scope.facts()
    assert locks(queues) == 0


def test_f40_a_second_command_changes_nothing_meanwhile(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """It is rejected before its block begins, and the lock of the first stays."""
    with open_change_session(dead_letters, "replay"):
        with (
            pytest.raises(RejectedError, match="with the command replay"),
            open_change_session(dead_letters, "discard"),
        ):
            pytest.fail("it may change dead letters")
        assert locks(queues) == 1
    assert [line["command"] for line in audited(queues.aws)] == ["replay", "replay"]


def test_f45_wrong_queues_are_rejected_before_anything_else(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """There is no lock and no audit line."""
    queues.aws.sqs.set_queue_attributes(QueueUrl=queues.webhooks_url, Attributes={"RedrivePolicy": ""})
    with (
        pytest.raises(RejectedError, match="is not the dead-letter queue"),
        open_change_session(dead_letters, "replay"),
    ):
        pytest.fail("it may change dead letters")
    assert (locks(queues), audited(queues.aws)) == (0, [])


def test_nothing_is_changed_when_the_audit_cannot_be_written(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """A failing log group or file ends the command, and the lock is released."""
    nowhere = Path("/nowhere/audit.jsonl")
    changes = []
    with (
        pytest.raises(FailedError, match=str(nowhere)),
        open_change_session(dead_letters, "replay", audit_file=nowhere) as change,
    ):
        changes.append(change)
    queues.aws.logs.delete_log_group(logGroupName=AUDIT)
    with pytest.raises(FailedError, match=AUDIT), open_change_session(dead_letters, "replay") as change:
        changes.append(change)
    assert (changes, locks(queues)) == ([], 0)


def test_a_stack_without_an_audit_needs_a_file(dead_letters: DeadLetterStore, tmp_path: Path) -> None:
    """A stack without locks cannot be changed at all."""
    older = without(dead_letters, "AuditLogGroupName")
    with pytest.raises(ConfigurationError, match="or pass --audit-file"), open_change_session(older, "replay"):
        pytest.fail("it may change dead letters")
    with open_change_session(older, "replay", audit_file=tmp_path / "audit.jsonl"):
        pass
    assert (tmp_path / "audit.jsonl").read_text("utf-8").count("\n") == 2
    with (
        pytest.raises(ConfigurationError, match="where its locks are"),
        open_change_session(without(dead_letters, "LocksTableName"), "replay"),
    ):
        pytest.fail("it may change dead letters")


def interrupted(dead_letters: DeadLetterStore, error: BaseException) -> None:
    with open_change_session(dead_letters, "replay") as change:
        change.record("sent", receipt_id="r1")
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("x")])
def test_f46_an_interrupted_change_is_audited_and_releases_its_lock(
    dead_letters: DeadLetterStore, queues: Queues, error: BaseException
) -> None:
    """After Ctrl-C or an error, the audit has what was changed, and how the command ended."""
    with pytest.raises(type(error)):
        interrupted(dead_letters, error)
    lines = audited(queues.aws)
    assert [line["message"] for line in lines] == ["began", "sent", "ended"]
    assert lines[-1]["result"] == type(error).__name__
    assert locks(queues) == 0


def test_f40_a_lost_lock_stops_the_command(dead_letters: DeadLetterStore) -> None:
    """The command slept and another acquired the lock: `renew` fails before the next change."""
    now = [time.time()]

    def lose_lock(change: ChangeSession) -> None:
        change.renew()
        now[0] += 11
        with open_change_session(dead_letters, "discard", clock=lambda: now[0]):
            now[0] += 5
            change.renew()

    with (
        pytest.raises(FailedError, match="with the command discard"),
        open_change_session(dead_letters, "replay", seconds=10, clock=lambda: now[0]) as change,
    ):
        lose_lock(change)


def test_a_renewed_lock_is_not_lost(dead_letters: DeadLetterStore) -> None:
    """It lasts as long as the command."""
    now = [time.time()]
    with open_change_session(dead_letters, "replay", seconds=10, clock=lambda: now[0]) as change:
        for _ in range(10):
            now[0] += 5
            change.renew()
            with pytest.raises(RejectedError), open_change_session(dead_letters, "discard", clock=lambda: now[0]):
                pytest.fail("it may change dead letters")


def test_f65_the_audit_has_no_value_that_was_typed(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """It has the fields and operators of a condition, the number of IDs, and values with the form of a name."""
    filters = Filters(
        ids=("Example",),
        actions=("LOAN", "Ada Example"),
        routes=("loans", "a@example.org"),
        targets=("topic:loan-created", "Example, Ada"),
        profiles=("alma", ""),
        since="24h",
        where='item_loan.user_id == "4711" and item_loan.patron == Example',
    )
    with open_change_session(dead_letters, "replay", filters=filters):
        pass
    hidden = "(not a code)"
    assert audited(queues.aws)[0]["filters"] == {
        "ids": 1,
        "actions": ["LOAN", hidden],
        "routes": ["loans", hidden],
        "targets": ["topic:loan-created", hidden],
        "profiles": ["alma", hidden],
        "since": "24h",
        "where": "item_loan.user_id == … and item_loan.patron == …",
    }


def with_outputs(dead_letters: DeadLetterStore, **outputs: str) -> DeadLetterStore:
    scope = dead_letters.scope
    stack = scope.stack._replace(outputs=scope.stack.outputs | outputs)
    return dead_letters._replace(scope=scope._replace(stack=stack))


def test_the_queues_of_a_stack_are_accepted(dead_letters: DeadLetterStore) -> None:
    """The result has the caller."""
    _, who, clock = check_queues(dead_letters)
    assert who.startswith("arn:aws:sts::123456789012:")
    assert abs(clock() - dead_letters.now.timestamp()) < 60


def test_f45_one_queue_as_both_is_rejected(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """A dead letter would be sent to the queue from which it is deleted."""
    arn = queues.aws.sqs.get_queue_attributes(QueueUrl=queues.dead_letters_url, AttributeNames=["QueueArn"])
    policy = json.dumps({"deadLetterTargetArn": arn["Attributes"]["QueueArn"], "maxReceiveCount": 8})
    queues.aws.sqs.set_queue_attributes(QueueUrl=queues.dead_letters_url, Attributes={"RedrivePolicy": policy})
    with pytest.raises(RejectedError, match=r"has one queue, arn:aws:sqs:.*:dead-letters, as webhook queue and"):
        check_queues(with_outputs(dead_letters, QueueUrl=queues.dead_letters_url))


def test_f45_a_queue_that_is_not_its_dead_letter_queue_is_rejected(
    dead_letters: DeadLetterStore, queues: Queues
) -> None:
    """The webhook queue has none, or another."""
    other = queues.aws.sqs.create_queue(QueueName="other")["QueueUrl"]
    with pytest.raises(RejectedError, match=r":dead-letters is not the dead-letter queue of .*:other; its own is none"):
        check_queues(with_outputs(dead_letters, QueueUrl=other))
    queues.aws.sqs.create_queue(QueueName="third")
    policy = json.dumps({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:third", "maxReceiveCount": 8})
    queues.aws.sqs.set_queue_attributes(QueueUrl=queues.webhooks_url, Attributes={"RedrivePolicy": policy})
    with pytest.raises(RejectedError, match=r"of .*:webhooks; its own is .*:third"):
        check_queues(dead_letters)


@pytest.mark.parametrize("place", ["eu-west-1:123456789012", "us-east-1:999999999999"])
@pytest.mark.parametrize("is_source", [True, False])
def test_f45_a_queue_of_another_account_or_region_is_rejected(
    dead_letters: DeadLetterStore, queues: Queues, place: str, is_source: bool
) -> None:
    """Both queues are checked against the account of STS and the region of the client."""
    here = "us-east-1:123456789012"
    source = f"arn:aws:sqs:{place if is_source else here}:webhooks"
    queue = f"arn:aws:sqs:{here if is_source else place}:dead-letters"
    answers: list[Any] = [
        {"QueueArn": source, "RedrivePolicy": json.dumps({"deadLetterTargetArn": queue})},
        {"QueueArn": queue},
    ]
    with Stubber(queues.aws.sqs) as stub:
        for answer in answers:
            stub.add_response("get_queue_attributes", {"Attributes": answer})
        with pytest.raises(RejectedError, match=rf"{place}.* is not in your account and region \(account 1234"):
            check_queues(dead_letters)


def test_a_stack_without_a_webhook_queue_output_is_an_error(dead_letters: DeadLetterStore) -> None:
    """It is of an older version."""
    scope = dead_letters.scope
    outputs = {name: value for name, value in scope.stack.outputs.items() if name != "QueueUrl"}
    older = scope._replace(stack=scope.stack._replace(outputs=outputs))
    with pytest.raises(ConfigurationError, match="where its webhook queue is"):
        check_queues(dead_letters._replace(scope=older))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("item_loan.user_id == '4711'", "item_loan.user_id == …"),
        ('"Example" in  item_loan.patron.last_name', "… in item_loan.patron.last_name"),
        ("item_loan.user_id == 4711 or item_loan.fine > 1.5", "item_loan.user_id == … or item_loan.fine > …"),
        ("last_name == Example", "… == …"),
        ("item_loan['example'].user_id == 5", "item_loan[…].user_id == …"),
        ("item_loan.Example == 5", "item_loan.… == …"),
        ("'a' }} Example {{ 'b'", "… … …"),
        ("'Example", "…"),
        ("not (id in ['1', '2']) and bib is defined", "not (id in […, …]) and bib is defined"),
        ("holding.holding_id == '22'", "holding.holding_id == …"),
    ],
)
def test_f65_the_outline_has_fields_and_operators(condition: str, expected: str) -> None:
    """It omits texts, numbers, and names that are not fields."""
    assert outline(condition) == expected


@given(st.sampled_from(["'{}' in bib.title", 'id == "{}"', "id == {}", "{}", "bib.title == {} and id", "{{{{ {}"]))
def test_f65_the_outline_has_no_value(form: str) -> None:
    """Values are omitted at any position, quoted or not."""
    for value in ("Example4711", "4711", "Ada Example", "EXAMPLE.4711", "example'4711"):
        kept = outline(form.format(value))
        assert "4711" not in kept
        assert "xample" not in kept.lower()
