"""All answers of the simulation, and the file that keeps them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.simulation.loads import outage_answers, rate_answers, replay_answers
from benchmarks.simulation.questions import RUNS, assumption_answers, burst_answers, long_burst_answers
from scripts.aws.template import load

RESULTS: Final = Path(__file__).with_name("results.json")
"""The stored answers. docs/scaling.md shows them, and a test compares both."""

Results = dict[str, Any]


def concurrencies() -> dict[str, int]:
    """Return the maximum concurrency of the mapping by stage, from the template."""
    table = load()["Mappings"]["Concurrency"]
    return {stage: int(values["Processor"]) for stage, values in table.items()}


def answers(step: Callable[[str], None], runs: int = RUNS) -> Results:
    """Run all simulations, always with the same random numbers. `step` gets what is simulated next."""
    stages = concurrencies()
    prod = stages["prod"]
    questions: dict[str, Callable[[], Any]] = {
        "burst": lambda: burst_answers(runs),
        "long_burst": lambda: long_burst_answers(prod),
        "rates": lambda: rate_answers(prod),
        "outage": lambda: outage_answers(prod),
        "replay": lambda: replay_answers(prod),
        "assumptions": lambda: assumption_answers(prod, stages["dev"], runs),
    }
    found: Results = {"concurrency": stages, "runs": runs}
    for name, answer in questions.items():
        step(name.replace("_", " "))
        found[name] = answer()
    return found


def text_of(results: Results) -> str:
    """Return the results as JSON text."""
    return json.dumps(results, indent=1) + "\n"


def stored() -> Results:
    """Return the stored answers."""
    found: Results = json.loads(RESULTS.read_text("utf-8"))
    return found
