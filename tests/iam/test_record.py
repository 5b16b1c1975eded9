"""Tests for the record of IAM requests, and for the comparison of commands with it."""

import json
from pathlib import Path

import pytest

from tests.iam import record, signed, simulation
from tests.iam.documented import POLICIES
from tests.iam.record import check, recorded
from tests.iam.roles import role_of

LISTED = ("dead-letters", "list", "--all")
DESCRIBE = [
    "cloudformation:DescribeStacks",
    "arn:aws:cloudformation:REGION:ACCOUNT:stack/alma-explained/ID",
]
RECEIVE = ["sqs:ReceiveMessage", "arn:aws:sqs:REGION:ACCOUNT:alma-explained-dead-letters"]


@pytest.fixture(autouse=True)
def _compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare with the record, also while the requests of other tests are collected."""
    monkeypatch.delenv("IAM_RECORD", raising=False)


def test_f77_a_request_that_the_record_lacks_fails_its_test() -> None:
    """The same request on a stack of another name is known; another one is not."""
    described = json.dumps(DESCRIBE)
    check(LISTED, [described, json.dumps(RECEIVE)])
    with pytest.raises(AssertionError, match="sqs:DeleteMessage"):
        check(LISTED, [described, json.dumps(["sqs:DeleteMessage", RECEIVE[1]])])
    with pytest.raises(AssertionError, match="another-dead-letters"):
        check(LISTED, [described, json.dumps([RECEIVE[0], "arn:aws:sqs:REGION:ACCOUNT:another-dead-letters"])])


def test_requests_can_be_collected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line has the role, the action and the resource."""
    monkeypatch.setenv("IAM_RECORD", str(tmp_path / "calls"))
    check(LISTED, [json.dumps(DESCRIBE), json.dumps(RECEIVE)])
    _, made = map(json.loads, (tmp_path / "calls").read_text("utf-8").splitlines())
    assert made == ["inspect", RECEIVE[0], RECEIVE[1].replace("alma-explained", "alma-webhooks-STAGE")]


def test_f77_the_record_is_large_and_every_role_in_it_has_policies() -> None:
    """A role that nobody documented would not be simulated."""
    found = simulation.requests()
    assert sum(len(each.allowed) for each in found.values()) >= 250
    assert set(recorded()) <= set(POLICIES) | {"processor"}
    assert all(each.allowed for each in found.values())


def test_f77_what_the_simulator_cannot_evaluate_is_allowed_by_a_pattern() -> None:
    """Its data lacks HTTP APIs, whose ARNs the policy of the deployer names."""
    unknown = {request for each in simulation.requests().values() for request in each.unknown}
    assert {request.action.partition(":")[0] for request in unknown} == {"apigateway", "dynamodb", "s3"}
    assert [one for one in unknown if not simulation.matches_a_pattern("deployer", one)] == []


def test_f77_every_expectation_is_about_something() -> None:
    """A misspelled role, or an exception that no request needs, would never be noticed."""
    assert set(simulation.EXPECTATIONS["must_not"]) <= set(simulation.policies())
    assert simulation.unused_exceptions() == []


def test_f77_the_requests_of_tests_in_process_are_allowed_and_not_in_the_record() -> None:
    """An entry that the record has too would stay when the code no longer makes the call."""
    entries = [(role, each) for role, found in record.in_process().items() for each in found]
    assert [each for role, each in entries if each in recorded().get(role, set())] == []
    assert [each for role, each in entries if not simulation.matches_a_pattern(role, each)] == []


def test_f77_ingest_signs_no_operation_that_the_table_lacks() -> None:
    """Ingest has a client of its own, which the record of SDK calls cannot see."""
    listed = {request.action.partition(":")[2] for role in ("ingest", "heartbeat") for request in signed.SIGNED[role]}
    assert signed.signed_operations() == listed


@pytest.mark.parametrize(
    ("arguments", "role"),
    [
        (("dead-letters", "list"), "inspect"),
        (("dead-letters", "replay", "--all"), "change"),
        (("doctor",), "doctor"),
        (("doctor", "--fix"), "repair"),
        (("destroy", "--everything"), "remover"),
        (("secret", "status"), "secrets"),
        (("init", "folder"), ""),
        (("--version",), ""),
        ((), ""),
    ],
)
def test_a_command_belongs_to_a_role(arguments: tuple[str, ...], role: str) -> None:
    """Commands that change need the policies of those that change."""
    assert role_of(arguments) == role


def test_an_unknown_command_has_no_role() -> None:
    """A new command that calls AWS needs a role with documented policies, or none in the list of those."""
    with pytest.raises(KeyError):
        role_of(("invented",))


def test_the_record_is_sorted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An update changes nothing else, so that a new request is seen in the difference."""
    monkeypatch.setattr(record, "RECORD", tmp_path / "record.json")
    (tmp_path / "calls").write_text('["b", "x:Y", "z"]\n["a", "x:Y", "z"]\n["a", "x:A", "z"]\n', "utf-8")
    record.update(tmp_path / "calls")
    assert json.loads((tmp_path / "record.json").read_text("utf-8")) == {
        "a": [["x:A", "z"], ["x:Y", "z"]],
        "b": [["x:Y", "z"]],
    }
