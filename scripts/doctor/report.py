"""Format what the doctor found and fixed, as JSON data and as lines of text. Prints nothing."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rich.text import Text

from scripts.cli.terminal import escape
from scripts.doctor.check import Health
from scripts.doctor.checks import Examination
from scripts.doctor.repair.faults import ResourceFault
from scripts.doctor.repair.fix import FixResult
from scripts.doctor.summary import result_of, summary_lines

_COLORS: Final = {Health.ok: "green", Health.warning: "yellow", Health.unhealthy: "red", Health.unknown: "yellow"}
_WIDTH: Final = max(len(state) for state in Health)
_REMEDY_WIDTH: Final = 9


def as_data(examination: Examination) -> dict[str, Any]:
    """Return the findings as data. `healthy` is true if no check is unhealthy or unknown; warnings are allowed."""
    findings = [finding._asdict() for finding in examination.findings]
    place = {"stack": examination.stack, "region": examination.region}
    return place | {"healthy": examination.is_healthy, "findings": findings}


def lines(examination: Examination) -> Iterator[str]:
    """Yield a summary, then a line for each finding and one for its fix. The state is a word too, not only a color."""
    yield from summary_lines(examination)
    yield ""
    findings = examination.findings
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        yield f"{finding.state:<{_WIDTH}}  {finding.check:<{width}}  {escape(finding.message)}"
        if finding.fix:
            yield f"{'':<{_WIDTH}}  {'':<{width}}  → {escape(finding.fix)}"
    yield result_of(findings)


def colored(line: str) -> Text:
    """Color the state at the beginning of a line."""
    text, state = Text(line), line[:_WIDTH].rstrip()
    if line[_WIDTH:].startswith("  ") and state in _COLORS:
        text.stylize(_COLORS[Health(state)], 0, _WIDTH)
    return text


def fault_data(fault: ResourceFault) -> dict[str, Any]:
    """Return a fault as data."""
    logical, type_, physical = fault.resource
    facts = {"stack": fault.stack.name, "logical_id": logical, "type": type_, "physical_id": physical}
    return facts | {"remedy": fault.remedy.value, "message": fault.message, "note": fault.note}


def fix_data(result: FixResult) -> dict[str, Any]:
    """Return what was fixed and what is left as data."""
    return {
        "repaired": [fault_data(fault) | {"is_fixed": result.is_fixed(fault)} for fault in result.done],
        "left": [fault_data(fault) for fault in result.left],
        "flow": result.flow._asdict() if result.flow else None,
    }


def fix_lines(result: FixResult) -> Iterator[str]:
    """Yield what was fixed, and whether events are processed again."""
    for fault in result.done:
        state = "fixed" if result.is_fixed(fault) else "not fixed"
        yield f"{state:<{_REMEDY_WIDTH}}  {escape(fault.message)}"
    if result.flow:
        yield result.flow.message
    if not result.done:
        yield "nothing to fix"


def plan_lines(found: Sequence[ResourceFault]) -> Iterator[str]:
    """Yield what a fix would do, and what it would not restore."""
    for fault in found:
        yield f"{fault.remedy.value:<{_REMEDY_WIDTH}}  {escape(fault.message)}"
        if fault.note:
            yield f"{'':<{_REMEDY_WIDTH}}  {fault.note}"
