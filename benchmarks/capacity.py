"""Simulate the pipeline's capacity on AWS: `python -m benchmarks.capacity`, by `make scaling`.

Not `simulate`, which is the command that posts events.
"""

from pathlib import Path
from typing import Annotated, Final

import typer

from benchmarks.simulation.charts import charts
from benchmarks.simulation.page import tables, with_tables
from benchmarks.simulation.results import RESULTS, answers, stored, text_of
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.program import HELP_FLAGS, run

DOCS: Final = Path(__file__).parents[1] / "docs"
"""The folder of the page scaling.md and its pictures."""

app = typer.Typer(pretty_exceptions_enable=False, add_completion=False, context_settings=HELP_FLAGS)

StoredOption = Annotated[
    bool,
    typer.Option("--stored", help="Simulate nothing: only write page and pictures again, from the stored results."),
]


@app.command()
def capacity(*, use_stored: StoredOption = False) -> None:
    """Simulate bursts, rates, an outage and a replay on AWS, and write results, page and pictures. Takes minutes.

    The results are the same on each computer: random numbers have fixed seeds, and no clock is read.
    """
    results = stored() if use_stored else answers(lambda name: typer.echo(f"simulating: {name}", err=True))
    if not use_stored:
        RESULTS.write_text(text_of(results), "utf-8")
    found = tables(results)
    page = DOCS / "scaling.md"
    try:
        page.write_text(with_tables(page.read_text("utf-8"), found), "utf-8")
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    for name, picture in charts(results).items():
        (DOCS / name).write_text(picture, "utf-8")
    typer.echo("\n".join(found.values()))


if __name__ == "__main__":
    run(app, "benchmarks.capacity")
