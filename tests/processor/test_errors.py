"""Failures: their members, and the conversion of other exceptions."""

import json

import pytest

from processor.errors import DeliveryUncertain, Permanent, Transient, as_failure


def test_a_failure_has_its_known_members() -> None:
    """Unknown members are omitted; the name of a target is cut, because an event can render it."""
    assert Permanent("not-parsed", "why").members == {"class": "not-parsed", "reason": "why"}
    full = Transient("transient", "why", route="r", target="topic:" + "x" * 9000, field="let.a").members
    assert full | {"target": ""} == {
        "class": "transient",
        "reason": "why",
        "route": "r",
        "target": "",
        "field": "let.a",
    }
    assert len(full["target"]) == 256


def test_a_failure_gets_its_place_unless_it_has_one() -> None:
    """The failure has the route and target of the failed delivery."""
    assert Permanent("refused", "no").at("r", "topic:t").members["route"] == "r"
    placed = Permanent("refused", "no", route="mine", target="topic:mine").at("r", "topic:t")
    assert (placed.route, placed.target) == ("mine", "topic:mine")


def test_f22_an_unexpected_exception_is_described_by_class_and_place() -> None:
    """The text of an unexpected exception can quote the body, so it is dropped."""

    def fail(_: str) -> None:
        raise KeyError("patron-4711")

    with pytest.raises(KeyError) as raised:
        json.loads("4711", parse_int=fail)  # through several frames of other files, and back into this one
    failure = as_failure(raised.value)
    assert isinstance(failure, Transient)
    assert failure.cause_class == "unknown"
    assert failure.reason == f"KeyError at test_errors.py:{fail.__code__.co_firstlineno + 1}"
    assert "patron" not in str(failure)
    assert as_failure(ValueError("patron-4711")).reason == "ValueError at an unknown place"


def test_a_classified_failure_is_not_changed() -> None:
    """A failure that is classified already keeps its class."""
    unsettled = DeliveryUncertain("transient", "in progress")
    assert as_failure(unsettled) is unsettled


def test_f54_memory_exhaustion_is_transient() -> None:
    """Another worker may have more memory, so the event is retried."""
    failure = as_failure(MemoryError())
    assert isinstance(failure, Transient)
    assert failure.cause_class == "unknown"
