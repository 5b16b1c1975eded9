"""Tests of the entries that events become."""

from typing import Any

import pytest
from loan_cache.entry import Entry, Kind, State
from loan_cache.events import entry_of_answer, entry_of_event, removed
from loan_cache.order import Rank, order_of_fill

from processor.alma.events import parse
from processor.errors import Permanent
from tests.examples.loan_cache.bodies import LOAN, REQUEST, USER, loan, request
from tests.examples.loan_cache.template import EXAMPLE

COMPLETE = EXAMPLE.parent / "complete" / "events"
KINDS = {
    "LOAN_CREATED": (Rank.CREATED, State.ACTIVE),
    "LOAN_RENEWED": (Rank.CHANGED, State.ACTIVE),
    "LOAN_DUE_DATE": (Rank.CHANGED, State.ACTIVE),
    "LOAN_LOST": (Rank.CHANGED, State.ACTIVE),
    "LOAN_CLAIMED_RETURNED": (Rank.CHANGED, State.ACTIVE),
    "LOAN_RETURNED": (Rank.FINAL, State.REMOVED),
    "REQUEST_CREATED": (Rank.CREATED, State.ACTIVE),
    "REQUEST_PLACED_ON_SHELF": (Rank.CHANGED, State.ACTIVE),
    "REQUEST_CANCELED": (Rank.FINAL, State.REMOVED),
    "REQUEST_CLOSED": (Rank.FINAL, State.REMOVED),
}


def entry(body: bytes) -> Entry:
    found = entry_of_event(parse(body), body)
    assert found is not None
    return found


@pytest.mark.parametrize(("event", "rank", "state"), [(event, *each) for event, each in KINDS.items()])
def test_each_kind_of_event_alone_is_a_whole_entry(event: str, rank: Rank, state: State) -> None:
    """Whichever comes first, it has everything that is shown, or is a tombstone without content."""
    found = entry(loan(event) if event.startswith("LOAN") else request(event))
    assert (found.order.rank, found.state, found.user) == (rank, state, USER)
    assert bool(found.content) is (state is State.ACTIVE)
    if state is State.ACTIVE:
        assert {"title"} < found.content.keys()


def test_only_what_a_list_of_loans_shows_is_kept() -> None:
    """The desk, the author that is null and the comment of a request are not stored; codes lose their description."""
    assert entry(loan()).content == {
        **{name: LOAN[name] for name in ("title", "item_barcode", "mms_id", "due_date", "loan_date", "process_status")},
        "library": "MAIN",
        "renewable": True,
    }
    names = ("title", "request_type", "request_status", "request_date", "place_in_queue")
    assert entry(request()).content == {name: REQUEST[name] for name in names}


@pytest.mark.parametrize(
    "sample", sorted(path.stem for path in COMPLETE.glob("*.xml") if path.stem[:4] in ("loan", "requ"))
)
def test_an_event_in_xml_is_the_same_entry_as_in_json(sample: str) -> None:
    """Flags and numbers, which are texts in XML, and codes with attributes become the same content."""
    json, xml = (entry(COMPLETE.joinpath(f"{sample}.{form}").read_bytes()) for form in ("json", "xml"))
    assert (json.user, json.id, json.state, json.content) == (xml.user, xml.id, xml.state, xml.content)
    assert json.order[:2] == xml.order[:2]


@pytest.mark.parametrize("missing", [..., None, "", {}, []])
@pytest.mark.parametrize("name", ["title", "item_barcode", "due_date"])
def test_a_loan_without_something_that_is_shown_is_incomplete(name: str, missing: Any) -> None:
    """It has no content that could be shown as a loan."""
    found = entry(loan("LOAN_RENEWED", **{name: missing}))
    assert (found.state, found.content) == (State.INCOMPLETE, {})


@pytest.mark.parametrize("name", ["title", "request_type", "request_status"])
def test_a_request_without_something_that_is_shown_is_incomplete(name: str) -> None:
    """The same as for loans."""
    missing: dict[str, Any] = {name: None}
    assert entry(request(**missing)).state is State.INCOMPLETE


@pytest.mark.parametrize("body", [loan("LOAN_RECALLED"), loan(""), request("REQUEST_MOVED")])
def test_an_unknown_kind_of_event_is_incomplete(body: bytes) -> None:
    """Something changed that is not known here, so Alma is asked."""
    found = entry(body)
    assert (found.state, found.order.rank) == (State.INCOMPLETE, Rank.CHANGED)


def test_a_return_needs_no_more_than_its_ids() -> None:
    """A tombstone has no content, so nothing can be missing."""
    assert entry(loan("LOAN_RETURNED", title=..., due_date=...)).state is State.REMOVED


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (loan(user_id=...), "item_loan.user_id"),
        (loan(user_id="  "), "item_loan.user_id"),
        (loan(user_id="x" * 256), "item_loan.user_id"),
        (loan(user_id=["invented"]), "item_loan.user_id"),
        (loan(loan_id=None), "item_loan.loan_id"),
        (loan(loan_id="9" * 256), "item_loan.loan_id"),
        (loan(time=None), "time"),
        (loan(time="2026-05-20T10:00:00"), "time"),
        (b'{"action": "LOAN", "time": "2026-05-20T10:00:00Z"}', "item_loan"),
        (b'{"action": "LOAN", "item_loan": [1]}', "item_loan"),
        (b'{"action": "JOB_END"}', "action"),
    ],
)
def test_what_cannot_be_placed_is_a_dead_letter_with_its_field(body: bytes, field: str) -> None:
    """The cause names the field and quotes nothing of the event."""
    with pytest.raises(Permanent) as caught:
        entry(body)
    assert (caught.value.cause_class, caught.value.field) == ("not-parsed", field)
    assert "nvented" not in caught.value.reason


@pytest.mark.parametrize("user", [..., None, ""])
def test_a_request_of_nobody_has_no_entry(user: Any) -> None:
    """Work orders of staff have no patron."""
    body = request(user_primary_id=user)
    assert entry_of_event(parse(body), body) is None


def test_primary_identifiers_are_compared_without_case() -> None:
    """Alma does not distinguish it, and the API is asked in any case."""
    assert entry(loan(user_id=" INVENTED-Patron-1 ")).user == entry(loan()).user == USER


def test_a_long_text_is_cut() -> None:
    """One entry can never exceed an item of DynamoDB."""
    assert len(str(entry(loan(title="x" * 5000)).content["title"])) == 1000


def test_an_answer_of_alma_is_complete_even_without_a_barcode() -> None:
    """There is nobody else to ask. What Alma does not list any more becomes a tombstone of the same time."""
    order = order_of_fill(1_778_577_246_031)
    found = entry_of_answer(Kind.LOAN, USER, {**LOAN, "item_barcode": None}, order)
    assert (found.state, found.order, found.id, "item_barcode" in found.content) == (State.ACTIVE, order, "L1", False)
    assert removed(found, order) == Entry(Kind.LOAN, USER, "L1", order, State.REMOVED)


def test_half_of_a_surrogate_pair_does_not_make_an_answer_useless() -> None:
    """DynamoDB and the gateway accept whole characters only, and the patron has other loans. Events have none."""
    found = entry_of_answer(Kind.LOAN, USER, {**LOAN, "title": "Tides \ud83d"}, order_of_fill(1_778_577_246_031))
    assert found.content["title"] == "Tides ?"


def test_nothing_shows_an_entry_in_a_log() -> None:
    """Its text is the kind and the state."""
    assert repr(entry(loan())) == "Entry(loan, active, …)"
