"""Read single keys from a terminal."""

import os
import re
import select
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any, Final


class Key(Enum):
    """The keys of `watch`."""

    up = "up"
    down = "down"
    page_up = "page up"
    page_down = "page down"
    first = "first"
    last = "last"
    show = "show"
    explain = "explain"
    replay = "replay"
    quit = "quit"


# What a terminal sends for each key; cursor keys have two forms ("XTerm Control Sequences", cursor keys).
_KEYS: Final = {
    **dict.fromkeys((b"k", b"\x1b[A", b"\x1bOA"), Key.up),
    **dict.fromkeys((b"j", b"\x1b[B", b"\x1bOB"), Key.down),
    **dict.fromkeys((b"\x1b[5~",), Key.page_up),
    **dict.fromkeys((b"\x1b[6~", b" "), Key.page_down),
    **dict.fromkeys((b"g", b"\x1b[H", b"\x1bOH", b"\x1b[1~"), Key.first),
    **dict.fromkeys((b"G", b"\x1b[F", b"\x1bOF", b"\x1b[4~"), Key.last),
    **dict.fromkeys((b"\r", b"\n", b"s"), Key.show),
    b"e": Key.explain,
    b"r": Key.replay,
    **dict.fromkeys((b"q", b"\x04"), Key.quit),
}
_ESCAPE: Final = b"\x1b"
_SEQUENCE: Final = re.compile(rb"\x1b[\[O][0-9;]*[A-Za-z~]|.", re.DOTALL)
_SEQUENCE_SECONDS: Final = 0.05  # the bytes of one key arrive together


def decode(data: bytes) -> Iterator[Key]:
    """Yield the keys in what a terminal sent. Other bytes are ignored."""
    for found in _SEQUENCE.finditer(data):
        if found[0] in _KEYS:
            yield _KEYS[found[0]]


class Keyboard:
    """The keyboard of this process's terminal. While entered, keys arrive one by one and are not shown."""

    def __init__(self, descriptor: int | None = None) -> None:
        self._descriptor = sys.stdin.fileno() if descriptor is None else descriptor
        self._before: list[Any] = []

    def __enter__(self) -> "Keyboard":
        self._before = termios.tcgetattr(self._descriptor)
        tty.setcbreak(self._descriptor)
        return self

    def __exit__(self, *_: object) -> None:
        termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)

    @contextmanager
    def released(self) -> Iterator[None]:
        """Give the terminal back to other code, such as a prompt, during the block."""
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()

    def read(self, seconds: float) -> list[Key]:
        """Wait up to this many seconds for keys, and return them."""
        return list(decode(self._read(seconds)))

    def wait(self) -> None:
        """Wait for any key."""
        self._read(None)

    def is_yes(self) -> bool:
        """Wait for any key, and return whether it is y."""
        return self._read(None).lower() == b"y"

    def _read(self, seconds: float | None) -> bytes:
        if not self._is_ready(seconds):
            return b""
        data = os.read(self._descriptor, 1024)
        if not data:  # the terminal is closed
            return b"q"
        while data.endswith(_ESCAPE) and self._is_ready(_SEQUENCE_SECONDS):
            data += os.read(self._descriptor, 1024)
        return data

    def _is_ready(self, seconds: float | None) -> bool:
        return bool(select.select([self._descriptor], [], [], seconds)[0])
