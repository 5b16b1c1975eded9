"""The command `simulate`: flags, progress, summary and exit codes."""

import json
import math
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from scripts.cli.exit_codes import FailedError, StoppedError
from scripts.cli.flag_groups import expand
from scripts.cli.options import Output, OutputOption, StackFlags
from scripts.cli.plural import plural
from scripts.cli.progress import live_progress
from scripts.devtools.simulator.planned_posts import Injections
from scripts.devtools.simulator.simulate import SimulationOptions, parse_rate
from scripts.devtools.simulator.simulate import simulate as run_simulation
from scripts.devtools.simulator.simulation import Pacing
from scripts.devtools.simulator.simulation_tally import Tally
from scripts.local.commands import SigningProfileOption, UrlArgument
from scripts.local.sender import sender_at

EventsOption = Annotated[int, typer.Option(help="The number of events, not counting duplicates.")]
SecondsOption = Annotated[float | None, typer.Option(help="Post no new event after this many seconds.")]
RateOption = Annotated[str, typer.Option(help="Events per second, or max.")]
MixOption = Annotated[
    str, typer.Option(metavar="NAME=WEIGHT,…", help="Weights of event families or samples; a weight is 1 unless given.")
]
SeedOption = Annotated[int | None, typer.Option(help="A seed that makes the events reproducible; default: random.")]
TimeScaleOption = Annotated[float, typer.Option(help="Speed-up of Alma's retry delays; 1 is real time.")]
DuplicatesOption = Annotated[float, typer.Option(help="Share of events to post a second time later.")]
ReorderOption = Annotated[float, typer.Option(help="Share of events to swap with the next one.")]
BadSignaturesOption = Annotated[
    float, typer.Option(help="Share of events to sign with a wrong secret; 401 is expected.")
]
OddBytesOption = Annotated[
    float, typer.Option(help="Share of correctly signed events with unusual bytes; 200 is expected.")
]
ConcurrencyOption = Annotated[int, typer.Option(help="Maximum number of concurrent posts.")]
HostOption = Annotated[
    str | None, typer.Option(metavar="HOST", help="To post to another host than this computer, repeat its name.")
]
RecordOption = Annotated[
    Path | None, typer.Option(help="Write one JSON line per accepted post to this file.", dir_okay=False)
]

_UNEXPECTED = {
    "lost": "rejected by mistake",
    "dropped": "without success after all retries",
    "surprise": "with an unexpected response",
}

_LINE_EVERY_SECONDS = 10.0
_MOST_SHOWN: Final = 20
_MIX = "LOAN=40,REQUEST=20,BIB=15,USER=10,ITEM=10,JOB_END=3,NOTIFICATION,HOLDING"


@expand
def simulate(
    *,
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
    profile: SigningProfileOption = None,
    confirm_host: HostOption = None,
    record: RecordOption = None,
    stack: StackFlags,
    output: OutputOption = Output.text,
) -> None:
    """Post many events as Alma would, including retries. Exit with 1 if a post ended unexpectedly.

    The secret is found as `send` finds it. After Ctrl-C the summary is still printed.

    Example: alma-webhooks simulate https://HOST/webhooks/alma --events 200 --duplicates 0.05
    """
    injections = Injections(duplicates, reorder, bad_signatures, odd_bytes)
    pacing = Pacing(parse_rate(rate), time_scale, concurrency, math.inf if seconds is None else seconds)
    sender = sender_at(url, stack, profile)
    _show(SimulationOptions(url, sender, events, mix, injections, pacing, seed, confirm_host, record), output)


def _show(options: SimulationOptions, output: Output) -> None:
    """Run the simulation and print its summary. Raise FailedError if a post ended unexpectedly."""
    console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    with live_progress(console, _LINE_EVERY_SECONDS, options.events) as progress:
        summary = run_simulation(options, lambda tally: progress("", counts(tally), tally.events))
    typer.echo(json.dumps(summary, indent=2) if output is Output.json else "\n".join(lines(summary)))
    _raise_unless_good(summary)


def _raise_unless_good(summary: dict[str, Any]) -> None:
    if not summary["is_whole"]:
        raise StoppedError(f"Stopped early: {plural(summary['unfinished'], 'event')} would have been retried.")
    if summary["unexpected"]:
        raise FailedError(
            f"{len(summary['unexpected'])} of {plural(summary['sent'], 'post')} ended unexpectedly: "
            + ", ".join(f"{summary[key]} {text}" for key, text in _UNEXPECTED.items() if summary[key])
            + "."
        )


def counts(tally: Tally) -> str:
    """Return the current counts as a line."""
    return (
        f"{tally.sent} sent, {tally.unfinished} in progress or waiting for a retry, {len(tally.unexpected)} unexpected"
    )


def lines(summary: dict[str, Any]) -> list[str]:
    """Return the summary as lines, with the first unexpected results."""
    rate, latency = summary["rate"], summary["latency_ms"]
    pace = f", {rate} per second" if rate else ""
    shown = [
        f"sent         {summary['sent']} in {summary['seconds']} s{pace} (seed {summary['seed']})",
        f"injected     {_named(summary['injected'])}",
        f"accepted     {summary['accepted']}",
        f"rejected     {summary['rejected']}, as expected",
        *(f"{name:<13}{summary[name]}" for name in ("retried", "unanswered", "lost", "dropped")),
        f"unexpected   {summary['surprise']}",
        f"unfinished   {summary['unfinished']}",
        f"latency      {_named(latency)} ms" if latency else "latency      -",
    ]
    unexpected = summary["unexpected"]
    shown += [f"UNEXPECTED: {_unexpected(each)}" for each in unexpected[:_MOST_SHOWN]]
    more = len(unexpected) - _MOST_SHOWN
    return [*shown, f"… and {more} more; --output json has them all"] if more > 0 else shown


def _named(counts: dict[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items())


def _unexpected(ended: dict[str, Any]) -> str:
    called = f"receipt {ended['receipt_id']}" if ended["receipt_id"] else "no receipt id"
    answer = ended["status"] or "no response"
    tries = f"after {plural(ended['attempts'], 'attempt')}" if ended["attempts"] > 1 else "at the first attempt"
    return f"post {ended['number']}, {ended['event']}: {ended['verdict']}, {answer} {tries}, {called}"
