"""Processes that are spoken with."""

import os
import sys
from contextlib import AbstractContextManager

import pytest

from benchmarks.processes import WorkerProcess, started
from scripts.cli.exit_codes import FailedError
from scripts.cli.signals import Interrupts

ECHO = "import sys\nfor line in sys.stdin: print(f'twice={2 * int(line)}', flush=True)"


def spoken(code: str) -> AbstractContextManager[WorkerProcess]:
    return started("The invented one", [sys.executable, "-I", "-c", code], os.environ, Interrupts())


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_lines_are_answered_and_the_process_goes_with_its_input() -> None:
    """As long as it is entered."""
    with spoken(ECHO) as process:
        assert process.ask("3") == {"twice": 6}
        assert process.ask("4") == {"twice": 8}
    assert not is_there(process.pid)


def test_facts_are_words_with_numbers() -> None:
    """The figures are those of the measured processes."""
    with spoken("print('status=200 init_ns=17')") as process:
        assert process.facts() == {"status": 200, "init_ns": 17}


def test_a_process_that_fails_is_named_with_its_last_word() -> None:
    """A process that prints no line or fails is an error."""
    with spoken("raise SystemExit('no such handler')") as process, pytest.raises(FailedError, match="no such handler"):
        process.facts()
    with spoken("print('a=1', flush=True); raise SystemExit(3)") as process:
        assert process.facts() == {"a": 1}
        with pytest.raises(FailedError, match="The invented one failed"):
            process.ended()


def test_a_process_that_stays_is_ended() -> None:
    """However little it listens, when something else goes wrong."""
    with pytest.raises(RuntimeError), spoken("import time\nprint('a=1', flush=True)\ntime.sleep(600)") as process:
        raise RuntimeError(process.facts())
    assert not is_there(process.pid)


def test_its_own_cpu_is_reported() -> None:
    """Some, even if it does nothing."""
    with spoken("pass") as process:
        assert process.ended() > 0
