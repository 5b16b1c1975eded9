"""Changing the body of an event before it is signed."""

import json
from typing import Any

import pytest

from processor.alma.events import parse
from scripts.alma_client.changed_body import fresh_body, set_members
from scripts.alma_client.samples import body_of
from scripts.cli.exit_codes import ConfigurationError

EVENT = {"id": "5", "loan": {"loan_id": "7", "due": None, "price": 209.0}, "list": [{"name": "é"}, [1, 2]]}
BODY = json.dumps(EVENT, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("assignment", "path", "value"),
    [
        ("id=9", ("id",), 9),
        ('id="9"', ("id",), "9"),
        ("loan.loan_id=new id", ("loan", "loan_id"), "new id"),
        ("loan.due=2026-01-01", ("loan", "due"), "2026-01-01"),
        ("loan.due=null", ("loan", "due"), None),
        ('loan={"a": [1]}', ("loan",), {"a": [1]}),
        ("list[0].name=x=y", ("list", 0, "name"), "x=y"),
        ("list.1.0=", ("list", 1, 0), ""),
    ],
)
def test_a_member_is_changed(assignment: str, path: tuple[Any, ...], value: Any) -> None:
    """The value is JSON if it parses, else text; everything else stays."""
    changed = json.loads(set_members(BODY, [assignment]))
    expected = json.loads(BODY)
    holder = expected
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    assert changed == expected
    assert "é" in set_members(BODY, ["id=9"]).decode()


def test_several_members_are_changed_in_order() -> None:
    """A later change sees the earlier ones."""
    assert json.loads(set_members(BODY, ["loan={}", "id=1", "id=2"])) == EVENT | {"loan": {}, "id": 2}


def test_without_changes_the_bytes_are_the_same() -> None:
    """Also if they are not JSON."""
    assert set_members(b"<a/>", []) == b"<a/>"


@pytest.mark.parametrize(
    ("assignment", "sentence"),
    [
        ("loan.loanid=5", "--set loan.loanid: loan has no member loanid; did you mean loan_id?"),
        ("lon.loan_id=5", "--set lon.loan_id: the event has no member lon; did you mean loan?"),
        ("zzzz=5", "--set zzzz: the event has no member zzzz; it has id, list, loan."),
        ("list.5=5", "--set list.5: list is a list of 2, and 5 is not an index of it."),
        ("list.name=5", "--set list.name: list is a list of 2, and name is not an index of it."),
        ("id.x=5", "--set id.x: id is a value without members."),
        ("id", "--set takes PATH=VALUE, such as item_loan.loan_id=5, not 'id'."),
        ("=5", "--set takes PATH=VALUE, such as item_loan.loan_id=5, not '=5'."),
    ],
)
def test_a_wrong_path_is_an_error_with_the_nearest_name(assignment: str, sentence: str) -> None:
    """No member is added by a typing mistake."""
    with pytest.raises(ConfigurationError) as raised:
        set_members(BODY, [assignment])
    assert str(raised.value) == sentence


@pytest.mark.parametrize("body", [b"<a/>", b"\xff", b"5"])
def test_only_json_can_be_changed(body: bytes) -> None:
    """XML has no such paths."""
    with pytest.raises(ConfigurationError, match=r"--set (changes JSON only|a: the event is a value without members)"):
        set_members(body, ["a=5"])


@pytest.mark.parametrize("name", ["loan-created", "loan-created-xml"])
def test_a_fresh_event_has_another_id(name: str) -> None:
    """Of equal length, also in XML; the rest is the same."""
    body = body_of(name)
    before, after = parse(body).id or "", parse(fresh_body(body)).id or ""
    assert (len(before), before == after) == (len(after), False)
    assert len(fresh_body(body)) == len(body)


@pytest.mark.parametrize(
    ("body", "sentence"), [(b"{", "--fresh needs an event: "), (b'{"action": "x"}', "whose id has only digits")]
)
def test_an_event_without_a_usable_id_cannot_be_fresh(body: bytes, sentence: str) -> None:
    """It would be a duplicate in silence."""
    with pytest.raises(ConfigurationError, match=sentence):
        fresh_body(body)
