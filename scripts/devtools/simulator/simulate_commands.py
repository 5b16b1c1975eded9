"""The command `simulate`: flags, printing and exit codes only; the modules beside this one do the work."""

import json
import math
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from scripts.cli.exit_codes import FailedError, StoppedError
from scripts.cli.options import Output, OutputOption, StageName
from scripts.cli.plural import plural
from scripts.devtools.simulator.planned_posts import Injections
from scripts.devtools.simulator.simulate import SimulationOptions, parse_rate
from scripts.devtools.simulator.simulate import simulate as run_simulation
from scripts.devtools.simulator.simulation import Pacing
from scripts.devtools.simulator.simulation_show import lines, progress
from scripts.local.commands import EmulatorOption, SigningProfileOption, StageOption, UrlArgument
from scripts.local.send import Sender

EventsOption = Annotated[int, typer.Option(help="How many events; duplicates come on top.")]
SecondsOption = Annotated[float | None, typer.Option(help="Begin no event after so many seconds.")]
RateOption = Annotated[str, typer.Option(help="Events a second, or max.")]
MixOption = Annotated[
    str, typer.Option(metavar="NAME=WEIGHT,…", help="Shares of families or samples; weight 1 if none.")
]
SeedOption = Annotated[int | None, typer.Option(help="The same seed makes the same events; else a random one.")]
TimeScaleOption = Annotated[
    float, typer.Option(help="So many of Alma's seconds in one before a retry; 1 is real time.")
]
DuplicatesOption = Annotated[float, typer.Option(help="The share of events that are posted again later.")]
ReorderOption = Annotated[float, typer.Option(help="The share that is swapped with the next.")]
BadSignaturesOption = Annotated[float, typer.Option(help="The share that is signed with a wrong secret: 401 is right.")]
OddBytesOption = Annotated[float, typer.Option(help="The share that is signed well and strange: 200 is right.")]
ConcurrencyOption = Annotated[int, typer.Option(help="Posts at a time, at most.")]
HostOption = Annotated[str | None, typer.Option(metavar="HOST", help="Post to this host, which is not this computer.")]
RecordOption = Annotated[
    Path | None, typer.Option(help="Write a JSON line for each accepted post to this file.", dir_okay=False)
]

_MIX = "LOAN=40,REQUEST=20,BIB=15,USER=10,ITEM=10,JOB_END=3,NOTIFICATION,HOLDING"


def simulate(
    url: UrlArgument,
    events: EventsOption = 100,
    seconds: SecondsOption = None,
    rate: RateOption = "20",
    mix: MixOption = _MIX,
    seed: SeedOption = None,
    time_scale: TimeScaleOption = 3600,
    duplicates: DuplicatesOption = 0,
    reorder: ReorderOption = 0,
    bad_signatures: BadSignaturesOption = 0,
    odd_bytes: OddBytesOption = 0,
    concurrency: ConcurrencyOption = 8,
    stage: StageOption = StageName.dev,
    profile: SigningProfileOption = None,
    endpoint_url: EmulatorOption = None,
    confirm_host: HostOption = None,
    record: RecordOption = None,
    output: OutputOption = Output.text,
) -> None:
    """Posts many events as Alma would, retries and all. Exits 1 when one was lost, given up on or a surprise.

    The secret is found as by send. Ctrl-C stops it and still prints the summary.
    """
    injections = Injections(duplicates, reorder, bad_signatures, odd_bytes)
    pacing = Pacing(parse_rate(rate), time_scale, concurrency, math.inf if seconds is None else seconds)
    sender = Sender(stage.value, profile, endpoint_url)
    _show(SimulationOptions(url, sender, events, mix, injections, pacing, seed, confirm_host, record), output)


def _show(options: SimulationOptions, output: Output) -> None:
    """Runs it and prints the summary. Raises FailedError unless all ended as it should."""
    with progress(Console(stderr=True, soft_wrap=True, highlight=False, markup=False), options.events) as report:
        summary = run_simulation(options, report)
    typer.echo(json.dumps(summary, indent=2) if output is Output.json else "\n".join(lines(summary)))
    _raise_unless_good(summary)


def _raise_unless_good(summary: dict[str, Any]) -> None:
    if not summary["is_whole"]:
        raise StoppedError(
            f"Stopped before it was done: {plural(summary['unfinished'], 'event')} would have been tried again."
        )
    if summary["unexpected"]:
        raise FailedError(
            f"Of {plural(summary['sent'], 'post')}, {plural(summary['lost'], 'was', 'were')} lost, "
            f"{summary['given_up']} given up on, and "
            f"{summary['surprise']} had an answer that nobody expects."
        )
