"""The costs page: its totals follow from its numbers, and numbers that depend on the code match the code."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from processor.metrics import EVENTS
from scripts.aws.alarm_tiers import AlarmTier
from scripts.aws.template import OBSERVABILITY, load
from scripts.deploy import cost
from tests.costs import HEARTBEATS, PAGE, SECONDS, VOLUMES, Functions, Pipeline, listed, monthly
from tests.infra.complete_example import TOPICS, sent
from tests.ingest.test_handler import ACCEPTED, GOOD_SECRET, Handled, aws, event
from tests.processor.test_handler import WIRED
from tests.processor.test_settings import ENVIRONMENT
from tests.samples import body_of, envelope_of, record_of

ROOT = Path(__file__).parents[1]
TEMPLATE = load()
OBSERVED = sent(OBSERVABILITY)
FUNCTIONS = Functions(
    TEMPLATE["Resources"]["IngestFunction"]["Properties"]["MemorySize"],
    TEMPLATE["Resources"]["ProcessorFunction"]["Properties"]["MemorySize"],
    OBSERVED["Resources"]["HeartbeatFunction"]["Properties"]["MemorySize"],
    TEMPLATE["Parameters"]["SecretLifetimeSeconds"]["Default"],
)

A_DAY = 1_000
MOST, MOST_WITH_FREE_TIER = 3.00, 2.00

COUNTED = """
import botocore.client
called = []
call = botocore.client.BaseClient._make_api_call
def counting(client, operation, members):
    called.append(f"{client.meta.service_model.service_name}:{operation}")
    return call(client, operation, members)
