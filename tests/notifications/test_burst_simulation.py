"""Bursts of events through several workers at once: the service is asked at most once a second, and nothing is lost."""

from itertools import pairwise

import pytest

from tests.notifications.sender_case import notification
from tests.notifications.simulated_world import Simulation, as_line, counts, event_texts

EVENTS = [notification(number=number) for number in range(400)]


@pytest.mark.parametrize(
    ("seed", "workers", "within", "slow"),
    [
        (1, 8, 5.0, 0.0),
        (26, 30, 100.0, 0.1),
        pytest.param(2, 3, 70.0, 0.0, marks=pytest.mark.full),
        pytest.param(3, 20, 0.0, 0.0, marks=pytest.mark.full),
    ],
)
def test_each_of_400_events_is_sent_or_counted_at_one_message_a_second(
    seed: int, workers: int, within: float, slow: float
) -> None:
    """None is lost or sent twice, although some messages are delivered twice and some operations are slow."""
    simulation = Simulation(seed, slow=slow)
    simulation.run(EVENTS, workers, within)
    received = simulation.chat.received
    texts = [each.text for each in received]
    sent = event_texts(texts)
    assert len(set(sent)) == len(sent), as_line(received)
    assert len(sent) + counts(texts) == len(EVENTS), as_line(received)
    assert min(later.at - earlier.at for earlier, later in pairwise(received)) >= 1.0 - 1e-6, as_line(received)
    assert (simulation.dead_letters.kept, simulation.simulated.redriven) == ([], [])


@pytest.mark.parametrize("seed", [5, *(pytest.param(seed, marks=pytest.mark.full) for seed in (6, 7))])
def test_nothing_is_lost_when_workers_die(seed: int) -> None:
    """Each event was sent or counted in one summary; only what a dead worker may have sent comes twice."""
    simulation = Simulation(seed, dies=0.01)
    simulation.chat.dies = 0.2
    simulation.run(EVENTS, workers=8, within=20.0)
    texts = list({each.id: each.text for each in simulation.chat.received}.values())
    assert len(event_texts(texts)) + counts(texts) == len(EVENTS)
    assert (simulation.dead_letters.kept, simulation.simulated.redriven) == ([], [])
    assert len(simulation.chat.received) > len(texts)
    assert simulation.killed > 5
