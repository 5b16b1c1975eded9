"""What the pages of the console share: the stack, the settings, and the work in the background."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any, Final, NamedTuple, TypeVar

from scripts.aws.context import StackContext
from scripts.cli.options import StageName
from scripts.console.background import Control, Work
from scripts.console.snapshot import Clock, Snapshot, SnapshotReader, SnapshotReaders
from scripts.console.works import Works

T = TypeVar("T")

# How many calls to AWS the pages make at once; others wait, and pages that need none are not held up.
_MOST_CALLS: Final = 8
# How long the end of the console waits for work that is in the middle of a step.
_END_SECONDS: Final = 1.5


class Settings(NamedTuple):
    """The settings of a console.

    Without a `zone` times are in that of this computer. `routes` is the routes file to judge by instead of the deployed
    one, `project` the folder of the project if there is one.
    """

    read_only: bool = False
    zone: tzinfo | None = None
    routes: Path | None = None
    project: Path | None = None


_DEFAULTS: Final = Settings()


class Console:
    """The stack that the console is about, and what its pages read and do."""

    def __init__(
        self, scope: StackContext, settings: Settings = _DEFAULTS, clock: Clock = lambda: datetime.now(UTC)
    ) -> None:
        scope.aws.create_clients()  # now, because threads use them, and creating a client is not thread-safe
        self.scope = scope
        self.settings = settings
        self.clock = clock
        self.kept: dict[object, Any] = {}  # of pages, by what keeps it (scripts/console/per_console.py)
        self._works = Works()
        # A snapshot has the value of its last reading; remembering the ones before would fill the memory.
        self._readings = Works(remembered=0)
        self._readers = SnapshotReaders(self._readings, clock)
        self._slots = asyncio.Semaphore(_MOST_CALLS)

    @property
    def is_production(self) -> bool:
        """Whether the stage is production, so that its name has to be typed before a change."""
        return self.scope.stage == StageName.prod

    def local(self, moment: datetime) -> datetime:
        """Return the time in the zone of the pages."""
        return moment.astimezone(self.settings.zone)

    async def call(self, do: Callable[[], T]) -> T:
        """Return what a blocking function returns, such as a short call to AWS. It runs in a thread of its own."""
        loop = asyncio.get_running_loop()
        async with self._slots:
            future: asyncio.Future[T] = loop.create_future()
            Thread(target=_fulfil, args=(loop, future, do), daemon=True).start()
            return await future

    def snapshot(self, key: str, title: str, do: Callable[[Control], T], max_age_seconds: float) -> Snapshot[T]:
        """Return what was read last under this key, and read it again in the background if it is older than this."""
        return self._readers.get(key, title, do).refresh(max_age_seconds)

    def reader(self, key: str, title: str, do: Callable[[Control], T]) -> SnapshotReader[T]:
        """Return what reads the snapshot with this key, for one that has to be read again after a change."""
        return self._readers.get(key, title, do)

    def start(self, title: str, do: Callable[[Control], T]) -> Work[T]:
        """Start work in the background."""
        return self._works.start(title, do)

    def wait(self) -> None:
        """Wait until no work runs."""
        for works in (self._works, self._readings):
            for work in works.all():
                work.wait()

    def end(self) -> None:
        """Cancel all work, and wait a little for it to end where it is safe."""
        ends_at = monotonic() + _END_SECONDS
        self._readings.cancel()
        for works in (self._works, self._readings):
            works.end(ends_at - monotonic())


def _fulfil(loop: asyncio.AbstractEventLoop, future: "asyncio.Future[T]", do: Callable[[], T]) -> None:
    try:
        result = do()
    except BaseException as error:  # noqa: BLE001 -- raised again where the result is awaited
        _settle(loop, future, partial(future.set_exception, error))
    else:
        _settle(loop, future, partial(future.set_result, result))


def _settle(loop: asyncio.AbstractEventLoop, future: "asyncio.Future[T]", settle: Callable[[], None]) -> None:
    """Settle the future in its loop, unless the browser has gone away or the console has ended meanwhile."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(lambda: None if future.done() else settle())
