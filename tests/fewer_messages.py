"""Let the processes of pytest-xdist send only what the main one shows: it takes time to send six messages a test."""

from typing import Any


def send_less(worker: Any) -> None:
    """Send neither the beginning and end of a test nor a set-up and tear-down that passed, unless they are shown."""
    options = worker.config.option
    if options.durations is None and options.xmlpath is None and options.verbose <= 0:
        send = worker.sendevent

        def send_shown(name: str, **event: Any) -> None:
            if name not in ("logstart", "logfinish") and not (name == "testreport" and _is_hidden(event["data"])):
                send(name, **event)

        worker.sendevent = send_shown


def _is_hidden(report: dict[str, Any]) -> bool:
    return report["when"] != "call" and report["outcome"] == "passed" and not report["sections"]
