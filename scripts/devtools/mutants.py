"""Report the results of `make mutants`: the score of each module, survivors without a reason, and the verdict.

A mutant is one small change of the source. mutmut writes the exit code of its tests into a file for each module.
"""

import fnmatch
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import typer
import yaml
from mutmut.mutation.diff_apply import get_diff_for_mutant

from scripts.cli.exit_codes import CommandError, FailedError
from scripts.cli.plural import plural

RUN: Final = Path("mutants")
REASONS: Final = Path("tests/mutants.yaml")
LEAST_SCORE: Final = 90.0  # percent killed of all mutants; equivalent mutants count as not killed

# Exit codes of mutmut: a test or pytest itself failed; the others are timeouts.
_KILLED: Final = frozenset({1, 3, 24, 36, 152, 255, -9, -24})
_UNTRIED: Final = frozenset({None, 2})

Reasons = Mapping[str, Sequence[Mapping[str, Any]]]
"""The reasons why mutants survive, by place; tests/mutants.yaml describes their form."""


class Survivor(NamedTuple):
    """A mutant that no test noticed: `now` instead of `was` in `place`, as module and function."""

    name: str
    place: str
    was: str
    now: str

    def reason(self, reasons: Reasons) -> tuple[str, str] | None:
        """Return the place and the text of the first reason for exactly this change, or None."""
        for place in (self.place, "everywhere"):
            for reason in reasons.get(place, ()):
                was = reason.get("wording") or reason["was"]
                if any(self.now in _replaced(self.was, was, now) for now in _replacements(reason)):
                    return place, was
        return None


def exit_codes(folder: Path, patterns: Sequence[str]) -> dict[str, int]:
    """Return the exit codes of the last run by mutant. Raise FailedError if there is none or it is incomplete."""
    found: dict[str, int | None] = {}
    for meta in sorted(folder.rglob("*.py.meta")):
        found |= json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
    matching = {name for pattern in patterns or ["*"] for name in fnmatch.filter(found, pattern)}
    codes = {name: code for name, code in found.items() if name in matching}
    if not codes:
        raise FailedError(
            f"No matching mutants in {folder}/. Run `make mutants`, and use the names that mutmut prints."
        )
    tried = {name: code for name, code in codes.items() if code is not None and code not in _UNTRIED}
    if missing := next((name for name in codes if name not in tried), None):
        raise FailedError(f"The run was interrupted before {missing}. Run `make mutants` again.")
    return tried


def survivor(name: str, diff: str) -> Survivor:
    """Return the survivor with this name, from the unified diff of its function."""
    module, _, mangled = name.rpartition(".")
    function = mangled.partition("__mutmut_")[0].removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
    was, now = (
        " ".join(line[1:].strip() for line in diff.splitlines()[2:] if line.startswith(sign)).strip() for sign in "-+"
    )
    return Survivor(name, f"{module}.{function}", was, now)


def judge(codes: Mapping[str, int], alive: Sequence[Survivor], reasons: Reasons, *, is_whole: bool) -> None:
    """Print the report. Raise FailedError for a survivor without a reason, or a score below LEAST_SCORE.

    After a complete run, unused reasons are printed; they are not a failure, because timeouts vary.
    """
    for module in sorted({name.rpartition(".")[0] for name in codes}):
        own = [code for name, code in codes.items() if name.rpartition(".")[0] == module]
        typer.echo(f"{module:<32}{_killed(own):>5} of{len(own):>5}{_score(own):>8.1f} %")
    used = {one.name: one.reason(reasons) for one in alive}
    unexplained = [one for one in alive if not used[one.name]]
    for one in unexplained:
        typer.echo(f"\n{one.name}\n- {one.was}\n+ {one.now}")
    for place, listed in reasons.items() if is_whole else ():
        for was in (reason.get("wording") or reason["was"] for reason in listed):
            if (place, was) not in used.values():
                typer.echo(f"Unused reason: {place}: {was}")
    score = f"{_score([*codes.values()]):.1f} % of {plural(len(codes), 'mutant')}"
    if unexplained or _score([*codes.values()]) < LEAST_SCORE:
        raise FailedError(
            f"Killed {score}; at least {LEAST_SCORE} % required; {len(unexplained)} of "
            f"{plural(len(alive), 'survivor')} without a reason in {REASONS}. Write the missing test or the reason."
        )
    typer.echo(f"Killed {score}; {plural(len(alive), 'survivor')}, none without a reason.")


def _killed(codes: Sequence[int]) -> int:
    return sum(code in _KILLED for code in codes)


def _score(codes: Sequence[int]) -> float:
    return 100 * _killed(codes) / len(codes)


def _replacements(reason: Mapping[str, Any]) -> list[str]:
    if text := reason.get("wording"):
        return [f"XX{text}XX", text.lower(), text.upper()]  # mutmut's three changes of a text
    return [reason["now"]] if isinstance(reason["now"], str) else reason["now"]


def _replaced(line: str, was: str, now: str) -> Iterator[str]:
    """Yield the line with one occurrence of `was` replaced, for each occurrence."""
    start = line.find(was)
    while start >= 0:
        yield line[:start] + now + line[start + len(was) :]
        start = line.find(was, start + 1)


def main(patterns: Sequence[str]) -> None:
    """Report on the last run, or on its mutants matching the patterns. Exit codes: 0 pass, 1 fail."""
    try:
        codes = exit_codes(RUN, patterns)
        alive = [survivor(name, get_diff_for_mutant(name)) for name, code in codes.items() if code not in _KILLED]
        judge(codes, alive, yaml.safe_load(REASONS.read_text("utf-8")), is_whole=not patterns)
    except CommandError as error:
        typer.echo(f"\nmake mutants: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main(sys.argv[1:])
