"""Compare the simulation with a soak test: how long its events take to drain, with the times of its own runs."""

import bisect
import json
import os
import signal
import statistics
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.cold import Step
from benchmarks.emulator_run import END_SECONDS, PROGRAM, ROOT
from benchmarks.simulation.mapping import MappingRules
from benchmarks.simulation.model import Model, ProcessSteps
from benchmarks.simulation.results import concurrencies
from benchmarks.simulation.service_times import measured
from benchmarks.simulation.settings import Quotas, Settings
from benchmarks.spread import spread
from processor.retries import RetryPolicy
from scripts.cli.exit_codes import FailedError
from scripts.cli.signals import Interrupts
from scripts.devtools.soak.soak import PARAMETERS

MOST_EVENTS: Final = 500
SHARES: Final = {"half": 0.5, "nine tenths": 0.9}
"""The shares of the messages whose time is compared, by name. When the last ones end is chance: they failed again."""

_STAGE: Final = "dev"  # that of the soak test
_SIMULATIONS: Final = 20
_AROUND_SECONDS: Final = 0.5
# Some, and of the messages: a busy computer lets the emulator deliver one twice, or log the line of a run too late.
_MOST_UNEXPLAINED: Final = (5, 0.05)
# No quota of the emulator rejects anything: what its faults reject is measured.
_UNLIMITED: Final = Quotas((1e9, 1e9), (1e9, 1e9), 10**9, 1e9, (1e9, 1e9), 1e9)


def measure(interrupts: Interrupts, events: int, step: Step) -> dict[str, Any]:
    """Return when shares of a soak test's messages were processed, there and in the simulation, as JSON values.

    Raise FailedError if the soak test fails.
    """
    step(f"drain: a soak test with {events} events")
    with TemporaryDirectory(prefix="alma-webhooks-bench-") as name:
        drain = _soaked(Path(name), events, interrupts)["drain"]
    step("drain: simulating it")
    ends = [at for at, _, is_retried in drain["runs"] if not is_retried]
    messages = drain["queued"] + len(drain["replayed_at"])
    some, share = _MOST_UNEXPLAINED
    if abs(len(ends) - messages) > some + share * messages:
        raise FailedError(f"The log has {len(ends)} runs that ended a message, for {messages} messages. Try again.")
    took = shares(ends)
    simulated = [shares(simulated_ends(drain, seed)) for seed in range(_SIMULATIONS)]
    return {
        "messages": messages,
        "runs": len(drain["runs"]),
        "retried": len(drain["runs"]) - len(ends),
        "concurrency": concurrencies()[_STAGE],
        "run_ms": spread([seconds * 1000 for _, seconds, _ in drain["runs"]]),
        "between_ms": round(pause_between(drain["runs"], concurrencies()[_STAGE]) * 1000, 1),
        "soak_s": took,
        "simulated_s": {share: spread([one[share] for one in simulated]) for share in SHARES},
        "ratios": {share: spread([one[share] / took[share] for one in simulated]) for share in SHARES},
    }


def _soaked(folder: Path, events: int, interrupts: Interrupts) -> dict[str, Any]:
    """Run the soak test in a process of its own, and return its report."""
    words = ("soak", "--events", str(events), "--hold", "--out", str(folder), "--output", "json")
    with interrupts.deferred():  # otherwise the process might be started but not ended
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-c", PROGRAM, *words],
            env={"PATH": os.environ["PATH"], "TMPDIR": str(folder)},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C reaches only the benchmark
        )
    try:
        answer, errors = process.communicate()
    except BaseException:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)
        process.kill()
        process.wait()
        raise
    if process.returncode:
        last = "".join(errors.splitlines()[-1:])
        raise FailedError(f"The soak test has failed ({last}): try `alma-webhooks soak --hold --events {events}`.")
    report: dict[str, Any] = json.loads(answer)
    return report


def shares(ends: list[float]) -> dict[str, float]:
    """Return when each of SHARES had ended, in seconds."""
    ordered = sorted(ends)
    return {name: ordered[round(share * (len(ordered) - 1))] for name, share in SHARES.items()}


def pause_between(runs: list[tuple[float, float, bool]], workers: int) -> float:
    """Return the median time from the end of a run until another one takes its place, which the emulator needs."""
    starts, ends = sorted(at - seconds for at, seconds, _ in runs), sorted(at for at, _, _ in runs)
    pauses = [max(0.0, start - end) for start, end in zip(starts[workers:], ends, strict=False)]
    return statistics.median(pauses or [0.0])


def simulated_ends(drain: dict[str, Any], seed: int) -> list[float]:
    """Return when each message is delivered in the simulation of a drain."""
    receives, visibility, timeout = (
        int(PARAMETERS[name]) for name in ("MaxReceiveCount", "VisibilityTimeout", "ProcessorTimeout")
    )
    workers = concurrencies()[_STAGE]
    by_start = sorted((at - seconds, seconds) for at, seconds, _ in drain["runs"])
    between = pause_between(drain["runs"], workers)
    settings = Settings(
        measured([seconds + between for _, seconds in by_start]),
        MappingRules(workers),
        RetryPolicy(receives, visibility, timeout),
        _UNLIMITED,
        has_groups=False,
        failing=failing(drain),
    )
    model = Model(settings, f"drain-{seed}")
    model.env.process(_sending(model, [*[0.0] * drain["queued"], *drain["replayed_at"]]))
    model.env.run()
    [sent], [took] = model.outcomes.sent_at.values(), model.outcomes.seconds.values()
    return [at + seconds for at, seconds in zip(sent, took, strict=True)]


def failing(drain: dict[str, Any]) -> Callable[[float], float]:
    """Return a function of a time: the share of the runs about then after which the message came back."""
    ends = sorted(at for at, _, _ in drain["runs"])
    retried = sorted(at for at, _, is_retried in drain["runs"] if is_retried)

    def about(times: list[float], at: float) -> int:
        return bisect.bisect(times, at + _AROUND_SECONDS) - bisect.bisect(times, at - _AROUND_SECONDS)

    return lambda at: about(retried, at) / max(1, about(ends, at))


def _sending(model: Model, sent: list[float]) -> ProcessSteps:
    for at in sent:
        yield model.env.timeout(max(0.0, at - model.env.now))
        model.send("BIB")
