"""The messages between the processes of the tests: what is shown arrives, and by default nothing else."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.fewer_messages import send_less


def sent(name: str, shown: dict[str, Any] | None = None, **event: Any) -> bool:
    """Return whether a message of a process is sent, by default or with options that show more."""
    messages: list[tuple[str, dict[str, Any]]] = []
    option = SimpleNamespace(**{"durations": None, "xmlpath": None, "verbose": 0} | (shown or {}))
    worker = SimpleNamespace(
        config=SimpleNamespace(option=option), sendevent=lambda name, **event: messages.append((name, event))
    )
    send_less(worker)
    worker.sendevent(name, **event)
    assert messages in ([], [(name, event)])
    return bool(messages)


def report(when: str, outcome: str = "passed", sections: Any = ()) -> dict[str, Any]:
    return {"data": {"when": when, "outcome": outcome, "sections": list(sections)}}


@pytest.mark.parametrize(
    "event",
    [
        report("call"),
        report("setup", "failed"),
        report("setup", "skipped"),
        report("teardown", "failed"),
        report("teardown", sections=[("Captured stdout teardown", "a line")]),
    ],
)
def test_a_result_is_sent(event: dict[str, Any]) -> None:
    """Also that of a set-up or tear-down that did not pass, or has printed something."""
    assert sent("testreport", **event)


@pytest.mark.parametrize("name", ["collectionfinish", "runtest_protocol_complete", "workerfinished"])
def test_what_the_distribution_needs_is_sent(name: str) -> None:
    """Or the main process would wait forever."""
    assert sent(name, item_index=1)


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("logstart", {"nodeid": "a"}),
        ("logfinish", {"nodeid": "a"}),
        ("testreport", report("setup")),
        ("testreport", report("teardown")),
    ],
)
@pytest.mark.parametrize("shown", [{"durations": 5}, {"xmlpath": "report.xml"}, {"verbose": 1}])
def test_the_rest_is_sent_only_if_it_is_shown(name: str, event: dict[str, Any], shown: dict[str, Any]) -> None:
    """With the slowest tests, in a report of JUnit, or in a long output."""
    assert not sent(name, **event)
    assert sent(name, shown, **event)
