"""Test the comparison of patterns with the catalogue: each mistake, and beside it what has to pass."""

from typing import Any

import pytest
import yaml

from processor.routing.patterns import Pattern
from scripts.catalogue.catalogue import load
from scripts.routes.known_names import CatalogueFinding
from scripts.routes.pattern_members import actions_of, in_pattern


def found(when: str) -> list[CatalogueFinding]:
    pattern: dict[str, Any] = yaml.safe_load(f"{{{when}}}")
    assert Pattern(pattern)
    return list(in_pattern(pattern, load(), ("when",)))


def job(members: str) -> str:
    return f"action: [JOB_END], job_instance: {{{members}}}"


def loan(members: str) -> str:
    return f"action: [LOAN], item_loan: {{{members}}}"


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("action: [JOBEND]", "unknown value 'JOBEND' of action; did you mean 'JOB_END'?"),
        ("action: [{anything-but: [JOBEND]}]", "unknown value 'JOBEND' of action; did you mean 'JOB_END'?"),
        ("action: [LOAN], event: {value: [LOAN_CRATED]}", "did you mean 'LOAN_CREATED'?"),
        ("event: {value: [REQUEST_CANCELLED]}", "did you mean 'REQUEST_CANCELED'?"),
        ("action: [LOAN], event: {value: [loan_created]}", "did you mean 'LOAN_CREATED'?"),
        ("event: {value: [{equals-ignore-case: loan_crated}]}", "did you mean 'LOAN_CREATED'?"),
        ("event: {value: [{prefix: LAON_}]}", "no known value of event.value matches prefix 'LAON_'"),
        ("event: {value: [{prefix: {equals-ignore-case: laon_}}]}", "no known value of event.value matches prefix"),
        ("event: {value: [{anything-but: {suffix: _CRATED}}]}", "no known value of event.value matches suffix"),
        ("action: [LOAN], event: {value: [BIB_UPDATED]}", "'BIB_UPDATED' is an event of BIB, not of LOAN"),
        ("action: [JOB_END], event: {value: [JOB_END]}", "an event of JOB_END has no event value"),
        (job("status: {value: [COMPLETED_SUCESS]}"), "did you mean 'COMPLETED_SUCCESS'?"),
        (job("counter: {type: {value: [label.new.record]}}"), "did you mean 'label.new.records'?"),
        ("$or: [{event: {value: [LOAN_LOST]}}, {event: {value: [LOAN_LSOT]}}]", "did you mean 'LOAN_LOST'?"),
    ],
)
def test_a_value_that_no_known_event_has_is_found(when: str, reason: str) -> None:
    """The finding is a warning at the condition, with the nearest value or the command that lists them."""
    [finding] = found(when)
    assert reason in finding.reason
    assert (finding.name, finding.is_error) == ("unknown-value", False)
    assert isinstance(finding.path[-1], int)


