"""Members that the catalogue lacks: found by name in JSON and XML, reported once, and never with a value."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from processor.alma.events import parse
from processor.alma.known_members import KNOWN
from processor.alma.unknown_members import MOST, UnknownMembers, is_name
from scripts.alma_client.samples import load_all
from tests.canary import WORDS
from tests.xml_twin import xml_twin

LOAN = {"action": "LOAN", "event": {"value": "LOAN_CREATED"}, "item_loan": {"loan_id": "1"}}


def unknown(event: Mapping[str, Any]) -> list[str]:
    """Return what is reported of an event in JSON; it is the same in XML."""
    found = UnknownMembers().new_in(parse(json.dumps(event).encode()).fields)
    assert UnknownMembers().new_in(parse(xml_twin(event)).fields) == found
    return found


def test_the_samples_have_known_members_only() -> None:
    """Otherwise doctor would name members that Alma never sent."""
    assert {sample.name: UnknownMembers().new_in(parse(sample.body).fields) for sample in load_all()} == {
        sample.name: [] for sample in load_all()
    }


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"item_loan": {"loan_id": "1", "copies": "2"}}, ["item_loan.copies"]),
        ({"license": {"code": "x"}}, ["license"]),
        ({"action": "LICENSE", "license": {"code": "x"}}, ["license"]),
        (
            {"item": {"item_data": {"pid": "1", "shelf": {"value": "x"}}, "extra": "1"}},
            ["item.extra", "item.item_data.shelf"],
        ),
        ({"webhook_user": {"user": {"address_line_2": "x"}}}, ["webhook_user.user.address_line_2"]),
        ({"item_loan": "not an object"}, []),
        ({"holding": {"anything": "x"}}, []),
        ({"item_loan": {"library": {"value": "x", "anything": "x"}}}, []),
    ],
)
def test_unknown_members_are_named_by_their_path(more: dict[str, Any], found: list[str]) -> None:
    """Codes and objects of which nothing is known are not searched, nor what is deeper than any known object."""
    assert unknown(LOAN | more) == found


def test_a_null_member_counts_as_absent() -> None:
    """Alma sends null for what an event does not have, and routes treat it so."""
    assert UnknownMembers().new_in(LOAN | {"license": None, "item_loan": {"copies": None}}) == []


def test_a_name_is_reported_once() -> None:
    """Later events add the names that are new."""
    members = UnknownMembers()
    assert members.new_in(LOAN | {"license": 1}) == ["license"]
    assert members.new_in(LOAN | {"license": 2}) == []
    assert members.new_in(LOAN | {"license": 2, "vendor": 1}) == ["vendor"]


def test_a_worker_reports_a_bounded_number_of_names() -> None:
    """A sender that invents names fills neither the log nor the memory."""
    members = UnknownMembers()
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    assert members.new_in(dict.fromkeys(("x_" + char for char in alphabet), 1)) == [
        f"x_{char}" for char in alphabet[:MOST]
    ]
    assert members.new_in({"another": 1}) == []


@pytest.mark.parametrize(
    "name",
    [
        *WORDS,
        *("maren@example.org", "maren.beispiel", "99123456789", "user_991", "a" * 41, "", "_", "12", "a b", "a\n", "é"),
        *("0123456789abcdef", "Maren", "patron-1", "a1b2"),
    ],
)
def test_f22_a_name_that_may_be_a_value_is_left_out(name: str) -> None:
    """A sender could put an id, an address or a name such as Maren in place of a member's name."""
    assert not is_name(name)
    assert UnknownMembers().new_in(LOAN | {name: 1}) == []


@pytest.mark.parametrize("name", ["a" * 40, "note_12", "a1", "x_y", "x_1"])
def test_a_name_of_the_form_of_alma_is_reported(name: str) -> None:
    """Up to the longest one."""
    assert UnknownMembers().new_in(LOAN | {name: 1}) == [name]


def test_every_known_name_has_the_form_of_a_name() -> None:
    """Otherwise a new member with such a name would not be seen."""
    assert [name for names in KNOWN.values() for name in names if not is_name(name)] == []
