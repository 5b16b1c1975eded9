"""The life of a profile's secrets: create, rotate, retire, in the order in which no event is rejected. Prints nothing.

Alma drops an event that gets a 401, so a new secret may be entered there only when every running listener must have
read it, and an old one may go only when no event comes with it any more.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from scripts.cli.exit_codes import FailedError, RejectedError
from scripts.secret.store import CURRENT, PREVIOUS, Pair, SecretStore
from scripts.secret.usage import Uses, UsesUnknownError

# On top of the lifetime that `ingest.profile_secrets` keeps to. That counts from before SSM is asked, so nothing is in
# flight when it is over; this is for an SSM that shows a write late, of which AWS gives no figure, and for its clocks.
MARGIN: Final = timedelta(seconds=10)

_READ_BACK_TRIES: Final = 10
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)


class State(StrEnum):
    """Where a profile's secrets stand."""

    none = "none"  # nothing usable: the listener answers 503
    one = "one"  # the normal state: a current secret only
    interrupted = "interrupted"  # a rotation ended after its first step: previous is the same as current
    waiting = "waiting"  # both valid, but some running listener may not have read the new one
    both = "both"  # both valid everywhere
    previous_only = "previous-only"  # somebody took the current one away


class Rotation:
    """Brings a stage's secrets from one state to the next. `lifetime`: seconds that listeners keep them."""

    def __init__(
        self, store: SecretStore, uses: Uses, lifetime: int, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._store = store
        self._uses = uses
        self._wait = timedelta(seconds=lifetime) + MARGIN
        self._sleep = sleep

    def complete_at(self, pair: Pair) -> datetime:
        """From when on every running listener must have read this pair."""
        return max(kept.since for kept in (pair.current, pair.previous) if kept) + self._wait

    def state(self, pair: Pair) -> State:
        """Where they stand."""
        if not pair.current:
            return State.previous_only if pair.previous else State.none
        if not pair.previous:
            return State.one
        if pair.previous.value == pair.current.value:
            return State.interrupted
        return State.waiting if pair.read_at < self.complete_at(pair) else State.both

    def create(self, profile: str, secret: str) -> Pair:
        """Stores a profile's first secret. Raises RejectedError when there is a usable one."""
        if self.state(self._store.read(profile)) is not State.none:
            raise RejectedError(f"The profile {profile} has a usable secret: a new one is made with rotate.")
        self._store.add(profile, CURRENT, secret)
        return self._read_back(profile, lambda pair: pair.current is not None and pair.current.value == secret)

    def begin(self, profile: str, secret: str) -> State:
        """Stores the new secret with the old one as previous; the state in which the profile was found.

        What a rotation before left undone is done; one that only has to be waited for is left as it is. Raises
        RejectedError when there is none to rotate, or when the one before has not been finished by retire.
        """
        pair = self._store.read(profile)
        state = self.state(pair)
        if state is State.none:
            raise RejectedError(f"The profile {profile} has no usable secret yet: make one with create.")
        if state is State.both:
            raise RejectedError(
                f"The profile {profile} has been rotated already and still has its previous secret: every running "
                "listener knows both. When the new one is in use and the old one is not used any more, finish with "
                "retire."
            )
        if state is not State.waiting:
            self._write(profile, pair, secret)
        return state

    def _write(self, profile: str, pair: Pair, secret: str) -> None:
        key = self._store.key(profile)
        if pair.current and not pair.previous:
            # First, and read back: from here on the old secret is safe, wherever the rest is interrupted, and no
            # listener can read the new one without it.
            old = pair.current.value
            self._store.add(profile, PREVIOUS, old, key)
            self._read_back(profile, lambda now: now.previous is not None and now.previous.value == old)
        self._store.replace_current(profile, secret, key)
        self._read_back(profile, lambda now: now.current is not None and now.current.value == secret)

    def wait(self, profile: str, progress: Callable[[float, float], None]) -> Pair:
        """Returns once every running listener must have read both secrets. `progress`: seconds waited, and in all.

        Raises FailedError when somebody else changed them so that there is nothing to wait for.
        """
        while (state := self.state(pair := self._store.read(profile))) is State.waiting:
            total = self._wait.total_seconds()
            left = min((self.complete_at(pair) - pair.read_at).total_seconds(), total)
            while left > 0:
                progress(total - left, total)
                self._sleep(min(left, 1.0))
                left -= 1.0
        if state is not State.both:
            raise FailedError(f"Somebody else changed the secrets of {profile} meanwhile: run secret status.")
        return pair

    def retire(self, profile: str, unused_for: timedelta, *, force: bool) -> bool:
        """Removes the previous secret; False when there is none. Raises RejectedError, with the facts, if it is needed.

        `force` does not look at the metrics; what would lose events for certain is rejected all the same.
        """
        pair = self._store.read(profile)
        state = self.state(pair)
        if state is State.one:
            return False
        if state is not State.both:
            raise RejectedError(f"The profile {profile} has nothing to retire: {_CANNOT_RETIRE[state]}.")
        if not force and (missing := self._missing(profile, pair, unused_for)):
            raise RejectedError(f"The previous secret of {profile} stays: {'; '.join(missing)}.")
        self._store.remove_previous(profile)
        return True

    def last_uses(self, profile: str, pair: Pair) -> tuple[datetime | None, datetime | None]:
        """When events last came with the current and the previous secret, as far as metrics tell them apart.

        What was accepted as `current` before the rotation was complete may have been the old secret, in a listener that
        had not read the new one: it does not count. Raises UsesUnknownError.
        """
        since = self.complete_at(pair) if pair.previous else _EARLIEST
        current = self._uses.last(profile, "current", since=since, now=pair.read_at)
        if not pair.previous:
            return current, None
        since = pair.previous.since.replace(second=0, microsecond=0)
        return current, self._uses.last(profile, "previous", since=since, now=pair.read_at)

    def _missing(self, profile: str, pair: Pair, unused_for: timedelta) -> list[str]:
        try:
            current, used = self.last_uses(profile, pair)
        except UsesUnknownError as error:
            raise RejectedError(
                f"The previous secret of {profile} stays: metrics cannot be read ({error}), so nobody knows whether it "
                "is used. To retire it unseen, say --force."
            ) from None
        complete, missing = self.complete_at(pair), []
        if not current:
            missing.append(f"no event came with the current one since {told(complete)} (is it entered in Alma?)")
        quiet_since = max(used or complete, complete)
        if pair.read_at - quiet_since < unused_for:
            fact = (
                f"an event used it at {told(used)}" if used else f"the rotation was complete only at {told(complete)}"
            )
            missing.append(f"{fact}, and it must be unused until {told(quiet_since + unused_for)}")
        return missing

    def _read_back(self, profile: str, is_there: Callable[[Pair], bool]) -> Pair:
        for _ in range(_READ_BACK_TRIES):
            if is_there(pair := self._store.read(profile)):
                return pair
            self._sleep(1.0)
        raise FailedError(f"SSM does not show what was stored for {profile}: run secret status, then try again.")


_CANNOT_RETIRE: Final = {
    State.none: "it has no usable secret at all; make one with create",
    State.interrupted: "its rotation was interrupted before the new one was stored; run rotate again",
    State.waiting: "some running listener may not have read the new one yet; run rotate again, which waits for that",
    State.previous_only: "it has no current one; run rotate",
}


def told(moment: datetime) -> str:
    """A moment as people and programs read it: UTC, to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
