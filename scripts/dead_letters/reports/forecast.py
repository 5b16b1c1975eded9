"""Output of the forecast of a replay: as JSON data, or as one sentence."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from scripts.cli.output import Data
from scripts.cli.plural import plural
from scripts.dead_letters.dead_letter import Cause
from scripts.dead_letters.replay_forecast import ReplayForecast
from scripts.dead_letters.reports.cells import shown_target, topic_path

_SHOWN: Final = 3  # routes, causes or doubts in a sentence


def forecast_data(forecast: ReplayForecast) -> Data:
    """Return the forecast as JSON data, the largest counts first."""
    return {
        "would_deliver": forecast.would_deliver,
        "by_route": dict(_ranked(forecast.by_route)),
        "by_topic": dict(_ranked(forecast.by_topic)),
        "would_fail": forecast.would_fail,
        "causes": [_cause_data(cause) | {"dead_letters": count} for cause, count in _ranked(forecast.causes)],
        "ignored": forecast.ignored,
        "duplicates": forecast.duplicates,
        "not_known": forecast.not_known,
        "doubts": dict(_ranked(forecast.doubts)),
        "problem": forecast.problem or None,
    }


def _ranked(counts: Counter[Any]) -> list[tuple[Any, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _cause_data(cause: Cause) -> Data:
    members = {"class": cause.category, "reason": cause.reason, "route": cause.route, "target": cause.target}
    return {name: value or None for name, value in members.items()}


def forecast_text(data: Data, expire_soon: int) -> str:
    """Return the sentence, not escaped, of a forecast and the number of dead letters that expire within a day.

    An example: "212 would be delivered by route loans, 31 would fail again (no-target: the stack has no topic x)".
    """
    parts = [f"the outcome is not known: {data['problem'].rstrip('.')}"] if data["problem"] else [*_parts(data)]
    if expire_soon:
        parts.append(f"{plural(expire_soon, 'expires', 'expire')} within a day")
    return ", ".join(parts)


def _parts(data: Data) -> Iterator[str]:
    if data["would_deliver"]:
        yield f"{data['would_deliver']:,} would be delivered {_ways(data)}"
    if data["would_fail"]:
        yield f"{data['would_fail']:,} would fail again ({_some([cause_text(cause) for cause in data['causes']])})"
    if data["ignored"]:
        yield f"{data['ignored']:,} would be ignored because no route matches"
    if data["duplicates"]:
        yield f"{plural(data['duplicates'], 'was', 'were')} sent before"
    if data["not_known"]:
        yield f"{data['not_known']:,} not known ({_some(data['doubts'])})"


def _ways(data: Data) -> str:
    """Return the routes or topics, each with its count unless there is one."""
    what, counts = ("to topic", data["by_topic"]) if data["by_topic"] else ("by route", data["by_route"])
    return f"{what if len(counts) == 1 else f'{what}s'} {_some(_counted(counts))}"


def _counted(counts: Mapping[str, int]) -> list[str]:
    if len(counts) == 1:
        return [*map(topic_path, counts)]
    return [f"{topic_path(name)} ({count:,})" for name, count in counts.items()]


def _some(texts: Collection[str]) -> str:
    more = [f"{len(texts) - _SHOWN:,} more"] if len(texts) > _SHOWN else []
    return "; ".join([*islice(texts, _SHOWN), *more])


def cause_text(cause: Data) -> str:
    """Return a cause of the forecast as text, not escaped."""
    target = shown_target(cause["target"] or "")
    where = ", ".join(filter(None, (cause["route"] and f"route {cause['route']}", target)))
    reason = (cause["reason"] or "").rstrip(".")
    return f"{cause['class']}: {reason}" + (f", {where}" if where else "")
