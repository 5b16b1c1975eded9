"""Measure the CPU time of the tests by folder, and fail where a folder exceeds its budget.

CPU time hardly depends on what else the machine does, but machines differ. So budgets count *units*: one is the CPU
time of a fixed loop, measured in the same run. Active with `--cpu-budget`; the budgets are in tests/cpu_budget.yaml.
"""

import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

ROOT: Final = Path(__file__).parents[1]
BUDGET: Final = Path(__file__).with_name("cpu_budget.yaml")

_LOOPS: Final = 2_000_000
_OUTPUT: Final = "cpu_seconds"


def cpu_seconds() -> float:
    """Return the CPU time of this process and of those of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def unit_seconds() -> float:
    """Return the CPU time of the fixed loop: the least of three."""

    def loop() -> float:
        start = time.process_time()
        sum(number * number for number in range(_LOOPS))
        return time.process_time() - start

    return min(loop() for _ in range(3))


def over_budget(units: Mapping[str, float], budget: Mapping[str, float]) -> list[str]:
    """Return a sentence for each folder that uses more units than its budget, or has none."""
    return [
        f"{folder} uses {used:.0f} units of CPU time, and its budget is {budget.get(folder, 0)}: make its tests "
        f"cheaper, mark slow ones with `full`, or raise the budget in tests/{BUDGET.name} and say why"
        for folder, used in sorted(units.items())
        if used > budget.get(folder, 0)
    ]


class Meter:
    """Measures tests by folder: of this process, and of the workers that run some for it."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._unit = unit_seconds()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Measure a test with its fixtures."""
        before = cpu_seconds()
        result = yield
        self.seconds[folder_of(item.path)] += cpu_seconds() - before
        return result

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add what a worker has measured."""
        for folder, seconds in getattr(node, "workeroutput", {}).get(_OUTPUT, {}).items():
            self.seconds[folder] += seconds

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand over the figures of a worker; compare those of the whole session."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_OUTPUT] = dict(self.seconds)
        elif session.exitstatus == pytest.ExitCode.OK and over_budget(self._units(), budgets()):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the units of each folder beside its budget."""
        units, budget = self._units(), budgets()
        terminalreporter.section(f"CPU time by folder, in units of {self._unit:.2f} s")
        for folder, used in sorted(units.items()):
            terminalreporter.write_line(f"{used:7.0f} of {budget.get(folder, 0):4}  {folder}")
        for problem in over_budget(units, budget):
            terminalreporter.write_line(problem, red=True)

    def _units(self) -> dict[str, float]:
        return {folder: seconds / self._unit for folder, seconds in self.seconds.items()}


def folder_of(path: Path) -> str:
    """Return the part of the tests that a file is in: two levels below the root, or `tests` for single files."""
    folders = path.relative_to(ROOT).parent.parts
    return "/".join(folders[:3]) if folders[1:2] == ("scripts",) else "/".join(folders[:2])


def budgets() -> dict[str, float]:
    """Return the budget of each folder."""
    found: dict[str, float] = yaml.safe_load(BUDGET.read_text("utf-8"))
    return found
