"""The distribution of files to processes: one computes, the others wait for emulators, and not too many of them."""

from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from tests.cpu_budget import ROOT
from tests.distribution import LONGEST, MOST_WAITING, MixedScheduling, is_waiting

COMPUTING = [f"tests/scripts/test_{name}.py" for name in "abcdefgh"]
WAITING = [f"tests/end_to_end/test_{name}.py" for name in "abcdefgh"]
MOST_KEPT = 3  # the file that a process runs, the next one, and the one before
BROWSER = ["tests/browser/test_a.py", "tests/browser/test_b.py"]


class Node:
    """A process that runs the tests it is given, one at a time."""

    def __init__(self) -> None:
        self.gateway = SimpleNamespace(id="process")
        self.tests: list[int] = []
        self.shutting_down = False

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        self.tests += indices

    def shutdown(self) -> None:
        self.shutting_down = True


class Session:
    """All tests of some files, in processes that take turns."""

    def __init__(self, config: pytest.Config, files: Sequence[str], processes: int, tests: int = 3) -> None:
        self.names = [f"{file}::test_{number}" for file in files for number in range(tests)]
        config.option.tx = ["popen"] * processes
        self.scheduling = MixedScheduling(config)
        self.nodes = [Node() for _ in range(processes)]
        self.begun: list[list[str]] = [[] for _ in self.nodes]
        self.most_waiting = 0
        for node in self.nodes:
            self.scheduling.add_node(node)
            self.scheduling.add_node_collection(node, self.names)
        self.scheduling.schedule()

    def run(self) -> None:
        """Let each process run its tests; the last one begins only when it knows the next, or that there is none."""
        while any(node.tests for node in self.nodes):
            running = [self._step(number) for number in range(len(self.nodes))]
            self.most_waiting = max(self.most_waiting, sum(map(is_waiting, running)))

    def _step(self, number: int) -> str:
        node = self.nodes[number]
        if not node.tests or (len(node.tests) == 1 and not node.shutting_down):
            return ""
        test = node.tests.pop(0)
        file = self.names[test].partition("::")[0]
        self.begun[number] += [file] if file not in self.begun[number] else []
        self.scheduling.mark_test_complete(node, test)
        return file


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> pytest.Config:
    """Pretend a distribution: its options are there without one too."""
    monkeypatch.setattr(pytestconfig.option, "tx", [], raising=False)
    monkeypatch.setattr(pytestconfig.option, "loadscopereorder", False, raising=False)
    return pytestconfig


@pytest.mark.parametrize("tests", [1, 4])
@pytest.mark.parametrize("processes", [1, 2, 3, 4, 6])
@pytest.mark.parametrize(
    "files", [COMPUTING, WAITING, COMPUTING + WAITING, WAITING[:1] + COMPUTING, COMPUTING[:1] + WAITING, BROWSER]
)
def test_every_file_is_run_by_one_process(config: pytest.Config, files: list[str], processes: int, tests: int) -> None:
    """Nothing is left out or run twice, and no more processes wait than may."""
    session = Session(config, files, processes, tests)
    session.run()
    assert sorted(file for begun in session.begun for file in begun) == sorted(files)
    assert session.most_waiting <= MOST_WAITING
    assert session.scheduling.tests_finished
    assert all(len(work) <= MOST_KEPT for work in session.scheduling.assigned_work.values())


def test_the_first_process_computes_while_the_others_wait(config: pytest.Config) -> None:
    """Each sort begins at once, in its order."""
    session = Session(config, COMPUTING + WAITING, 3)
    session.run()
    assert session.begun[0][:3] == COMPUTING[:3]
    assert session.begun[1][0] == WAITING[0]
    assert session.begun[2][0] == WAITING[1]


def test_the_longest_files_begin_first(config: pytest.Config) -> None:
    """Each is there, and is not left for the end."""
    files = [name if name.endswith(".py") else f"{name}test_a.py" for name in LONGEST]
    assert all((ROOT / name).exists() for name in LONGEST)
    session = Session(config, WAITING + files, 3)
    session.run()
    assert {begun[0] for begun in session.begun} == set(files[:3])


def test_the_tests_in_the_browser_stay_together(config: pytest.Config) -> None:
    """They share a run, a console and a browser, so one process runs all of them."""
    session = Session(config, BROWSER + WAITING, 3)
    session.run()
    assert [set(BROWSER) & set(begun) for begun in session.begun].count(set(BROWSER)) == 1
