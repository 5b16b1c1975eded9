"""Distribute the files of tests to the processes of pytest-xdist so that one computes while others wait for emulators.

A test that starts an emulator or a browser waits for most of its time, and most other tests only compute. In the order
of their names, all processes would wait first and compute later.
"""

import functools
from typing import Any, Final

from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]  # it has no type hints

WAITING: Final = ("tests/acceptance/", "tests/browser/", "tests/end_to_end/")
"""The folders whose tests wait for emulators."""

LONGEST: Final = (
    "tests/acceptance/",
    "tests/browser/",
    "tests/end_to_end/test_integration.py",
    "tests/end_to_end/test_killed_workers.py",
    "tests/end_to_end/test_rotation.py",
    "tests/end_to_end/test_sent_notifications.py",
)
"""Those of them that take a minute or more. They begin first, so that no process waits for one of them at the end."""

MOST_WAITING: Final = 3
"""How many processes run such files at once: four emulators on two cores would not answer within Alma's 5 s."""

_TOGETHER: Final = "tests/browser/"


class MixedScheduling(LoadFileScheduling):  # type: ignore[misc]  # as above
    """Gives the first process files that compute, and the others files that wait; then each what is left."""

    def _split_scope(self, nodeid: str) -> str:
        """Return the file of a test; the tests in the browser stay together, because they share a run and a console."""
        return _TOGETHER if nodeid.startswith(_TOGETHER) else nodeid.partition("::")[0]

    def _assign_work_unit(self, node: Any) -> None:
        """Give a process the first file that it may run, or end it if there is none."""
        scope = self._next(node)
        if scope is None:
            node.shutdown()
            return
        # xdist keeps every finished file, and counts its tests again after each test: two seconds of a minute.
        work = self.assigned_work.setdefault(node, {})
        for done in work.keys() - self._unfinished(work):
            del work[done]
        work[scope] = self.workqueue.pop(scope)
        node.send_runtest_some([self._numbers[test] for test, is_done in work[scope].items() if not is_done])

    @functools.cached_property
    def _numbers(self) -> dict[str, int]:
        """The numbers of the tests, the same in each process."""
        return {test: number for number, test in enumerate(self.collection)}

    def _next(self, node: Any) -> str | None:
        """Return the file or folder that this process begins next."""
        waiting = min(filter(is_waiting, self.workqueue), key=_is_short, default=None)
        computing = next((scope for scope in self.workqueue if not is_waiting(scope)), None)
        if node is self.nodes[0] or not self._may_wait(node):
            return computing or (waiting if self._may_wait(node) else None)
        return waiting or computing

    def _may_wait(self, node: Any) -> bool:
        """Return whether fewer than the most other processes run tests that wait."""
        others = [work for other, work in self.assigned_work.items() if other is not node]
        return sum(any(map(is_waiting, self._unfinished(work))) for work in others) < MOST_WAITING

    @staticmethod
    def _unfinished(work: dict[str, dict[str, bool]]) -> list[str]:
        return [scope for scope, tests in work.items() if not all(tests.values())]


def _is_short(scope: str) -> bool:
    return not scope.startswith(LONGEST)


def is_waiting(scope: str) -> bool:
    """Return whether the tests of a file or folder wait for emulators."""
    return scope.startswith(WAITING)
