"""The report of a soak test: every guarantee, the underlying counts, and the reconciliation, as JSON values."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from scripts.aws.address import resolve
from scripts.aws.context import open_stack_context
from scripts.cli.options import StackFlags, StageName
from scripts.devtools.soak.soak_verdict import Arrival, Expected, judge
from scripts.devtools.soak.soak_watch import executions
from scripts.reconciliation.collect import collect
from scripts.reconciliation.reconcile import COUNTS, MISSING

if TYPE_CHECKING:
    from scripts.devtools.soak.soak import SoakRun

_TENTHS: Final = 10
MEGABYTE: Final = 1024 * 1024


class MemorySample(NamedTuple):
    """A sample of a soak test: seconds since its start, counts so far, and resident bytes of all its processes."""

    seconds: float
    sent: int
    arrived: int
    kills: int
    memory: int


def report(run: "SoakRun") -> dict[str, Any]:
    """Return the report of a finished soak test."""
    operator, alma = run.operator, run.tally.facts

    def unexplained(copies: Sequence[Arrival], one: Expected) -> int:
        return run.ledger.unexplained([each.message_id for each in copies], one.records.get(copies[0].topic, ""))

    found = judge(run.expected, run.watcher.arrivals, executions(run.running), operator.dead, unexplained)
    reconciliation = _reconciliation(run)
    disagree = disagreements(reconciliation, run.expected, alma["accepted"] - len(run.expected), run.killer.killed)
    promises = {
        "no event lost before acceptance": alma["lost"] + alma["dropped"] + alma["surprise"] == 0,
        "no accepted event lost": not found.lost,
        "no execution started twice": not found.doubled,
        "no duplicate message without a fault that explains it": not found.unexplained,
        "no unexpected delivery": not found.strays,
        "every dead letter has a cause": operator.without_cause == 0,
        "the secret was rotated": run.secret.is_rotated,
        "the reconciliation agrees": not disagree,
    }
    return {
        "is_good": all(promises.values()),
        "promises": promises,
        "alma": alma,
        "found": {"is_good": found.is_good, **found._asdict()},
        "reconciliation": {**reconciliation, "disagrees": disagree},
        **_counts(run),
    }


def _counts(run: "SoakRun") -> dict[str, Any]:
    return {
        "kills": dict(run.killer.killed),
        "injected": dict(run.schedule.injected.most_common()),
        "replayed": len(run.operator.replayed_at),
        "events": run.events,
        "seed": run.seed,
        "seconds": round(run.elapsed(), 1),
        "excused": run.excuses.excused,
        "left_waiting": run.left_waiting,
        "growth": growth(run.samples),
    }


def growth(samples: Sequence[MemorySample]) -> list[dict[str, Any]]:
    """Return rate, time and memory for each tenth of the messages that arrived, or no rows if none arrived.

    Rate and memory should stay constant while messages add up.
    """
    if not samples:
        return []
    last = samples[-1].arrived
    marks = [next(one for one in samples if one.arrived * _TENTHS >= last * tenth) for tenth in range(_TENTHS + 1)]
    return [_row(before, after) for before, after in pairwise(marks) if after.arrived > before.arrived]


def _row(before: MemorySample, after: MemorySample) -> dict[str, Any]:
    messages, seconds = after.arrived - before.arrived, after.seconds - before.seconds
    return {
        "arrived": after.arrived,
        "rate": round(messages / seconds, 1) if seconds else None,
        "ms_per_message": round(seconds / messages * 1000, 1),
        "megabytes": after.memory // MEGABYTE,
        "kills": after.kills - before.kills,
    }


def _reconciliation(run: "SoakRun") -> dict[str, int]:
    """Return the reconciliation of all events accepted since the start of the test, by column."""
    flags = StackFlags(stage=StageName.dev, endpoint_url=run.running.emulator.endpoint_url)
    scope = open_stack_context(resolve(flags, {}, None))
    counts = collect(scope, datetime.fromtimestamp(run.began_at, UTC), None, lambda *_: None).reconciliation.counts
    return {name: sum(count for (_, column), count in counts.items() if column == name) for name in COUNTS}


def disagreements(
    logged: Mapping[str, int], expected: Mapping[str, Expected], repeats: int, killed: Counter[str]
) -> list[str]:
    """Return the rules that do not hold for the `logged` events. `repeats`: accepted posts beyond the first of a body.

    A worker that is killed after a delivery leaves "duplicate" as the only outcome of its event, so "delivered" may be
    less than the number of events that arrived, but never more. On a busy computer a line may reach the emulator after
    the end of its run; it is logged with the next run of the worker, or lost if the worker is `killed` before. So for
    each killed worker one event may lack its line. Whether it is lost is judged by what arrived; of an event without a
    route nothing arrives.
    """
    unended = logged["in_flight"] + logged[MISSING]
    unlogged = max(0, len(expected) + repeats - logged["accepted"])
    unknown = unended + unlogged
    arrived = sum(bool(one.topics or one.executions) for one in expected.values())
    dead = sum(one.is_dead for one in expected.values())
    ignored = len(expected) - arrived - dead
    rules = {
        "no more events lack an outcome than workers of the processor were killed": unended <= killed["processor"],
        "no more accepted events lack a line than workers of ingest were killed": unlogged <= killed["ingest"],
        "not more events are delivered than arrived": logged["delivered"] <= arrived,
        "all events that arrived are delivered or duplicates": logged["delivered"] + logged["duplicate"] + unknown
        >= arrived,
        "all failed events are dead letters": logged["dead"] + unknown >= dead,
        "all events without a route are ignored": logged["ignored"] + unknown >= ignored,
        "outcomes add up to the accepted events": sum(logged.values()) == 2 * logged["accepted"],
    }
    return [rule for rule, holds in rules.items() if not holds]
