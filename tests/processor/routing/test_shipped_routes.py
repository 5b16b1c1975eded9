"""The shipped routes: the deliveries of every sample, and the jobs that start the state machine pod."""

import json
from pathlib import Path
from typing import Any

import pytest

from processor.alma.events import parse
from processor.delivery import StateMachineDelivery
from processor.errors import Permanent
from processor.routing.compile import load
from processor.routing.router import Router
from tests.samples import INDEX, body_of, counters, envelope_of, job_end

ROUTES = load(Path(__file__).parents[3] / "examples" / "complete" / "routes.yaml")
NAME = "Publishing Platform Job PPOD EXPORT to "
NEW, UPDATED, DELETED = "label.new.records", "label.updated.records", "label.deleted.records"
FEES = "com.exlibris.external.bursar.report.fines_fees_count"


def executions(body: bytes, stage: str = "dev") -> list[Any]:
    plan = Router(ROUTES, stage).plan(parse(body), envelope_of(body))
    for failure in plan.failures:
        raise failure
    deliveries = plan.deliveries
    assert all(isinstance(delivery, StateMachineDelivery) for delivery in deliveries)
    return [json.loads(delivery.input) for delivery in deliveries if isinstance(delivery, StateMachineDelivery)]


@pytest.mark.parametrize("sample", INDEX)
def test_every_sample_has_the_deliveries_of_its_index(sample: str) -> None:
    """Each sample has the route, target and input that its index lists."""
    body, expected = body_of(sample), INDEX[sample]["expect"]
    envelope = envelope_of(body, INDEX[sample].get("profile", "alma"))
    deliveries = Router(ROUTES, "dev").plan(parse(body), envelope).deliveries
    assert [(delivery.route, delivery.target) for delivery in deliveries] == (
        [(expected["route"], expected["target"])] if "target" in expected else []
    )
    if "input" in expected:
        assert executions(body) == [expected["input"]]


@pytest.mark.parametrize(
    ("stage", "marker", "others"), [("dev", "Dev1", "stage"), ("stg", "stage", "prod"), ("prod", "prod", "Dev1")]
)
def test_each_stage_handles_its_own_jobs(stage: str, marker: str, others: str) -> None:
    """A stage handles the jobs whose names contain its marker."""
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
        {"end_time": "2026-05-13"},
        {"end_time": "2026-05-13Z"},
        {"progress": None, "start_time": None, "alert": None},
    ],
)
def test_jobs_that_start_pod(changes: dict[str, Any]) -> None:
    """The case of the name, its suffix, a single counted record and a date without a time are accepted."""
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
        {"counter": counters((NEW, "-1"))},
    ],
)
def test_jobs_that_do_not_start_pod(changes: dict[str, Any]) -> None:
    """A job of another stage, another job, a failed one and one without changes are ignored."""
    assert executions(job_end(**changes)) == []


@pytest.mark.parametrize("value", ["many", "6,342"])
def test_f71_a_job_whose_counter_cannot_be_read_is_a_dead_letter(value: str) -> None:
    """Read as zero, its export would be ignored."""
    with pytest.raises(Permanent, match=f"uses the counter {NEW}, whose value is not a number"):
        executions(job_end(counter=counters((NEW, value), (UPDATED, "1"))))


@pytest.mark.parametrize("body", [b'{"action":"JOB_END"}', b'{"action":"job_end","job_instance":null}'])
def test_a_job_end_without_a_job_is_ignored(body: bytes) -> None:
    """An event without job_instance starts no state machine."""
    assert executions(body) == []


def test_a_lower_case_action_starts_pod_too() -> None:
    """The action is compared without case."""
    assert len(executions(job_end().replace(b'"JOB_END"', b'"job_end"'))) == 1


TIMDEX = "Publishing Platform Job TIMDEX EXPORT to "
BURSAR = "Export to bursar using profile BURSAR EXPORT to "


