"""Compare the reconciliation, which reads our own logs, with what a soak test counted outside."""

from collections.abc import Mapping
from datetime import UTC, datetime

from scripts.aws.context import open_stack_context
from scripts.devtools.soak.soak_expectations import Expected
from scripts.local.pipeline import STAGE, Pipeline
from scripts.reconciliation.collect import collect
from scripts.reconciliation.reconcile import COUNTS, MISSING


def reconciliation_of(running: Pipeline, began: float) -> dict[str, int]:
    """Return the reconciliation of all events accepted since `began` (seconds since 1970), by column."""
    scope = open_stack_context(STAGE, None, running.emulator.endpoint_url)
    counts = collect(scope, datetime.fromtimestamp(began, UTC), None, lambda *_: None).reconciliation.counts
    return {name: sum(count for (_, column), count in counts.items() if column == name) for name in COUNTS}


def disagreements(reconciliation: Mapping[str, int], expected: Mapping[str, Expected], repeats: int) -> list[str]:
    """Return the rules that do not hold. `repeats`: accepted posts beyond the first of each body.

    A worker that is killed after a delivery leaves "duplicate" as the only outcome of its event, so "delivered" may be
    less than the number of events that arrived, but never more.
    """
    arrived = sum(bool(one.topics or one.executions) for one in expected.values())
    dead = sum(one.is_dead for one in expected.values())
    ignored = len(expected) - arrived - dead
    rules = {
        "nothing is missing": reconciliation[MISSING] == 0,
        "nothing is in flight": reconciliation["in_flight"] == 0,
        "all events that Alma saw accepted are accepted": reconciliation["accepted"] >= len(expected) + repeats,
        "not more events are delivered than arrived": reconciliation["delivered"] <= arrived,
        "all events that arrived are delivered or duplicates": reconciliation["delivered"] + reconciliation["duplicate"]
        >= arrived,
        "all failed events are dead letters": reconciliation["dead"] >= dead,
        "all events without a route are ignored": reconciliation["ignored"] >= ignored,
        "outcomes add up to the accepted events": sum(reconciliation.values()) == 2 * reconciliation["accepted"],
    }
    return [rule for rule, holds in rules.items() if not holds]
