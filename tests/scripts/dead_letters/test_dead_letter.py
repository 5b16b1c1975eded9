"""Parsing of a dead letter from any message on the queue."""

import json

import pytest

from scripts.dead_letters.dead_letter import CRASHED, Cause, DeadLetter
from tests.scripts.dead_letters.queues import CAUSE, Queues

FOREIGN = {"MessageId": "m1", "ReceiptHandle": "h", "Body": "anything"}


def test_a_dead_letter_has_its_receipt_id_cause_and_replays(queues: Queues) -> None:
    """The processor and a replay wrote them."""
    queues.put(receipt_id="r7", replay={"id": "x", "count": 2})
    [dead_letter] = queues.dead_letters.receive(30, 0)
    assert (dead_letter.id, dead_letter.replays) == ("r7", 2)
    assert dead_letter.cause == Cause(
        "transient", "AWS returned NotFound", "loans", "topic:loan-created", "", 8, "2026-11-20T03:00:00.000Z"
    )
    assert dead_letter.sent_at.year >= 2026


def test_a_dead_letter_without_a_cause_has_crashed() -> None:
    """SQS moved it, so the processor wrote none."""
    dead_letter = DeadLetter.of(FOREIGN)  # type: ignore[arg-type] # as SQS answers
    assert (dead_letter.id, dead_letter.cause, dead_letter.replays) == ("m1", Cause(CRASHED), 0)


@pytest.mark.parametrize("failure", ["no JSON", "[]", '{"class": 7, "attempts": true, "route": ["x"]}', "[" * 100_000])
def test_an_invalid_cause_is_ignored(failure: str) -> None:
    """Invalid JSON does not break a command."""
    assert Cause.of(failure) == Cause(CRASHED)


@pytest.mark.parametrize(
    ("others", "kept"),
    [
        ([{"class": "refused", "route": 7, "attempts": -1, "target": "topic:t"}], [Cause("refused", target="topic:t")]),
        ([7, {"class": "template"}, {"route": "b"}], [Cause("template")]),
        ([{"class": "refused", "route": "r" * 500}] * 9, [Cause("refused", route="r" * 500)] * 2),
        ([{"class": "x" * 100_000}], [Cause("x" * 1024)]),
        ([{"class": "refused", "route": "r" * 1024}], []),
        ([{"class": "a", "others": [{"class": "b"}]}], [Cause("a")]),
    ],
)
def test_f49_of_the_other_failures_as_much_is_kept_as_the_processor_writes(
    others: list[object], kept: list[Cause]
) -> None:
    """The rest does not come from the processor."""
    assert Cause.of(json.dumps({"class": "transient", "others": others})).others == tuple(kept)


@pytest.mark.parametrize(
    ("omitted", "kept"),
    [(3, 3), (0, 0), (-1, 0), (10**9, 0), (1.5, 0), ("3", 0), (True, 0), (None, 0), ([3], 0)],
)
def test_f49_a_number_of_omitted_failures_that_cannot_be_is_ignored(omitted: object, kept: int) -> None:
    """It does not come from the processor."""
    assert Cause.of(json.dumps({"class": "transient", "others_omitted": omitted})).others_omitted == kept
    assert Cause.of('{"class": "transient"}').others_omitted == 0


@pytest.mark.parametrize(("attempts", "kept"), [("8", 8), ("-1", None), ("9" * 4000, None), ("1e999", None)])
def test_f49_a_receive_count_that_cannot_be_is_ignored(attempts: str, kept: int | None) -> None:
    """It would fill a table."""
    assert Cause.of(f'{{"class": "transient", "attempts": {attempts}}}').attempts == kept


@pytest.mark.parametrize("receipt_id", ["--all", "-", "x" * 257])
def test_an_invalid_receipt_id_is_replaced_by_the_message_id(receipt_id: str) -> None:
    """A flag in a copied command would select other dead letters, or all; an endless ID would fill every table."""
    dead_letter = DeadLetter.of(FOREIGN)._replace(attributes={"receipt_id": receipt_id})  # type: ignore[arg-type] # as SQS answers
    assert dead_letter.id == "m1"


def test_the_texts_of_a_cause_are_truncated() -> None:
    """They are kept for every dead letter."""
    cause = Cause.of(json.dumps(dict.fromkeys(("class", "reason", "route", "target", "field", "at"), "x" * 100_000)))
    assert {len(text) for text in cause if isinstance(text, str)} == {1024}


@pytest.mark.parametrize(("count", "replays"), [("-7", 0), ("9" * 4300, 1_000_000), ("true", 0), ("2.5", 0)])
def test_an_invalid_replay_count_is_corrected(count: str, replays: int) -> None:
    """It is never negative, and can be incremented."""
    dead_letter = DeadLetter.of(FOREIGN)._replace(attributes={"replay": f'{{"count":{count}}}'})  # type: ignore[arg-type] # as SQS answers
    assert dead_letter.replays == replays


def test_copies_share_id_body_and_edit() -> None:
    """Two copies of an event have the same key, another edit of it has another."""
    one = DeadLetter.of(FOREIGN)  # type: ignore[arg-type] # as SQS answers
    assert one.copy_key == one._replace(handle="another", attributes={"failure": json.dumps(CAUSE)}).copy_key
    edited = one._replace(attributes={"replay": '{"edited":"an identity"}'})
    others = [one._replace(body="other"), one._replace(message_id="m2"), edited]
    assert len({one.copy_key, *(other.copy_key for other in others)}) == 4


def test_f22_a_dead_letter_shows_nothing_of_its_body() -> None:
    """A traceback does not show it either."""
    assert repr(DeadLetter.of(FOREIGN)) == "DeadLetter('m1', …)"  # type: ignore[arg-type] # as SQS answers


def test_causes_share_their_texts() -> None:
    """A scan keeps the causes of tens of thousands of dead letters, and few of them are different."""
    first, second = (Cause.of(json.dumps({"class": "refused", "route": f"loans-{day}"})) for day in ("mon", "mon"))
    assert first.route is second.route
    assert first.category is second.category
