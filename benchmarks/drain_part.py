"""Compare the simulation with the emulator: how long a backlog takes, with the times of its own runs."""

import re
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.cold import Step
from benchmarks.emulator_run import backlog, emulator_run, put_events
from benchmarks.simulation.mapping import MappingRules
from benchmarks.simulation.model import Model, ProcessSteps
from benchmarks.simulation.results import concurrencies
from benchmarks.simulation.service_times import measured
from benchmarks.simulation.settings import Quotas, Settings
from benchmarks.spread import spread
from processor.retries import RetryPolicy
from scripts.aws.clients import Aws
from scripts.cli.exit_codes import FailedError
from scripts.cli.signals import Interrupts

MOST_EVENTS: Final = 500

_STAGE: Final = "dev"  # that of `run`
_WARM_UP: Final = 20
_LONGEST_SECONDS: Final = 300.0
_REPORT: Final = re.compile(r"^REPORT .*?\bDuration: ([\d.]+) ms")
# No quota of the emulator rejects anything.
_UNLIMITED: Final = Quotas((1e9, 1e9), (1e9, 1e9), 10**9, 1e9, (1e9, 1e9), 1e9)


def measure(interrupts: Interrupts, events: int, step: Step) -> dict[str, Any]:
    """Return the seconds that a backlog took on the emulator and in the simulation. Raise FailedError if it stays."""
    with TemporaryDirectory(prefix="alma-webhooks-bench-") as name, emulator_run(Path(name), interrupts) as facts:
        aws = Aws.local(facts["endpoint_url"], facts["region"])
        step("drain: warming up")
        put_events(aws, facts, _WARM_UP, "warm-up")
        _emptied(aws, facts)
        step(f"drain: {events} events")
        began = time.time()
        sent = [at - began for at in put_events(aws, facts, events, "backlog")]
        _emptied(aws, facts)
        runs = reports(aws, f"/aws/lambda/{facts['stack']}-processor", began)
    if len(runs) != events:
        raise FailedError(
            f"The log has {len(runs)} runs for {events} events: some were retried, or their lines are late."
        )
    seconds = [took for _, took in runs]
    took, simulated = max(at for at, _ in runs) - began, simulated_seconds(sent, seconds)
    return {
        "events": events,
        "concurrency": concurrencies()[_STAGE],
        "run_ms": spread([each * 1000 for each in seconds]),
        "emulator_s": round(took, 2),
        "simulated_s": round(simulated, 2),
        "ratio": round(simulated / took, 3),
    }


def simulated_seconds(sent: list[float], seconds: list[float]) -> float:
    """Return when the last simulated event is processed: sent at these times, with runs that take these seconds."""
    rules = MappingRules(concurrencies()[_STAGE])
    policy = RetryPolicy(8, 180, 30)
    model = Model(Settings(measured(seconds), rules, policy, _UNLIMITED, has_groups=False), "drain")
    model.env.process(_sending(model, sent))
    model.env.run()
    return model.outcomes.last_at


def _sending(model: Model, sent: list[float]) -> ProcessSteps:
    for at in sent:
        yield model.env.timeout(max(0.0, at - model.env.now))
        model.send("BIB")


def reports(aws: Aws, log_group: str, since: float) -> list[tuple[float, float]]:
    """Return the end and the duration of each run of a function in its log since then, in seconds."""
    pages = aws.logs.get_paginator("filter_log_events").paginate(logGroupName=log_group, startTime=int(since * 1000))
    lines = ((line["timestamp"] / 1000, _REPORT.match(line["message"])) for page in pages for line in page["events"])
    return [(at, float(found[1]) / 1000) for at, found in lines if found]


def _emptied(aws: Aws, facts: dict[str, Any]) -> None:
    """Wait until the webhook queue is empty. Raise FailedError if that takes minutes."""
    until = time.monotonic() + _LONGEST_SECONDS
    while backlog(aws, facts):
        if time.monotonic() > until:
            raise FailedError("The webhook queue on the emulator did not become empty.")
        time.sleep(0.2)
