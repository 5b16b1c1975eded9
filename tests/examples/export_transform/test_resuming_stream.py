"""Reading over connections that fail."""

import io

import pytest
from export_transform.resuming_stream import MAX_RESUMES, Reader, ResumingStream

from processor.errors import Transient

DATA = bytes(range(256)) * 40


class Flaky(io.BytesIO):
    """The rest of the data. It fails, or ends without an error, after `most` bytes."""

    def __init__(self, offset: int, most: int, *, is_silent: bool = False) -> None:
        super().__init__(DATA[offset:])
        self._most = most
        self._is_silent = is_silent

    def read(self, size: int | None = -1, /) -> bytes:
        """Return bytes, or fail."""
        if self._most <= 0 and not self._is_silent:
            raise ConnectionResetError
        data = super().read(min(size or 0, max(self._most, 0)))
        self._most -= len(data)
        return data


class Clock:
    """A clock that goes on by `step` seconds at each look."""

    def __init__(self, step: float) -> None:
        self._now = 0.0
        self._step = step

    def __call__(self) -> float:
        """Return the time in seconds."""
        self._now += self._step
        return self._now


@pytest.mark.parametrize("is_silent", [False, True])
def test_a_lost_connection_resumes_at_the_offset(*, is_silent: bool) -> None:
    """All bytes come once and in order; an early end without an error counts as lost too."""
    offsets: list[int] = []

    def open_at(offset: int) -> Reader:
        offsets.append(offset)
        return Flaky(offset, 3000, is_silent=is_silent)

    with ResumingStream(open_at, len(DATA), (OSError,)) as stream:
        assert io.BufferedReader(stream).read() == DATA
    assert offsets == [0, 3000, 6000, 9000]


def test_a_connection_that_is_lost_again_and_again_is_a_transient_failure() -> None:
    """A server that stops after N bytes of every connection does not hold the reader for ever."""
    opened: list[int] = []

    def open_at(offset: int) -> Reader:
        opened.append(offset)
        return Flaky(offset, 100)

    with (
        ResumingStream(open_at, len(DATA), (OSError,)) as stream,
        pytest.raises(Transient, match=rf"of {len(DATA)} bytes, {MAX_RESUMES + 1} times"),
    ):
        stream.readall()
    assert len(opened) == MAX_RESUMES + 1


def test_a_dripping_connection_is_a_transient_failure() -> None:
    """Bytes that come all the time, but too few of them in a minute, end the reading."""
    with ResumingStream(lambda offset: Flaky(offset, 10**6), len(DATA), (OSError,), Clock(31.0)) as stream:
        stream.read(10)
        with pytest.raises(Transient, match="less than 1 MiB in a minute"):
            stream.read(10)


def test_other_exceptions_are_not_repeated() -> None:
    """An exception that is not one of a lost connection is raised at once."""

    def open_at(_: int) -> Reader:
        raise LookupError

    with ResumingStream(open_at, len(DATA), (OSError,)) as stream, pytest.raises(LookupError):
        stream.read(1)


def test_an_empty_file_is_not_opened() -> None:
    """Nothing has to be read of a file without bytes."""
    with ResumingStream(lambda _: pytest.fail("opened"), 0, (OSError,)) as stream:
        assert stream.read() == b""
