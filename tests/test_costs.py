"""The costs page: its totals follow from its numbers, and numbers that depend on the code match the code."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

from processor.metrics import EVENTS
from scripts.aws.template import default_list, load
from tests.costs import PAGE, SECONDS, VOLUMES, Functions, listed, monthly, watching
from tests.infra.observability_alarms import alarms, resources, watched
from tests.ingest.test_handler import ACCEPTED, GOOD_SECRET, Handled, aws, event
from tests.processor.test_handler import WIRED
from tests.processor.test_settings import ENVIRONMENT
from tests.samples import body_of, envelope_of, record_of

ROOT = Path(__file__).parents[1]
TEMPLATE = load()
FUNCTIONS = Functions(
    TEMPLATE["Resources"]["IngestFunction"]["Properties"]["MemorySize"],
    TEMPLATE["Resources"]["ProcessorFunction"]["Properties"]["MemorySize"],
    TEMPLATE["Parameters"]["SecretLifetimeSeconds"]["Default"],
)

COUNTED = """
import botocore.client
called = []
call = botocore.client.BaseClient._make_api_call
def counting(client, operation, members):
    called.append(f"{client.meta.service_model.service_name}:{operation}")
    return call(client, operation, members)
botocore.client.BaseClient._make_api_call = counting
"""


def table(page: str) -> list[list[str]]:
    """Return the expected rows of the page's last table."""
    of = listed(page)
    columns = [monthly(events, of, FUNCTIONS) for events in VOLUMES]
    rows = [[name, *(f"{column[name]:,.2f}" for column in columns)] for name in columns[0]]
    return [*rows, ["**in all**", *(f"**{sum(column.values()):,.2f}**" for column in columns)]]


def delivered() -> tuple[list[str], list[str]]:
    """Return the log lines that the processor writes and its AWS calls, for one loan with one topic."""
    records = [record_of(envelope_of(body_of("loan-created")))]
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    given = f"EVENT = {json.dumps({'Records': records})!r}\n{COUNTED}{WIRED}\n    print('called', *called)"
    completed = subprocess.run(  # noqa: S603 - this interpreter and the code above
        [sys.executable, "-c", given],
        env={"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1", **ENVIRONMENT, **keys},
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
    """The table on the page follows from its prices, its amounts and the memory sizes in the template."""
    page = PAGE.read_text("utf-8")
    shown = re.findall(r"^\| (.+) \|$", page.split("| USD | 10,000 |")[1].split("\n", 1)[1], re.MULTILINE)
    assert [row.split(" | ") for row in shown] == table(page)


def test_the_cost_of_the_observability_stack_is_correct() -> None:
    """The cost of the observability stack on the page is the sum of its parts."""
    page = PAGE.read_text("utf-8")
    assert f"The observability stack is USD {watching(listed(page)):.2f} a month" in page


def test_the_page_states_the_memory_of_the_template() -> None:
    """The page states the memory sizes that the formula needs."""
    page = PAGE.read_text("utf-8")
    assert f"Ingest has {FUNCTIONS.ingest} MB, the processor {FUNCTIONS.processor} MB" in page


def test_the_page_states_the_length_of_the_lines_of_ingest() -> None:
    """The page states the length of the log line of an accepted event and of its metrics."""
    for _, environment in aws(GOOD_SECRET, ACCEPTED):
        [*lines, _answer] = Handled([event()], environment).output.splitlines()
        assert is_about(listed(PAGE.read_text("utf-8"))["ingest_log_bytes"], sum(map(len, lines)))


def test_the_page_states_the_lines_and_writes_of_the_processor() -> None:
    """A delivery costs two writes, no read, one log line and its metrics."""
    lines, called = delivered()
    of = listed(PAGE.read_text("utf-8"))
    assert is_about(of["processor_log_bytes"], sum(map(len, lines)))
    calls = called[called.index("sns:Subscribe") + 1 : called.index("dynamodb:Scan")]
    assert calls == ["dynamodb:PutItem", "sns:Publish", "dynamodb:UpdateItem"]
    assert of["writes"] == len([operation for operation in calls if operation.startswith("dynamodb:")])


def test_the_page_counts_the_metrics_that_the_code_emits() -> None:
    """The page counts accepted, rejected and ignored in two dimensions, and delivered in total, by event and by route.

    The heartbeat has its own route and topic.
    """
    routes = yaml.safe_load((ROOT / "processor" / "routes.yaml").read_text("utf-8"))["routes"]
    of = listed(PAGE.read_text("utf-8"))
    assert of["metrics"] == 3 * 2 + 1 + len(EVENTS) + 1 + len(routes) + 1
    assert of["topics"] == len(default_list(TEMPLATE, "Topics")) + 1


def test_the_page_counts_the_alarms_and_filters_of_the_template() -> None:
    """The page counts each metric that an alarm reads, for the default topics and profiles."""
    topics = default_list(TEMPLATE, "Topics")
    of = listed(PAGE.read_text("utf-8"))
    assert of["alarm_metrics"] == sum(len(watched(alarm)) for alarm in alarms(topics).values())
    filters = [one for one in resources(topics).values() if one["Type"] == "AWS::Logs::MetricFilter"]
    assert of["filter_metrics"] == len(filters)


def test_empty_polls_come_from_five_pollers_every_twenty_seconds() -> None:
    """Lambda long-polls an empty queue with five pollers, for 20 seconds each."""
    assert listed(PAGE.read_text("utf-8"))["empty_polls"] == 5 * SECONDS / 20
