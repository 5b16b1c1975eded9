"""What a command of operators takes: its calls to AWS, their cost, and its memory. test_bench_command.py runs them."""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.operator_cost import prices, usd
from tests.costs import PAGE, listed
from tests.scripts.command import ROOT


def test_prices_are_those_of_the_page() -> None:
    """Every price that the page lists, and no amount of something in place of it."""
    page = listed(PAGE.read_text("utf-8"))
    found = prices()
    assert found["sqs_request"] == page["sqs_request"]
    assert {name: page[name] for name in found} == found


def test_calls_cost_what_aws_charges_for_them() -> None:
    """Requests to a queue with the surcharge for groups, writes to a table, and logs by their bytes; others nothing."""
    price = prices()
    calls = {"sqs:ReceiveMessage": 600_000, "sqs:SendMessageBatch": 400_000, "sts:GetCallerIdentity": 1_000_000}
    assert usd(calls, {}) == price["sqs_request"] + price["sqs_grouped_request"]
    assert usd({"dynamodb:PutItem": 1_000_000}, {}) == price["dynamodb_write"]
    assert usd({"cloudwatch-logs:PutLogEvents": 7}, {"cloudwatch-logs:PutLogEvents": 10**9}) == price["logs_gb"]


def test_a_command_that_fails_writes_its_figures_too(tmp_path: Path) -> None:
    """This one makes no call, because its flags are wrong."""
    file = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks.operator_child", str(file), "dead-letters", "replay", "--rate", "none"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)  # noqa: S603 - our own interpreter
    assert done.returncode == 2
    figures = json.loads(file.read_text("utf-8"))
    assert figures["calls"] == figures["bytes"] == {}
    assert 10 < figures["peak_mb"] < 500
