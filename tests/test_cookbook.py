"""The cookbook: every route passes the check and delivers as described."""

import json
from collections.abc import Callable

import pytest

from processor.delivery import MessageDelivery, NotificationDelivery
from tests.processor.routing.routes_files import problems
from tests.recipe_pages import ABSENT, DOCS, changed, in_xml, plan, plan_of_file, recipes
from tests.samples import INDEX, STAGES, body_of, counters, job_end

PAGE = "cookbook.md"
ROUTES = recipes(PAGE)


def loan_at(library: object) -> bytes:
    return changed("loan-created", library=library)


def bib(flag: object) -> bytes:
    return changed("bib-updated", suppress_from_publishing=flag)


BUS = "event_bus:arn:aws:events:eu-central-1:123456789012:event-bus/branches"
LOOK = "function:arn:aws:lambda:eu-central-1:123456789012:function:look"
PUBLISH = "state_machine:arn:aws:states:eu-central-1:123456789012:stateMachine:publish"
SHELF = ["topic:shelf-notices", "queue:arn:aws:sqs:eu-central-1:123456789012:shelf-screen"]
TEAM = "notification:library/failed-jobs"
FAILED = {"value": "COMPLETED_FAILED"}


def test_there_are_eleven_recipes() -> None:
    """The cookbook has eleven recipes, one per heading, and the tests below cover all of them."""
    assert len(ROUTES) == (DOCS / PAGE).read_text("utf-8").count("\n## ") == 11


@pytest.mark.parametrize("route", ROUTES)
def test_every_recipe_passes_the_check(route: str) -> None:
    """Every recipe can be pasted into a routes file without a problem."""
    assert [str(problem) for problem in problems(f"{STAGES}routes:\n{route}")] == []


@pytest.mark.parametrize("form", [pytest.param(bytes, id="json"), pytest.param(in_xml, id="xml")])
@pytest.mark.parametrize(
    ("number", "body", "expected"),
    [
        (1, body_of("holding-updated"), ["topic:holding-updated"]),
        (1, changed("holding-updated", outside={"event": None}), []),
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
        (6, changed("item-created", outside={"institution": {"value": "02OTHER"}}), []),
        (7, bib("true"), ["topic:bib-suppressed"]),
        (7, bib(flag=True), ["topic:bib-suppressed"]),
        (7, bib("false"), []),
        (8, body_of("request-placed-on-shelf"), SHELF),
        (8, body_of("request-created"), []),
        (9, loan_at({"value": "LAW"}), [BUS]),
        (9, loan_at({"value": None}), [BUS]),
        (9, loan_at(None), [BUS]),
        (9, loan_at(ABSENT), [BUS]),
        (9, loan_at({"value": "MAIN"}), []),
        (9, body_of("bib-updated"), []),
        (10, job_end(status=FAILED), [LOOK]),
        (10, job_end(status=None, name=None), [LOOK]),
        (10, job_end(progress=40), [LOOK]),
        (10, job_end(status=FAILED, name="a test run"), []),
        (10, job_end(counter=counters()), []),
        (10, job_end(progress=None), []),
        (11, job_end(status=FAILED), [TEAM]),
        (11, job_end(status=FAILED, name=None), [TEAM]),
        (11, job_end(), []),
        (11, job_end(status=None), []),
        (11, body_of("loan-lost"), []),
    ],
)
def test_each_recipe_delivers_as_described(
    number: int, body: bytes, expected: list[str], form: Callable[[bytes], bytes]
) -> None:
    """Each recipe delivers matching events, in JSON and in XML, to its targets and ignores other events."""
    planned = plan(ROUTES[number - 1], form(body))
    assert [delivery.target for delivery in planned.deliveries] == expected
    assert planned.failures == []


@pytest.mark.parametrize("form", [pytest.param(bytes, id="json"), pytest.param(in_xml, id="xml")])
@pytest.mark.parametrize(
    ("title", "expected"), [("On Shelves", "On Shelves"), ('"Mehr" & Meer', '"Mehr" & Meer'), (None, ""), (ABSENT, "")]
)
def test_the_screen_at_the_shelf_does_not_get_the_patron(
    title: object, expected: str, form: Callable[[bytes], bytes]
) -> None:
    """The queue gets the request and its title, the topic the whole event, byte for byte."""
    body = form(changed("request-placed-on-shelf", title=title))
    notices, screen = plan(ROUTES[7], body).deliveries
    assert isinstance(notices, MessageDelivery)
    assert isinstance(screen, MessageDelivery)
    assert notices.message == body.decode()
    assert json.loads(screen.message) == {"request": "810040007141", "title": expected}


@pytest.mark.parametrize("form", [pytest.param(bytes, id="json"), pytest.param(in_xml, id="xml")])
def test_the_team_gets_the_job_and_its_status(form: Callable[[bytes], bytes]) -> None:
    """By the names that the text of the topic uses."""
    [delivery] = plan(ROUTES[10], form(job_end(status=FAILED, name="Import & co"))).deliveries
    assert isinstance(delivery, NotificationDelivery)
    values = {name: delivery.values[name] for name in ("job", "status", "profile")}
    assert values == {"job": "Import & co", "status": "COMPLETED_FAILED", "profile": "alma"}


@pytest.mark.parametrize("route", ROUTES)
def test_no_recipe_duplicates_a_delivery_of_the_shipped_routes(route: str) -> None:
    """Beside the shipped routes, a recipe sends no event twice to the same target, and makes no event fail."""
    shipped = (DOCS.parent / "examples" / "complete" / "routes.yaml").read_text("utf-8")
    for sample in INDEX:
        planned = plan_of_file(shipped + route, body_of(sample))
        found = [delivery.target for delivery in planned.deliveries]
        assert len(found) == len(set(found)), sample
        assert planned.failures == [], sample
