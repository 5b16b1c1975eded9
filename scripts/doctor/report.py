"""Format the findings of the doctor as JSON data and as lines of text. Prints nothing."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rich.text import Text

from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.doctor.finding import Finding, Health
from scripts.doctor.subject import Subject

_COLORS: Final = {Health.ok: "green", Health.warning: "yellow", Health.unhealthy: "red", Health.unknown: "yellow"}
_WIDTH: Final = max(len(state) for state in Health)


def as_data(subject: Subject, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the findings as data. `healthy` is true if no check is unhealthy or unknown; warnings are allowed."""
    return {
        "stack": subject.pipeline.name,
        "region": subject.scope.aws.ssm.meta.region_name,
        "healthy": all(finding.state in {Health.ok, Health.warning} for finding in findings),
        "findings": [finding._asdict() for finding in findings],
    }


def lines(subject: Subject, findings: Sequence[Finding]) -> Iterator[Text]:
    """Yield a line for each finding and one for its fix. The state is a word too, not only a color."""
    yield Text(f"{subject.pipeline.name}, {subject.scope.aws.ssm.meta.region_name}")
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        state = Text(f"{finding.state:<{_WIDTH}}", _COLORS[finding.state])
        yield Text.assemble(state, f"  {finding.check:<{width}}  {escape(finding.message)}")
        if finding.fix:
            yield Text(f"{'':<{_WIDTH}}  {'':<{width}}  → {escape(finding.fix)}")
    yield Text(_summary(findings))


def _summary(findings: Sequence[Finding]) -> str:
    counts = {state: sum(finding.state is state for finding in findings) for state in Health}
    problems = [f"{counts[state]} {state}" for state in (Health.unhealthy, Health.unknown) if counts[state]]
    warnings = [plural(counts[Health.warning], "warning")] if counts[Health.warning] else []
    return ", ".join([*(problems or ["healthy"]), *warnings])
