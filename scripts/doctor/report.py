"""What the doctor tells: as plain data for programs, as lines for people. Prints nothing."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rich.text import Text

from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.doctor.finding import Finding, State
from scripts.doctor.subject import Subject

_COLOURS: Final = {State.ok: "green", State.warning: "yellow", State.bad: "red", State.unknown: "yellow"}
_WIDTH: Final = max(len(state) for state in State)


def as_data(subject: Subject, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the findings as data. `well` is whether nothing is bad or unknown; a warning is neither."""
    return {
        "stack": subject.pipeline.name,
        "region": subject.scope.aws.ssm.meta.region_name,
        "well": all(finding.state in {State.ok, State.warning} for finding in findings),
        "findings": [finding._asdict() for finding in findings],
    }


def lines(subject: Subject, findings: Sequence[Finding]) -> Iterator[Text]:
    """A line a finding, a line for what to do about it; the state is a word, for not everybody sees colours."""
    yield Text(f"{subject.pipeline.name}, {subject.scope.aws.ssm.meta.region_name}")
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        state = Text(f"{finding.state:<{_WIDTH}}", _COLOURS[finding.state])
        yield Text.assemble(state, f"  {finding.check:<{width}}  {escape(finding.told)}")
        if finding.fix:
            yield Text(f"{'':<{_WIDTH}}  {'':<{width}}  → {escape(finding.fix)}")
    counts = {state: sum(finding.state is state for finding in findings) for state in State}
    warnings = f", {plural(counts[State.warning], 'warning')}" if counts[State.warning] else ""
    if counts[State.bad] or counts[State.unknown] or warnings:
        yield Text(f"{counts[State.bad]} bad, {counts[State.unknown]} unknown{warnings}")
    else:
        yield Text("all is well")
