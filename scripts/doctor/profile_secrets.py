"""Whether each profile has a usable secret, and whether a rotation waits for its end. Shows no value, rotates none."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from ingest import heartbeat
from scripts.cli.advice import NO_FIX, Advice
from scripts.doctor.finding import Check, Finding, State
from scripts.doctor.subject import Subject
from scripts.secret.rotation import Rotation
from scripts.secret.rotation import State as Rotated
from scripts.secret.rules import LEAST_BYTES, short_ones
from scripts.secret.store import SecretStore
from scripts.secret.usage import Uses

# By where the secrets stand: the finding's state, what is told, the advice that comes next.
_FOUND: Final = {
    Rotated.none: (State.bad, "has no secret, or a blank one: the listener answers 503", Advice.secret_create),
    Rotated.one: (State.ok, "has its secret", None),
    Rotated.interrupted: (
        State.ok,
        "has its secret; a rotation was interrupted before the new one",
        Advice.secret_rotate,
    ),
    Rotated.waiting: (State.ok, "is being rotated: do not enter the new secret in Alma yet", Advice.secret_rotate),
    Rotated.both: (
        State.ok,
        "was rotated, and the previous secret is still valid: once the new one is entered in Alma, retire it",
        Advice.secret_retire,
    ),
    Rotated.previous_only: (State.bad, "has a previous secret only, no current one", Advice.secret_rotate),
}

# Nothing of the stack's own heartbeat is entered in Alma.
_FOUND_OF_HEARTBEAT: Final = {
    "is being rotated: do not enter the new secret in Alma yet": "is being rotated",
    "was rotated, and the previous secret is still valid: once the new one is entered in Alma, retire it": (
        "was rotated, and the previous secret is still valid: retire it"
    ),
}


def checks(subject: Subject) -> Iterator[Check]:
    """One for each profile."""
    for profile in subject.scope.profiles:
        yield Check("secret", partial(_secret, subject, profile))


def _secret(subject: Subject, profile: str) -> Iterator[Finding]:
    scope = subject.scope
    store = SecretStore(scope.aws.ssm, scope.stage)
    rotation = Rotation(store, Uses(scope.aws.cloudwatch, scope.stage), scope.secret_lifetime)
    pair = store.read(profile)
    state, told, advice = _FOUND[rotation.state(pair)]
    told = _FOUND_OF_HEARTBEAT.get(told, told) if profile == heartbeat.PROFILE else told
    fix = advice.text(profile=profile, options=scope.options) if advice else NO_FIX
    yield Finding("secret", state, f"{profile} {told}", fix)
    for name in short_ones(pair):
        told = f"the {name} secret of {profile} has less than {LEAST_BYTES} bytes, which is too short to be safe"
        fix = Advice.secret_rotate.text(profile=profile, options=scope.options)
        yield Finding("secret", State.warning, told, fix)
