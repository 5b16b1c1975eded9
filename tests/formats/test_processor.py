"""The output of the processor for fixed messages: log lines, metrics, records of deliveries and dead letters."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.formats.golden import Golden
from tests.formats.metric_lines import by_event, described
from tests.formats.shapes import log_line_shape, shape
from tests.processor.test_settings import ENVIRONMENT
from tests.samples import JOB_FIELDS, body_of, envelope_of, record_of

KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}
LOAN = envelope_of(body_of("loan-created"), content_type="application/json", signature="eA==")
JOB = JOB_FIELDS | {"comment": "invented"}
LARGE = json.loads(body_of("job-end-bursar"))
LARGE["job_instance"]["id"] = "1" * 270_000  # the input of the route has it
NEWER = record_of(LOAN)
NEWER["messageAttributes"] |= {"envelope_version": {"stringValue": "99", "dataType": "String"}}

# Each is handled once, in this order.
MESSAGES = {
    "delivered to a topic": record_of(LOAN),
    "duplicate": record_of(LOAN, 2),
    "delivered to a state machine": record_of(envelope_of(body_of("job-end-pod"))),
    "duplicate with another body": record_of(envelope_of(json.dumps(JOB).encode())),
    "ignored": record_of(envelope_of(body_of("job-end-other"))),
    "dead, not parsed": record_of(envelope_of(b"invented")),
    "dead, too large": record_of(envelope_of(json.dumps(LARGE).encode())),
    "dead, no target": record_of(envelope_of(body_of("loan-lost"))),
    "dead, partly delivered": record_of(envelope_of(b'{"action": "INVENTED", "id": "1"}')),
    "retry": NEWER,
}


class ProcessorRun(NamedTuple):
    """Log lines by message, and the records and dead letters in AWS."""

    logged: dict[str, Any]
    metrics: dict[str, Any]
    stored: dict[str, Any]


@pytest.fixture(scope="module")
def run() -> ProcessorRun:
    """The processor after all messages."""
    completed = subprocess.run(
        [sys.executable, "-m", "tests.formats.processor_run"],
        env={"PATH": os.environ["PATH"], **ENVIRONMENT, **KEYS},
        cwd=Path(__file__).parents[2],
        input=json.dumps(list(MESSAGES.values())),
        capture_output=True,
        text=True,
        check=True,
    )
    *lines, stored = completed.stdout.splitlines()
    named = dict(zip(MESSAGES, by_event(lines), strict=True))
    logged = {name: block[0] for name, block in named.items()}
    return ProcessorRun(
        logged, {name: block[1:] for name, block in named.items()}, json.loads(stored.removeprefix("stored "))
    )


def test_log_lines_are_stable(golden: Golden, run: ProcessorRun) -> None:
    """The order and types of the members are fixed, and so are the values that filters match."""
    lines = {name: log_line_shape(line) for name, line in run.logged.items()}
    golden.check("processor-log-lines", lines)


def test_metrics_are_stable(golden: Golden, run: ProcessorRun) -> None:
    """Namespace, dimensions, names and units of the metrics of each message are fixed."""
    golden.check("processor-metrics", {name: list(map(described, lines)) for name, lines in run.metrics.items()})


def test_records_of_deliveries_are_stable(golden: Golden, run: ProcessorRun) -> None:
    """Ids, states and members are fixed; times only by their type."""
    kept = ("id", "status", "data")
    records = [
        {name: value if name in kept else shape(value) for name, value in sorted(item.items())}
        for item in run.stored["records"]
    ]
    golden.check("delivery-records", records)


def test_dead_letters_are_stable(golden: Golden, run: ProcessorRun) -> None:
    """The names and types of the SQS attributes, and the members of `failure`, are fixed."""
    found = []
    for attributes in run.stored["dead_letters"]:
        types = {name: attribute["DataType"] for name, attribute in sorted(attributes.items())}
        failure = json.loads(attributes["failure"]["StringValue"])
        found.append({"class": failure["class"], "attributes": types, "failure": shape(failure)})
    golden.check("dead-letters", sorted(found, key=lambda each: each["class"]))
