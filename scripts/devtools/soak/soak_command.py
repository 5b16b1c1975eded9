"""The command `soak`: flags, progress, report and exit code."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.cli.options import Output, OutputOption
from scripts.cli.plural import plural

EventsOption = Annotated[int, typer.Option(min=1, max=1_000_000, help="The number of events, not counting duplicates.")]
SeedOption = Annotated[int, typer.Option(help="A seed that makes events and planned faults reproducible.")]
HoldOption = Annotated[
    bool, typer.Option("--hold", help="Hold the events until all are sent, then report their drain; kill no processor.")
]
OutOption = Annotated[Path, typer.Option(help="The folder for the report.", file_okay=False)]


def soak(
    events: EventsOption = 1000,
    seed: SeedOption = 1,
    hold: HoldOption = False,  # noqa: FBT002 -- a flag
    out: OutOption = Path("build"),
    output: OutputOption = Output.text,
) -> None:
    """Soak-test the pipeline locally with a simulated Alma and injected faults. Exit with 1 if a guarantee is broken.

    Kills workers, throttles and denies calls to AWS, loses responses and rotates a secret. Writes build/soak.json.

    Example: alma-webhooks soak --events 1000 --seed 1
    """
    from scripts.devtools.soak.soak import soak as run_soak  # only now, because it imports the AWS SDK

    show = Console(stderr=True, soft_wrap=True, highlight=False, markup=False).print
    report = run_soak(events, seed, show, holds=hold)
    path = _written(report, out)
    typer.echo(json.dumps(report, indent=2) if output is Output.json else "\n".join(_lines(report)))
    if waiting := report["left_waiting"]:
        raise FailedError(
            f"No verdict: {plural(waiting, 'message')} still queued after ten minutes without a call. See {path}, and "
            "run the soak test again on a less busy computer."
        )
    if not report["is_good"]:
        raise FailedError(f"A guarantee was broken; see {path}.")


def _written(report: dict[str, Any], folder: Path) -> Path:
    """Write the report to a file of the folder, and return its path. Raise ConfigurationError if that fails."""
    path = folder / "soak.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"Cannot write the report {path}: {error.strerror}.") from None
    return path


def _lines(report: dict[str, Any]) -> Iterator[str]:
    found, alma = report["found"], report["alma"]
    counts = ", ".join(f"{name} {count}" for name, count in found["counts"].items())
    yield f"seed {report['seed']}: {counts}, in {report['seconds']} s"
    retried = f"{alma['retried']} ({report['excused']} with a recorded cause)"
    yield f"alma: sent {alma['sent']}, accepted {alma['accepted']}, retried {retried}"
    faults = ", ".join(f"{name} {count}" for name, count in report["injected"].items())
    kills = ", ".join(f"{count} of {name}" for name, count in report["kills"].items())
    yield f"faults: workers killed {kills or 0}; replayed {report['replayed']}; {faults}"
    for row in report["growth"]:
        pace = f"{row['rate']}/s  {row['ms_per_message']} ms each"
        yield f"growth: {row['arrived']:7} arrived  {pace}  {row['megabytes']} MB  {plural(row['kills'], 'kill')}"
    if drain := report.get("drain"):
        messages, runs = plural(drain["queued"], "message"), plural(len(drain["runs"]), "run")
        yield f"drain: {messages} held, {runs} in {drain['seconds']} s"
    for promise, is_kept in report["promises"].items():
        yield f"{'kept  ' if is_kept else 'BROKEN'}  {promise}"
    yield "reconciliation: " + ", ".join(
        f"{name} {count}" for name, count in report["reconciliation"].items() if name != "disagrees"
    )
    for what in ("lost", "doubled", "unexplained", "strays"):
        for name in found[what][:20]:
            yield f"{what}: {name}"
    for rule in report["reconciliation"]["disagrees"]:
        yield f"the reconciliation breaks the rule: {rule}"
