"""Run the whole pipeline on this computer: start it, send samples, serve."""

import time
from typing import Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from ingest import heartbeat
from scripts.alma_client import samples
from scripts.cli.exit_codes import FailedError, StoppedError
from scripts.cli.plural import plural
from scripts.cli.signals import Interrupts
from scripts.local import pipeline
from scripts.local.observe import OutcomeLog, subscribed
from scripts.local.show import RunOutput
from scripts.local.trial import ProfileEndpoint, SampleResult, Trial

_LOOK_SECONDS: Final = 0.5


class Run(NamedTuple):
    """A plan, and how far to carry it out."""

    plan: pipeline.RunPlan
    once: bool
    with_samples: bool


def run(chosen: Run, show: RunOutput) -> None:
    """Run until Ctrl-C, or once. Raise StoppedError after Ctrl-C, FailedError if a sample failed with `once`."""
    began = time.monotonic()
    is_serving = False
    with Interrupts() as interrupts:
        try:
            with pipeline.up(chosen.plan, interrupts, show.progress) as running:
                show.progress(f"up after {time.monotonic() - began:.1f} s")
                log = OutcomeLog(running.aws, running.stack.outputs["ProcessorLogGroupName"])
                rows = _try_samples(running, log, interrupts, show) if chosen.with_samples else []
                show.ready(running.facts)
                is_serving = not chosen.once
                if is_serving:
                    _serve(running, log, show)
        except KeyboardInterrupt:
            raise StoppedError("Stopped." if is_serving else "Stopped before the start was complete.") from None
        except (BotoCoreError, ClientError) as error:
            raise FailedError(f"The emulator failed: {error}") from None
    wrong = [row for row in rows if row.wrong]
    if wrong:
        raise FailedError(f"{len(wrong)} of {plural(len(rows), 'sample')} failed; see FAILED above.")


def _try_samples(
    running: pipeline.Pipeline, log: OutcomeLog, interrupts: Interrupts, show: RunOutput
) -> list[SampleResult]:
    show.progress("sending one signed sample of each event")
    with subscribed(running.aws, running.stack.topics, interrupts) as subscriptions:
        own = {heartbeat.PROFILE: ProfileEndpoint(*running.heartbeat)}
        trial = Trial(running.aws, subscriptions, log, running.url, running.secret, own)
        rows = trial.strays(list(trial.rows(samples.load_all())))
    show.rows(rows)
    return rows


def _serve(running: pipeline.Pipeline, log: OutcomeLog, show: RunOutput) -> None:
    """Show events and dead letters until interrupted."""
    show.progress("serving; stop with Ctrl-C")
    known = 0
    while True:
        for line in log.read():
            show.event(line)
        count = running.dead_letters()
        if count != known:
            show.dead_letters(count)
        known = count
        time.sleep(_LOOK_SECONDS)
