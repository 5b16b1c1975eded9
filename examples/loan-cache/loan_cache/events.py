"""Turns events of Alma, and answers of its API, into entries of the cache.

An entry replaces an earlier one as a whole. So an event has to carry everything that the cache shows; if it does not,
its entry is incomplete. Members: "Loan" and "Rest User Request", Alma REST API, Ex Libris Developer Network; those of
events are the same.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from loan_cache.entry import LONGEST_ID, Content, Entry, Kind, State, user_key
from loan_cache.order import OrderValue, Rank, order_of_event
from processor.alma.events import Event
from processor.errors import Permanent

# An event that is not listed changes something that is not known here: its entry is incomplete, and Alma is asked.
_RANKS: Final = {
    "LOAN_CREATED": Rank.CREATED,
    "LOAN_RENEWED": Rank.CHANGED,
    "LOAN_DUE_DATE": Rank.CHANGED,
    "LOAN_LOST": Rank.CHANGED,  # the patron still has the loan, with another process status
    "LOAN_CLAIMED_RETURNED": Rank.CHANGED,
    "LOAN_RETURNED": Rank.FINAL,
    "REQUEST_CREATED": Rank.CREATED,
    "REQUEST_PLACED_ON_SHELF": Rank.CHANGED,
    "REQUEST_CANCELED": Rank.FINAL,
    "REQUEST_CLOSED": Rank.FINAL,
}

_FLAG: Final = "renewable"
_FLAGS: Final = {"true": True, "false": False}
_NUMBER: Final = "place_in_queue"
_DIGITS: Final = re.compile("[0-9]{1,9}")

_MAX_TEXT: Final = 1000  # characters of one value; an item of DynamoDB has room for 400 KB


class _Shape(NamedTuple):
    """The members of one kind: id, user, what is kept, and what an entry needs to be shown."""

    member: str
    id: str
    user: str
    kept: tuple[str, ...]
    needed: tuple[str, ...]


# Only what a list of loans shows. The rest is not stored, such as the desk of a loan or the comment of a request.
_SHAPES: Final = {
    Kind.LOAN: _Shape(
        "item_loan",
        "loan_id",
        "user_id",
        (
            *("title", "author", "mms_id", "item_barcode", "call_number", "library", "loan_date", "due_date"),
            *("process_status", _FLAG),
        ),
        ("title", "item_barcode", "due_date"),
    ),
    Kind.REQUEST: _Shape(
        "user_request",
        "request_id",
        "user_primary_id",
        (
            *("title", "author", "mms_id", "request_type", "request_status", "request_date", "pickup_location"),
            *("pickup_location_library", _NUMBER),
        ),
        ("title", "request_type", "request_status"),
    ),
}
_KINDS: Final = {"LOAN": Kind.LOAN, "REQUEST": Kind.REQUEST}


def entry_of_event(event: Event, body: bytes) -> Entry | None:
    """Return the entry of an event with this body; None for a request of nobody, such as a work order.

    Raise Permanent (not-parsed), which quotes nothing of the event.
    """
    kind = _KINDS.get(event.action)
    if kind is None:
        raise Permanent("not-parsed", "The loan cache takes events of loans and requests only.", field="action")
    shape = _SHAPES[kind]
    members = event.fields.get(shape.member)
    if not isinstance(members, dict):
        raise Permanent("not-parsed", f"The event has no {shape.member}.", field=shape.member)
    if kind is Kind.REQUEST and members.get(shape.user) in (None, ""):
        return None
    rank = _RANKS.get(event.event_value)
    order = order_of_event(event.time, rank or Rank.CHANGED, body)
    return _entry(kind, members, order, is_known=rank is not None)


def entry_of_answer(kind: Kind, user: str, members: Mapping[str, Any], order: OrderValue) -> Entry:
    """Return the entry of one loan or request in an answer of Alma's API about a user. It counts as complete.

    Raise Permanent (not-parsed) if it has no id.
    """
    return Entry(kind, user, _id(members, _SHAPES[kind]), order, State.ACTIVE, _content(members, _SHAPES[kind]))


def primary_id_of(kind: Kind, members: Mapping[str, Any]) -> Any:
    """Return whose loan or request this is, as Alma's API says: a primary identifier, if it is a text."""
    return members.get(_SHAPES[kind].user)


def removed(entry: Entry, order: OrderValue) -> Entry:
    """Return the tombstone of an entry that Alma does not list any more."""
    return Entry(entry.kind, entry.user, entry.id, order, State.REMOVED)


def _entry(kind: Kind, members: Mapping[str, Any], order: OrderValue, *, is_known: bool) -> Entry:
    shape = _SHAPES[kind]
    user, id_ = _user(members, shape), _id(members, shape)
    if order.rank is Rank.FINAL:
        return Entry(kind, user, id_, order, State.REMOVED)
    content = _content(members, shape)
    if is_known and all(content.get(name) for name in shape.needed):
        return Entry(kind, user, id_, order, State.ACTIVE, content)
    return Entry(kind, user, id_, order, State.INCOMPLETE)


def _user(members: Mapping[str, Any], shape: _Shape) -> str:
    try:
        return user_key(_text(members.get(shape.user)))
    except ValueError as error:
        raise Permanent(
            "not-parsed", f"The event has no patron: {error}.", field=f"{shape.member}.{shape.user}"
        ) from None


def _id(members: Mapping[str, Any], shape: _Shape) -> str:
    id_ = _text(members.get(shape.id)).strip()
    if not 0 < len(id_) <= LONGEST_ID:
        raise Permanent("not-parsed", f"The {shape.member} has no usable id.", field=f"{shape.member}.{shape.id}")
    return id_


def _text(value: Any) -> str:
    """Return a text or number as text, anything else as an empty text.

    An answer of Alma can have half of a surrogate pair. It becomes "?", because DynamoDB would reject the whole entry.
    """
    is_text = isinstance(value, (str, int)) and not isinstance(value, bool)
    return str(value).encode(errors="replace").decode() if is_text else ""


def _content(members: Mapping[str, Any], shape: _Shape) -> Content:
    values = {name: _value(name, members.get(name)) for name in shape.kept}
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _value(name: str, value: Any) -> str | bool | int | None:
    """Return a value as it is stored, None if there is none: a code without its description, a long text cut.

    In XML, flags and numbers are texts.
    """
    if isinstance(value, dict):
        value = value.get("value")
    if name == _FLAG:
        return _FLAGS.get(str(value).lower())
    text = _text(value)
    if name == _NUMBER:
        return int(text) if _DIGITS.fullmatch(text) else None
    return text[:_MAX_TEXT]
