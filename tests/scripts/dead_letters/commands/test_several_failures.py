"""`list`, `show` and `explain` of a dead letter with several failures, genuine or forged; AWS is in process."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from scripts.dead_letters.store import DeadLetterStore
from scripts.main import app
from tests.scripts.aws.targets import with_routes, with_targets
from tests.scripts.dead_letters.queues import CAUSE, Queues, loan

OTHERS = [{"class": "template", "route": "b", "field": "let.x"}, {"class": "refused", "target": "queue:q"}]
KNOWN = [
    {"class": "template", "route": "b", "target": None, "field": "let.x"},
    {"class": "refused", "route": None, "target": "queue:q", "field": None},
]

Command = Callable[..., Result]


@pytest.fixture
def command(dead_letters: DeadLetterStore, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `alma-webhooks dead-letters …` on a stack with routes."""
    scope = with_routes(with_targets(dead_letters.scope, ["loan-created"]))
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: scope)
    return lambda *words: CliRunner().invoke(app, ["dead-letters", *words])


def cause_of(result: Result) -> dict[str, Any]:
    [found] = json.loads(result.stdout)["dead_letters"]
    return dict(found["cause"])


def test_f69_list_counts_the_other_failures_and_its_data_has_them(command: Command, queues: Queues) -> None:
    """The filters match each of them."""
    queues.put(receipt_id="r1", failure=CAUSE | {"others": OTHERS})
    _, row, *_ = command("list", "--cause=refused").stdout.splitlines()
    assert "  transient +2  8  " in row
    assert cause_of(command("list", "--output=json"))["others"] == KNOWN
    assert command("list", "--cause=refused", "--route=b").stdout == "None of 1 dead letter matches.\n"


def test_f69_show_names_the_place_of_each_failure(command: Command, queues: Queues) -> None:
    """The first is the cause; only it has a reason."""
    queues.put(receipt_id="r1", failure=CAUSE | {"others": OTHERS})
    shown = command("show", "r1").stdout.splitlines()
    assert [line for line in shown if line.startswith("  also")] == [
        "  also      template, route b, field let.x",
        "  also      refused, target queue:q",
    ]
    assert cause_of(command("show", "r1", "--output=json"))["others"] == KNOWN


@pytest.mark.parametrize(("omitted", "words"), [(1, "1 more failure"), (3, "3 more failures")])
def test_f69_failures_without_room_are_counted(command: Command, queues: Queues, omitted: int, words: str) -> None:
    """`list` adds them to the number of the others."""
    queues.put(receipt_id="r1", failure=CAUSE | {"others": OTHERS, "others_omitted": omitted})
    assert f"  transient +{2 + omitted}  8  " in command("list").stdout
    assert command("show", "r1").stdout.count(f"\n  also      and {words}, for which it has no room\n") == 1
    assert (
        f"would publish to loan-created by route a; and {words}, for which the dead letter has no room\n"
        in command("explain", "r1").stdout
    )
    assert cause_of(command("show", "r1", "--output=json"))["others_omitted"] == omitted
    [explained] = json.loads(command("explain", "r1", "--output=json").stdout)["dead_letters"]
    assert explained["others_omitted"] == omitted


@pytest.mark.parametrize(
    "members",
    [
        {"others": "refused", "deliveries": 7},
        {"others": {"class": "refused"}, "deliveries": [None]},
        {"others": [7, None, ["x"], {"class": 7}, {"class": ""}, {"route": "b"}, {}], "deliveries": {}},
        {"others": [{"class": "refused", "route": "x" * 2_000}], "deliveries": ["x"] * 9_000},
        {"others": [[[]]] * 500, "deliveries": "\x1b[2J", "others_omitted": "\x1b[2J"},
        pytest.param({"others": [[[]]] * 50_000}, marks=pytest.mark.full),
    ],
    ids=["text", "object", "no causes", "long", "hundreds", "thousands"],
)
def test_f49_strange_other_failures_are_ignored_by_every_command(
    command: Command, queues: Queues, members: dict[str, Any]
) -> None:
    """Such a message does not come from the processor; its cause is shown as it is."""
    queues.put(loan(), receipt_id="r1", failure=CAUSE | members)
    for words in (("list",), ("list", "--group-by=cause"), ("show", "r1"), ("explain", "r1")):
        for output in ("text", "json"):
            result = command(*words, f"--output={output}")
            assert result.exit_code == 0, result.output
    assert cause_of(command("show", "r1", "--output=json"))["others"] == []
    assert "would publish to loan-created by route a" in command("explain", "r1").stdout


def test_f49_a_message_whose_failure_is_not_an_object_is_explained(command: Command, queues: Queues) -> None:
    """It has no cause, and cannot be replayed."""
    queues.put_message("{}", {"envelope_version": "1", "receipt_id": "r1", "failure": "[{}]"})
    for words in (("list",), ("show", "r1")):
        assert command(*words).exit_code == 0
    assert "would fail again: envelope: " in command("explain", "r1").stdout
