"""Check whether live events have members that the catalogue of known events lacks, by the log of the processor."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from scripts.catalogue.catalogue import known_events, load
from scripts.cli.plural import plural
from scripts.doctor.check import Finding, Subject, ok
from scripts.doctor.requests import recent_lines

_FIELD: Final = "unknown_members"
_AGO: Final = timedelta(hours=24)
_SHOWN: Final = 20


def unknown_members(subject: Subject) -> Iterator[Finding]:
    """Name the members that the processor logged and that neither the catalogue nor the project's samples have.

    They are never unhealthy. The processor compares with the catalogue of its version, which can be an older one.
    """
    group = subject.scope.output("ProcessorLogGroupName", "where the processor's log is")
    pages = recent_lines(subject, group, f'"{_FIELD}"', _AGO)
    logged = {name for page in pages for _, line in page for name in _names(line)}
    project = subject.scope.address.project
    known = (known_events(project.folder / "events") if project else load()).root()
    if found := [name for name in sorted(logged) if known.at(name.split(".")) is None]:
        more = f" and {plural(len(found) - _SHOWN, 'other')}" if len(found) > _SHOWN else ""
        yield ok(
            f"events of the last 24 h have members that the catalogue lacks: {', '.join(found[:_SHOWN])}{more}; "
            "routes can use them, and routes check warns of them until a sample event of the project has them"
        )
    else:
        yield ok("events of the last 24 h have no unknown members")


def _names(line: dict[str, Any]) -> list[str]:
    names = line.get(_FIELD)
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
