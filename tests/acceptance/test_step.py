"""Tests of how the steps of an acceptance are run."""

from pathlib import Path
from typing import NoReturn

from tests.acceptance.site import NotGivenError, NotShownError, Options, Site, StepFailedError
from tests.acceptance.step import FAILED, IN_PART, NOT_GIVEN, NOT_RUN, PASSED, Step, run_steps

SITE = Site(Options("dev", "us-east-1", "http://127.0.0.1:1", "", "", Path("unused")))


def raising(error: BaseException) -> Step:
    """Return a step that raises this."""

    def run(_: Site) -> NoReturn:
        raise error

    return Step(type(error).__name__, "", run)


def passing(name: str = "passing") -> Step:
    """Return a step that passes."""
    return Step(name, "", lambda _: "seen")


def statuses(*steps: Step) -> list[str]:
    """Run the steps and return their statuses."""
    return [each.status for each in run_steps(steps, SITE, lambda _: None)]


def test_each_step_has_its_result() -> None:
    """A step passes, fails, goes as far as the emulator does, or lacks a flag; the others are run anyway."""
    ended = statuses(
        passing(),
        raising(StepFailedError("x")),
        raising(NotShownError("x")),
        raising(NotGivenError("x")),
        raising(AssertionError("not seen within 20 s")),
        passing(),
    )
    assert ended == [PASSED, FAILED, IN_PART, NOT_GIVEN, FAILED, PASSED]


def test_nothing_runs_without_a_deployment_but_the_clean_up_does() -> None:
    """After a failed essential step only those that always run are run."""
    first = raising(StepFailedError("x"))._replace(essential=True)
    assert statuses(first, passing(), passing()._replace(always=True)) == [FAILED, NOT_RUN, PASSED]


def test_an_interruption_ends_the_run_with_the_clean_up() -> None:
    """Ctrl-C ends the step and skips the others, and what was made is deleted."""
    assert statuses(raising(KeyboardInterrupt()), passing(), passing()._replace(always=True)) == [
        FAILED,
        NOT_RUN,
        PASSED,
    ]


def test_a_result_says_how_long_and_why() -> None:
    """A failure is given with its class and text, and seconds are those of the monotonic clock."""
    clock = iter([1.0, 3.5])
    [result] = run_steps([raising(StepFailedError("no 429"))], SITE, lambda _: None, lambda: next(clock))
    assert (result.detail, result.seconds) == ("StepFailedError: no 429", 2.5)
