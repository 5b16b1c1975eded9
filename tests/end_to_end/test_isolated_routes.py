"""One route's failure does not withhold an event from the others: one dead letter, whose replay delivers the rest."""

import json
import math
import time
from collections.abc import Iterator
from typing import Any

import pytest

from scripts.aws import emulator, ports
from scripts.cli.advice import Advice
from scripts.cli.signals import Interrupts
from scripts.devtools.soak.fault_plan import Call, FaultSchedule, InjectedFault
from scripts.devtools.soak.fault_proxy import fault_proxy
from scripts.devtools.soak.soak_excuses import CallLedger
from scripts.local.observe import Subscriptions, subscribed
from tests.end_to_end.advised import Advised, routes_text
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.running import eventually
from tests.end_to_end.test_deploy import SHORT
from tests.end_to_end.test_explain_advice import event
from tests.end_to_end.test_fix import fixed, outcomes
from tests.scripts.command import run

pytestmark = pytest.mark.full  # it needs a stack of its own, and several deployments

ROUTES = routes_text(
    "{name: good, deliver: [{topic: good}]}",
    '{name: broken, deliver: [{topic: "{{ item_loan.topic.value }}"}]}',
    "{name: gone, deliver: [{topic: gone}]}",
    "{name: busy, deliver: [{topic: busy}]}",
    "{name: kept, fallback: true, deliver: [{topic: kept}]}",
    topics=("good", "gone", "busy", "kept", "fixed"),
)
REPAIRED = ROUTES.replace("{{ item_loan.topic.value }}", "fixed")
# The second of two receives comes VisibilityTimeout after the first, plus or minus a fifth. An attempt is much shorter.
TWO_RECEIVES = SHORT | {"MaxReceiveCount": 2}
LONGEST_ATTEMPT_SECONDS = SHORT["VisibilityTimeout"] / 2


class BusyTopic(FaultSchedule):
    """Throttles calls that publish to the topic busy, for some seconds from the first of them."""

    def __init__(self) -> None:
        super().__init__([], 0)
        self.throttle(0)

    def throttle(self, seconds: float) -> None:
        """Throttle the next calls for these seconds; 0 ends it."""
        self._seconds = seconds
        self._ends_at: float | None = None

    def decide(self, call: Call) -> InjectedFault | None:
        """Return the throttle for a call to the topic."""
        if call.operation != "sns:Publish" or b"-busy&" not in call.content:
            return None
        if self._ends_at is None:
            self._ends_at = time.monotonic() + self._seconds
        return InjectedFault("Throttled") if time.monotonic() < self._ends_at else None


@pytest.fixture(scope="module")
def busy() -> BusyTopic:
    """The topic that a test can throttle."""
    return BusyTopic()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, busy: BusyTopic) -> Iterator[Advised]:
    """An emulator of its own, whose functions call AWS through a proxy."""
    port = ports.free(0)
    with (
        fault_proxy(0, f"http://{ports.HOST}:{port}", busy, CallLedger()) as proxy_url,
        emulator.started(port, Interrupts(), proxy_url) as started,
    ):
        project = ProjectFolder.create(tmp_path_factory.mktemp("project"), ROUTES, parameters=TWO_RECEIVES)
        site = Advised.on(started.endpoint_url, "alma-isolated", project)
        site.changed()
        yield site
        site.delete()


@pytest.fixture
def topics(site: Advised, busy: BusyTopic) -> Iterator[Subscriptions]:
    """A queue at all topics of the stack, with the routes that fail deployed, and without a throttle."""
    busy.throttle(0)
    if site.project.routes != ROUTES:
        site.project.routes = ROUTES
        site.changed()
    with site.watched() as topics:
        yield topics


def failing(number: int) -> bytes:
    """Return a loan that the route broken fails on."""
    return event("LOAN", "LOAN_RETURNED", id=str(number), item_loan={"topic": None})


