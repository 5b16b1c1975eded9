"""The tables of docs/scaling.md, made of the answers of the simulation."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from benchmarks.simulation.results import Results
from benchmarks.simulation.settings import HTTP_API, LAMBDA, THROTTLE

_GROUPS: Final = ("groups", "no groups")


def tables(results: Results) -> dict[str, str]:
    """Return the tables in Markdown by name; each ends with a line feed."""
    return {
        "burst": _table(_burst(results)),
        "long-burst": _table(_long_burst(results["long_burst"])),
        "rates": _table(_rates(results["rates"])),
        "outage": _table(_outage(results["outage"])),
        "replay": _table(_replay(results["replay"])),
        "assumptions": _table(_assumptions(results["assumptions"])),
    }


def with_tables(page: str, found: Mapping[str, str]) -> str:
    """Return the page with each table after its mark, `<!-- NAME -->`. Raise ValueError if one is missing."""
    for name, table in found.items():
        page, count = re.subn(rf"(<!-- {name} -->\n)(?:\|.*\n)*", lambda mark: mark[1] + table, page)  # noqa: B023
        if count != 1:
            raise ValueError(f"docs/scaling.md has no single mark <!-- {name} -->.")
    return page


def number(value: float) -> str:
    """Format a number for reading: two digits below 10, whole above."""
    return f"{value:.2g}" if abs(value) < 9.95 else f"{value:,.0f}"


def _table(rows: Iterable[Iterable[str]]) -> str:
    head, *body = (list(row) for row in rows)
    lines = [head, ["---"] * len(head), *body]
    return "".join("|" + "|".join(f" {cell} " if cell else " " for cell in line) + "|\n" for line in lines).replace(
        " --- ", "---"
    )


def _burst(results: Results) -> Iterator[list[str]]:
    stages = {str(number): stage for stage, number in results["concurrency"].items()}
    yield [
        "maximum concurrency",
        *("with groups, s", "without, s", "all BIB events delivered after, s", "retried"),
        *("large region: without, s", "all delivered after, s"),
    ]
    here, large = results["burst"]["default quotas"], results["burst"]["large region"]
    for concurrency, of in here.items():
        stage = f" ({stages[concurrency]})" if concurrency in stages else ""
        with_groups, without = (of[name] for name in _GROUPS)
        other = large[concurrency]["no groups"]
        values = (with_groups["slowest_s"], without["slowest_s"], with_groups["all_delivered_s"])
        more = (with_groups["retried"], other["slowest_s"], other["all_delivered_s"])
        yield [f"{concurrency}{stage}", *map(number, (*values, *more))]


def _long_burst(part: Mapping[str, Any]) -> Iterator[list[str]]:
    yield ["", "slowest JOB_END, s", "longest backlog", "all BIB events delivered after, s"]
    for name, of in part.items():
        yield [name, *(number(of[key]) for key in ("slowest_s", "longest_backlog", "all_delivered_s"))]


def _rates(part: Mapping[str, Any]) -> Iterator[list[str]]:
    yield [
        *("events a second", "for, s", "settings", "429", "5XX", "retried", "dead"),
        *("BIB: median, s", "slowest 1 %, s", "slowest JOB_END, s", "behind by, s", "met, in this order"),
    ]
    for rate, settled in part.items():
        for name, of in settled.items():
            rejected = of["rejected"]
            dropped = rejected.get(THROTTLE, 0) + rejected.get(HTTP_API, 0)
            counts = (dropped, rejected.get(LAMBDA, 0), of["retried"], of["dead"])
            times = (of["BIB"]["median_s"], of["BIB"]["p99_s"], of["JOB_END"]["slowest_s"], max(0.0, of["behind_s"]))
            cells = (f"{int(rate):,}", f"{of['seconds']:,}", name, *map(number, counts), *map(number, times))
            yield [*cells, ", ".join(of["met"])]


def _outage(part: Mapping[str, Any]) -> Iterator[list[str]]:
    yield [
        *("the target", "", "attempts that failed", "dead"),
        *("others: median, s", "slowest 1 %, s", "slowest, s", "last loan delivered after the outage, s"),
    ]
    for how, of in part.items():
        for name in _GROUPS:
            found = of[name]
            others = (found["others"][key] for key in ("median_s", "p99_s", "slowest_s"))
            values = (found["retried"], found["dead"], *others, found["after_the_outage_s"])
            yield [how, name, *map(number, values)]


def _replay(part: Mapping[str, Any]) -> Iterator[list[str]]:
    yield [
        *("dead letters a second", "", "the replay takes, s", "retried"),
        *("live events: median, s", "slowest 1 %, s", "slowest, s"),
    ]
    for rate, of in part.items():
        for name in _GROUPS:
            found = of[name]
            live = (found["live"][key] for key in ("median_s", "p99_s", "slowest_s"))
            yield [rate, name, *map(number, (found["replay_took_s"], found["retried"], *live))]


def _assumptions(part: Mapping[str, Any]) -> Iterator[list[str]]:
    yield ["changed", "with groups, s", "without, s"]
    for what, of in part.items():
        yield [what, *(number(of[name]["slowest_s"]) for name in _GROUPS)]
