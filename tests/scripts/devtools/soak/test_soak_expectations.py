"""What a body must lead to, by the shipped routes."""

import pytest

from processor.alma.events import parse
from processor.deliveries import Deliveries
from processor.delivery import TopicDelivery
from processor.outcomes import Outcome
from processor.routing.compile import load
from processor.routing.router import Router
from processor.targets.target import Sent
from scripts.devtools.soak.soak_expectations import Expected, digest_of, expected_of, record_of
from scripts.routes.check import ROUTES
from tests.processor.records import MemoryRecords
from tests.samples import body_of, envelope_of

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
