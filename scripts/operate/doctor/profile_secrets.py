"""Whether each profile has a usable secret, and whether a rotation waits for its end. Shows no value, rotates none."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from scripts.operate.doctor.finding import Check, Finding, State
from scripts.operate.doctor.subject import Subject
from scripts.operate.rotation import Rotation
from scripts.operate.rotation import State as Rotated
from scripts.operate.secret_rules import LEAST_BYTES, short_ones
from scripts.operate.secret_store import SecretStore
from scripts.operate.secret_uses import Uses

# By where the secrets stand: the finding's state, what is told, the command that comes next.
_FOUND: Final = {
    Rotated.none: (State.bad, "has no secret, or a blank one: the listener answers 503", "secret create"),
    Rotated.one: (State.ok, "has its secret", ""),
    Rotated.interrupted: (State.ok, "has its secret; a rotation was interrupted before the new one", "secret rotate"),
    Rotated.waiting: (State.ok, "is being rotated: do not enter the new secret in Alma yet", "secret rotate"),
    Rotated.both: (
        State.ok,
        "was rotated, and the previous secret is still valid: once the new one is entered in Alma, retire it",
        "secret retire",
    ),
    Rotated.previous_only: (State.bad, "has a previous secret only, no current one", "secret rotate"),
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
    state, told, command = _FOUND[rotation.state(pair)]
    yield Finding("secret", state, f"{profile} {told}", subject.command(f"{command} {profile}") if command else "")
    for name in short_ones(pair):
        told = f"the {name} secret of {profile} has less than {LEAST_BYTES} bytes, which is too short to be safe"
        yield Finding("secret", State.warning, told, subject.command(f"secret rotate {profile}"))
