"""Reads a file over a network that can fail: resumes at the offset that was reached, and gives up on a stalled one."""

import io
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from processor.errors import Transient

MAX_RESUMES: Final = 3
SLOWEST_BYTES_PER_MINUTE: Final = 1024 * 1024
_WINDOW_SECONDS: Final = 60.0


class Reader(Protocol):
    """The rest of a file."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, and none at the end."""

    def close(self) -> None:
        """Close the reader."""


OpenAt = Callable[[int], Reader]
"""Returns the rest of the file from an offset in bytes."""


class ResumingStream(io.RawIOBase):
    """The bytes of a file of a known size. `lost` are the exceptions after which the rest is opened anew.

    Reading raises Transient after MAX_RESUMES, or if a minute of reading brought less than SLOWEST_BYTES_PER_MINUTE;
    only the time inside of reads counts, not what the caller does between them.
    """

    def __init__(
        self,
        open_at: OpenAt,
        size: int,
        lost: tuple[type[Exception], ...],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._open_at = open_at
        self._size = size
        self._lost = lost
        self._monotonic = monotonic
        self._reader: Reader | None = None
        self._offset = 0
        self._resumes = 0
        self._window_seconds = 0.0
        self._window_bytes = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as one read goes; 0 is the end of the file."""
        wanted = min(len(buffer), self._size - self._offset)
        data = self._next(wanted) if wanted else b""
        buffer[: len(data)] = data
        self._offset += len(data)
        return len(data)

    def close(self) -> None:
        """Close the reader too."""
        self._drop()
        super().close()

    def _next(self, wanted: int) -> bytes:
        while True:
            started = self._monotonic()
            try:
                self._reader = self._reader or self._open_at(self._offset)
                data = self._reader.read(wanted)
            except self._lost:
                data = b""
            if data:
                self._check_rate(self._monotonic() - started, len(data))
                return data
            self._resume()

    def _resume(self) -> None:
        self._drop()
        self._resumes += 1
        if self._resumes > MAX_RESUMES:
            reason = f"The source ended the file after {self._offset} of {self._size} bytes, {self._resumes} times."
            raise Transient("transient", reason)

    def _check_rate(self, seconds: float, count: int) -> None:
        self._window_seconds += seconds
        self._window_bytes += count
        if self._window_seconds < _WINDOW_SECONDS:
            return
        if self._window_bytes < SLOWEST_BYTES_PER_MINUTE:
            raise Transient("transient", "The source sends less than 1 MiB in a minute.")
        self._window_seconds, self._window_bytes = 0.0, 0

    def _drop(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()
