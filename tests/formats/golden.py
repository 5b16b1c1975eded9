"""The frozen formats: compare the output of the code with golden files."""

import json
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parents[1] / "golden"
UPDATE: Final = "python -m tests.formats.update"

# What breaks when a format changes, by the name of its golden file.
FORMATS: Final = {
    "delivery-keys": "stored keys of earlier versions would no longer match, so old events would be delivered again",
    "execution-names": "a repeated event would start an execution again, and operators would not find executions",
    "delivery-records": "records of earlier versions would not be understood, so old events would be delivered again",
    "issue-record": "an issue that an operator acknowledged or resolved would be open again, without its note",
    "lock-record": "an operator with another version could change the same dead letters at the same time",
    "ingest-log-lines": "metric filters, the reconciliation and queries of users read these lines",
    "processor-log-lines": "metric filters, the reconciliation and queries of users read these lines",
    "audit-lines": "queries of users and the reconciliation read these lines",
    "ingest-metrics": "alarms and dashboards of users would no longer get data",
    "processor-metrics": "alarms and dashboards of users would no longer get data",
    "dead-letters": "dead letters of earlier versions lie in the queue for up to 14 days",
    "replayed-messages": "a processor of an earlier version may receive a replayed message",
    "export-lines": "export files of earlier versions would no longer be importable",
    "json-output": "programs of users read this output",
    "stack-outputs": "the commands and other stacks of users read these outputs",
    "physical-names": "a deployment would replace these resources, and their content would be lost",
    "deploy-result": "programs of users read this output",
    "upgrade-results": "programs of users read this output",
    "deployment-records": "a rollback could not read the records of earlier versions",
    "ready-line": "programs of users read this line",
    "notification-requests": "services would reject notifications, or receivers would not verify them",
}


class Golden:
    """Compares the output of the code with golden files. With `is_update`, writes the files instead."""

    def __init__(self, folder: Path, *, is_update: bool) -> None:
        self._folder = folder
        self._is_update = is_update
        self.compared: list[str] = []

    def check(self, name: str, produced: Any) -> None:
        """Compare a JSON value with the golden file of this format. Raise AssertionError if they differ."""
        consequence = FORMATS[name]
        self.compared.append(name)
        path = self._folder / f"{name}.json"
        text = json.dumps(produced, indent=2, ensure_ascii=False) + "\n"
        if self._is_update:
            path.write_text(text, "utf-8")
            return
        if not path.is_file():
            raise AssertionError(f"The golden file {path.name} is missing: restore it, or run `{UPDATE}`.")
        kept = path.read_text("utf-8")
        if kept != text:
            raise AssertionError(
                f"The format {name!r} changed ({first_difference(kept, text)}): {consequence}. If that is intended, "
                f"note it in CHANGELOG.md and run `{UPDATE}`."
            )


def first_difference(kept: str, produced: str) -> str:
    """Return the first line that differs, before and after."""
    lines, others = kept.splitlines(), produced.splitlines()
    number = next((n for n, (one, other) in enumerate(zip(lines, others, strict=False)) if one != other), None)
    if number is None:
        number = min(len(lines), len(others))
    was, now = (each[number].strip() if number < len(each) else "nothing" for each in (lines, others))
    return f"line {number + 1} was {was}, now {now}"
