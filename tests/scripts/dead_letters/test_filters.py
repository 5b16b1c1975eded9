"""The selection of dead letters by flags."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from processor.alma.events import parse
from scripts.cli.exit_codes import ConfigurationError
from scripts.dead_letters.dead_letter import Cause, DeadLetter
from scripts.dead_letters.filters import Filters, Selection
from scripts.dead_letters.reader import ReadDeadLetter, Summary

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LOAN = b'{"action": "LOAN", "event": {"value": "LOAN_CREATED"}, "item_loan": {"library": {"value": "MAIN"}}}'
CAUSE = Cause("transient", "AWS returned NotFound", "loans", "topic:loan-created")


def read_of(body: bytes | None = LOAN, **summary: Any) -> ReadDeadLetter:
    """Return a read dead letter; without an event if there is no body."""
    dead_letter = DeadLetter("m1", "h", "", {}, NOW)
    event = parse(body) if body else None
    action, value = (event.action, event.event_value) if event else ("", "")
    at = NOW - timedelta(hours=2)
    facts = Summary("r1", "m1", "k", action, value, "01EXAMPLE_INST", "alma", CAUSE, at, NOW, 0, is_edited=False)
    return ReadDeadLetter(dead_letter, facts._replace(**summary), None, event)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(ids=("r1",)),
        Filters(ids=("other", "m1")),
        Filters(actions=("loan",)),
        Filters(events=("loan_created",)),
        Filters(routes=("loans",)),
        Filters(targets=("topic:loan-created",)),
        Filters(targets=("loan-created",)),
        Filters(causes=("transient", "not-parsed")),
        Filters(profiles=("alma",)),
        Filters(since="3h", until="1h"),
        Filters(since="2026-11-24T10:00:00Z"),
        Filters(where='"MAIN" in item_loan.library.value'),
        Filters(actions=("LOAN",), causes=("transient",), where="action == 'LOAN'"),
    ],
)
def test_a_dead_letter_is_selected_if_every_filter_matches(filters: Filters) -> None:
    """This covers each filter alone, several together, and none."""
    assert Selection(filters, NOW).matches(read_of())


@pytest.mark.parametrize(
    "filters",
    [
        Filters(ids=("r2",)),
        Filters(actions=("BIB",)),
        Filters(events=("LOAN_RETURNED",)),
        Filters(routes=("pod",)),
        Filters(targets=("topic:other",)),
        Filters(targets=("topic",)),
        Filters(causes=("crashed",)),
        Filters(profiles=("consortium",)),
        Filters(since="1h"),
        Filters(until="2026-11-24T10:00:00Z"),
        Filters(where='"TIMDEX" in item_loan.library.value'),
        Filters(actions=("LOAN",), causes=("not-parsed",)),
    ],
)
def test_a_dead_letter_is_not_selected_if_one_filter_does_not_match(filters: Filters) -> None:
    """The other filters may match."""
    selection = Selection(filters, NOW)
    assert not selection.matches(read_of())
    assert selection.unjudged == 0


def test_dead_letters_without_the_fields_of_where_are_counted() -> None:
    """A misspelled field would look like no match."""
    selection = Selection(Filters(where="item_lone.library == 'MAIN'"), NOW)
    assert [selection.matches(read_of()), selection.matches(read_of(None))] == [False, False]
    assert selection.unjudged == 2


def test_a_dead_letter_without_a_route_is_not_of_every_route() -> None:
    """An unknown value matches no filter."""
    crashed = read_of(cause=Cause("crashed"))
    assert not Selection(Filters(routes=("loans",)), NOW).matches(crashed)
    assert not Selection(Filters(targets=("",)), NOW).matches(crashed)
    assert Selection(Filters(causes=("crashed",)), NOW).matches(crashed)


@pytest.mark.parametrize(
    ("filters", "sentence"),
    [
        (Filters(causes=("transiant",)), "--cause takes one of envelope, .*, crashed, not 'transiant'"),
        (Filters(where="action =="), "--where is not a condition in the syntax of `if` in a route: "),
        (Filters(since="yesterday"), "--since takes a time ago"),
        (Filters(until="noon"), "--until takes a time ago"),
    ],
)
def test_a_flag_that_cannot_be_understood_is_named(filters: Filters, sentence: str) -> None:
    """The error comes before anything is read."""
    with pytest.raises(ConfigurationError, match=sentence):
        Selection(filters, NOW)


def test_f42_an_empty_selection_is_known() -> None:
    """So no command takes it for all."""
    assert Filters().is_empty
    assert not Filters(where="true").is_empty
