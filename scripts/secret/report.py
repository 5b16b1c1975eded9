"""What the secret commands tell of a profile: state, times, what to do next. Prints nothing; no value unless asked."""

from collections.abc import Iterator
from typing import Any, Final

from ingest import heartbeat
from scripts.aws.context import StackContext
from scripts.secret.rotation import Rotation, State, told
from scripts.secret.rules import LEAST_BYTES, short_ones
from scripts.secret.store import Kept, Pair
from scripts.secret.usage import UsesUnknownError

_STATES: Final = {
    State.none: "no usable secret",
    State.one: "one secret, no rotation under way",
    State.interrupted: "a rotation was interrupted before the new secret was stored",
    State.waiting: "rotated, but some running listener may not have read the new secret yet",
    State.both: "rotated; every running listener knows both secrets",
    State.previous_only: "only a previous secret, no current one",
}

_WHERE: Final = "Configuration → General → External Systems → Integration Profiles"


def describe(scope: StackContext, rotation: Rotation, profile: str, pair: Pair, *, show_secret: bool) -> dict[str, Any]:
    """The profile as plain data, for programs and for `lines`."""
    state = rotation.state(pair)
    rotating = state in {State.waiting, State.both}
    data = {
        "profile": profile,
        "state": state.value,
        "listener_url": scope.listener_url(profile),
        "current": _times(pair.current),
        "previous": _times(pair.previous),
        "short": short_ones(pair),
        "complete_at": told(rotation.complete_at(pair)) if rotating else None,
        "next": _next(scope, profile, state),
        "show": f"alma-webhooks secret status {profile} {scope.options} --show-secret",
    }
    if show_secret:
        data["secret"] = pair.current.value if pair.current else None
        data["previous_secret"] = pair.previous.value if pair.previous else None
    return data


def add_uses(data: dict[str, Any], rotation: Rotation, pair: Pair) -> None:
    """Adds each secret's last use, or why it is not known."""
    try:
        uses = rotation.last_uses(data["profile"], pair)
    except UsesUnknownError as error:
        data["uses_unknown"] = str(error)
        return
    for name, last in zip(("current", "previous"), uses, strict=True):
        if data[name]:
            data[name]["last_used"] = told(last) if last else None


def lines(data: dict[str, Any]) -> Iterator[str]:
    """The same for people."""
    yield f"profile   {data['profile']}: {_STATES[State(data['state'])]}"
    for name in ("current", "previous"):
        if times := data[name]:
            yield f"{name:<9} since {times['since']}{_last_use(data, times)}"
    if data["complete_at"]:
        yield f"complete  {data['complete_at']}: from then on every running listener knows both"
    if "secret" in data:
        yield f"secret    {data['secret'] or '-'}"
        if data["previous"]:
            yield f"previous  {data['previous_secret']}"
    elif data["current"] or data["previous"]:
        yield f"secret    not shown: {data['show']}"
    for name in data["short"]:
        yield f"warning   the {name} secret has less than {LEAST_BYTES} bytes, which is too short to be safe: rotate it"
    yield f"next      {data['next']}"


def _times(kept: Kept | None) -> dict[str, Any] | None:
    return {"since": told(kept.since)} if kept else None


def _last_use(data: dict[str, Any], times: dict[str, Any]) -> str:
    if "uses_unknown" in data:
        return f", last use unknown: {data['uses_unknown']}"
    if "last_used" not in times:
        return ""
    return f", last used before {times['last_used']}" if times["last_used"] else ", no use seen"


def _next(scope: StackContext, profile: str, state: State) -> str:
    here = f"{profile} {scope.options}"
    if profile == heartbeat.PROFILE and (own := _next_of_heartbeat(here).get(state)):
        return own
    return {
        State.none: f"alma-webhooks secret create {here}",
        State.one: f"nothing; Alma needs it ({_WHERE}) for the listener URL {scope.listener_url(profile)}",
        State.interrupted: f"alma-webhooks secret rotate {here}, which completes it",
        State.waiting: f"do NOT enter it in Alma yet; alma-webhooks secret rotate {here} waits until you may",
        State.both: f"enter the new secret in Alma ({_WHERE}), if that is not done; then, when the old one is not used "
        f"any more: alma-webhooks secret retire {here}",
        State.previous_only: f"alma-webhooks secret rotate {here}, which makes a current one",
    }[state]


def _next_of_heartbeat(here: str) -> dict[State, str]:
    """The stack itself sends by this profile: were it in Alma too, each of Alma's events would be delivered twice."""
    nothing = "nothing is to be entered in Alma: the stack's own heartbeat sends here"
    return {
        State.one: nothing,
        State.waiting: f"{nothing}; alma-webhooks secret rotate {here} waits until the new one is read everywhere",
        State.both: f"{nothing}; when the old one is not used any more: alma-webhooks secret retire {here}",
    }
