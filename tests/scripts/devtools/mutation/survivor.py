"""Mutants made up for tests. Runs nothing."""

from scripts.devtools.mutation.mutants import Mutant


def survivor(was: str, now: str, *, function: str = "f", is_killed: bool = False) -> Mutant:
    """A mutant of a function of `processor.routing.patterns`."""
    return Mutant(
        f"processor.routing.patterns.x_{function}__mutmut_1",
        "processor.routing.patterns",
        function,
        was,
        now,
        is_killed,
    )
