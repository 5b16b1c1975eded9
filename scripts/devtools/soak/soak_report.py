"""The report of a soak test: every guarantee and the underlying counts, as JSON values."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from scripts.devtools.simulator.simulation_tally import Tally
from scripts.devtools.soak.call_ledger import CallLedger
from scripts.devtools.soak.fault_plan import FaultSchedule
from scripts.devtools.soak.soak_expectations import Expected
from scripts.devtools.soak.soak_faults import Killer, SigningSecret
from scripts.devtools.soak.soak_reconciliation import disagreements, reconciliation_of
from scripts.devtools.soak.soak_verdict import Arrival, judge
from scripts.devtools.soak.soak_watch import Operator, Watcher, executions
from scripts.local.pipeline import Pipeline


class Seen(NamedTuple):
    """All participants of a finished soak test."""

    running: Pipeline
    expected: Mapping[str, Expected]
    tally: Tally
    operator: Operator
    watcher: Watcher
    killer: Killer
    schedule: FaultSchedule
    ledger: CallLedger
    secret: SigningSecret

    def unexplained(self, copies: Sequence[Arrival], one: Expected) -> int:
        """Return how many copies of a message no fault explains."""
        return self.ledger.unexplained([each.message_id for each in copies], one.records.get(copies[0].topic, ""))


def report(seen: Seen, began_at: float) -> dict[str, Any]:
    """Return the report. `began_at`: seconds since 1970."""
    started = executions(seen.running)
    found = judge(seen.expected, seen.watcher.arrivals, started, seen.operator.dead, seen.unexplained)
    alma = seen.tally.facts
    reconciliation = reconciliation_of(seen.running, began_at)
    disagree = disagreements(reconciliation, seen.expected, alma["accepted"] - len(seen.expected))
    promises = {
        "no event lost before acceptance": alma["lost"] + alma["dropped"] + alma["surprise"] == 0,
        "no accepted event lost": not found.lost,
        "no execution started twice": not found.doubled,
        "no duplicate message without a fault that explains it": not found.unexplained,
        "no unexpected delivery": not found.strays,
        "every dead letter has a cause": seen.operator.without_cause == 0,
        "the secret was rotated": seen.secret.is_rotated,
        "the reconciliation agrees": not disagree,
    }
    return {
        "is_good": all(promises.values()),
        "promises": promises,
        "alma": alma,
        "found": found.facts,
        "reconciliation": {**reconciliation, "disagrees": disagree},
        "kills": dict(seen.killer.killed),
        "injected": dict(seen.schedule.injected.most_common()),
        "replayed": seen.operator.replayed,
    }
