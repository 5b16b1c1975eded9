"""Lines that the output of several `dead-letters` commands has: about the scan and the selection."""

from collections.abc import Iterator
from typing import Final

from scripts.cli.output import Data
from scripts.cli.plural import plural

SHOWN: Final = 20
"""The text lists this number of items; `--output json` has all."""


def count_of(dead_letters: int) -> str:
    """Return the number with its noun."""
    return plural(dead_letters, "dead letter")


def unseen_lines(data: Data) -> Iterator[str]:
    """Yield a line if fewer dead letters were seen than there are."""
    if data["seen"] < data["about"]:
        yield f"{data['seen']:,} of about {count_of(data['about'])} seen; another reader may hold the rest"


def unjudged_lines(unjudged: int) -> Iterator[str]:
    """Yield a line if `--where` could not be evaluated on some dead letters."""
    if unjudged:
        lacking = plural(unjudged, "dead letter lacks", "dead letters lack")
        yield f"{lacking} an event with the fields that --where names"
