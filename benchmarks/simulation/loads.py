"""The questions about load: higher rates, an hour's outage of a target, and a replay in working hours."""

from typing import Any, Final, NamedTuple

from benchmarks.simulation.model import Model
from benchmarks.simulation.questions import GROUPS, settings
from benchmarks.simulation.settings import JOB, Outage, Quotas, Settings
from benchmarks.simulation.sources import LIBRARY, burst, every, replay, traffic
from benchmarks.simulation.summaries import delivered_after, rounded, totals, waits

WORKING: Final = 10.0
"""Events a second in working hours: five times those of a library with 50,000 loans a day (docs/quotas.md)."""

REPLAYED: Final = 50_000
REPLAY_RATES: Final = {"auto": 20.0, "500": 500.0}
"""Dead letters a second: the fastest that `--rate auto` sends, and as fast as SQS moves messages itself."""

OUTAGE: Final = (600.0, 4_200.0)
"""The seconds in which the target of loans is down: an hour, after ten minutes."""

ATTEMPTS: Final = {"errors at once": 0.05, "time-outs": 3.0}
"""The seconds of an attempt at a target that is down: `read_timeout` of `processor/retries.py` for the second."""

_JOB_SECONDS: Final = 60.0


class Turned(NamedTuple):
    """Settings that differ from those that a stack is deployed with: quotas, and the mapping's concurrency."""

    quotas: Quotas = Quotas()
    concurrency: int | None = None


_RAISED: Final = Quotas(
    stack_throttle=(300_000, 600_000),
    http_api=(300_000, 300_000),
    lambda_runs=20_000,
    topics=300_000,
    executions=(300, 1_300),
    writes=400_000,
)
RATES: Final = {
    10: (3_600, {"as deployed": Turned()}),
    1_000: (
        600,
        {
            "as deployed": Turned(),
            "topics 3,000": Turned(Quotas(topics=3_000)),
            "topics 3,000, concurrency 180": Turned(Quotas(topics=3_000), 180),
        },
    ),
    100_000: (10, {"as deployed": Turned(), "all quotas raised, concurrency 1,000": Turned(_RAISED, 1_000)}),
}
"""By events a second: for how many seconds, and with which settings."""


def rate_answers(concurrency: int) -> dict[str, Any]:
    """Return what happens at each rate, and how long a JOB_END each minute waits beside the BIB events."""
    return {
        str(rate): {name: _at_rate(rate, seconds, turned, concurrency) for name, turned in settled.items()}
        for rate, (seconds, settled) in RATES.items()
    }


def _at_rate(rate: int, seconds: int, turned: Turned, concurrency: int) -> dict[str, Any]:
    base = settings(turned.concurrency or concurrency)._replace(quotas=turned.quotas)
    model = Model(base, f"rate {rate}")
    model.env.process(burst(model, "BIB", rate, seconds))
    model.env.process(every(model, JOB, min(_JOB_SECONDS, seconds / 5), seconds / 10, seconds))
    model.env.run()
    posted = rate * seconds
    return totals(model) | {
        "posted": posted,
        "seconds": seconds,
        "behind_s": rounded(delivered_after(model, "BIB") - seconds),
        "BIB": waits(model, ["BIB"]),
        JOB: waits(model, [JOB]),
    }


def outage_answers(concurrency: int) -> dict[str, Any]:
    """Return what an hour without the target of loans does to loans and to all others."""
    return {
        how: {name: _outage(settings(concurrency, has_groups=has), attempt_seconds) for name, has in GROUPS.items()}
        for how, attempt_seconds in ATTEMPTS.items()
    }


def _outage(base: Settings, attempt_seconds: float) -> dict[str, Any]:
    begins, ends = OUTAGE
    model = Model(base._replace(outage=Outage("LOAN", begins, ends, attempt_seconds)), "outage")
    model.env.process(traffic(model, WORKING, ends + begins, LIBRARY))
    model.env.process(every(model, JOB, _JOB_SECONDS, _JOB_SECONDS, ends + begins))
    model.env.run()
    outcomes = model.outcomes
    others = [family for family in outcomes.seconds if family != "LOAN"]
    return totals(model) | {
        "LOAN": waits(model, ["LOAN"]),
        "others": waits(model, others),
        "after_the_outage_s": round(outcomes.last_at - ends),
    }


def replay_answers(concurrency: int) -> dict[str, Any]:
    """Return what a replay of 50,000 dead letters does to the traffic of working hours, by its rate."""
    return {
        rate: {name: _replay(settings(concurrency, has_groups=has), per_second) for name, has in GROUPS.items()}
        for rate, per_second in REPLAY_RATES.items()
    }


def _replay(base: Settings, per_second: float) -> dict[str, Any]:
    begins = 600.0
    seconds = begins + REPLAYED / per_second + 600
    model = Model(base, "replay")
    model.env.process(traffic(model, WORKING, seconds, LIBRARY))
    model.env.process(every(model, JOB, _JOB_SECONDS, _JOB_SECONDS, seconds))
    model.env.process(replay(model, REPLAYED, per_second, begins))
    model.env.run()
    outcomes = model.outcomes
    live = [family for family in outcomes.seconds if family != "replay"]
    return totals(model) | {
        "replay_took_s": round(delivered_after(model, "replay") - begins),
        "live": waits(model, live),
        "replay": waits(model, ["replay"]),
    }
