"""Format the API keys of a stage as data and text: state, times, next step. Contains no key unless requested."""

from collections.abc import Iterator
from typing import Any, Final

from scripts.cli.terminal import escape
from scripts.cli.times import utc_time
from scripts.secret.rotation import RotationState, RotationStatus

_STATES: Final = {
    RotationState.none: "no usable key; every post is answered with 403",
    RotationState.one: "one key, no rotation in progress",
    RotationState.interrupted: "a rotation was interrupted before the new key was stored",
    RotationState.waiting: "rotated; running producers may not accept the new key yet",
    RotationState.both: "rotated; every running producer accepts both keys",
    RotationState.previous_only: "only a previous key, no current one",
}
_NEXT: Final = {
    RotationState.none: "alma-webhooks topics api-key create {options}",
    RotationState.one: "give it to the clients, with the id of their topic: alma-webhooks topics list {options}",
    RotationState.interrupted: "to complete the rotation: alma-webhooks topics api-key rotate {options}",
    RotationState.waiting: "do NOT give it to clients yet; to wait until you may: alma-webhooks topics api-key rotate "
    "{options}",
    RotationState.both: "give the new key to the clients; then, once none uses the old one: "
    "alma-webhooks topics api-key retire {options}",
    RotationState.previous_only: "to create a current one: alma-webhooks topics api-key rotate {options}",
}


def api_key_data(status: RotationStatus, options: str, *, show_key: bool) -> dict[str, Any]:
    """Return the keys as data. `options` are the flags that select the stack."""
    pair = status.pair
    data: dict[str, Any] = {
        "state": status.state.value,
        "current": pair.current and {"since": utc_time(pair.current.since)},
        "previous": pair.previous and {"since": utc_time(pair.previous.since)},
        "complete_at": status.complete_at and utc_time(status.complete_at),
        "next": _NEXT[status.state].format(options=options),
        "show": f"alma-webhooks topics api-key status --show-key {options}",
    }
    if show_key:
        data["key"] = pair.current.value if pair.current else None
        data["previous_key"] = pair.previous.value if pair.previous else None
    return data


def api_key_lines(data: dict[str, Any]) -> Iterator[str]:
    """Yield the data as lines of text."""
    yield f"API key   {_STATES[RotationState(data['state'])]}"
    for name in ("current", "previous"):
        if data[name]:
            yield f"{name:<9} since {data[name]['since']}"
    if data["complete_at"]:
        yield f"complete  {data['complete_at']}: every running producer accepts both from then on"
    if "key" in data:
        yield escape(f"key       {data['key'] or '-'}")
        if data["previous"]:
            yield escape(f"previous  {data['previous_key']}")
    elif data["current"] or data["previous"]:
        yield f"key       not shown: {data['show']}"
    yield f"next      {data['next']}"
