"""What a person reads about an interleaving."""

from tests.interleavings.interleaving import Violated


def report_of(violated: Violated) -> str:
    """Return the trace of an interleaving, if it was traced, what it violates, and how to repeat it."""
    lines = [*violated.trace, *(f"VIOLATED: {sentence}." for sentence in violated.sentences)]
    if violated.sentences:
        lines.append(f"To repeat it with its trace: make interleavings COUNT=1 SEED={violated.seed}")
    else:
        lines.append(f"The interleaving of seed {violated.seed} violates nothing.")
    return "\n".join(lines) + "\n"
