"""The shipped routes: what they do with every sample, and which jobs start the state machine pod."""

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

ROUTES = load(Path(__file__).parents[3] / "processor" / "routes.yaml")
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
    """The last word says which run it is, in any case; the date is the day on which the job ended."""
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
def test_jobs_that_are_not_timdexs_or_bursars_business(changes: dict[str, Any]) -> None:
    """Without daily or full as its last word, of another stage, failed, or with nothing counted, a job is ignored."""
    assert executions(job_end(**changes)) == []


@pytest.mark.parametrize("job_id", ["9500000000007141", "S95 0001", "ä/:b"])
def test_jobs_that_start_bursar(job_id: str) -> None:
    """A bursar export has no end_time; its id goes into the input as it is, and not into the execution's name."""
    body = job_end(name=BURSAR + "Dev1", end_time=None, id=job_id, counter=counters((FEES, "7")))
    [delivery] = Router(ROUTES, "dev").plan(parse(body), envelope_of(body)).deliveries
    assert isinstance(delivery, StateMachineDelivery)
    assert (delivery.target, json.loads(delivery.input)) == ("state_machine:bursar", {"job_id": job_id})
    assert delivery.execution_name.startswith("bursar-")


def test_a_timdex_execution_says_which_run_it_is() -> None:
    """The readable part of the execution's name is the route's own."""
    body = job_end(name=TIMDEX + "Dev1 full")
    [delivery] = Router(ROUTES, "dev").plan(parse(body), envelope_of(body)).deliveries
    assert isinstance(delivery, StateMachineDelivery)
    assert delivery.execution_name.startswith("alma-full-ingest-")


def test_a_finished_export_without_its_end_time_is_a_dead_letter() -> None:
    """A date that is not there is not guessed: route and field are named."""
    body = job_end(name=TIMDEX + "Dev1 full", end_time=None)
    with pytest.raises(Permanent) as failed:
        Router(ROUTES, "dev").plan(parse(body), envelope_of(body))
    assert (failed.value.route, failed.value.field) == ("timdex", "deliver[0].input.run-date")


@pytest.mark.parametrize("end_time", ["", "13/05/2026", "soon", 20260513, ["2026-05-13"]])
def test_a_state_machine_is_not_started_for_a_date_that_is_none(end_time: Any) -> None:
    """A file name or run date of nonsense is worse than a dead letter."""
    for name in (NAME + "Dev1", TIMDEX + "Dev1 full"):
        with pytest.raises(Permanent, match=r"fails with|does not have"):
            executions(job_end(name=name, end_time=end_time))
