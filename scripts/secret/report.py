"""Format the secrets of a profile as data and text: state, times, next step. Contains no secret unless requested."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from ingest import heartbeat
from scripts.cli.terminal import escape
from scripts.cli.times import utc_time
from scripts.secret.new_secret import LEAST_BYTES, short_ones
from scripts.secret.rotation import RotationState
from scripts.secret.service import SecretStatus

_STATES: Final = {
    RotationState.none: "no usable secret",
    RotationState.one: "one secret, no rotation in progress",
    RotationState.interrupted: "a rotation was interrupted before the new secret was stored",
    RotationState.waiting: "rotated; running listeners may not have read the new secret yet",
    RotationState.both: "rotated; every running listener knows both secrets",
    RotationState.previous_only: "only a previous secret, no current one",
}

_WHERE: Final = "Configuration → General → External Systems → Integration Profiles"

# By state; `here` is the profile and the flags of the stack.
_NEXT: Final = {
    RotationState.none: "alma-webhooks secret create {here}",
    RotationState.one: f"nothing; Alma needs it ({_WHERE}) for the webhook URL {{url}}",
    RotationState.interrupted: "to complete the rotation: alma-webhooks secret rotate {here}",
    RotationState.waiting: "do NOT enter it in Alma yet; to wait until you may: alma-webhooks secret rotate {here}",
    RotationState.both: f"enter the new secret in Alma ({_WHERE}) if you have not; then, once the old one is unused: "
    "alma-webhooks secret retire {here}",
    RotationState.previous_only: "to create a current one: alma-webhooks secret rotate {here}",
}

# The stack itself uses the heartbeat profile, and Alma must not.
_NOT_IN_ALMA: Final = "do not enter it in Alma: only the heartbeat of the stack uses this profile"
_NEXT_OF_HEARTBEAT: Final = _NEXT | {
    RotationState.one: _NOT_IN_ALMA,
    RotationState.waiting: f"{_NOT_IN_ALMA}; to wait for the rest of it: alma-webhooks secret rotate {{here}}",
    RotationState.both: f"{_NOT_IN_ALMA}; once the old one is unused: alma-webhooks secret retire {{here}}",
}


def as_data(status: SecretStatus, options: str, *, show_secret: bool) -> dict[str, Any]:
    """Return the secrets of a profile as data. `options` are the flags that select the stack."""
    pair, here = status.pair, f"{status.profile} {options}"
    nexts = _NEXT_OF_HEARTBEAT if status.profile == heartbeat.PROFILE else _NEXT
    data: dict[str, Any] = {
        "profile": status.profile,
        "state": status.state.value,
        "listener_url": status.listener_url,
        "current": pair.current and {"since": utc_time(pair.current.since)},
        "previous": pair.previous and {"since": utc_time(pair.previous.since)},
        "short": short_ones(pair),
        "complete_at": status.complete_at and utc_time(status.complete_at),
        "next": nexts[status.state].format(here=here, url=status.listener_url),
        "show": f"alma-webhooks secret status {here} --show-secret",
    }
    if show_secret:
        data["secret"] = pair.current.value if pair.current else None
        data["previous_secret"] = pair.previous.value if pair.previous else None
    if status.uses_unknown:
        data["uses_unknown"] = status.uses_unknown
    for name, last in zip(("current", "previous"), status.last_uses or (), strict=False):
        if data[name]:
            data[name]["last_used"] = last and utc_time(last)
    return data


def lines(found: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield a paragraph for each profile."""
    for number, data in enumerate(found):
        yield from [""] if number else []
        yield from map(escape, _paragraph(data))


def _paragraph(data: dict[str, Any]) -> Iterator[str]:
    yield f"profile   {data['profile']}: {_STATES[RotationState(data['state'])]}"
    for name in ("current", "previous"):
        if times := data[name]:
            yield f"{name:<9} since {times['since']}{_last_use(data, times)}"
    if data["complete_at"]:
        yield f"complete  {data['complete_at']}: every running listener knows both from then on"
    if "secret" in data:
        yield f"secret    {data['secret'] or '-'}"
        if data["previous"]:
            yield f"previous  {data['previous_secret']}"
    elif data["current"] or data["previous"]:
        yield f"secret    not shown: {data['show']}"
    for name in data["short"]:
        yield f"warning   the {name} secret has fewer than {LEAST_BYTES} bytes, too short to be safe; rotate it"
    yield f"next      {data['next']}"


def _last_use(data: dict[str, Any], times: dict[str, Any]) -> str:
    if "uses_unknown" in data:
        return f", last use unknown: {data['uses_unknown']}"
    if "last_used" not in times:
        return ""
    return f", last used before {times['last_used']}" if times["last_used"] else ", no use seen"