@pytest.mark.parametrize(
    "when",
    [
        "action: [JOB_END, LOAN]",
        "action: [{equals-ignore-case: job_end}, {prefix: JOB}, {anything-but: [LOAN]}]",
        "event: {value: [LOAN_CREATED, {prefix: REQUEST_}, {suffix: _DELETED}, {wildcard: 'LOAN_*'}, {exists: true}]}",
        "event: {value: [{equals-ignore-case: loan_created}, {anything-but: {prefix: LOAN_}}, null]}",
        "action: [HOLDING], event: {value: [HOLDING_SHELVED]}",
        job("status: {value: [COMPLETED_SUCCESS, {prefix: COMPLETED_}]}, name: [Anything]"),
        job("counter: {type: {value: [label.new.records]}, value: ['0']}"),
        "institution: {value: [01EXAMPLE_INST]}, id: ['1'], time: [{prefix: '2026'}]",
        "action: [BIB], bib: {suppress_from_publishing: ['true', true, null, {exists: false}]}",
        "$or: [{event: {value: [LOAN_LOST]}}, {action: [BIB], bib: {mms_id: ['1']}}]",
    ],
)
def test_known_values_and_those_that_can_be_anything_pass(when: str) -> None:
    """Each operator matches a known value; names and identifiers have no list; a family can be unknown."""
    assert found(when) == []


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        (loan("libary: {value: [MAIN]}"), "unknown member 'item_loan.libary'; did you mean 'item_loan.library'?"),
        (loan("library: {vaule: [MAIN]}"), "did you mean 'item_loan.library.value'?"),
        (job("idd: ['1']"), "did you mean 'job_instance.id'?"),
        (job("qqqq: ['1']"), "unknown member 'job_instance.qqqq'; `alma-webhooks events JOB_END` lists the known ones"),
        (job("$or: [{idd: ['1']}, {id: ['1']}]"), "did you mean 'job_instance.id'?"),
        (loan("title: {value: [x]}"), "item_loan.title is a value without members"),
        ("action: [LOAN], bib: {mms_id: ['1']}", "bib is a member of an event of BIB, not of LOAN"),
        ("profile: [consortium]", "select Alma profiles with profiles: [NAME] beside when"),
        ("receipt_id: [{exists: true}]", "receipt_id is not a member of the body"),
        ("action: [NOTIFICATION], notification_data: {a: [b]}", "no member of NOTIFICATION is documented"),
    ],
)
def test_a_member_that_no_known_event_has_is_found(when: str, reason: str) -> None:
    """The finding is a warning at the member, and nothing below it is looked at."""
    [finding] = found(when)
    assert reason in finding.reason
    assert (finding.name, finding.is_error) == ("unknown-member", False)
    assert isinstance(finding.path[-1], str)


@pytest.mark.parametrize(
    "when",
    [
        loan("library: {value: [MAIN]}, renewable: [true], location_code: {name: [Stacks]}"),
        "action: [USER], webhook_user: {user: {contact_info: {email: {email_type: {value: [work]}}}}}",
        "action: [LOAN, BIB], item_loan: {loan_id: ['1']}, bib: {mms_id: ['1']}",
        "item_loan: {loan_id: ['1']}, bib: {mms_id: ['1']}",
        "action: [{anything-but: [JOB_END]}], item: {item_data: {barcode: ['1']}}",
        "action: [HOLDING], holding: {invented: {it: [has]}}",
        "action: [REQUEST], user_request: {resource_sharing: {external_id: ['1']}}",
    ],
)
def test_known_members_and_those_below_an_unchecked_one_pass(when: str) -> None:
    """A pattern for several actions, or for any, can name the members of each."""
    assert found(when) == []


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        (
            job("counter: {value: [{numeric: ['>', 0]}]}"),
            "always text in Alma's events, so this never matches; compare it",
        ),
        (job("id: [77]"), "job_instance.id is always text"),
        (loan("title: [true]"), "item_loan.title is always text"),
        (loan("library: [MAIN]"), "item_loan.library is an object, and conditions test only values; write library:"),
        (loan("library: [{exists: true}]"), "write library: {value: […]}"),
        (loan("renewable: [{numeric: ['=', 1]}]"), "item_loan.renewable is always true or false"),
        (job("progress: [true]"), "job_instance.progress is always a number"),
    ],
)
def test_f73_an_operator_that_cannot_match_the_type_is_an_error(when: str, reason: str) -> None:
    """Such a route would never fire, and no new value of Alma can change that."""
    [finding] = found(when)
    assert reason in finding.reason
    assert (finding.name, finding.is_error) == ("wrong-type", True)


