"""Keys of a terminal: what it sends for each, and that it is left as it was."""

import os
import pty
import termios
from collections.abc import Iterator
from contextlib import suppress

import pytest

from scripts.watch.keys import Key, Keyboard, decode


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"jk", [Key.down, Key.up]),
        (b"\x1b[A\x1b[B\x1bOA\x1bOB", [Key.up, Key.down, Key.up, Key.down]),
        (b"\r\nser", [Key.show, Key.show, Key.show, Key.explain, Key.replay]),
        (b"\x1b[5~\x1b[6~gG\x1b[H\x1b[F", [Key.page_up, Key.page_down, Key.first, Key.last, Key.first, Key.last]),
        (b"q\x04", [Key.quit, Key.quit]),
        (b"x\xff\x1b[1;5A\x1b[200~\x1bOj", []),
        (b"", []),
    ],
)
def test_each_key_is_recognized(data: bytes, keys: list[Key]) -> None:
    """Other keys, whole sequences of them, are ignored."""
    assert list(decode(data)) == keys


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """A terminal: the side of the user, and that of the program."""
    user, program = pty.openpty()
    yield user, program
    os.close(user)
    os.close(program)


def test_keys_arrive_one_by_one(terminal: tuple[int, int]) -> None:
    """Without a line break, and a cursor key as one key although its bytes can arrive apart."""
    user, program = terminal
    with Keyboard(program) as keyboard:
        assert keyboard.read(0) == []
        os.write(user, b"j")
        assert keyboard.read(5) == [Key.down]
        os.write(user, b"\x1b[A")
        assert keyboard.read(5) == [Key.up]
        os.write(user, b"Y")
        assert keyboard.is_yes()
        os.write(user, b"n")
        assert not keyboard.is_yes()
        os.write(user, b"x")
        keyboard.wait()


def test_the_terminal_is_left_as_it_was(terminal: tuple[int, int]) -> None:
    """Also while a command has it, and after an error."""
    _, program = terminal
    before = termios.tcgetattr(program)
    keyboard = Keyboard(program)
    with suppress(KeyboardInterrupt), keyboard:
        assert termios.tcgetattr(program) != before
        with keyboard.released():
            assert termios.tcgetattr(program) == before
        assert termios.tcgetattr(program) != before
        raise KeyboardInterrupt
    assert termios.tcgetattr(program) == before
