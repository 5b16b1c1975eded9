"""Read the reasons why mutants survive, and match them to mutants."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from scripts.cli.exit_codes import ConfigurationError
from scripts.devtools.mutation.mutants import Mutant

EVERYWHERE = "everywhere"


class _Change(BaseModel):
    """A change of `was` to `now` (or one of several) in a line, and why no test detects it."""

    model_config = ConfigDict(extra="forbid")

    was: str
    now: str | list[str]
    why: Annotated[str, Field(pattern="^(equivalent: |only )")]


class _Wording(BaseModel):
    """A text for people whose wording need not be tested further."""

    model_config = ConfigDict(extra="forbid")

    wording: str


_LIST = TypeAdapter(dict[str, list[_Change | _Wording]])


@dataclass(frozen=True)
class SurvivorReason:
    """A reason for mutants in `place` (module and function, or everywhere) that have one of `now` instead of `was`."""

    place: str
    was: str
    now: tuple[str, ...]

    def fits(self, mutant: Mutant) -> bool:
        """Return whether the mutant differs from the source by exactly this change."""
        if self.place not in (EVERYWHERE, mutant.place):
            return False
        return any(line == mutant.now for now in self.now for line in _replaced(mutant.was, self.was, now))


def read(path: Path) -> list[SurvivorReason]:
    """Return the reasons in a file. Raise ConfigurationError that names the first invalid entry."""
    try:
        listed = _LIST.validate_python(yaml.safe_load(path.read_text("utf-8")) or {})
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"Cannot read {path}: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = " → ".join(map(str, first["loc"][:2]))
        expected = "each reason has wording alone, or was, now and why (equivalent: …, or: only …)"
        raise ConfigurationError(f"{path}, {place}: {first['msg'].lower()}; {expected}.") from None
    return [_reason(place, entry) for place, entries in listed.items() for entry in entries]


def _reason(place: str, entry: _Change | _Wording) -> SurvivorReason:
    if isinstance(entry, _Wording):
        text = entry.wording
        return SurvivorReason(place, text, (f"XX{text}XX", text.lower(), text.upper()))
    return SurvivorReason(place, entry.was, (entry.now,) if isinstance(entry.now, str) else tuple(entry.now))


def _replaced(line: str, was: str, now: str) -> Iterator[str]:
    """Yield the line with one occurrence of `was` replaced, for each occurrence."""
    start = line.find(was)
    while start >= 0:
        yield line[:start] + now + line[start + len(was) :]
        start = line.find(was, start + 1)
