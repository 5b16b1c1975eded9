"""The message that replays a dead letter: unchanged, with its replays counted."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.envelope import Envelope, QueuedMessage
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.replay_message import ReplayedBy, is_beyond_limit, replay_members, replayed

BY = ReplayedBy("arn:aws:iam::123456789012:user/invented", 1779265691.5)
AGAIN = BY._replace(redeliver=True)

WHOLE = Envelope(b"\xff{}", "r1", "2026-11-20T08:00:00.000Z", "alma", "application/json", "c2lnbmF0dXJl")


def dead_letter(receipt_id: str = "r1", **replay: Any) -> DeadLetter:
    attributes = {"receipt_id": receipt_id, "encoding": "base64", "signature": "eA==", "failure": "{}", "foreign": "x"}
    if replay:
        attributes["replay"] = json.dumps(replay)
    return DeadLetter("m1", "h1", "eyJhIjoxfQ==", attributes, datetime(2026, 11, 20, tzinfo=UTC))


def again(before: DeadLetter, by: ReplayedBy = BY) -> DeadLetter:
    """Return the dead letter after it was replayed and failed again."""
    return before._replace(attributes=replayed(before, by).attributes | {"failure": "{}"})


def test_f44_body_and_attributes_are_kept_but_for_the_failure() -> None:
    """Text, encoding and all other attributes stay, foreign ones included; `replay` is added."""
    before = {**WHOLE.encode().attributes, "foreign": "x"}
    assert all(before.values())
    assert set(before) == {"foreign", "encoding", "envelope_version", *WHOLE._fields} - {"body", "failure", "replay"}
    message = replayed(
        dead_letter()._replace(body=" \ufeffeyJhIjoxfQ==\r\n", attributes=before | {"failure": "{}"}), BY
    )
    members = json.loads(message.attributes.pop("replay"))
    assert message == QueuedMessage(" \ufeffeyJhIjoxfQ==\r\n".encode(), before)
    assert members == {"id": members["id"], "count": 1, "by": BY.who, "at": "2026-05-20T08:28:11.500Z"}
    assert len(members["id"]) == 32


def test_f44_every_replay_counts_one_more() -> None:
    """Who and when are those of the last replay, and other members stay."""
    members = replay_members(
        dead_letter(id="x", count=2, by="before", at="then", edited="0f" * 32, only_route="pod"), BY
    )
    assert (members["count"], members["by"], members["edited"], members["only_route"]) == (3, BY.who, "0f" * 32, "pod")


def test_f40_the_same_replay_has_the_same_id_for_every_operator() -> None:
    """By receipt ID and count: after a killed run, and for another operator."""
    other = ReplayedBy("arn:aws:iam::123456789012:user/imagined", 1779265699.0, redeliver=True)
    assert replay_members(dead_letter(), AGAIN)["id"] == replay_members(dead_letter(), other)["id"]
    ids = {
        replay_members(one, AGAIN)["id"]
        for one in (dead_letter(), dead_letter("r2"), dead_letter(count=1), dead_letter("r1\n1"))
    }
    assert len(ids) == 4


def test_f40_a_plain_replay_continues_a_redelivery() -> None:
    """Targets that got the event by it do not get it at the next attempt."""
    first = again(dead_letter(), AGAIN)
    second = again(first)
    assert (second.replay["id"], second.replay["redeliver"], second.replays) == (first.replay["id"], True, 2)


def test_f40_each_requested_redelivery_has_its_own_id() -> None:
    """Every target gets the event once more."""
    first = again(dead_letter(), AGAIN)
    second = again(first, AGAIN)
    assert second.replay["id"] != first.replay["id"]
    assert "redeliver" not in again(again(dead_letter())).replay


@pytest.mark.parametrize("replay", ["[]", "{", '{"count": "7"}', '{"redeliver": true}'])
def test_f44_an_invalid_replay_attribute_is_replaced(replay: str) -> None:
    """The dead letter is readable again then."""
    broken = dead_letter()._replace(attributes={"receipt_id": "r1", "replay": replay})
    members = replay_members(broken, BY)
    assert (members["count"], members.get("redeliver")) == (1, None)
    assert members["id"] == replay_members(dead_letter(), BY)["id"]


@pytest.mark.parametrize(("count", "is_beyond"), [(0, False), (2, False), (3, True), (9, True)])
def test_f50_the_fourth_replay_is_beyond_the_limit(count: int, is_beyond: bool) -> None:
    """The first three replays need no flag."""
    assert is_beyond_limit(dead_letter(count=count)) is is_beyond
