"""Report the results of `make mutants`: the score of each module, survivors without a reason, and the verdict."""

import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from scripts.cli.exit_codes import CommandError, FailedError
from scripts.cli.plural import plural
from scripts.devtools.mutation import mutants, survivors
from scripts.devtools.mutation.mutants import Mutant
from scripts.devtools.mutation.survivors import SurvivorReason

RUN = Path("mutants")
REASONS = Path("tests/mutants.yaml")
LEAST_SCORE = 90.0  # percent killed of all mutants; equivalent mutants count as not killed


def judge(found: list[Mutant], reasons: list[SurvivorReason], *, is_whole: bool) -> None:
    """Print the report. Raise FailedError for a survivor without a reason, or a score below LEAST_SCORE.

    After a complete run, unused reasons are printed; they are not a failure, because timeouts vary.
    """
    alive = [mutant for mutant in found if not mutant.is_killed]
    unexplained = [mutant for mutant in alive if not any(reason.fits(mutant) for reason in reasons)]
    for line in (*_scores(found), *_shown(unexplained)):
        typer.echo(line)
    idle = [reason for reason in reasons if not any(reason.fits(mutant) for mutant in alive)]
    for reason in idle if is_whole else []:
        typer.echo(f"Unused reason: {reason.place}: {reason.was}")
    score = _score(found)
    if unexplained or score < LEAST_SCORE:
        raise FailedError(
            f"{score:.1f} % of {plural(len(found), 'mutant')} killed, at least {LEAST_SCORE} % required; "
            f"{len(unexplained)} of {plural(len(alive), 'survivor')} without a reason in {REASONS}. Write the "
            "missing test or the reason."
        )
    typer.echo(
        f"{score:.1f} % of {plural(len(found), 'mutant')} are killed; {plural(len(alive), 'survivor')}, none without a "
        "reason."
    )


def _scores(found: list[Mutant]) -> list[str]:
    modules = sorted({mutant.module for mutant in found})
    lines = []
    for module in modules:
        own = [mutant for mutant in found if mutant.module == module]
        killed = sum(mutant.is_killed for mutant in own)
        lines.append(f"{module:<32}{killed:>5} of{len(own):>5}{_score(own):>8.1f} %")
    return lines


def _score(found: list[Mutant]) -> float:
    return 100 * sum(mutant.is_killed for mutant in found) / len(found)


def _shown(unexplained: list[Mutant]) -> list[str]:
    return [f"\n{mutant.name}\n- {mutant.was}\n+ {mutant.now}" for mutant in unexplained]


def main(patterns: Sequence[str]) -> None:
    """Report on the last run, or on its mutants matching the patterns. Exit codes: 0 pass, 1 fail, 2 configuration."""
    try:
        judge(mutants.read(RUN, patterns), survivors.read(REASONS), is_whole=not patterns)
    except CommandError as error:
        typer.echo(f"\nmake mutants: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main(sys.argv[1:])
