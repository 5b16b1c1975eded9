"""Format a reconciliation as JSON data and as lines of text. Prints nothing."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from scripts.aws.context import StackContext
from scripts.cli.plural import plural
from scripts.cli.tables import Column, table
from scripts.cli.terminal import escape
from scripts.cli.times import rfc3339_of
from scripts.reconciliation.collect import CollectedReconciliation
from scripts.reconciliation.reconcile import COUNTS, IN_FLIGHT, MISSING, QUEUED, RETRY, YOUNG

_SHOWN: Final = 20

# The columns that a narrow terminal leaves out, the highest first; those of zeros before all others.
_RANKS: Final = {"delivered": 1, "dead": 2, IN_FLIGHT: 3, "ignored": 4, "duplicate": 5, "discarded": 6}
_ZEROS: Final = 10


def as_data(scope: StackContext, collected: CollectedReconciliation, profile: str | None) -> dict[str, Any]:
    """Return the reconciliation of one profile, or of all profiles of the stack and of the accepted events."""
    deadline = collected.deadline
    reconciliation = collected.reconciliation.of(profile) if profile else collected.reconciliation
    names = [profile] if profile else [*scope.profiles, *sorted({name for name, _ in reconciliation.counts})]
    return {
        "stack": scope.stack.name,
        "since": rfc3339_of(collected.window.since),
        "until": rfc3339_of(collected.window.until),
        "read_at": rfc3339_of(deadline.now),
        "reconciled": not reconciliation.missing,
        "profiles": {
            name: {count: reconciliation.counts[name, count] for count in COUNTS} for name in dict.fromkeys(names)
        },
        "all": {count: sum_of(reconciliation.counts)[count] for count in COUNTS},
        "partly_delivered": reconciliation.partly_delivered.total(),
        "in_flight_because": {why: sum_of(reconciliation.in_flight_by)[why] for why in (YOUNG, RETRY, QUEUED)},
        "rests_on": {
            "young_seconds": deadline.grace // 1000,
            "retry_seconds": (deadline.longest_away + deadline.grace) // 1000,
            "queue": dict(collected.queue),
        },
        "missing": [
            {"receipt_id": line.about, "profile": line.profile, "received_at": rfc3339_of(line.at)}
            for line in reconciliation.missing
        ],
        "outcomes_without_accepted": dict(sum_of(reconciliation.without_accepted)),
        "rejected": dict(sum_of(reconciliation.rejected).most_common()),
        "notes": collected.notes,
    }


def lines(data: dict[str, Any], width: int | None) -> Iterator[str]:
    """Yield the data as lines of text, with the columns that fit the width and the first missing events."""
    yield f"{data['stack']}, accepted from {data['since']} until {data['until']}"
    yield from notes_and_counts(data, "profile", data["profiles"], _RANKS, width)
    if partly := data["partly_delivered"]:
        yield f"of the {data['all']['dead']} dead, {partly} partly delivered: some of their targets have the event"
    yield from _in_flight(data)
    if strangers := data["outcomes_without_accepted"]:
        yield (
            f"outcomes without an accepted line: {sum(strangers.values())} ({listed(strangers)}); accepted before "
            f"{data['since']}, or the log of ingest is incomplete"
        )
    if rejected := data["rejected"]:
        yield f"requests rejected: {sum(rejected.values())} ({listed(rejected)})"
    yield from missing_lines(
        [f"{line['receipt_id']}, {line['profile']}, received {line['received_at']}" for line in data["missing"]],
        "Check the dead-letter queue: events that crashed the processor at every attempt have no outcome line.",
    )


def missing_lines(missing: Sequence[str], advice: str) -> Iterator[str]:
    """Yield a line for each of the first that are missing, then the advice, and last the number of all."""
    yield from (escape(f"missing: receipt {each}") for each in missing[:_SHOWN])
    if len(missing) > _SHOWN:
        yield f"and {len(missing) - _SHOWN} more (--output json lists all)"
    if missing:
        yield advice
    yield f"{len(missing)} missing" if missing else "reconciled"


def notes_and_counts(
    data: dict[str, Any], heading: str, rows: Mapping[str, dict[str, int]], ranks: Mapping[str, int], width: int | None
) -> Iterator[str]:
    """Yield the notes, and between empty lines a row of counts for each name.

    Columns of zeros are left out first, then those of the highest rank.
    """
    yield from data["notes"]
    yield ""
    of_all: dict[str, int] = data["all"]
    ranks = {name: rank + (0 if of_all[name] else _ZEROS) for name, rank in ranks.items()}
    counts_of_all = [Column(name.replace("_", " "), ranks.get(name, 0), is_number=True) for name in of_all]
    counted = [*rows.items(), ("all", of_all)]
    made = table(
        [Column(heading), *counts_of_all],
        [[escape(name), *(str(counts[count]) for count in of_all)] for name, counts in counted],
        width,
    )
    yield from made.lines
    if made.left_out:
        yield f"columns left out: {', '.join(made.left_out)}; a wider terminal or --output json shows them"
    yield ""


def _in_flight(data: dict[str, Any]) -> Iterator[str]:
    """Explain why events without an outcome count as in flight, if there are any."""
    if not data["all"][IN_FLIGHT] and not data["all"][MISSING]:
        return
    why, rests_on = data["in_flight_because"], data["rests_on"]
    queue = rests_on["queue"]
    yield (
        f"{data['all'][IN_FLIGHT]} in flight: {why[YOUNG]} accepted in the last {rests_on['young_seconds']} s, "
        f"{why[RETRY]} with a retry in the last {rests_on['retry_seconds']} s, {why[QUEUED]} on the webhook queue"
    )
    yield (
        f"the webhook queue holds about {plural(sum(queue.values()), 'message')} ({queue['visible']} visible, "
        f"{queue['not_visible']} not visible, {queue['delayed']} delayed) of all profiles and times; SQS does not say "
        "which, so the youngest events count as queued"
    )


def sum_of(counter: "Counter[tuple[str, str]]") -> "Counter[str]":
    """Return the counts of all profiles together, by name."""
    total: Counter[str] = Counter()
    for (_, name), count in counter.items():
        total[name] += count
    return total


def listed(counts: dict[str, int]) -> str:
    """Return counts as escaped text."""
    return escape(", ".join(f"{name} {count}" for name, count in counts.items()))
