"""Format the secrets of a profile as data and text: state, times, next step. Contains no secret unless requested."""

from collections.abc import Iterator
from typing import Any, Final

from ingest import heartbeat
from scripts.aws.context import StackContext
from scripts.secret.rotation import Rotation, RotationState, utc_time
from scripts.secret.rules import LEAST_BYTES, short_ones
from scripts.secret.store import Pair, StoredSecret
from scripts.secret.usage import UsageUnknownError

_STATES: Final = {
    RotationState.none: "no usable secret",
    RotationState.one: "one secret, no rotation in progress",
    RotationState.interrupted: "a rotation was interrupted before the new secret was stored",
    RotationState.waiting: "rotated; running listeners may not have read the new secret yet",
    RotationState.both: "rotated; every running listener knows both secrets",
    RotationState.previous_only: "only a previous secret, no current one",
}

_WHERE: Final = "Configuration → General → External Systems → Integration Profiles"


def describe(scope: StackContext, rotation: Rotation, profile: str, pair: Pair, *, show_secret: bool) -> dict[str, Any]:
    """Return the state of a profile as JSON data; `lines` formats it as text."""
    state = rotation.state(pair)
    rotating = state in {RotationState.waiting, RotationState.both}
    data = {
        "profile": profile,
        "state": state.value,
        "listener_url": scope.listener_url(profile),
        "current": _times(pair.current),
        "previous": _times(pair.previous),
        "short": short_ones(pair),
        "complete_at": utc_time(rotation.complete_at(pair)) if rotating else None,
        "next": _next(scope, profile, state),
        "show": f"alma-webhooks secret status {profile} {scope.options} --show-secret",
    }
    if show_secret:
        data["secret"] = pair.current.value if pair.current else None
        data["previous_secret"] = pair.previous.value if pair.previous else None
    return data


def add_usage(data: dict[str, Any], rotation: Rotation, pair: Pair) -> None:
    """Add the last use of each secret, or why it is unknown."""
    try:
        uses = rotation.last_uses(data["profile"], pair)
    except UsageUnknownError as error:
        data["uses_unknown"] = str(error)
        return
    for name, last in zip(("current", "previous"), uses, strict=True):
        if data[name]:
            data[name]["last_used"] = utc_time(last) if last else None


def lines(data: dict[str, Any]) -> Iterator[str]:
    """Yield the data as lines of text."""
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


def _times(kept: StoredSecret | None) -> dict[str, Any] | None:
    return {"since": utc_time(kept.since)} if kept else None


def _last_use(data: dict[str, Any], times: dict[str, Any]) -> str:
    if "uses_unknown" in data:
        return f", last use unknown: {data['uses_unknown']}"
    if "last_used" not in times:
        return ""
    return f", last used before {times['last_used']}" if times["last_used"] else ", no use seen"


def _next(scope: StackContext, profile: str, state: RotationState) -> str:
    here = f"{profile} {scope.options}"
    if profile == heartbeat.PROFILE and (own := _next_of_heartbeat(here).get(state)):
        return own
    return {
        RotationState.none: f"alma-webhooks secret create {here}",
        RotationState.one: f"nothing; Alma needs it ({_WHERE}) for the webhook URL {scope.listener_url(profile)}",
        RotationState.interrupted: f"alma-webhooks secret rotate {here} completes the rotation",
        RotationState.waiting: f"do NOT enter it in Alma yet; alma-webhooks secret rotate {here} waits until you may",
        RotationState.both: f"enter the new secret in Alma ({_WHERE}) if you have not; then, once the old one is "
        f"unused: alma-webhooks secret retire {here}",
        RotationState.previous_only: f"alma-webhooks secret rotate {here} creates a current one",
    }[state]


def _next_of_heartbeat(here: str) -> dict[RotationState, str]:
    """Return the next steps for the heartbeat profile, which the stack uses itself and Alma must not use."""
    nothing = "do not enter it in Alma: only the heartbeat of the stack uses this profile"
    return {
        RotationState.one: nothing,
        RotationState.waiting: f"{nothing}; alma-webhooks secret rotate {here} waits for the rest of the rotation",
        RotationState.both: f"{nothing}; once the old one is unused: alma-webhooks secret retire {here}",
    }
