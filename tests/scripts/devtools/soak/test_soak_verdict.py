"""The soak's verdict: what is lost, doubled, unexplained or from nowhere is named, and what is right is not."""

from collections.abc import Sequence

import pytest

from processor.alma.events import parse
from processor.deliveries import Deliveries
from processor.delivery import TopicDelivery
from processor.outcomes import Outcome
from processor.routing.compile import load
from processor.routing.router import Router
from processor.targets.target import Sent
from scripts.devtools.soak.soak_verdict import Arrival, Expected, Findings, digest_of, expected_of, judge, record_of
from scripts.routes.check import ROUTES
from tests.processor.records import MemoryRecords
from tests.samples import body_of, envelope_of

LOAN = Expected(topics=frozenset({"loan-created"}))
JOB = Expected(executions=frozenset({"pod-1"}))
BOTH = Expected(topics=frozenset({"a", "b"}))
POISON = Expected(is_dead=True)
IGNORED = Expected()


def found(
    expected: dict[str, Expected],
    arrivals: list[tuple[str, str, str]] | None = None,
    executions: tuple[str, ...] = (),
    dead: tuple[str, ...] = (),
    explained: int = 0,
) -> Findings:
    """Arrivals are digest, topic and message id; a number of each message's repetitions is explained."""
    copies = [Arrival(digest, topic, 1.0, message_id) for digest, topic, message_id in arrivals or []]
    return judge(expected, copies, executions, dead, lambda one, _: max(len(one) - 1 - explained, 0))


def test_all_as_expected_is_good() -> None:
    """Each event where it belongs, once; a dead letter is where it belongs, and an ignored event is nowhere."""
    expected = {"d1": LOAN, "d2": JOB, "d3": POISON, "d4": IGNORED, "d5": BOTH}
    arrivals = [("d1", "loan-created", "m1"), ("d5", "a", "m2"), ("d5", "b", "m3")]
    result = found(expected, arrivals, ("pod-1",), ("d3",))
    assert result.is_good
    assert result.counts == {"events": 5, "messages": 3, "published again": 0, "executions": 1, "dead letters": 1}


@pytest.mark.parametrize(
    ("expected", "arrivals", "executions", "lost"),
    [
        ({"d1": LOAN}, [], (), ["loan-created: d1"]),
        ({"d1": BOTH}, [("d1", "a", "m1")], (), ["b: d1"]),
        ({"d1": JOB}, [], (), ["execution pod-1"]),
        ({"d1": POISON}, [], (), ["dead letter d1"]),
    ],
)
def test_what_did_not_come_out_is_lost(
    expected: dict[str, Expected], arrivals: list[tuple[str, str, str]], executions: tuple[str, ...], lost: list[str]
) -> None:
    """It is named by its digest and where it should be; nothing else is said of it."""
    result = found(expected, arrivals, executions)
    assert (result.lost, result.is_good) == (lost, False)


def test_a_repeated_execution_is_never_excused() -> None:
    """No kill explains it."""
    result = found({"d2": JOB}, executions=("pod-1", "pod-1"), explained=9)
    assert (result.doubled, result.is_good) == (["execution pod-1"], False)


def test_a_message_twice_is_bad_where_nothing_explains_it() -> None:
    """Each copy beyond the first needs its own cause; which one is for the ledger of calls to say."""
    arrivals = [("d1", "loan-created", message_id) for message_id in ("m1", "m2", "m3")]
    assert found({"d1": LOAN}, arrivals, explained=2).is_good
    result = found({"d1": LOAN}, arrivals, explained=1)
    assert (result.unexplained, result.is_good) == (["loan-created: d1: 1 of 3 copies"], False)
    assert result.counts["published again"] == 2


def test_one_publish_that_a_subscriber_received_twice_is_one() -> None:
    """On a busy computer a received message becomes visible again before it is deleted: nobody published it twice."""
    result = found({"d1": LOAN}, [("d1", "loan-created", "m1"), ("d1", "loan-created", "m1")])
    assert result.is_good
    assert result.counts["published again"] == 0


