"""The costs page: its sums are right by its own numbers, and those that code decides are the code's."""

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
    """The page's last table as it has to be."""
    of = listed(page)
    columns = [monthly(events, of, FUNCTIONS) for events in VOLUMES]
    rows = [[name, *(f"{column[name]:,.2f}" for column in columns)] for name in columns[0]]
    return [*rows, ["**in all**", *(f"**{sum(column.values()):,.2f}**" for column in columns)]]


def delivered() -> tuple[list[str], list[str]]:
    """What the processor writes, and what it asks of AWS, for one loan with one topic."""
    records = [record_of(envelope_of(body_of("loan-created")))]
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    given = f"EVENT = {json.dumps({'Records': records})!r}\n{COUNTED}{WIRED}\n    print('called', *called)"
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", given],
        env={"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1", **ENVIRONMENT, **keys},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    *lines, called = done.stdout.splitlines()
    return [line for line in lines if line.startswith("{")], called.split()[1:]


def is_about(number: float, measured: float) -> bool:
    """Within a tenth: line lengths differ with names and numbers."""
    return abs(number - measured) <= measured / 10


def test_the_months_are_worked_out_from_the_pages_numbers() -> None:
    """Prices, amounts and the template's memory sizes give the table that the page shows."""
    page = PAGE.read_text("utf-8")
    shown = re.findall(r"^\| (.+) \|$", page.split("| USD | 10,000 |")[1].split("\n", 1)[1], re.MULTILINE)
    assert [row.split(" | ") for row in shown] == table(page)


def test_the_price_of_watching_is_worked_out_too() -> None:
    """What the page says of the observability stack is the sum of its parts."""
    page = PAGE.read_text("utf-8")
    assert f"The observability stack is USD {watching(listed(page)):.2f} a month" in page


def test_the_memory_that_the_page_names_is_the_templates() -> None:
    """The formula can be done by hand."""
    page = PAGE.read_text("utf-8")
    assert f"Ingest has {FUNCTIONS.ingest} MB, the processor {FUNCTIONS.processor} MB" in page


def test_ingests_lines_are_as_long_as_the_page_says() -> None:
    """The line of an accepted event and its metrics."""
    for _, environment in aws(GOOD_SECRET, ACCEPTED):
        [*lines, _answer] = Handled([event()], environment).output.splitlines()
        assert is_about(listed(PAGE.read_text("utf-8"))["ingest_log_bytes"], sum(map(len, lines)))


def test_the_processors_lines_and_writes_are_as_many_as_the_page_says() -> None:
    """A delivery is recorded by two writes and no read, and told by one line and its metrics."""
    lines, called = delivered()
    of = listed(PAGE.read_text("utf-8"))
    assert is_about(of["processor_log_bytes"], sum(map(len, lines)))
    made = called[called.index("sns:Subscribe") + 1 : called.index("dynamodb:Scan")]
    assert made == ["dynamodb:PutItem", "sns:Publish", "dynamodb:UpdateItem"]
    assert of["writes"] == len([operation for operation in made if operation.startswith("dynamodb:")])


def test_the_metrics_are_as_many_as_the_code_makes() -> None:
    """Accepted, rejected and ignored two each; delivered in all, by each event, by another's, and by each route.

    The heartbeat has a route and a topic of its own.
    """
    routes = yaml.safe_load((ROOT / "processor" / "routes.yaml").read_text("utf-8"))["routes"]
    of = listed(PAGE.read_text("utf-8"))
    assert of["metrics"] == 3 * 2 + 1 + len(EVENTS) + 1 + len(routes) + 1
    assert of["topics"] == len(default_list(TEMPLATE, "Topics")) + 1


def test_the_alarms_and_filters_are_as_many_as_the_template_makes() -> None:
    """Of all topics and profiles by default; each metric that an alarm reads is paid."""
    topics = default_list(TEMPLATE, "Topics")
    of = listed(PAGE.read_text("utf-8"))
    assert of["alarm_metrics"] == sum(len(watched(alarm)) for alarm in alarms(topics).values())
    filters = [one for one in resources(topics).values() if one["Type"] == "AWS::Logs::MetricFilter"]
    assert of["filter_metrics"] == len(filters)


def test_the_empty_polls_are_five_pollers_of_twenty_seconds() -> None:
    """All month long, for Lambda waits with five."""
    assert listed(PAGE.read_text("utf-8"))["empty_polls"] == 5 * SECONDS / 20