@pytest.mark.parametrize(
    ("name", "run_type"),
    [
        (TIMDEX + "Dev1 daily", "daily"),
        (TIMDEX + "Dev1 FULL", "full"),
        (TIMDEX.upper() + "DEV1 Daily", "daily"),
        (TIMDEX + "Dev1, nightly, daily", "daily"),
    ],
)
@pytest.mark.parametrize("end_time", ["2026-05-13T02:41:10.122Z", "2026-05-13", "2026-05-13Z"])
def test_jobs_that_start_timdex(name: str, run_type: str, end_time: str) -> None:
    """The last word selects the run, in any case; the date is the day on which the job ended."""
    expected = {"next-step": "transform", "run-date": "2026-05-13", "run-type": run_type, "source": "alma"}
    assert executions(job_end(name=name, end_time=end_time)) == [{**expected, "verbose": "true"}]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": TIMDEX + "Dev1"},
        {"name": TIMDEX + "Dev1 weekly"},
        {"name": TIMDEX + "Dev1 daily run"},
        {"name": TIMDEX + "Dev1daily"},
        {"name": TIMDEX + "Dev12x daily"},
        {"name": TIMDEX + "stage daily"},
        {"name": TIMDEX + "Dev1 daily", "counter": None},
        {"name": TIMDEX + "Dev1 daily", "status": {"value": "COMPLETED_FAILED"}},
        {"name": BURSAR + "stage"},
        {"name": BURSAR + "Dev12x"},
        {"name": BURSAR + "Dev1", "counter": counters((FEES, "0"))},
        {"name": BURSAR + "Dev1", "status": {"value": "COMPLETED_FAILED"}},
    ],
)
def test_jobs_that_start_neither_timdex_nor_bursar(changes: dict[str, Any]) -> None:
    """A job is ignored without daily or full as its last word, in another stage, if it failed or counted nothing."""
    assert executions(job_end(**changes)) == []


@pytest.mark.parametrize("job_id", ["9500000000007141", "S95 0001", "ä/:b"])
def test_jobs_that_start_bursar(job_id: str) -> None:
    """A bursar export has no end_time; its id is part of the input, and not of the execution's name."""
    body = job_end(name=BURSAR + "Dev1", end_time=None, id=job_id, counter=counters((FEES, "7")))
    [delivery] = Router(ROUTES, "dev").plan(parse(body), envelope_of(body)).deliveries
    assert isinstance(delivery, StateMachineDelivery)
    assert (delivery.target, json.loads(delivery.input)) == ("state_machine:bursar", {"job_id": job_id})
    assert delivery.execution_name.startswith("bursar-")


def test_the_name_of_a_timdex_execution_has_the_run() -> None:
    """The route sets the readable part of the execution's name."""
    body = job_end(name=TIMDEX + "Dev1 full")
    [delivery] = Router(ROUTES, "dev").plan(parse(body), envelope_of(body)).deliveries
    assert isinstance(delivery, StateMachineDelivery)
    assert delivery.execution_name.startswith("alma-full-ingest-")


def test_a_finished_export_without_its_end_time_is_a_dead_letter() -> None:
    """A missing date is not guessed: the dead letter names route and field."""
    body = job_end(name=TIMDEX + "Dev1 full", end_time=None)
    plan = Router(ROUTES, "dev").plan(parse(body), envelope_of(body))
    [failure] = plan.failures
    assert plan.deliveries == []
    assert (failure.route, failure.field) == ("timdex", "deliver[0].input.run-date")


@pytest.mark.parametrize("end_time", ["", "13/05/2026", "soon", 20260513, ["2026-05-13"]])
def test_a_state_machine_is_not_started_with_an_invalid_date(end_time: Any) -> None:
    """An invalid date makes a dead letter, not a wrong file name or run date."""
    for name in (NAME + "Dev1", TIMDEX + "Dev1 full"):
        with pytest.raises(Permanent, match=r"fails with|does not have|needs text"):
            executions(job_end(name=name, end_time=end_time))
