"""The questions about a burst: how long the end of a job waits behind thousands of changed records."""

from typing import Any, Final

from benchmarks.simulation.fair_queue import FairRules
from benchmarks.simulation.mapping import MappingRules
from benchmarks.simulation.model import Model, ProcessSteps
from benchmarks.simulation.service_times import stored
from benchmarks.simulation.settings import JOB, Quotas, Settings
from benchmarks.simulation.sources import burst, every
from benchmarks.simulation.summaries import delivered_after, percentile, rounded, totals
from processor.retries import RetryPolicy
from scripts.aws.template import load

CONCURRENCIES: Final = (5, 10, 50, 500)
"""Maximum concurrencies of the mapping: those of dev, stg and prod in the template, and ten times that of prod."""

BURST: Final = 10_000
LONG_BURST: Final = 500_000
RATE: Final = 1_000.0
"""Events a second of a burst: what the stack's throttle lets through."""

RUNS: Final = 5
"""Runs with different random numbers, for a question about one JOB_END."""

_JOB_EVERY_SECONDS: Final = 30.0
_JOBS_UNTIL_SECONDS: Final = 1_500.0

LARGE_REGION: Final = Quotas(topics=9_000, executions=(300, 1_300))
"""Quotas of a large region, with everything else by default."""

GROUPS: Final = {"groups": True, "no groups": False}


def settings(concurrency: int, *, has_groups: bool = True) -> Settings:
    """Return a deployed stack with the template's retries and the stored service times."""
    parameters = load()["Parameters"]
    receives, visible, timeout = (
        int(parameters[name]["Default"]) for name in ("MaxReceiveCount", "VisibilityTimeout", "ProcessorTimeout")
    )
    policy = RetryPolicy(receives, visible, timeout)
    return Settings(stored(), MappingRules(concurrency), policy, has_groups=has_groups)


def job_behind_burst(base: Settings, runs: int = RUNS) -> dict[str, Any]:
    """Return how long a JOB_END waits that comes right after 10,000 BIB events, over several runs."""
    found, last, retried = [], [], []
    for run in range(runs):
        model = Model(base, f"burst {run}")
        model.env.process(_burst_and_job(model))
        model.env.run()
        found.append(model.outcomes.seconds[JOB][0])
        last.append(delivered_after(model, "BIB"))
        retried.append(model.outcomes.retried)
    found.sort()
    return {
        "median_s": rounded(percentile(found, 50)),
        "slowest_s": rounded(found[-1]),
        "all_delivered_s": rounded(percentile(sorted(last), 50)),
        "retried": percentile(sorted(retried), 50),
        "dead": model.outcomes.dead.total(),
    }


def _burst_and_job(model: Model) -> ProcessSteps:
    yield from burst(model, "BIB", RATE, BURST / RATE)
    model.post(JOB, 1)


def jobs_during_long_burst(base: Settings) -> dict[str, Any]:
    """Return how long a JOB_END every half a minute waits, by minutes since the first of 500,000 BIB events."""
    model = Model(base, "long burst")
    model.env.process(burst(model, "BIB", RATE, LONG_BURST / RATE))
    model.env.process(every(model, JOB, _JOB_EVERY_SECONDS, _JOB_EVERY_SECONDS, _JOBS_UNTIL_SECONDS))
    model.env.run()
    jobs = sorted(zip(model.outcomes.sent_at[JOB], model.outcomes.seconds[JOB], strict=True))
    return totals(model) | {
        "slowest_s": rounded(max(seconds for _, seconds in jobs)),
        "all_delivered_s": rounded(delivered_after(model, "BIB")),
        "jobs": [[rounded(at / 60), rounded(seconds)] for at, seconds in jobs],
    }


def burst_answers(runs: int = RUNS) -> dict[str, Any]:
    """Return the answers about 10,000 events by concurrency, with and without groups, and in a large region."""
    regions = {"default quotas": Quotas(), "large region": LARGE_REGION}
    return {
        region: {
            str(number): {
                name: job_behind_burst(settings(number, has_groups=has)._replace(quotas=quotas), runs)
                for name, has in GROUPS.items()
            }
            for number in CONCURRENCIES
        }
        for region, quotas in regions.items()
    }


def long_burst_answers(concurrency: int) -> dict[str, Any]:
    """Return the answers about 500,000 events: with groups, by two readings of the documentation, and without."""
    base = settings(concurrency)._replace(quotas=LARGE_REGION)
    # Infinity, because a group that sends nothing for five minutes is quiet by the documentation.
    again = FairRules(quiet_after_seconds=float("inf"))
    return {
        "groups, quiet after five minutes": jobs_during_long_burst(base),
        "groups, noisy until the backlog is empty": jobs_during_long_burst(base._replace(rules=again)),
        "no groups": jobs_during_long_burst(base._replace(has_groups=False)),
    }


def assumption_answers(concurrency: int, lowest: int, runs: int = RUNS) -> dict[str, Any]:
    """Return the answer about 10,000 events with one assumption changed at a time; `lowest` is dev's concurrency."""
    base = settings(concurrency)
    by_flight = FairRules(time_share=1.0)  # no share is larger
    jumps = MappingRules(concurrency, steps=300)
    changed = {
        "as assumed": base,
        "recent processing time: 10 s": base._replace(rules=FairRules(recent_seconds=10)),
        "recent processing time: 300 s": base._replace(rules=FairRules(recent_seconds=300)),
        "the mapping grows once a minute": base._replace(mapping=jumps),
        "processing time does not count": base._replace(rules=by_flight),
        "processing time does not count, in dev": settings(lowest)._replace(rules=by_flight),
        "a run takes half as long": base._replace(times=stored(0.5)),
        "a run takes twice as long": base._replace(times=stored(2)),
        "a run takes four times as long": base._replace(times=stored(4)),
    }
    return {
        what: {name: job_behind_burst(one._replace(has_groups=has), runs) for name, has in GROUPS.items()}
        for what, one in changed.items()
    }
