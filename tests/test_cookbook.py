"""The cookbook: every route passes the check and delivers as described."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from processor.alma.events import parse
from processor.routing.compile import compile_routes
from processor.routing.router import Router
from tests.processor.routing.routes_files import problems
from tests.samples import INDEX, STAGES, body_of, counters, envelope_of, job_end

COOKBOOK = Path(__file__).parents[1] / "docs" / "cookbook.md"
ROUTES = re.findall(r"```yaml\n(.*?)```", COOKBOOK.read_text("utf-8"), re.DOTALL)


@cache
def router(text: str) -> Router:
    return Router(compile_routes(text), "dev")


def targets(text: str, body: bytes) -> list[str]:
    return [delivery.target for delivery in router(text).plan(parse(body), envelope_of(body)).deliveries]


def changed(sample: str, **changes: Any) -> bytes:
    return json.dumps(json.loads(body_of(sample)) | changes).encode()


def loan_at(library: str | None) -> bytes:
    loan = json.loads(body_of("loan-created"))["item_loan"]
    return changed("loan-created", item_loan=loan | {"library": {"value": library}})


def bib(flag: object) -> bytes:
    return changed("bib-updated", bib={"mms_id": "1", "suppress_from_publishing": flag})


BUS = "event_bus:arn:aws:events:eu-central-1:123456789012:event-bus/branches"
LOOK = "function:arn:aws:lambda:eu-central-1:123456789012:function:look"
PUBLISH = "state_machine:arn:aws:states:eu-central-1:123456789012:stateMachine:publish"
SHELF = ["topic:shelf-notices", "queue:arn:aws:sqs:eu-central-1:123456789012:shelf-screen"]
FAILED = {"value": "COMPLETED_FAILED"}


def test_there_are_ten_recipes() -> None:
    """The cookbook has ten recipes, one per heading, and the tests below cover all of them."""
    assert len(ROUTES) == COOKBOOK.read_text("utf-8").count("\n## ") == 10


@pytest.mark.parametrize("route", ROUTES)
def test_every_recipe_passes_the_check(route: str) -> None:
    """Every recipe can be pasted into a routes file without a problem."""
    assert [str(problem) for problem in problems(f"{STAGES}routes:\n{route}")] == []


@pytest.mark.parametrize(
    ("number", "body", "expected"),
    [
        (1, body_of("holding-updated"), ["topic:holding-updated"]),
        (1, changed("holding-updated", event=None), []),
        (1, body_of("loan-created"), []),
        (2, body_of("loan-lost"), ["topic:loans"]),
        (2, body_of("bib-updated"), []),
        (3, body_of("job-end-other"), ["topic:job-end"]),
        (3, body_of("loan-lost"), []),
        (4, job_end(name="renamed"), [PUBLISH]),
        (4, job_end(end_time=None), [PUBLISH]),
        (4, job_end(job_info={"id": "S1"}), []),
        (5, job_end(name="Import of records", status=FAILED), ["topic:import-ended"]),
        (5, job_end(name="Import of records"), ["topic:import-ended"]),
        (5, job_end(name="Import of records", status={"value": "RUNNING"}), []),
        (6, body_of("item-created"), ["topic:example-items"]),
        (6, changed("item-created", institution={"value": "02OTHER"}), []),
        (7, bib("true"), ["topic:bib-suppressed"]),
        (7, bib(flag=True), ["topic:bib-suppressed"]),
        (7, bib("false"), []),
        (8, body_of("request-placed-on-shelf"), SHELF),
        (8, body_of("request-created"), []),
        (9, loan_at("LAW"), [BUS]),
        (9, loan_at(None), [BUS]),
        (9, loan_at("MAIN"), []),
        (10, job_end(status=FAILED), [LOOK]),
        (10, job_end(progress=40), [LOOK]),
        (10, job_end(status=FAILED, name="a test run"), []),
        (10, job_end(counter=counters()), []),
    ],
)
def test_each_recipe_delivers_as_described(number: int, body: bytes, expected: list[str]) -> None:
    """Each recipe delivers matching events to its targets and ignores other events."""
    assert targets(f"{STAGES}routes:\n{ROUTES[number - 1]}", body) == expected


@pytest.mark.parametrize("sample", INDEX)
@pytest.mark.parametrize("route", ROUTES)
def test_no_recipe_duplicates_a_delivery_of_the_shipped_routes(route: str, sample: str) -> None:
    """Beside the shipped routes, a recipe sends no event twice to the same target, and makes no event fail."""
    shipped = (COOKBOOK.parents[1] / "examples" / "complete" / "routes.yaml").read_text("utf-8")
    found = targets(shipped + route, body_of(sample))
    assert len(found) == len(set(found))