botocore.client.BaseClient._make_api_call = counting
"""


def pipeline(tier: AlarmTier) -> Pipeline:
    """Return a pipeline of this tier, with the numbers on the page and the counts of the templates."""
    return Pipeline(tier, listed(PAGE.read_text("utf-8")), FUNCTIONS, cost.fixed_items(OBSERVED, tier))


def rows(columns: list[dict[str, float]]) -> list[list[str]]:
    """Return the rows of a table of services with their sum."""
    found = [[name, *(f"{column[name]:,.2f}" for column in columns)] for name in columns[0]]
    return [*found, ["**in all**", *(f"**{sum(column.values()):,.2f}**" for column in columns)]]


def volumes() -> list[list[str]]:
    """Return the expected rows of the table by volume."""
    return rows([monthly(events, pipeline(AlarmTier.essential)) for events in VOLUMES])


def tiers() -> list[list[str]]:
    """Return the expected rows of the table of the three tiers."""
    free = (False, True)
    return rows([monthly(A_DAY * 30, pipeline(tier), has_free_tier=one) for one in free for tier in AlarmTier])


def shown(heading: str) -> list[list[str]]:
    """Return the rows that the page has in the table with this heading."""
    table = PAGE.read_text("utf-8").split(heading)[1].split("\n\n")[0]
    return [row.split(" | ") for row in re.findall(r"^\| (.+) \|$", table, re.MULTILINE)]


def printed(table: list[list[str]]) -> str:
    """Return the rows as on the page, for the message of a failing test."""
    return "\n".join(f"| {' | '.join(row)} |" for row in table)


def delivered(tier: str) -> tuple[list[str], list[str]]:
    """Return the log lines that the processor writes and its AWS calls, for one loan with one topic."""
    records = [record_of(envelope_of(body_of("loan-created")))]
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    given = f"EVENT = {json.dumps({'Records': records})!r}\n{COUNTED}{WIRED}\n    print('called', *called)"
    completed = subprocess.run(  # noqa: S603 - this interpreter and the code above
        [sys.executable, "-c", given],
        env={"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1", "ALARMS": tier, **ENVIRONMENT, **keys},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    *lines, called = completed.stdout.splitlines()
    return [line for line in lines if line.startswith("{")], called.split()[1:]


def is_about(number: float, measured: float) -> bool:
    """Return whether a number is within ten percent; line lengths vary with names and numbers."""
    return abs(number - measured) <= measured / 10


def test_monthly_costs_follow_from_the_numbers_on_the_page() -> None:
    """The tables follow from the prices, the amounts and the templates."""
    assert shown("| USD | 10,000 |") == volumes(), printed(volumes())
    assert shown("| USD | none |") == tiers(), printed(tiers())


@pytest.mark.parametrize("tier", [AlarmTier.none, AlarmTier.essential])
def test_a_thousand_events_a_day_cost_at_most_three_dollars_a_month(tier: AlarmTier) -> None:
    """And at most two with the free tier of AWS, the heartbeats included."""
    for has_free_tier, most in ((False, MOST), (True, MOST_WITH_FREE_TIER)):
        costs = monthly(A_DAY * 30, pipeline(tier), has_free_tier=has_free_tier)
        assert sum(costs.values()) <= most, costs


def test_the_page_states_what_full_costs_more() -> None:
    """The fixed difference, and the traces of a million events."""
    full, essential = (monthly(1_000_000, pipeline(tier)) for tier in (AlarmTier.full, AlarmTier.essential))
    fixed = [cost.monthly_cost(cost.fixed_items(OBSERVED, tier)) for tier in (AlarmTier.full, AlarmTier.essential)]
    difference = fixed[0].list_price - fixed[1].list_price
    page = " ".join(PAGE.read_text("utf-8").split())
    assert f"USD {difference:.2f} more for its alarms" in page
    assert f"USD {full['X-Ray'] - essential['X-Ray']:.2f} more for traces" in page


def test_a_deployment_prints_the_prices_of_the_page() -> None:
    """The prices and the free tier are those of the page, and so are the counts of metrics."""
    of = listed(PAGE.read_text("utf-8"))
    prices = (cost.METRIC, cost.ALARM, cost.COMPOSITE_ALARM, cost.DASHBOARD, cost.KEY)
    assert prices == tuple(of[name] for name in ("metric", "alarm", "composite_alarm", "dashboard", "kms_key"))
    free = (cost.FREE_METRICS, cost.FREE_ALARMS, cost.FREE_DASHBOARDS)
    assert free == tuple(of[name] for name in ("free_metrics", "free_alarms", "free_dashboards"))
    assert (of["metrics"], of["api_metrics"]) == (cost.FUNCTION_METRICS, cost.API_METRICS)


@pytest.mark.parametrize("tier", AlarmTier)
def test_a_deployment_prints_what_heartbeats_and_polls_cost(tier: AlarmTier) -> None:
    """The rest of the cost of a stack that gets no events follows from the numbers on the page, to the cent."""
    fixed = cost.monthly_cost(cost.fixed_items(OBSERVED, tier))
    traces = cost.TRACED_HEARTBEATS if tier is AlarmTier.full else cost.MonthlyCost(0, 0)
    for has_free_tier, items, idle in zip((False, True), fixed, cost.IDLE.plus(traces), strict=True):
        found = sum(monthly(0, pipeline(tier), has_free_tier=has_free_tier).values())
        assert round(found - items, 2) == idle


def test_the_page_states_the_memory_of_the_template() -> None:
    """The page states the memory sizes that the formula needs."""
    page = PAGE.read_text("utf-8")
    assert f"Ingest has {FUNCTIONS.ingest} MB, the processor {FUNCTIONS.processor} MB" in page


@pytest.mark.parametrize(("tier", "amount"), [("full", "ingest_log_bytes"), ("essential", "ingest_line_bytes")])
def test_the_page_states_the_length_of_the_lines_of_ingest(tier: str, amount: str) -> None:
    """The page states the length of the log line of an accepted event, with and without its metrics."""
    for _, environment in aws(GOOD_SECRET, ACCEPTED):
        [*lines, _answer] = Handled([event()], {**environment, "ALARMS": tier}).output.splitlines()
        assert is_about(listed(PAGE.read_text("utf-8"))[amount], sum(map(len, lines)))


@pytest.mark.parametrize(
    ("tier", "amount"),
    [("full", "processor_log_bytes"), pytest.param("essential", "processor_line_bytes", marks=pytest.mark.full)],
)
def test_the_page_states_the_lines_and_writes_of_the_processor(tier: str, amount: str) -> None:
    """A delivery costs two writes, no read, and one log line, with its metrics if they are on."""
    lines, called = delivered(tier)
    of = listed(PAGE.read_text("utf-8"))
    assert is_about(of[amount], sum(map(len, lines)))
    assert any("_aws" in line for line in lines) == (tier == "full")
    calls = called[called.index("sns:Subscribe") + 1 : called.index("dynamodb:Scan")]
    assert calls == ["dynamodb:PutItem", "sns:Publish", "dynamodb:UpdateItem"]
    assert of["writes"] == len([operation for operation in calls if operation.startswith("dynamodb:")])


def test_the_page_counts_the_metrics_that_the_code_emits() -> None:
    """The page counts accepted, rejected and ignored in two dimensions, and delivered in total, by event and by route.

    The heartbeat has its own route and topic.
    """
    routes = yaml.safe_load((ROOT / "examples" / "complete" / "routes.yaml").read_text("utf-8"))["routes"]
    of = listed(PAGE.read_text("utf-8"))
    assert of["metrics"] == 3 * 2 + 1 + len(EVENTS) + 1 + len(routes) + 1
    assert of["topics"] == len(TOPICS) + 1


@pytest.mark.parametrize("tier", [AlarmTier.essential, AlarmTier.full])
def test_the_page_counts_the_alarms_and_filters_of_the_templates(tier: AlarmTier) -> None:
    """The page counts each metric that an alarm reads, for the default topics and profiles."""
    of = listed(PAGE.read_text("utf-8"))
    items = cost.fixed_items(OBSERVED, tier)
    functions = (of["metrics"] + of["api_metrics"]) * (tier is AlarmTier.full)
    assert of[f"{tier}_alarm_metrics"] == items.alarm_metrics
    assert of[f"{tier}_filter_metrics"] == items.metrics - functions
    assert of["heartbeats"] == HEARTBEATS


def test_empty_polls_come_from_five_pollers_every_twenty_seconds() -> None:
    """Lambda long-polls an empty queue with five pollers, for 20 seconds each."""
    assert listed(PAGE.read_text("utf-8"))["empty_polls"] == 5 * SECONDS / 20
