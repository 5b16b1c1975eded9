"""Dead letters are found by their IDs and by every value of their bodies."""

import json

import pytest

from scripts.dead_letters.service import DeadLetterService
from scripts.dead_letters.store import DeadLetterStore
from scripts.find.found import MOST_MATCHES, MatchedMember, SourceResult
from scripts.find.in_dead_letters import search_dead_letters
from scripts.find.search_text import SearchText
from tests.scripts.dead_letters.notified import NotificationQueues
from tests.scripts.dead_letters.queues import Queues, loan


def found(store: DeadLetterStore, text: str, since: str = "30d") -> SourceResult:
    source = SourceResult("dead letters")
    search_dead_letters(DeadLetterService(store), SearchText.of(text), since, source, lambda: None)
    return source


def members(source: SourceResult) -> list[tuple[str, list[MatchedMember]]]:
    return [(match.id, list(match.members)) for match in source.matches]


def test_a_value_of_the_body_is_found_and_stays_hidden(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """By its path; a member whose values are shown elsewhere is shown here too."""
    body = {"action": "JOB_END", "id": "77", "job_instance": {"id": "88"}, "webhook_user": {"user": {"barcode": "X9"}}}
    queues.put(json.dumps(body).encode(), receipt_id="r2")
    queues.put(loan(1))
    assert members(found(dead_letters, "x9")) == [
        ("r2", [MatchedMember("webhook_user.user.barcode", "<text of 2 characters>")])
    ]
    assert members(found(dead_letters, "88")) == [("r2", [MatchedMember("job_instance.id", "88")])]
    [match] = found(dead_letters, "1").matches
    assert (match.id, match.event, match.detail) == ("r1", "LOAN_CREATED", "cause transient")
    assert [member.path for member in match.members] == ["item_loan.loan_id"]


def test_ids_are_found(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """The receipt ID and the message ID are no secrets."""
    message_id = queues.put()
    assert members(found(dead_letters, "R1")) == [("r1", [MatchedMember("receipt_id", "r1")])]
    assert members(found(dead_letters, message_id)) == [("r1", [MatchedMember("message_id", message_id)])]


def test_numbers_and_other_formats_are_found(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """A number in JSON, a value in XML, and a word in a body that is neither."""
    queues.put(b'{"action": "BIB", "bib": {"mms_id": 991}}', receipt_id="number")
    queues.put(b"<webhook><action>BIB</action><bib><mms_id>992</mms_id></bib></webhook>", receipt_id="xml")
    queues.put(b"broken {mms_id: 993}", receipt_id="text")
    assert members(found(dead_letters, "991")) == [("number", [MatchedMember("bib.mms_id", "<number>")])]
    assert members(found(dead_letters, "992")) == [("xml", [MatchedMember("bib.mms_id", "<text of 3 characters>")])]
    assert members(found(dead_letters, "993")) == [("text", [MatchedMember("the body as text", "")])]
    assert members(found(dead_letters, "99")) == []


def test_copies_are_found_once(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """Both SQS and the processor may have put the same event on the queue."""
    queues.put()
    queues.put(failure=None)
    assert len(found(dead_letters, "r1").matches) == 1


def test_the_time_limits_the_search(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """By the time when ingest accepted the request."""
    queues.put()
    assert found(dead_letters, "r1", "2026-11-21T00:00:00Z").matches == []


def test_at_most_a_hundred_are_kept(
    dead_letters: DeadLetterStore, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the queue is not read, and the result is partial."""
    assert MOST_MATCHES == 100
    monkeypatch.setattr("scripts.find.found.MOST_MATCHES", 3)
    for number in range(5):
        queues.put(loan(number), receipt_id=f"r{number}")
    source = found(dead_letters, "LOAN_CREATED")
    assert (len(source.matches), source.is_partial, source.notice) == (3, True, "")


def test_what_another_reader_holds_makes_the_result_partial(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """Nothing found then does not mean that there is nothing."""
    queues.put()
    dead_letters.queue.receive(30, 0)
    source = found(dead_letters, "r1")
    assert (source.matches, source.is_partial) == ([], True)
    assert source.notice.startswith("Only 0 of about 1 dead letter was read; another reader")


def test_notifications_are_found_by_recipient(
    dead_notifications: DeadLetterStore, notified: NotificationQueues
) -> None:
    """The address stays hidden."""
    notified.put()
    [match] = found(dead_notifications, "patron@library.example").matches
    assert (match.id, match.event) == ("r1", "library+jobs")
    assert match.members == (MatchedMember("configuration.credentials.to", "<text of 22 characters>"),)


def test_the_search_can_be_ended(dead_letters: DeadLetterStore, queues: Queues) -> None:
    """All dead letters are visible again."""

    def cancel() -> None:
        raise InterruptedError

    queues.put()
    with pytest.raises(InterruptedError):
        search_dead_letters(
            DeadLetterService(dead_letters), SearchText.of("r1"), "30d", SourceResult("dead letters"), cancel
        )
    assert dead_letters.queue.depth() == (1, 0)
