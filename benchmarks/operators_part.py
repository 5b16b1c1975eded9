"""Measure what commands of operators take with many dead letters: time, memory, and calls to AWS with their cost."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.cold import Step
from benchmarks.emulator_run import ROOT, emulator_run, put_dead_letters
from benchmarks.operator_cost import usd
from scripts.aws.clients import Aws
from scripts.cli.exit_codes import FailedError
from scripts.cli.signals import Interrupts

DEAD_LETTERS: Final = (500, 5_000)
LARGE_DEAD_LETTERS: Final = (5_000, 50_000)

LIST: Final = "list"
LIST_AS_JSON: Final = "list, as JSON"
GROUP: Final = "group by cause"
EXPLAIN: Final = "explain one"
PLAN: Final = "plan a replay of all"
REPLAY: Final = "replay all"

_COMMANDS: Final = {
    LIST: ("list",),
    LIST_AS_JSON: ("list", "--output", "json"),
    GROUP: ("list", "--group-by", "cause"),
    EXPLAIN: ("explain",),  # and the ID
    PLAN: ("replay", "--all"),
    # By default 20 a second are replayed, so that the processor keeps up: that would be the time.
    REPLAY: ("replay", "--all", "--yes", "--rate", "1000"),
}


def measure(interrupts: Interrupts, counts: tuple[int, ...], step: Step) -> dict[str, Any]:
    """Return the figures of each command by number of dead letters, as JSON values. Raise FailedError if one fails."""
    return {"commands": {str(count): _measured(interrupts, count, step) for count in counts}}


def _measured(interrupts: Interrupts, count: int, step: Step) -> dict[str, dict[str, Any]]:
    with TemporaryDirectory(prefix="alma-webhooks-bench-") as name, emulator_run(Path(name), interrupts) as facts:
        step(f"operators: putting {count:,} dead letters")
        ids = put_dead_letters(facts, count)
        _stop_processor(facts)
        found = {}
        for command, words in _COMMANDS.items():
            step(f"operators: {command}, {count:,} dead letters")
            chosen = ids[-1:] if command == EXPLAIN else ()
            found[command] = _figures(Path(name), (*words, *chosen), facts, interrupts)
        return found


def _stop_processor(facts: dict[str, Any]) -> None:
    """Disable the mapping of the webhook queue, so that replayed events wait there and only the command works."""
    aws = Aws.local(facts["endpoint_url"], facts["region"])
    mappings = aws.functions.list_event_source_mappings(FunctionName=f"{facts['stack']}-processor")
    for mapping in mappings["EventSourceMappings"]:
        aws.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)


def _figures(folder: Path, words: tuple[str, ...], facts: dict[str, Any], interrupts: Interrupts) -> dict[str, Any]:
    """Run a command of dead letters, and return what it took."""
    file = folder / "figures.json"
    stack = ["--stack", facts["stack"], "--endpoint-url", facts["endpoint_url"]]
    began = time.perf_counter()
    with interrupts.deferred():  # otherwise the process might be started but not ended
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-m", "benchmarks.operator_child", str(file), "dead-letters", *words, *stack],
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder)},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C reaches only the benchmark
        )
    try:
        _, errors = process.communicate()
    except BaseException:
        process.kill()
        process.wait()
        raise
    seconds = time.perf_counter() - began
    if process.returncode:
        raise FailedError(f"alma-webhooks dead-letters {' '.join(words)} failed: {''.join(errors.splitlines()[-1:])}")
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    cost = usd(found["calls"], found.pop("bytes"))
    return {"seconds": round(seconds, 2), **found, "usd": round(cost, 6)}
