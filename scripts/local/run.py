"""Run the whole pipeline on this computer: start it, send samples, serve.

Progress goes to stderr, results to stdout: for a person if stdout is a terminal, else with a ready line for programs.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from ingest import heartbeat
from processor.routing.compile import compile_routes
from scripts.alma_client.samples import Sample, load_all
from scripts.cli.exit_codes import FailedError, StoppedError
from scripts.cli.options import Output
from scripts.cli.output import notice, notices
from scripts.cli.plural import plural
from scripts.cli.signals import Interrupts
from scripts.local import pipeline
from scripts.local.observe import OutcomeLog, subscribed
from scripts.local.own_messages import own_messages
from scripts.local.run_console import served_console
from scripts.local.run_display import RunDisplay
from scripts.local.shown_queues import ShownQueues, shown_notifications, shown_parts
from scripts.local.trial import SampleResult, Trial
from scripts.local.watched_project import WatchedProject
from scripts.project.folder import Project
from scripts.project.mistakes import text_of

_LOOK_SECONDS: Final = 0.5
# The emulator goes through the log of each run that there ever was, and nothing else meanwhile. So after thousands of
# events it is asked less often, for a tenth of its time at most.
_PAUSE_PER_LOOK: Final = 9
_LONGEST_PAUSE_SECONDS: Final = 10.0


def run(
    planned: pipeline.RunPlan, *, once: bool, with_samples: bool, watch: bool = False, output: Output = Output.text
) -> None:
    """Run until Ctrl-C, or once; with `watch` apply changes of the project. Raise StoppedError after Ctrl-C.

    Raise FailedError if a sample or its notification failed with `once`.
    """
    notices(planned.warnings)
    display, samples = RunDisplay(output), _samples(planned.project)
    began = time.monotonic()
    is_serving = False
    with Interrupts() as interrupts:
        try:
            with pipeline.up(planned, interrupts, notice) as running:
                notice(f"up after {time.monotonic() - began:.1f} s")
                log = OutcomeLog(running.aws, running.stack.outputs["ProcessorLogGroupName"])
                shown = _shown(running, planned, display)
                rows = _try_samples(running, log, interrupts, samples, planned.routes) if with_samples else []
                problems = [*_shown_problems(rows, display, shown)]
                is_serving = not once
                with served_console(running, planned) if is_serving else nullcontext() as console:
                    display.ready(running.facts, _to_try(samples) if is_serving else "", console)
                    if is_serving:
                        _serve(running, log, display, shown, WatchedProject(planned, running) if watch else None)
        except KeyboardInterrupt:
            raise StoppedError("Stopped." if is_serving else "Stopped before the start was complete.") from None
        except (BotoCoreError, ClientError) as error:
            raise FailedError(f"The emulator failed: {error}") from None
    if problems:
        raise FailedError(" ".join(problems))


def _shown(running: pipeline.Pipeline, planned: pipeline.RunPlan, display: RunDisplay) -> list[ShownQueues]:
    """Return what shows the notifications and the further parts, if there are any."""
    shown = [shown_notifications(running.notifications, display)] if running.notifications else []
    if running.programs and planned.parts:
        stacks = [pipeline.STACK + part.suffix for part in planned.parts]
        shown.append(shown_parts(running.aws, stacks, running.programs, display))
    return shown


def _shown_problems(rows: list[SampleResult], display: RunDisplay, shown: Sequence[ShownQueues]) -> Iterator[str]:
    """Show the samples, and what they made in notifications and parts, and yield what went wrong with each."""
    if not rows:
        return
    display.rows(rows)
    if wrong := [row for row in rows if row.wrong]:
        yield f"{len(wrong)} of {plural(len(rows), 'sample')} failed; see FAILED above."
    for each in shown:
        if dead_letters := each.settle():
            yield each.problem(dead_letters)


def _samples(project: Project) -> list[Sample]:
    """Return the samples of the project that hold at this stage; none if it has no events."""
    own = project.folder / "events"
    return [each for each in load_all(own) if each.runs_at(pipeline.STAGE)] if own.is_dir() else []


def _try_samples(
    running: pipeline.Pipeline, log: OutcomeLog, interrupts: Interrupts, samples: list[Sample], routes: Path
) -> list[SampleResult]:
    notice("sending one signed sample of each event")
    with subscribed(running.aws, running.stack.topics, interrupts) as subscriptions:
        own = {heartbeat.PROFILE: running.heartbeat}
        trial = Trial(running.aws, subscriptions, log, running.url, running.secret, own)
        expected = (delivery for sample in samples for delivery in sample.expect.deliveries)
        messages = own_messages(compile_routes(text_of(routes)), pipeline.STAGE, expected)
        trial = trial._replace(cold_starts=running.emulator.cold_starts, own_messages=messages)
        return trial.strays(list(trial.rows(samples)))


def _to_try(samples: list[Sample]) -> str:
    """Return the first sample that is delivered, so that a person sees it arrive; empty without one."""
    return next((each.name for each in samples if each.expect.deliveries and not each.profile), "")


def _serve(
    running: pipeline.Pipeline,
    log: OutcomeLog,
    display: RunDisplay,
    shown: Sequence[ShownQueues],
    watched: WatchedProject | None,
) -> None:
    """Show events and dead letters until interrupted."""
    also = ", and applying changes of the project" if watched else ""
    notice(f"serving{also}; stop with Ctrl-C")
    known = 0
    while True:
        began = time.monotonic()
        for line in log.read():
            display.event(line)
        log.outcomes.clear()  # they are shown; kept, they would grow with every event
        look_seconds = time.monotonic() - began
        count = running.dead_letters()
        if count != known:
            display.dead_letters(count)
        known = count
        for each in shown:
            each.show()
        if watched:
            watched.apply_changes()
        time.sleep(pause_after(look_seconds))


def pause_after(look_seconds: float) -> float:
    """Return how long to wait after a look at the log that took this long, in seconds."""
    return min(max(_LOOK_SECONDS, look_seconds * _PAUSE_PER_LOOK), _LONGEST_PAUSE_SECONDS)
