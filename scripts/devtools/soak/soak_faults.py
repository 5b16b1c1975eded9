"""Disturb a running pipeline: kill workers at random times, and rotate a secret."""

import math
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from scripts.local import workers
from scripts.local.pipeline import STAGE, Pipeline
from scripts.secret.rotation import Rotation
from scripts.secret.store import SecretStore
from scripts.secret.usage import Usage

_MESSAGES_BETWEEN_KILLS: Final = (10, 80)
_LONGEST_SECONDS_BETWEEN_KILLS: Final = 15.0
_LOOK_SECONDS: Final = 0.05
_SHARE_OF_INGEST: Final = 0.2


class Killer:
    """Kills a worker from time to time, most often one of the processor.

    The next kill comes after a random number of messages `arrived`, because the emulator pauses after each kill.
    """

    def __init__(self, session: int, seed: int, arrived: Callable[[], int]) -> None:
        self._session = session
        self._arrived = arrived
        self._chance = random.Random(seed)  # noqa: S311 - moments, no secrets
        self.killed: Counter[str] = Counter()
        self.ingest_killed_at = -math.inf

    def work(self, ended: threading.Event) -> None:
        """Kill workers until `ended` is set."""
        while self._waited(ended):
            is_ingest = self._chance.random() < _SHARE_OF_INGEST
            found = workers.of(self._session, workers.INGEST if is_ingest else workers.PROCESSOR)
            if is_ingest:
                self.ingest_killed_at = time.monotonic()  # before the kill, because a response may come immediately
            if found and workers.kill(self._chance.choice(found)):
                self.killed["ingest" if is_ingest else "processor"] += 1

    def _waited(self, ended: threading.Event) -> bool:
        """Wait for the time of the next kill; return False if `ended` is set."""
        target = self._arrived() + self._chance.randint(*_MESSAGES_BETWEEN_KILLS)
        latest = time.monotonic() + _LONGEST_SECONDS_BETWEEN_KILLS
        while self._arrived() < target and time.monotonic() < latest:
            if ended.wait(_LOOK_SECONDS):
                return False
        return not ended.wait(self._chance.uniform(0, _LOOK_SECONDS))


class SigningSecret:
    """The secret that the simulated Alma signs with; `rotate` uses the rotation service of the operators."""

    def __init__(self, running: Pipeline, lifetime: int) -> None:
        self._profile = running.profile
        self._store = SecretStore(running.aws.ssm, STAGE)
        usage = Usage(running.aws.logs, running.stack.outputs["IngestLogGroupName"])
        self._rotation = Rotation(self._store, usage, lifetime)
        self._thread = threading.Thread(target=self._rotate, daemon=True)
        self.value = running.secret
        self.is_rotated = False

    def rotate(self) -> None:
        """Start the rotation. The old secret signs until the service reports the new one as ready."""
        self._thread.start()

    def finish(self, on_wait: Callable[[], None]) -> None:
        """Wait for the rotation to end, and retire the old secret."""
        while self._thread.is_alive():
            on_wait()
            self._thread.join(0.5)
        if self.is_rotated:
            self._rotation.retire(self._profile, timedelta(minutes=1), force=True)

    def _rotate(self) -> None:
        self._rotation.begin(self._profile, "rotated-" + self.value)
        pair = self._rotation.wait(self._profile, lambda _waited, _total: None)
        if pair.current:
            self.value = pair.current.value
            self.is_rotated = True
