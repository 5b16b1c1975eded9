"""Failures: their members, and the conversion of other exceptions."""

import json

import pytest

from processor.errors import DeliveryUncertain, Permanent, Transient, as_failure


def test_a_failure_tells_what_is_known_of_it() -> None:
    """What is not known is left out; a target's name is cut, for an event can have rendered it."""
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


def test_a_failure_learns_where_it_happened_unless_it_knows() -> None:
    """The failure has the route and target of the failed delivery."""
    assert Permanent("refused", "no").at("r", "topic:t").members["route"] == "r"
    knowing = Permanent("refused", "no", route="mine", target="topic:mine").at("r", "topic:t")
    assert (knowing.route, knowing.target) == ("mine", "topic:mine")


def test_f22_an_exception_that_is_not_ours_is_its_class_and_place_only() -> None:
    """Its text can quote the body."""

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


def test_our_own_failures_stay_what_they_are() -> None:
    """A decision that was made is not made again."""
    unsettled = DeliveryUncertain("transient", "in progress")
    assert as_failure(unsettled) is unsettled


def test_f54_too_little_memory_is_transient() -> None:
    """It says something about the worker, and nothing about the body: another worker may have more."""
    failure = as_failure(MemoryError())
    assert isinstance(failure, Transient)
    assert failure.cause_class == "unknown"
