"""Fake secrets in memory, for the tools and for ingest, with a clock that tests advance."""

from datetime import UTC, datetime
from typing import Any

from ingest.aws import AwsError
from ingest.deadline import Deadline
from scripts.cli.exit_codes import RejectedError
from scripts.secret.store import CURRENT, PREVIOUS, Pair, StoredSecret
from tests.ingest.clocks import FakeClock


class MemoryStore:
    """The secrets of the stage dev. `steps` are the writes, in order."""

    def __init__(self, clock: FakeClock, **values: str) -> None:
        self.clock = clock
        self.is_down = False
        self.steps: list[str] = []
        self._kept: dict[str, tuple[str, float]] = {}
        for which, value in values.items():
            self._write(which.replace("_", "-"), value)

    def read(self, _profile: str) -> Pair:
        return Pair(self._usable(CURRENT), self._usable(PREVIOUS), datetime.fromtimestamp(self.clock.now, UTC))

    def add(self, _profile: str, which: str, value: str, _key: str | None = None) -> None:
        if self._usable(which):
            raise RejectedError("There is one.")
        self._write(which, value)

    def replace_current(self, _profile: str, value: str, _key: str | None = None) -> None:
        self._write(CURRENT, value)

    def remove_previous(self, _profile: str) -> None:
        del self._kept[PREVIOUS]
        self.steps.append("remove previous-secret")

    def key(self, _profile: str) -> str | None:
        return None

    def call(self, _operation: str, members: dict[str, Any], _deadline: Deadline) -> dict[str, Any]:
        """Answer GetParameters for the client of ingest."""
        if self.is_down:
            raise AwsError("TimeoutError")
        found = [(name, self._kept.get(name.rpartition("/")[2])) for name in members["Names"]]
        return {"Parameters": [{"Name": name, "Value": kept[0]} for name, kept in found if kept]}

    def values(self) -> dict[str, str]:
        return {which: value for which, (value, _) in self._kept.items()}

    def _write(self, which: str, value: str) -> None:
        self._kept[which] = (value, self.clock.now)
        self.steps.append(f"{which} = {value}")

    def _usable(self, which: str) -> StoredSecret | None:
        value, since = self._kept.get(which, ("", 0.0))
        return StoredSecret(value.strip(), datetime.fromtimestamp(since, UTC)) if value.strip() else None