def cause_of(site: Advised, receipt_id: str) -> dict[str, Any]:
    """Return the cause of the only dead letter of an event."""
    shown = run("dead-letters", "show", receipt_id, *site.options.split(), "--output=json").stdout
    [found] = json.loads(shown)["dead_letters"]
    return dict(found["cause"])


def attempts(site: Advised, receipt_id: str) -> list[str]:
    """Return the lines of the processor about an event, as `trace` prints them, without time and facts."""
    lines = run("trace", receipt_id, *site.options.split()).stdout.splitlines()
    return [line.partition("  processor  ")[2].partition("  ")[0] for line in lines if "  processor  " in line]


def seen(topics: Subscriptions, receipt_id: str) -> list[str]:
    """Return the topics that got an event, once for each message, after all messages have arrived."""
    eventually(lambda: topics.receive(1) == 0)
    return sorted(sighting.topic for sighting in topics.sightings if sighting.receipt_id == receipt_id)


def test_f69_the_other_routes_deliver_and_a_replay_delivers_what_is_missing(
    site: Advised, topics: Subscriptions
) -> None:
    """The dead letter has both failures, and is replayed once both are fixed; the fallback never gets the event."""
    gone = f"{site.outputs['TopicArnPrefix']}gone"
    site.aws.sns.delete_topic(TopicArn=gone)
    receipt_id = site.dead(failing(1))
    cause = cause_of(site, receipt_id)
    assert (cause["class"], cause["route"], cause["field"]) == ("template", "broken", "deliver[0].topic")
    assert [(other["class"], other["target"]) for other in cause["others"]] == [("refused", "topic:gone")]
    assert attempts(site, receipt_id) == ["outcome dead (partly delivered: 2 of 4)"]
    reconciled = run("reconcile", "--since=1h", *site.options.split(), "--output=json").stdout
    assert json.loads(reconciled)["partly_delivered"] == 1
    site.project.routes = REPAIRED
    data = fixed(site, receipt_id, code=1)
    [left] = data["left"]
    assert (data["replay"], left["recreated"]) == (None, ["topic:gone"])
    with subscribed(site.aws, {"gone": gone}, Interrupts()) as again:
        [printed] = site.follow(left["next"], Advice.subscribe_first)
        assert f"{receipt_id}  delivered to " in printed
        assert seen(again, receipt_id) == ["gone"]
    assert seen(topics, receipt_id) == ["busy", "fixed", "good"]


def test_f69_a_target_that_stays_busy_is_one_more_failure(
    site: Advised, topics: Subscriptions, busy: BusyTopic
) -> None:
    """The dead letter comes after the last receive, with both failures; the replay delivers only what is missing."""
    busy.throttle(math.inf)
    receipt_id = site.dead(failing(2))
    cause = cause_of(site, receipt_id)
    assert (cause["class"], cause["route"], cause["attempts"]) == ("template", "broken", 2)
    assert [(other["class"], other["target"]) for other in cause["others"]] == [("transient", "topic:busy")]
    assert attempts(site, receipt_id) == ["retry", "outcome dead (partly delivered: 2 of 4)"]
    assert seen(topics, receipt_id) == ["gone", "good"]
    busy.throttle(0)
    site.project.routes = REPAIRED
    assert outcomes(fixed(site, receipt_id)) == {receipt_id: "delivered"}
    assert seen(topics, receipt_id) == ["busy", "fixed", "gone", "good"]


def test_f69_transient_failures_are_retried_before_the_dead_letter_is_made(
    site: Advised, topics: Subscriptions, busy: BusyTopic
) -> None:
    """A target that is busy at the first attempt gets the event at the second; the dead letter does not name it."""
    busy.throttle(LONGEST_ATTEMPT_SECONDS)
    receipt_id = site.dead(failing(3))
    cause = cause_of(site, receipt_id)
    assert (cause["class"], cause["route"], cause["others"]) == ("template", "broken", [])
    assert attempts(site, receipt_id) == ["retry", "outcome dead (partly delivered: 3 of 4)"]
    assert seen(topics, receipt_id) == ["busy", "gone", "good"]
