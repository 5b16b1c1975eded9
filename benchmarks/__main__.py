"""Run the benchmark: `python -m benchmarks`, by `make bench`."""

import typer

from benchmarks.bench_command import bench
from scripts.cli.program import run

app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
app.command()(bench)

if __name__ == "__main__":
    run(app, "benchmarks")
