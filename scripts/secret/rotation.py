"""Create, rotate and retire the secrets of a profile so that no event is rejected.

Alma drops an event that is answered with 401. So a new secret may be entered in Alma only after every running listener
has read it, and an old one may be removed only when no event is signed with it any more.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from scripts.cli.exit_codes import FailedError, RejectedError
from scripts.cli.times import utc_time
from scripts.secret.store import CURRENT, PREVIOUS, Pair, SecretStore
from scripts.secret.usage import Usage, UsageUnknownError

# Added to the lifetime that `ingest.profile_secrets` uses. The lifetime counts from before the call to SSM, so no call
# is in flight at its end. The margin covers late visibility of writes in SSM, which AWS does not quantify, and clocks.
MARGIN: Final = timedelta(seconds=10)

_READ_BACK_TRIES: Final = 10
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)


class RotationState(StrEnum):
    """The state of the secrets of a profile."""

    none = "none"  # no usable secret: the listener answers 503
    one = "one"  # the normal state: a current secret only
    interrupted = "interrupted"  # a rotation stopped after its first step: previous equals current
    waiting = "waiting"  # both valid, but a running listener may not have read the new one yet
    both = "both"  # both valid everywhere
    previous_only = "previous-only"  # somebody deleted the current one


class RotationStatus(NamedTuple):
    """A pair of secrets. `complete_at` is when every running function that reads them knows both, during a rotation."""

    pair: Pair
    state: RotationState
    complete_at: datetime | None


class Rotation:
    """Moves secrets from one state to the next. `lifetime` is how many seconds listeners cache them.

    Without `usage` it is not known when a secret was last used.
    """

    def __init__(
        self, store: SecretStore, usage: Usage | None, lifetime: float, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.store = store
        self._usage = usage
        self._wait = timedelta(seconds=lifetime) + MARGIN
        self._sleep = sleep

    def complete_at(self, pair: Pair) -> datetime:
        """Return the time from which every running listener has read this pair."""
        return max(kept.since for kept in (pair.current, pair.previous) if kept) + self._wait

    def state(self, pair: Pair) -> RotationState:
        """Return the state of a pair."""
        if not pair.current:
            return RotationState.previous_only if pair.previous else RotationState.none
        if not pair.previous:
            return RotationState.one
        if pair.previous.value == pair.current.value:
            return RotationState.interrupted
        return RotationState.waiting if pair.read_at < self.complete_at(pair) else RotationState.both

    def status(self, pair: Pair) -> RotationStatus:
        """Return a pair with its state."""
        state = self.state(pair)
        is_rotating = state in {RotationState.waiting, RotationState.both}
        return RotationStatus(pair, state, self.complete_at(pair) if is_rotating else None)

    def create(self, profile: str, secret: str) -> Pair:
        """Store the first secret of a profile. Raise RejectedError if it has a usable one."""
        if self.state(self.store.read(profile)) is not RotationState.none:
            raise RejectedError(f"The profile {profile} already has a secret; use secret rotate to replace it.")
        self.store.add(profile, CURRENT, secret)
        return self._read_back(profile, lambda pair: pair.current is not None and pair.current.value == secret)

    def begin(self, profile: str, secret: str) -> RotationState:
        """Store the new secret and keep the old one as previous. Return the state before.

        An interrupted rotation is continued; one that is only waiting is left unchanged. Raise RejectedError if there
        is no secret to rotate, or if an earlier rotation was not finished with `retire`.
        """
        pair = self.store.read(profile)
        state = self.state(pair)
        if state is RotationState.none:
            raise RejectedError(f"The profile {profile} has no usable secret yet; run secret create.")
        if state is RotationState.both:
            raise RejectedError(
                f"The profile {profile} has been rotated and still has its previous secret; every running listener "
                "knows both. Once the new one is in use and the old one is not, finish the rotation with secret retire."
            )
        if state is not RotationState.waiting:
            self._write(profile, pair, secret)
        return state

    def _write(self, profile: str, pair: Pair, secret: str) -> None:
        key = self.store.key(profile)
        if pair.current and not pair.previous:
            # The old secret is stored first and read back, so that it survives an interruption, and no listener can
            # read the new one without it.
            old = pair.current.value
            self.store.add(profile, PREVIOUS, old, key)
            self._read_back(profile, lambda now: now.previous is not None and now.previous.value == old)
        self.store.replace_current(profile, secret, key)
        self._read_back(profile, lambda now: now.current is not None and now.current.value == secret)

    def wait(self, profile: str, progress: Callable[[float, float], None]) -> Pair:
        """Wait until every running listener has read both secrets. `progress` gets the seconds waited and in total.

        Raise FailedError if somebody else changed the secrets, so that there is nothing to wait for.
        """
        while (state := self.state(pair := self.store.read(profile))) is RotationState.waiting:
            total = self._wait.total_seconds()
            remaining = min((self.complete_at(pair) - pair.read_at).total_seconds(), total)
            while remaining > 0:
                progress(total - remaining, total)
                self._sleep(min(remaining, 1.0))
                remaining -= 1.0
        if state is not RotationState.both:
            raise FailedError(f"Somebody else changed the secrets of {profile} in the meantime; look at their status.")
        return pair

    def retire(self, profile: str, unused_for: timedelta, *, force: bool) -> bool:
        """Remove the previous secret. Return False if there is none. Raise RejectedError if it may still be needed.

        `force` skips the check of the usage; a removal that would certainly lose events is rejected nevertheless.
        """
        pair = self.store.read(profile)
        state = self.state(pair)
        if state is RotationState.one:
            return False
        if state is not RotationState.both:
            if state is RotationState.waiting:
                ready = self.complete_at(pair).strftime("%H:%M:%SZ")
                raise RejectedError(
                    f"The profile {profile} cannot retire yet: the rotation is still spreading (ready {ready}). "
                    "Run secret rotate again to wait for it."
                )
            raise RejectedError(f"The profile {profile} has no secret to retire: {_NOTHING_TO_RETIRE[state]}.")
        if not force and (reasons := self._reasons_to_keep(profile, pair, unused_for)):
            raise RejectedError(f"The previous secret of {profile} was not removed: {'; '.join(reasons)}.")
        self.store.remove_previous(profile)
        return True

    def last_uses(self, profile: str, pair: Pair) -> tuple[datetime | None, datetime | None]:
        """Return when events last used the current and the previous secret, by ingest's log; None if never.

        Uses of the current secret before the rotation was complete do not count: a listener that had not read the new
        secret counted the old one as current. Raise UsageUnknownError.
        """
        if self._usage is None:
            raise UsageUnknownError("no log records it")
        since = self.complete_at(pair) if pair.previous else _EARLIEST
        current = self._usage.last(profile, "current", since=since, now=pair.read_at)
        if not pair.previous:
            return current, None
        since = pair.previous.since.replace(second=0, microsecond=0)
        return current, self._usage.last(profile, "previous", since=since, now=pair.read_at)

    def _reasons_to_keep(self, profile: str, pair: Pair, unused_for: timedelta) -> list[str]:
        try:
            current, used = self.last_uses(profile, pair)
        except UsageUnknownError as error:
            raise RejectedError(
                f"The previous secret of {profile} was not removed: ingest's log cannot be read ({error}), so it may "
                "be in use. Pass --force to retire it without this check."
            ) from None
        complete, reasons = self.complete_at(pair), []
        if not current:
            reasons.append(f"no event used the current one since {utc_time(complete)} (is it entered in Alma?)")
        unused_since = max(used or complete, complete)
        if pair.read_at - unused_since < unused_for:
            fact = f"last used {utc_time(used)}" if used else f"the rotation was completed {utc_time(complete)}"
            reasons.append(f"{fact}, and it must be unused until {utc_time(unused_since + unused_for)}")
        return reasons

    def _read_back(self, profile: str, is_there: Callable[[Pair], bool]) -> Pair:
        for _ in range(_READ_BACK_TRIES):
            if is_there(pair := self.store.read(profile)):
                return pair
            self._sleep(1.0)
        raise FailedError(
            f"SSM does not return the secret just stored for {profile}; look at its status, then try again."
        )


_NOTHING_TO_RETIRE: Final = {
    RotationState.none: "it has no usable secret; run secret create",
    RotationState.interrupted: "its rotation was interrupted before the new secret was stored; run secret rotate again",
    RotationState.previous_only: "it has no current secret; run secret rotate",
}
