"""The soak's verdict: what is lost, doubled, unexplained or from nowhere is named, and what is right is not."""

import pytest

from scripts.measure.soak_expectations import Expected
from scripts.measure.soak_verdict import Arrival, Findings, judge

LOAN = Expected(topics=frozenset({"loan-created"}))
JOB = Expected(executions=frozenset({"pod-1"}))
BOTH = Expected(topics=frozenset({"a", "b"}))
POISON = Expected(is_dead=True)
IGNORED = Expected()


def found(
    expected: dict[str, Expected],
    arrivals: list[tuple[str, str, float]] | None = None,
    executions: tuple[str, ...] = (),
    dead: tuple[str, ...] = (),
    disturbances: tuple[float, ...] = (),
) -> Findings:
    return judge(expected, [Arrival(*one) for one in arrivals or []], executions, dead, disturbances)


def test_all_as_expected_is_good() -> None:
    """Each event where it belongs, once; a dead letter is where it belongs, and an ignored event is nowhere."""
    expected = {"d1": LOAN, "d2": JOB, "d3": POISON, "d4": IGNORED, "d5": BOTH}
    arrivals = [("d1", "loan-created", 1.0), ("d5", "a", 1.0), ("d5", "b", 1.0)]
    result = found(expected, arrivals, ("pod-1",), ("d3",))
    assert result.is_good
    assert result.counts == {"events": 5, "messages": 3, "published again": 0, "executions": 1, "dead letters": 1}


@pytest.mark.parametrize(
    ("expected", "arrivals", "executions", "lost"),
    [
        ({"d1": LOAN}, [], (), ["loan-created: d1"]),
        ({"d1": BOTH}, [("d1", "a", 1.0)], (), ["b: d1"]),
        ({"d1": JOB}, [], (), ["execution pod-1"]),
        ({"d1": POISON}, [], (), ["dead letter d1"]),
    ],
)
def test_what_did_not_come_out_is_lost(
    expected: dict[str, Expected], arrivals: list[tuple[str, str, float]], executions: tuple[str, ...], lost: list[str]
) -> None:
    """It is named by its digest and where it should be; nothing else is said of it."""
    result = found(expected, arrivals, executions)
    assert (result.lost, result.is_good) == (lost, False)


def test_an_execution_twice_is_doubled_whatever_happened() -> None:
    """No kill explains it."""
    result = found({"d2": JOB}, executions=("pod-1", "pod-1"), disturbances=(1.0,))
    assert (result.doubled, result.is_good) == (["execution pod-1"], False)


@pytest.mark.parametrize(
    ("times", "disturbances", "unexplained"),
    [
        ([10.0, 20.0], (15.0,), 0),
        ([10.0, 20.0], (9.0,), 1),
        ([10.0, 20.0], (22.0,), 1),
        ([10.0, 10.0], (10.7,), 0),  # the engine cuts to whole seconds
        ([10.0, 20.0, 30.0], (15.0,), 1),
        ([10.0, 20.0, 30.0], (15.0, 16.0), 1),
        ([30.0, 10.0, 20.0], (15.0, 25.0), 0),
        ([10.0, 20.0], (), 1),
    ],
)
def test_a_message_twice_needs_a_disturbance_in_between(
    times: list[float], disturbances: tuple[float, ...], unexplained: int
) -> None:
    """Each repetition one of its own, between the two copies."""
    result = found({"d1": LOAN}, [("d1", "loan-created", at) for at in times], disturbances=disturbances)
    assert len(result.unexplained) == unexplained
    assert result.is_good is (unexplained == 0)
    assert result.counts["published again"] == len(times) - 1


def test_one_disturbance_does_not_explain_two_messages() -> None:
    """One worker that was killed had one message."""
    arrivals = [(digest, "loan-created", at) for digest in ("d1", "d2") for at in (10.0, 20.0)]
    result = found({"d1": LOAN, "d2": LOAN}, arrivals, disturbances=(15.0,))
    assert result.unexplained == ["loan-created: d2 at 10 and 20"]


def test_disturbances_are_given_to_those_that_nothing_else_explains() -> None:
    """A message that came again much later leaves the early moment to one that came again at once."""
    arrivals = [("d1", "loan-created", at) for at in (0.0, 90.0)] + [("d2", "loan-created", at) for at in (10.0, 20.0)]
    assert found({"d1": LOAN, "d2": LOAN}, arrivals, disturbances=(15.0, 60.0)).is_good


@pytest.mark.parametrize(
    ("arrivals", "executions", "dead", "strays"),
    [
        ([("d1", "loan-created", 1.0), ("d1", "other", 1.0)], (), (), ["other: d1"]),
        ([("d1", "loan-created", 1.0), ("d9", "loan-created", 1.0)], (), (), ["loan-created: d9"]),
        ([("d1", "loan-created", 1.0)], ("pod-9",), (), ["execution pod-9"]),
        ([("d1", "loan-created", 1.0)], (), ("d1",), ["dead letter d1"]),
    ],
)
def test_what_comes_from_nowhere_is_named(
    arrivals: list[tuple[str, str, float]], executions: tuple[str, ...], dead: tuple[str, ...], strays: list[str]
) -> None:
    """Another topic, a body that nobody sent, a workflow of no job, a letter of an event that was delivered."""
    result = found({"d1": LOAN}, arrivals, executions, dead)
    assert (result.strays, result.is_good) == (strays, False)
