"""Run the benchmark: `python -m benchmarks`, by `make bench`."""

import typer

from benchmarks.bench_command import bench
from scripts.cli.program import HELP_FLAGS, run

app = typer.Typer(pretty_exceptions_enable=False, add_completion=False, context_settings=HELP_FLAGS)
app.command()(bench)

if __name__ == "__main__":
    run(app, "benchmarks")
