"""Processes that are spoken with."""

import os
import sys

import pytest

from benchmarks.processes import WorkerProcess
from scripts.cli.exit_codes import FailedError
from scripts.cli.signals import Interrupts

ECHO = "import sys\nfor line in sys.stdin: print(line.strip() * 2, flush=True)"


def spoken(code: str) -> WorkerProcess:
    return WorkerProcess("The invented one", [sys.executable, "-I", "-c", code], os.environ, Interrupts())


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_lines_are_answered_and_the_process_goes_with_its_input() -> None:
    """As long as it is entered."""
    with spoken(ECHO) as process:
        assert process.ask("ab") == "abab"
        assert process.ask("c") == "cc"
    assert not is_there(process.pid)


def test_facts_are_words_with_numbers() -> None:
    """As the measured processes tell them."""
    with spoken("print('status=200 init_ns=17')") as process:
        assert process.facts() == {"status": 200, "init_ns": 17}


def test_a_process_that_fails_is_named_with_its_last_word() -> None:
    """Whether it was to tell a line or to end well."""
    with spoken("raise SystemExit('no such handler')") as process, pytest.raises(FailedError, match="no such handler"):
        process.line()
    with spoken("print(1, flush=True); raise SystemExit(3)") as process:
        assert process.line() == "1"
        with pytest.raises(FailedError, match="The invented one failed"):
            process.ended()


def test_a_process_that_stays_is_ended() -> None:
    """However little it listens, when something else goes wrong."""
    process = spoken("import time\nprint(1, flush=True)\ntime.sleep(600)")
    with pytest.raises(RuntimeError), process:
        raise RuntimeError(process.line())
    assert not is_there(process.pid)


def test_its_own_cpu_is_told() -> None:
    """Some, even if it does nothing."""
    with spoken("pass") as process:
        assert process.ended().cpu > 0
