"""Compare the reconciliation, which reads our own logs, with what a soak test counted outside."""

from collections.abc import Mapping
from datetime import UTC, datetime

from scripts.aws.context import open_stack_context
from scripts.devtools.soak.soak_expectations import Expected
from scripts.local.pipeline import STAGE, Pipeline
from scripts.reconciliation.collect import collect
from scripts.reconciliation.reconcile import COUNTS, MISSING


def reconciliation_of(running: Pipeline, began: float) -> dict[str, int]:
    """The reconciliation of all that was accepted since `began` (seconds since 1970), by the names of its columns."""
    scope = open_stack_context(STAGE, None, running.emulator.endpoint_url)
    counts = collect(scope, datetime.fromtimestamp(began, UTC), None, lambda *_: None).reconciliation.counts
    return {name: sum(count for (_, column), count in counts.items() if column == name) for name in COUNTS}


def disagreements(reconciliation: Mapping[str, int], expected: Mapping[str, Expected], repeats: int) -> list[str]:
    """The rules that do not hold; `repeats` are the posts that were accepted beyond the first of each body.

    A worker that was killed after it had delivered leaves "duplicate" as its event's only outcome, so "delivered" may
    be less than the events that have arrived somewhere, and never more.
    """
    arrived = sum(bool(one.topics or one.executions) for one in expected.values())
    dead = sum(one.is_dead for one in expected.values())
    ignored = len(expected) - arrived - dead
    rules = {
        "nothing is missing": reconciliation[MISSING] == 0,
        "nothing is in flight": reconciliation["in_flight"] == 0,
        "all that Alma saw accepted was accepted": reconciliation["accepted"] >= len(expected) + repeats,
        "no more is delivered than arrived": reconciliation["delivered"] <= arrived,
        "all that arrived was delivered or a duplicate": reconciliation["delivered"] + reconciliation["duplicate"]
        >= arrived,
        "what is dead is a dead letter": reconciliation["dead"] >= dead,
        "what is ignored is nobody's": reconciliation["ignored"] >= ignored,
        "no outcome is left over": sum(reconciliation.values()) == 2 * reconciliation["accepted"],
    }
    return [rule for rule, holds in rules.items() if not holds]
