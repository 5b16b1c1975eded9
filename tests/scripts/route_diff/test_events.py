"""The events by which routes are compared."""

import json
from pathlib import Path

import pytest

from scripts.alma_client.sample_entries import Expectation
from scripts.alma_client.samples import Sample
from scripts.cli.exit_codes import ConfigurationError
from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.store import DeadLetterStore
from scripts.route_diff.events import dead_letter_events, folder_events, sample_events
from tests.scripts.dead_letters.queues import CAUSE, Queues, loan

IGNORED = Expectation(outcome="ignored")


def test_a_sample_comes_from_each_profile_or_from_its_own() -> None:
    """Its stage is its own too, if it has one."""
    samples = [Sample("a", loan(), IGNORED), Sample("b", b"<a/>", IGNORED, "heartbeat", "prod")]
    first, second = sample_events(samples, "dev", ["x", "y"])
    assert (first.name, first.event, first.stage) == ("a", "LOAN_CREATED", "dev")
    assert [each.profile for each in first.envelopes] == ["x", "y"]
    assert len({each.received_at for each in first.envelopes}) == 1
    assert (second.name, second.event, second.stage) == ("b", "", "prod")
    assert [each.profile for each in second.envelopes] == ["heartbeat"]


def test_a_folder_has_an_index_or_files(tmp_path: Path) -> None:
    """Without an index each file with an event is one; other files are not."""
    (tmp_path / "b.json").write_bytes(loan())
    (tmp_path / "a.xml").write_bytes(b"<webhook><action>BIB</action></webhook>")
    (tmp_path / "notes.txt").write_text("no event")
    found = folder_events(tmp_path, "dev", ["alma"])
    assert [(each.name, each.event) for each in found] == [("a.xml", "BIB"), ("b.json", "LOAN_CREATED")]
    (tmp_path / "index.yaml").write_text("named: {file: b.json, stage: stg, expect: {outcome: ignored}}\n")
    assert [(each.name, each.stage) for each in folder_events(tmp_path, "dev", ["alma"])] == [("named", "stg")]


def test_a_folder_without_events_is_an_error(tmp_path: Path) -> None:
    """A wrong folder would seem to be without a difference."""
    with pytest.raises(
        ConfigurationError, match=r"has no events: neither an index.yaml nor files \*.json and \*.xml\."
    ):
        folder_events(tmp_path, "dev", ["alma"])
    with pytest.raises(ConfigurationError, match=r"none cannot be read: No such file or directory\."):
        folder_events(tmp_path / "none", "dev", ["alma"])


def test_a_dead_letter_comes_once_and_as_it_was_received(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """SQS and the processor may both have put it on the queue; one without a readable body has no envelope."""
    queues.put(loan(), receipt_id="r1", profile="sandbox")
    queues.put(loan(), receipt_id="r1", profile="sandbox", failure=CAUSE)
    queues.put_message(json.dumps({"no": "envelope"}), {})
    found = dead_letter_events(DeadLetterService(dead_letters))
    unread, loaned = sorted(found, key=lambda each: each.event)
    assert (loaned.name, loaned.event, loaned.stage) == ("r1", "LOAN_CREATED", "dev")
    assert [(each.profile, each.receipt_id) for each in loaned.envelopes] == [("sandbox", "r1")]
    assert list(unread.envelopes) == []
