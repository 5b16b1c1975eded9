"""Format the counts and the summary of a simulation."""

from typing import Any, Final

from scripts.cli.plural import plural
from scripts.devtools.simulator.simulation_tally import Tally

_MOST_SHOWN: Final = 20


def counts(tally: Tally) -> str:
    """Return the current counts as a line."""
    return (
        f"{tally.sent} sent, {tally.unfinished} in progress or waiting for a retry, {len(tally.unexpected)} unexpected"
    )


def lines(summary: dict[str, Any]) -> list[str]:
    """Return the summary as lines, with the first unexpected results."""
    rate, latency = summary["rate"], summary["latency_ms"]
    pace = f", {rate} per second" if rate else ""
    shown = [
        f"sent         {summary['sent']} in {summary['seconds']} s{pace} (seed {summary['seed']})",
        f"injected     {_named(summary['injected'])}",
        f"accepted     {summary['accepted']}",
        f"rejected     {summary['rejected']}, as expected",
        f"retried      {summary['retried']}",
        f"unanswered   {summary['unanswered']}",
        f"lost         {summary['lost']}",
        f"dropped      {summary['dropped']}",
        f"unexpected   {summary['surprise']}",
        f"unfinished   {summary['unfinished']}",
        f"latency      {_named(latency)} ms" if latency else "latency      -",
    ]
    unexpected = summary["unexpected"]
    shown += [f"UNEXPECTED: {_unexpected(each)}" for each in unexpected[:_MOST_SHOWN]]
    more = len(unexpected) - _MOST_SHOWN
    return [*shown, f"… and {more} more; --output json has them all"] if more > 0 else shown


def _named(counts: dict[str, int]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items())


def _unexpected(ended: dict[str, Any]) -> str:
    called = f"receipt {ended['receipt_id']}" if ended["receipt_id"] else "no receipt id"
    answer = ended["status"] or "no response"
    tries = f"after {plural(ended['attempts'], 'attempt')}" if ended["attempts"] > 1 else "at the first attempt"
    return f"post {ended['number']}, {ended['event']}: {ended['verdict']}, {answer} {tries}, {called}"
