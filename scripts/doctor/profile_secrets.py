"""Check that each profile has a usable secret, and report rotations in progress. Shows no secret."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from ingest import heartbeat
from scripts.cli.advice import NO_FIX, Advice
from scripts.doctor.finding import Check, Finding, Health
from scripts.doctor.subject import Subject
from scripts.secret.rotation import Rotation, RotationState
from scripts.secret.rules import LEAST_BYTES, short_ones
from scripts.secret.store import SecretStore
from scripts.secret.usage import Usage

# By rotation state: health, message and advice.
_FOUND: Final = {
    RotationState.none: (
        Health.unhealthy,
        "has no secret or a blank one, so the listener answers 503",
        Advice.secret_create,
    ),
    RotationState.one: (Health.ok, "has its secret", None),
    RotationState.interrupted: (
        Health.ok,
        "has its secret; a rotation was interrupted before the new secret was stored",
        Advice.secret_rotate,
    ),
    RotationState.waiting: (
        Health.ok,
        "is being rotated; do not enter the new secret in Alma yet",
        Advice.secret_rotate,
    ),
    RotationState.both: (
        Health.ok,
        "was rotated and the previous secret is still valid; retire it after entering the new one in Alma",
        Advice.secret_retire,
    ),
    RotationState.previous_only: (
        Health.unhealthy,
        "has only a previous secret and no current one",
        Advice.secret_rotate,
    ),
}

# The secret of the heartbeat is not entered in Alma.
_FOUND_OF_HEARTBEAT: Final = {
    "is being rotated; do not enter the new secret in Alma yet": "is being rotated",
    "was rotated and the previous secret is still valid; retire it after entering the new one in Alma": (
        "was rotated and the previous secret is still valid; retire it"
    ),
}


def checks(subject: Subject) -> Iterator[Check]:
    """Yield one check for each profile."""
    for profile in subject.scope.profiles:
        yield Check("secret", partial(_secret, subject, profile))


def _secret(subject: Subject, profile: str) -> Iterator[Finding]:
    scope = subject.scope
    store = SecretStore(scope.aws.ssm, scope.stage)
    rotation = Rotation(store, Usage(scope.aws.cloudwatch, scope.stage), scope.secret_lifetime)
    pair = store.read(profile)
    state, message, advice = _FOUND[rotation.state(pair)]
    message = _FOUND_OF_HEARTBEAT.get(message, message) if profile == heartbeat.PROFILE else message
    fix = advice.text(profile=profile, options=scope.options) if advice else NO_FIX
    yield Finding("secret", state, f"{profile} {message}", fix)
    for name in short_ones(pair):
        message = f"the {name} secret of {profile} has fewer than {LEAST_BYTES} bytes, which is too short to be safe"
        fix = Advice.secret_rotate.text(profile=profile, options=scope.options)
        yield Finding("secret", Health.warning, message, fix)
