"""Output of `show`: all that is known, and nothing personal or secret unless requested."""

import json
from datetime import timedelta

import pytest

from ingest.envelope import Envelope
from scripts.dead_letters.dead_letter import DeadLetter
from scripts.dead_letters.reader import ReadDeadLetter
from scripts.dead_letters.reports.dead_letter import as_data, lines
from scripts.dead_letters.store import DeadLetterStore
from tests.canary import sung
from tests.samples import body_of
from tests.scripts.dead_letters.queues import CAUSE

SIGNATURE = "c2VjcmV0IHNpZ25hdHVyZQ=="
REPLAY = {"id": "x1", "count": 2, "by": "arn:aws:iam::1:user/ops", "at": "2026-11-21T00:00:00.000Z", "a": "patron-4711"}


def read_of(dead_letters: DeadLetterStore, body: bytes, **attributes: str) -> ReadDeadLetter:
    known = {"content_type": "application/json", "signature": SIGNATURE}
    sent = Envelope(body, "r1", "2026-11-20T00:00:00.000Z", "alma", **known, failure=CAUSE, replay=REPLAY).encode()
    dead_letter = DeadLetter("m1", "h", sent.body, sent.attributes | attributes, dead_letters.now - timedelta(days=3))
    return dead_letters.reader.read(dead_letter)


def text(dead_letters: DeadLetterStore, read: ReadDeadLetter, *, show_body: bool = False) -> str:
    return "\n".join(lines(as_data(read, dead_letters.now, show_body=show_body)))


def test_everything_that_is_known_is_shown(dead_letters: DeadLetterStore) -> None:
    """The output has IDs, event, times, cause, replays, attributes, size and digest, and the structure of the body."""
    output = text(dead_letters, read_of(dead_letters, body_of("loan-created")))
    for line in (
        "dead letter r1",
        "message id  m1",
        "event       LOAN LOAN_CREATED",
        "institution 01EXAMPLE_INST",
        "received    2026-11-20T00:00:00.000Z",
        "cause       transient: AWS returned NotFound",
        "  route     loans",
        "  target    topic:loan-created",
        "  attempts  8",
        'replayed    2 times, id "x1", by "arn:aws:iam::1:user/ops", at "2026-11-21T00:00:00.000Z"',
        "attribute   encoding: utf-8",
        "attribute   signature: <hidden>",
        '    "loan_status": "ACTIVE",',
        "            redacted; pass --show-body to show all of it",
    ):
        assert f"\n{line}\n" in f"\n{output}\n", line
    assert ", in 11 d 0 h\n" in output
    assert "\nidentity    " in output


@pytest.mark.parametrize("name", ["loan-created", "user-created", "request-created", "bib-created", "item-created"])
def test_f22_nothing_personal_and_no_signature_is_shown_by_default(dead_letters: DeadLetterStore, name: str) -> None:
    """Text and JSON omit it, foreign attributes included."""
    read = read_of(dead_letters, body_of(name), note="of patron-4711")
    data = as_data(read, dead_letters.now, show_body=False)
    assert sung("\n".join(lines(data)) + json.dumps(data, ensure_ascii=False), {SIGNATURE}) == set()


def test_show_body_shows_all_but_the_signature(dead_letters: DeadLetterStore) -> None:
    """The operator requested the body."""
    output = text(dead_letters, read_of(dead_letters, body_of("loan-created"), note="of somebody"), show_body=True)
    assert '"user_id": "invented-' in output
    assert "note: of somebody" in output
    assert SIGNATURE not in output
    assert "redacted" not in output


@pytest.mark.parametrize("show_body", [False, True])
@pytest.mark.parametrize(
    "body",
    [
        '{"action":"X\\u001b[2J","\\u009b1m\\u202e":"\x9b1m\x7f\u202e"}'.encode(),
        b"\x1b]0;title\x07 no event",
        "\u202e\x9b".encode(),
        b"<a><action>\xc2\x9b1m</action><b\xe2\x80\x8f/></a>",
    ],
)
def test_f49_a_body_moves_no_cursor(dead_letters: DeadLetterStore, body: bytes, show_body: bool) -> None:
    """Every body is escaped, redacted or shown, event or not."""
    output = text(dead_letters, read_of(dead_letters, body, profile="\x1b[2J"), show_body=show_body)
    assert all(line.isprintable() for line in output.split("\n"))
    assert "\\x1b[2J" in output


def test_a_dead_letter_without_a_cause_says_why(dead_letters: DeadLetterStore) -> None:
    """The output says that SQS moved it."""
    read = dead_letters.reader.read(DeadLetter("m1", "h", "{}", {}, dead_letters.now))
    output = text(dead_letters, read)
    assert "cause       crashed: SQS moved it after the last receive" in output
    assert "it was not queued by ingest" in output
    assert "identity" not in output
    assert "replayed" not in output
