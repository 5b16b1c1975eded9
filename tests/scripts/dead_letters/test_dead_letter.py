"""What a dead letter says of itself, whatever lies on the queue."""

import json

import pytest

from scripts.dead_letters.dead_letter import CRASHED, Cause, DeadLetter
from tests.scripts.dead_letters.queues import CAUSE, Queues

FOREIGN = {"MessageId": "m1", "ReceiptHandle": "h", "Body": "anything"}


def test_a_dead_letter_tells_its_receipt_id_cause_and_replays(queues: Queues) -> None:
    """As the processor and a replay have written them."""
    queues.put(receipt_id="r7", replay={"id": "x", "count": 2})
    [dead_letter] = queues.dead_letters.receive(30, 0)
    assert (dead_letter.id, dead_letter.replays) == ("r7", 2)
    assert dead_letter.cause == Cause(
        "transient", "AWS answered NotFound", "loans", "topic:loan-created", "", 8, "2026-11-20T03:00:00.000Z"
    )
    assert dead_letter.sent_at.year >= 2026


def test_a_dead_letter_without_a_cause_has_crashed() -> None:
    """SQS moved it: no processor lived to write one."""
    dead_letter = DeadLetter.of(FOREIGN)  # type: ignore[arg-type] # as SQS answers
    assert (dead_letter.id, dead_letter.cause, dead_letter.replays) == ("m1", Cause(CRASHED), 0)


@pytest.mark.parametrize("failure", ["no JSON", "[]", '{"class": 7, "attempts": true, "route": ["x"]}', "[" * 100_000])
def test_a_cause_that_nobody_of_ours_wrote_is_none(failure: str) -> None:
    """Whatever stands there, it breaks no tool."""
    assert Cause.of(failure) == Cause(CRASHED)


@pytest.mark.parametrize("receipt_id", ["--all", "-", "x" * 257])
def test_a_receipt_id_that_ingest_never_gave_names_no_dead_letter(receipt_id: str) -> None:
    """A flag in a command that is copied chooses other dead letters, or all; an endless one fills the table of all."""
    dead_letter = DeadLetter.of(FOREIGN)._replace(attributes={"receipt_id": receipt_id})  # type: ignore[arg-type] # as SQS answers
    assert dead_letter.id == "m1"


def test_the_texts_of_a_cause_have_an_end() -> None:
    """They are kept of every dead letter."""
    cause = Cause.of(json.dumps(dict.fromkeys(("class", "reason", "route", "target", "field", "at"), "x" * 100_000)))
    assert {len(text) for text in cause if isinstance(text, str)} == {1024}


@pytest.mark.parametrize(("count", "replays"), [("-7", 0), ("9" * 4300, 1_000_000), ("true", 0), ("2.5", 0)])
def test_a_count_of_replays_can_be_counted_on(count: str, replays: int) -> None:
    """Whatever stands there: one more can be written, and it is not below none."""
    dead_letter = DeadLetter.of(FOREIGN)._replace(attributes={"replay": f'{{"count":{count}}}'})  # type: ignore[arg-type] # as SQS answers
    assert dead_letter.replays == replays


def test_copies_are_known_by_id_body_and_edit() -> None:
    """The same event that is there twice has one key, another edit of it another."""
    one = DeadLetter.of(FOREIGN)  # type: ignore[arg-type] # as SQS answers
    assert one.copy_key == one._replace(handle="another", attributes={"failure": json.dumps(CAUSE)}).copy_key
    edited = one._replace(attributes={"replay": '{"edited":"an identity"}'})
    others = [one._replace(body="other"), one._replace(message_id="m2"), edited]
    assert len({one.copy_key, *(other.copy_key for other in others)}) == 4


def test_f22_a_dead_letter_shows_nothing_of_its_body() -> None:
    """Not even where a traceback prints it."""
    assert repr(DeadLetter.of(FOREIGN)) == "DeadLetter('m1', …)"  # type: ignore[arg-type] # as SQS answers
