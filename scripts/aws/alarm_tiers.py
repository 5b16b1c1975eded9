"""The tiers of alarms that a stack can have: none, essential or full. The template parameter Alarms chooses one."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

PARAMETER: Final = "Alarms"
"""The template parameter, and the output of the pipeline."""


class AlarmTier(StrEnum):
    """A tier, the smallest first. Only `full` has the metrics of the functions, a dashboard and traces."""

    none = "none"
    essential = "essential"
    full = "full"

    def includes(self, other: "AlarmTier") -> bool:
        """Return whether this tier has every alarm of the other."""
        tiers = [*AlarmTier]
        return tiers.index(self) >= tiers.index(other)


def tier_of(outputs: Mapping[str, str]) -> AlarmTier:
    """Return the tier of a pipeline by its outputs. A stack without the output is older than the tiers: it has all."""
    return AlarmTier(outputs.get(PARAMETER, AlarmTier.full))
