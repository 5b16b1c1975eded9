"""Summarize an examination in at most ten lines: whether all is well, and what an operator looks at first."""

from collections.abc import Iterator, Sequence
from typing import Final

from ingest import heartbeat
from scripts.cli.plural import plural
from scripts.cli.terminal import escape
from scripts.doctor.check import Finding, Health
from scripts.doctor.checks import Examination

_BY_SEVERITY: Final = (Health.unhealthy, Health.unknown, Health.warning)
_TRAFFIC: Final = ("queue", "drain", "dead letters", "requests")
_LAST: Final = ("last event", "last heartbeat")
_WIDTH: Final = max(map(len, (*_TRAFFIC, *_LAST, *Health)))


def summary_lines(examination: Examination) -> Iterator[str]:
    """Yield the result with the number of problems, their checks by severity, and the state of the traffic."""
    findings = examination.findings
    yield f"{examination.stack}, {examination.region}: {result_of(findings)}"
    for state in _BY_SEVERITY:
        if names := dict.fromkeys(finding.check for finding in findings if finding.state is state):
            yield f"{state:<{_WIDTH}}  {escape(', '.join(names))}"
    messages = {name: _messages(findings, name) for name in (*_LAST, *_TRAFFIC)}
    yield from (f"{name:<{_WIDTH}}  {escape(_shortened(found))}" for name, found in messages.items() if found)


def _messages(findings: Sequence[Finding], name: str) -> list[str]:
    """Return the messages of a check, the newest event first. The check of events covers the heartbeat."""
    check = "last event" if name in _LAST else name
    found = [finding.message for finding in findings if finding.check == check]
    if name not in _LAST:
        return found
    is_heartbeat = name == "last heartbeat"
    ours = [text for text in found if text.startswith(heartbeat.PROFILE) is is_heartbeat]
    texts = [text.removeprefix(heartbeat.PROFILE).lstrip(": ") for text in ours] if is_heartbeat else ours
    return sorted(texts, key=lambda text: text.partition(" at ")[2], reverse=True)


def _shortened(messages: Sequence[str]) -> str:
    more = len(messages) - 1
    return f"{messages[0]}; {more} more below" if more else messages[0]


def result_of(findings: Sequence[Finding]) -> str:
    """Return "healthy", or the number of unhealthy and unknown findings; and the number of warnings."""
    counts = {state: sum(finding.state is state for finding in findings) for state in Health}
    problems = [f"{counts[state]} {state}" for state in (Health.unhealthy, Health.unknown) if counts[state]]
    warnings = [plural(counts[Health.warning], "warning")] if counts[Health.warning] else []
    return ", ".join([*(problems or ["healthy"]), *warnings])