def test_the_cause_is_looked_for_with_the_event_that_the_message_is_of() -> None:
    """Its expectation has the delivery's record."""
    asked: list[tuple[list[str], Expected]] = []
    copies = [Arrival("d1", "loan-created", 1.0, "m1"), Arrival("d9", "loan-created", 1.0, "m2")]

    def unexplained(one: Sequence[Arrival], expected: Expected) -> int:
        asked.append(([each.message_id for each in one], expected))
        return 0

    judge({"d1": LOAN}, copies, (), (), unexplained)
    assert asked == [(["m1"], LOAN), (["m2"], Expected())]


@pytest.mark.parametrize(
    ("arrivals", "executions", "dead", "strays"),
    [
        ([("d1", "loan-created", "m1"), ("d1", "other", "m1")], (), (), ["other: d1"]),
        ([("d1", "loan-created", "m1"), ("d9", "loan-created", "m1")], (), (), ["loan-created: d9"]),
        ([("d1", "loan-created", "m1")], ("pod-9",), (), ["execution pod-9"]),
        ([("d1", "loan-created", "m1")], (), ("d1",), ["dead letter d1"]),
    ],
)
def test_what_comes_from_nowhere_is_named(
    arrivals: list[tuple[str, str, str]], executions: tuple[str, ...], dead: tuple[str, ...], strays: list[str]
) -> None:
    """Another topic, a body that nobody sent, an execution of no job, a dead letter of a delivered event."""
    result = found({"d1": LOAN}, arrivals, executions, dead)
    assert (result.strays, result.is_good) == (strays, False)


ROUTER = Router(load(ROUTES), "dev")


@pytest.mark.parametrize(
    ("sample", "topics"),
    [("loan-created", {"loan-created"}), ("bib-updated", {"bib-updated"}), ("notification", {"other"})],
)
def test_an_event_with_a_topic_is_expected_there(sample: str, topics: set[str]) -> None:
    """And nowhere else."""
    assert expected_of(body_of(sample), ROUTER, "alma") == Expected(
        topics=frozenset(topics), records={topic: record_of(key_of(sample, topic)) for topic in topics}
    )


def key_of(sample: str, topic: str) -> str:
    [delivery] = ROUTER.plan(parse(body_of(sample)), envelope_of(body_of(sample))).deliveries
    assert delivery.name == topic
    return delivery.key


def test_a_record_is_named_as_the_processor_names_it() -> None:
    """The soak finds a delivery's record among the calls by this id."""
    records = MemoryRecords()
    deliveries = Deliveries(records, {"topic": Topic()})
    deliveries.register(lambda: 30.0)
    deliveries.make(TopicDelivery("loans", "loan-created", "the key", "{}", {}), "digest", lambda: 30.0)
    assert list(records.kept) == [record_of("the key")]


class Topic:
    """Takes everything."""

    def deliver(self, _delivery: object) -> Sent:
        return Sent(Outcome.DELIVERED)


def test_a_job_is_expected_as_an_execution_by_its_name() -> None:
    """The name is the one that the processor would start it by."""
    [name] = expected_of(body_of("job-end-pod"), ROUTER, "alma").executions
    assert name.startswith("pod-")
    assert expected_of(body_of("job-end-pod"), ROUTER, "other").executions != {name}


def test_an_ignored_event_leads_to_nothing_and_poison_to_a_dead_letter() -> None:
    """A job of somebody else, and what is no event."""
    assert expected_of(body_of("job-end-other"), ROUTER, "alma") == Expected()
    assert expected_of(b"poison", ROUTER, "alma") == Expected(is_dead=True)


def test_a_body_is_known_by_its_digest() -> None:
    """SHA-256, as on the keys of large bodies."""
    # pragma: allowlist nextline secret -- the digest of the dead letter x
    assert digest_of(b"x") == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
