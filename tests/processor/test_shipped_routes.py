"""The shipped routes: what they do with every sample, and which jobs start the workflow pod."""

import json
from pathlib import Path
from typing import Any

import pytest

from processor.delivery import StateMachineDelivery
from processor.events import parse
from processor.route_checks import load
from processor.routing import Router
from tests.samples import INDEX, body_of, counters, envelope_of, job_end

ROUTES = load(Path(__file__).parents[2] / "processor" / "routes.yaml")
NAME = "Publishing Platform Job PPOD EXPORT to "
NEW, UPDATED, DELETED = "label.new.records", "label.updated.records", "label.deleted.records"
FEES = "com.exlibris.external.bursar.report.fines_fees_count"


def executions(body: bytes, stage: str = "dev") -> list[Any]:
    deliveries = Router(ROUTES, stage).plan(parse(body), envelope_of(body)).deliveries
    assert all(isinstance(delivery, StateMachineDelivery) for delivery in deliveries)
    return [json.loads(delivery.input) for delivery in deliveries if isinstance(delivery, StateMachineDelivery)]


@pytest.mark.parametrize("sample", INDEX)
def test_every_sample_goes_where_its_index_says(sample: str) -> None:
    """Route, target and input of each sample are the ones written down beside it."""
    body, expected = body_of(sample), INDEX[sample]["expect"]
    deliveries = Router(ROUTES, "dev").plan(parse(body), envelope_of(body)).deliveries
    assert [(delivery.route, delivery.target) for delivery in deliveries] == (
        [(expected["route"], expected["target"])] if "target" in expected else []
    )
    if "input" in expected:
        assert executions(body) == [expected["input"]]


@pytest.mark.parametrize(
    ("stage", "marker", "others"), [("dev", "Dev1", "stage"), ("stg", "stage", "prod"), ("prod", "prod", "Dev1")]
)
def test_each_stage_takes_its_own_jobs(stage: str, marker: str, others: str) -> None:
    """A stage's jobs are those whose names hold its marker."""
    assert executions(job_end(name=NAME + marker), stage) == [INDEX["job-end-pod"]["expect"]["input"]]
    assert executions(job_end(name=NAME + others), stage) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"name": NAME.upper() + "DEV1"},
        {"name": NAME + "dev1 (weekly)"},
        {"counter": counters((NEW, "1"))},
        {"counter": counters((UPDATED, "1"))},
        {"counter": counters((DELETED, 1))},
        {"counter": counters((FEES, "1"))},
        {"counter": counters((NEW, "x"), (NEW, "1"))},
        {"end_time": "2026-05-13"},
        {"end_time": "2026-05-13Z"},
        {"progress": None, "start_time": None, "alert": None},
    ],
)
def test_jobs_that_start_pod(changes: dict[str, Any]) -> None:
    """The name's case, what follows it, one counted record and a date alone are enough."""
    assert executions(job_end(**changes)) == [{"filename-prefix": "exlibris/pod/POD_ALMA_EXPORT_20260513"}]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": NAME + "Dev12x"},
        {"name": NAME + "Dev"},
        {"name": NAME + "stage"},
        {"name": "A " + NAME + "Dev1"},
        {"name": "contest FOO"},
        {"name": None},
        {"name": 5},
        {"status": {"value": "COMPLETED_FAILED"}},
        {"status": None},
        {"counter": None},
        {"counter": []},
        {"counter": counters((NEW, "0"), (UPDATED, "0"))},
        {"counter": counters(("c.jobs.bibExport.link", "7"))},
        {"counter": counters((NEW, "many"))},
        {"counter": counters((NEW, "-1"))},
    ],
)
def test_jobs_that_are_not_pods_business(changes: dict[str, Any]) -> None:
    """Another stage's job, another job, a failed one and one that changed nothing are ignored."""
    assert executions(job_end(**changes)) == []


@pytest.mark.parametrize("body", [b'{"action":"JOB_END"}', b'{"action":"job_end","job_instance":null}'])
def test_a_job_end_without_a_job_is_ignored(body: bytes) -> None:
    """No job_instance is no workflow's."""
    assert executions(body) == []


def test_a_lower_case_action_starts_pod_too() -> None:
    """The action is compared without case."""
    assert len(executions(job_end().replace(b'"JOB_END"', b'"job_end"'))) == 1
