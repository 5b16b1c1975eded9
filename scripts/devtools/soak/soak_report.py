"""A soak's report: every promise, and the counts that it rests on, as JSON values. Runs nothing, prints nothing."""

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
    """All that took part in a soak, when it has ended."""

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
        """How many of a message's copies repeat it without a cause."""
        return self.ledger.unexplained([each.message_id for each in copies], one.records.get(copies[0].topic, ""))


def report(seen: Seen, began_at: float) -> dict[str, Any]:
    """Whether each promise was kept. `began_at`: seconds since 1970."""
    started = executions(seen.running)
    found = judge(seen.expected, seen.watcher.arrivals, started, seen.operator.dead, seen.unexplained)
    alma = seen.tally.facts
    reconciliation = reconciliation_of(seen.running, began_at)
    disagree = disagreements(reconciliation, seen.expected, alma["accepted"] - len(seen.expected))
    promises = {
        "nothing lost on the way in": alma["lost"] + alma["given_up"] + alma["surprise"] == 0,
        "nothing lost on the way out": not found.lost,
        "no execution twice": not found.doubled,
        "a message twice only where a fault explains it": not found.unexplained,
        "nothing from nowhere": not found.strays,
        "every dead letter has its cause": seen.operator.without_cause == 0,
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
