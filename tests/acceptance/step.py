"""Steps of the acceptance and their results."""

import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from tests.acceptance.site import NotGivenError, NotShownError, Site

PASSED: Final = "passed"
IN_PART: Final = "in part"  # as far as the emulator goes
NOT_GIVEN: Final = "not given"
NOT_RUN: Final = "not run"
FAILED: Final = "failed"

_LONGEST_REASON: Final = 600


class Step(NamedTuple):
    """One step: its name, what it shows, and a function that returns what was seen, or raises.

    Without an `essential` step, such as the deployment, the later ones are not run; those that clean up `always` run.
    """

    name: str
    shows: str
    run: Callable[[Site], str]
    essential: bool = False
    always: bool = False


class StepResult(NamedTuple):
    """The result of a step: one of the words above, what was seen or why it failed, and seconds."""

    step: Step
    status: str
    detail: str
    seconds: float


def run_steps(
    steps: Sequence[Step],
    site: Site,
    report: Callable[[str], None],
    monotonic: Callable[[], float] = time.monotonic,
) -> list[StepResult]:
    """Run the steps in order and return their results, also after an interruption. A failure does not end the run."""
    results: list[StepResult] = []
    blocked = ""
    for step in steps:
        if blocked and not step.always:
            results.append(StepResult(step, NOT_RUN, blocked, 0.0))
            continue
        report(f"{step.name}: {step.shows}")
        begun = monotonic()
        try:
            status, detail = _run(step, site)
        except KeyboardInterrupt:
            status, detail, blocked = FAILED, "interrupted", "interrupted"
        results.append(StepResult(step, status, detail, monotonic() - begun))
        report(f"{step.name}: {status}. {detail}")
        if status == FAILED and step.essential and not blocked:
            blocked = f"{step.name} failed"
    return results


def _run(step: Step, site: Site) -> tuple[str, str]:
    try:
        return PASSED, step.run(site)
    except NotShownError as limit:
        return IN_PART, str(limit)
    except NotGivenError as missing:
        return NOT_GIVEN, str(missing)
    except Exception as error:  # noqa: BLE001 -- the report shows it, and the other steps are run
        return FAILED, f"{type(error).__name__}: {error}"[:_LONGEST_REASON]
