"""Why mutants survive: reads the list of reasons, and finds those that fit a mutant. Reads no run of mutmut."""

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
    """A part of a line, `was`, that a mutant has as `now` (or one of several), and why no test tells them apart."""

    model_config = ConfigDict(extra="forbid")

    was: str
    now: str | list[str]
    why: Annotated[str, Field(pattern="^(equivalent: |only )")]


class _Wording(BaseModel):
    """A text for people, of which no test needs to hold more than it does."""

    model_config = ConfigDict(extra="forbid")

    wording: str


_LIST = TypeAdapter(dict[str, list[_Change | _Wording]])


@dataclass(frozen=True)
class SurvivorReason:
    """Why a mutant of one place (module and function; or everywhere) survives that has one of `now` for `was`."""

    place: str
    was: str
    now: tuple[str, ...]

    def fits(self, mutant: Mutant) -> bool:
        """Whether the mutant differs from the source by this change and nothing else."""
        if self.place not in (EVERYWHERE, mutant.place):
            return False
        return any(line == mutant.now for now in self.now for line in _replaced(mutant.was, self.was, now))


def read(path: Path) -> list[SurvivorReason]:
    """The reasons in a file. Raises ConfigurationError, which names the first place that has not the right form."""
    try:
        listed = _LIST.validate_python(yaml.safe_load(path.read_text("utf-8")) or {})
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from None
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
    """The line with one occurrence of `was` replaced, for each of them."""
    start = line.find(was)
    while start >= 0:
        yield line[:start] + now + line[start + len(was) :]
        start = line.find(was, start + 1)
