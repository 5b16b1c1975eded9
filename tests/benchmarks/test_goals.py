"""Goals: found in a report, met or missed."""

from benchmarks.goals import GOALS, judged
from tests.benchmarks.reports import report


def test_every_goal_finds_its_figure_in_a_whole_report() -> None:
    """None is left out unseen because a name in the report has changed."""
    assert [goal["figure"] for goal in judged(report())] == [goal.figure for goal in GOALS]


def test_a_goal_is_met_by_the_limit_itself_and_missed_above() -> None:
    """A figure, what it may be, what it is."""
    found = {goal["figure"]: (goal["value"], goal["is_met"]) for goal in judged(report())}
    assert found["ingest cold ÷ bare interpreter"] == (2.9, True)
    assert found["processor cold ÷ boto3 with the same clients"] == (1.6, False)
    assert found["processor CPU ÷ the version before, topic"] == (0.7, True)
    assert found["processor CPU ÷ the version before, topic, 200 KB"] == (0.7, False)
    assert found["ingest cold at 128 MB, everything throttled, s"] == (0.8, True)
    assert found["ingest cold at its slowest, s"] == (0.8, True)


def test_a_call_that_is_repeated_misses_its_goal() -> None:
    """Three calls are no more than may be, but one of them twice is one too many."""
    found = {goal["figure"]: goal["is_met"] for goal in judged(report())}
    assert found["SDK calls, one event to a state machine"]
    assert not found["the same SDK call, for one event to one target"]


def test_what_was_not_measured_has_no_goals() -> None:
    """Neither met nor missed: the part is not there, or there were no control groups."""
    only_ingest = {"ingest": report()["ingest"]}
    assert len(judged(only_ingest)) == 5
    assert judged({"shares": {"available": False, "why": "no groups"}}) == []


def test_without_the_version_before_its_goals_are_not_judged() -> None:
    """All other goals of the processor are."""
    before = ("messages_before", "cpu_ratios")
    processor = {name: part for name, part in report()["processor"].items() if name not in before}
    figures = [goal["figure"] for goal in judged({"processor": processor})]
    assert len(figures) == 4
    assert not any("the version before" in figure for figure in figures)
