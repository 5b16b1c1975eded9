"""Check each Alma profile: its secret, its rotation, and whether its webhook URL answers. Shows no secret.

The webhook URLs get Alma's challenge; no event is sent.
"""

import http.client
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from ingest import heartbeat
from scripts.alma_client.client import ask
from scripts.aws.parameters import listed
from scripts.cli.advice import NO_FIX, Advice
from scripts.cli.exit_codes import ConfigurationError
from scripts.doctor.check import Finding, Health, Subject, ok, unhealthy, warning
from scripts.secret.new_secret import LEAST_BYTES, short_ones
from scripts.secret.rotation import RotationState
from scripts.secret.service import rotation_of
from scripts.secret.store import retired_profiles

_HAS_NONE: Final = "has no secret or a blank one, so the listener answers 503"
_HAS_NO_CURRENT: Final = "has only a previous secret and no current one"
_INTERRUPTED: Final = "has its secret; a rotation was interrupted before the new secret was stored"
_ROTATED: Final = "was rotated and the previous secret is still valid; retire it"

# By rotation state: health, message and advice.
_FOUND: Final = {
    RotationState.none: (Health.unhealthy, _HAS_NONE, Advice.secret_create),
    RotationState.one: (Health.ok, "has its secret", None),
    RotationState.interrupted: (Health.ok, _INTERRUPTED, Advice.secret_rotate),
    RotationState.waiting: (Health.ok, "is being rotated", Advice.secret_rotate),
    RotationState.both: (Health.ok, _ROTATED, Advice.secret_retire),
    RotationState.previous_only: (Health.unhealthy, _HAS_NO_CURRENT, Advice.secret_rotate),
}

# Added for a profile whose secret is entered in Alma, which that of the heartbeat is not.
_IN_ALMA: Final = {
    RotationState.waiting: "; do not enter the new secret in Alma yet",
    RotationState.both: " after entering the new one in Alma",
}


def secret(subject: Subject, profile: str) -> Iterator[Finding]:
    """Check that a profile has a usable secret, and report a rotation in progress."""
    scope = subject.scope
    rotation = rotation_of(scope)
    pair = rotation.store.read(profile)
    rotation_state = rotation.state(pair)
    state, message, advice = _FOUND[rotation_state]
    more = "" if profile == heartbeat.PROFILE else _IN_ALMA.get(rotation_state, "")
    fix = advice.text(profile=profile, options=scope.options) if advice else NO_FIX
    yield Finding("", state, f"{profile} {message}{more}", fix)
    for name in short_ones(pair):
        message = f"the {name} secret of {profile} has fewer than {LEAST_BYTES} bytes, which is too short to be safe"
        yield warning(message, Advice.secret_rotate.text(profile=profile, options=scope.options))


def retired(subject: Subject) -> Iterator[Finding]:
    """Check for profiles that have a secret but are not served."""
    scope = subject.scope
    known = listed(subject.pipeline.parameters.get("RetiredProfiles", ""))
    found = retired_profiles(scope.aws.ssm, scope.stage, scope.profiles)
    for profile in found:
        fix = Advice.end_retirement.text(profile=profile, options=scope.options)
        message = f"{profile} has a secret but is not served: it answers"
        if profile in known:
            yield warning(f"{message} 503, and Alma drops an event after 10 hours", fix)
        else:
            yield unhealthy(f"{message} 404, and Alma drops every event sent there", fix)
    if not found:
        yield ok("every Alma profile that has a secret is served")


def listener(subject: Subject, profile: str) -> Iterator[Finding]:
    """Check that the webhook URL of a profile answers Alma's challenge."""
    url = subject.scope.listener_url(profile)
    try:
        answer = ask(url)
    except (OSError, http.client.HTTPException, ConfigurationError) as error:
        message = f"{url} does not respond: {str(error).rstrip('.') or type(error).__name__}"
        yield unhealthy(message, Advice.reach_listener.text())
        return
    if answer.is_right:
        yield ok(f"{url} answers the challenge")
        return
    status = f"{answer.status} {http.client.responses.get(answer.status, '')}".strip()
    message = f"{url} answers {status} instead of the challenge, so Alma cannot activate the profile"
    fix = Advice.read_ingest_log.text(group=subject.scope.stack.outputs.get("IngestLogGroupName", ""))
    if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
        fix = Advice.secret_status.text(profile=profile, options=subject.scope.options)
    yield unhealthy(message, fix)
