"""Operator commands on the emulator: dead letters are listed, explained and replayed."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from scripts.cli.signals import Interrupts
from scripts.local.observe import subscribed
from tests.end_to_end.running import Running, eventually
from tests.end_to_end.stack import Stack, watched
from tests.end_to_end.test_deliveries import seen_at
from tests.end_to_end.test_events import fresh
from tests.samples import body_of
from tests.scripts.command import run

pytestmark = pytest.mark.full  # a whole repair, with each command an operator uses

INVALID = b'{"action": "LOAN", "patron": "nobody", '


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start a run for this module, so that there are no other dead letters."""
    with Running(tmp_path_factory.mktemp("run"), "--port", "0", "--no-samples") as started, watched(started) as stack:
        yield stack


def operate(stack: Stack, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Return the JSON output of a command."""
    completed = run(*arguments, "--endpoint-url", stack.facts["endpoint_url"], "--output", "json")
    assert completed.returncode == code, completed.stderr
    data: dict[str, Any] = json.loads(completed.stdout)
    return data


def listed_in(stack: Stack) -> dict[str, Any]:
    """Return the cause of each listed dead letter by receipt id."""
    return {each["id"]: each["cause"] for each in operate(stack, "dead-letters", "list")["dead_letters"]}


def test_f40_a_fixed_target_gets_its_event_once_and_an_invalid_body_stays(broken: Stack) -> None:
    """List, show, explain and trace show the causes, and a replay delivers each deliverable event once."""
    aws, topic = broken.aws, broken.facts["topics"]["loan-created"]
    aws.sns.delete_topic(TopicArn=topic)
    invalid, good = broken.accepted(INVALID), broken.accepted(fresh(body_of("loan-created")))
    assert {broken.outcome(receipt_id)["outcome"] for receipt_id in (invalid, good)} == {"dead"}

    listed = listed_in(broken)
    assert (listed[invalid]["class"], listed[good]["class"]) == ("not-parsed", "refused")
    groups = operate(broken, "dead-letters", "list", "--group-by", "cause")["groups"]
    assert {(group["class"], group["target"], group["count"]) for group in groups} == {
        ("not-parsed", None, 1),
        ("refused", "topic:loan-created", 1),
    }
    [shown] = operate(broken, "dead-letters", "show", invalid)["dead_letters"]
    assert shown["cause"]["reason"] == listed[invalid]["reason"]
    assert "nobody" not in json.dumps(shown)
    explained = {
        dead_letter["id"]: dead_letter
        for dead_letter in operate(broken, "dead-letters", "explain", invalid, good, code=1)["dead_letters"]
    }
    assert explained[invalid]["failure"]["class"] == "not-parsed"
    assert (explained[good]["deliveries"], explained[good]["failure"]["target"]) == ([], "topic:loan-created")
    assert explained[good]["failure"]["reason"] == f"the topic {topic} is not there"
    lines = operate(broken, "trace", good)["lines"]
    assert [line["line"]["message"] for line in lines] == ["accepted", "outcome"]

    aws.sns.create_topic(Name=topic.rpartition(":")[2])
    with subscribed(aws, {"loan-created": topic}, Interrupts()) as fixed:
        operate(broken, "dead-letters", "replay", good)  # a dry run
        assert set(listed_in(broken)) == {invalid, good}
        del broken.log.outcomes[good]
        result = operate(broken, "dead-letters", "replay", "--route", "loans", "--yes")
        assert (result["sent"], result["deleted"]) == (1, 1)
        assert broken.outcome(good)["outcome"] == "delivered"
        assert eventually(lambda: seen_at(fixed, "loan-created", good)) == 1
        assert operate(broken, "dead-letters", "replay", "--route", "loans", "--yes")["sent"] == 0
        assert seen_at(fixed, "loan-created", good) == 1
    assert list(listed_in(broken)) == [invalid]
