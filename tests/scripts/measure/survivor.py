"""Mutants made up for tests. Runs nothing."""

from scripts.measure.mutants import Mutant


def survivor(was: str, now: str, *, function: str = "f", is_killed: bool = False) -> Mutant:
    """A mutant of a function of `processor.patterns`."""
    return Mutant(f"processor.patterns.x_{function}__mutmut_1", "processor.patterns", function, was, now, is_killed)