@pytest.mark.parametrize(
    "when",
    [
        job("counter: {value: ['0', {prefix: '1'}, {anything-but: ['2']}]}"),
        job("progress: [100, '100']"),
        job("progress: [100, {prefix: '10'}, null]"),
        job("progress: [{numeric: ['<', 100]}, {exists: true}]"),
        "action: [HOLDING], holding: {invented: [{numeric: ['>', 1]}]}",
        loan("library: [null], circ_desk: {value: [{exists: true}]}"),
        loan("renewable: [true, 'true']"),
        "action: [REQUEST], user_request: {place_in_queue: [{numeric: ['<=', 1]}, '1', 1]}",
        "action: [REQUEST], user_request: {partial_digitization: [{exists: true}]}",
    ],
)
def test_operators_that_match_the_type_pass(when: str) -> None:
    """A missing object matches null, and text beside a number or a flag matches XML bodies."""
    assert found(when) == []


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        (loan("library: [{exists: false}]"), "write library: {value: […]}"),
        (loan("renewable: ['true']"), "is true or false in JSON, so text matches only XML bodies"),
        (job("progress: [{prefix: '1'}]"), "is a number in JSON, so text matches only XML bodies"),
        (job("counter: {value: ['0', {numeric: ['>', 0]}]}"), "is always text in Alma's events"),
        (job("progress: [{numeric: ['<', 100]}]"), "is text in XML bodies, which numeric never matches; write if: job"),
        (job("progress: [100]"), 'so a number matches only JSON bodies; write 100, "100"'),
        (job("progress: [1, '2', 2, 3.5]"), 'only JSON bodies; write 1, "1", 3.5, "3.5"'),
        (job("progress: [100, null, {numeric: ['<', 50]}]"), "is text in XML bodies, which numeric never matches"),
        (job("$or: [{id: ['1']}, {progress: [{numeric: ['<', 50]}]}]"), "is text in XML bodies"),
    ],
)
def test_an_operator_that_matches_other_bodies_than_it_seems_is_a_warning(when: str, reason: str) -> None:
    """The route can fire: on some bodies only, or, if an object should not exist, on all."""
    [finding] = found(when)
    assert reason in finding.reason
    assert (finding.name, finding.is_error) == ("wrong-type", False)


def test_a_type_that_a_sample_shows_is_possible() -> None:
    """If a library gets a number where others get text, its routes can compare numbers."""
    sample = b'{"action": "JOB_END", "job_instance": {"counter": [{"type": {"value": "new"}, "value": 7}]}}'
    when = {"action": ["JOB_END"], "job_instance": {"counter": {"type": {"value": ["new"]}, "value": [7]}}}
    assert len(list(in_pattern(when, load(), ()))) == 2
    [finding] = in_pattern(when, load().with_samples([sample]), ())
    assert finding.reason.endswith('so a number matches only JSON bodies; write 7, "7"')


def test_a_number_in_a_list_gets_no_condition_to_paste() -> None:
    """A path through a list is missing in templates."""
    sample = b'{"action": "JOB_END", "job_instance": {"part": [{"size": 7}], "total": 7}}'
    known = load().with_samples([sample])
    advice = {}
    for members in ({"part": {"size": [{"numeric": [">", 5]}]}}, {"total": [{"numeric": [">", 5]}]}):
        [finding] = in_pattern({"action": ["JOB_END"], "job_instance": members}, known, ())
        advice[finding.path[1]] = finding.reason.rpartition("; ")[2]
    assert advice == {
        "part": "compare it in if, after | int",
        "total": "write if: job_instance.total is defined and job_instance.total | int(5) > 5",
    }


@pytest.mark.parametrize(
    ("pattern", "actions"),
    [
        ({"action": ["LOAN", "BIB"]}, ["LOAN", "BIB"]),
        ({"action": [{"prefix": "L"}, "BIB"]}, []),
        ({"id": ["1"]}, []),
        ({"$or": [{"action": ["LOAN"]}, {"action": ["BIB"]}]}, ["LOAN", "BIB"]),
        ({"$or": [{"action": ["LOAN"]}, {"id": ["1"]}]}, []),
    ],
)
def test_the_actions_of_a_pattern_are_those_that_it_lists(pattern: dict[str, Any], actions: list[str]) -> None:
    """If it can match other actions too, it lists none."""
    assert actions_of(pattern) == actions
