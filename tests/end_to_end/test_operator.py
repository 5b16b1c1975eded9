"""An operator's ten minutes on the emulator: dead letters found, understood and brought out."""

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

POISON = b'{"action": "LOAN", "patron": "nobody", '


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of its own, whose dead letters are ours alone."""
    with Running(tmp_path_factory.mktemp("run"), "--port", "0", "--no-samples") as started, watched(started) as stack:
        yield stack


def operate(stack: Stack, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Return what a command prints for programs."""
    done = run(*arguments, "--endpoint-url", stack.facts["endpoint_url"], "--output", "json")
    assert done.returncode == code, done.stderr
    data: dict[str, Any] = json.loads(done.stdout)
    return data


def listed_in(stack: Stack) -> dict[str, Any]:
    """Return the cause of each listed dead letter by receipt id."""
    return {each["id"]: each["cause"] for each in operate(stack, "dead-letters", "list")["dead_letters"]}


def test_f40_a_repaired_target_gets_its_event_once_and_the_poison_stays(broken: Stack) -> None:
    """List, group, show, explain and trace show the causes; replay brings out what can come out, and that once."""
    aws, topic = broken.aws, broken.facts["topics"]["loan-created"]
    aws.sns.delete_topic(TopicArn=topic)
    poison, good = broken.accepted(POISON), broken.accepted(fresh(body_of("loan-created")))
    assert {broken.outcome(receipt_id)["outcome"] for receipt_id in (poison, good)} == {"dead"}

    listed = listed_in(broken)
    assert (listed[poison]["class"], listed[good]["class"]) == ("not-parsed", "refused")
    groups = operate(broken, "dead-letters", "list", "--group-by", "cause")["groups"]
    assert {(group["class"], group["target"], group["count"]) for group in groups} == {
        ("not-parsed", None, 1),
        ("refused", "topic:loan-created", 1),
    }
    [shown] = operate(broken, "dead-letters", "show", poison)["dead_letters"]
    assert shown["cause"]["reason"] == listed[poison]["reason"]
    assert "nobody" not in json.dumps(shown)
    explained = {
        dead_letter["id"]: dead_letter
        for dead_letter in operate(broken, "dead-letters", "explain", poison, good, code=1)["dead_letters"]
    }
    assert explained[poison]["failure"]["class"] == "not-parsed"
    assert (explained[good]["deliveries"], explained[good]["failure"]["target"]) == ([], "topic:loan-created")
    assert explained[good]["failure"]["reason"] == f"the topic {topic} is not there"
    lines = operate(broken, "trace", good)["lines"]
    assert [line["line"]["message"] for line in lines] == ["accepted", "outcome"]

    aws.sns.create_topic(Name=topic.rpartition(":")[2])
    with subscribed(aws, {"loan-created": topic}, Interrupts()) as repaired:
        operate(broken, "dead-letters", "replay", good)  # says what it would do
        assert set(listed_in(broken)) == {poison, good}
        del broken.log.outcomes[good]
        done = operate(broken, "dead-letters", "replay", "--route", "loans", "--yes")
        assert (done["sent"], done["deleted"]) == (1, 1)
        assert broken.outcome(good)["outcome"] == "delivered"
        assert eventually(lambda: seen_at(repaired, "loan-created", good)) == 1
        assert operate(broken, "dead-letters", "replay", "--route", "loans", "--yes")["sent"] == 0
        assert seen_at(repaired, "loan-created", good) == 1
    assert list(listed_in(broken)) == [poison]
