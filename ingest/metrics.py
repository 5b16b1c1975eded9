"""Ingest's metrics: up to one line per request on standard output, which CloudWatch Logs reads. Calls no AWS API.

"Embedded metric format specification", Amazon CloudWatch User Guide. Each value of a dimension is a metric that costs
money, so all values come from closed lists: the stack's profiles, the secrets' names, the reasons of rejections.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from functools import lru_cache

from ingest.deadline import WallClock

NAMESPACE = "AlmaWebhooks"

# Replaces a path without a profile, because callers choose paths. No profile can have this name.
NO_PROFILE = "-"


class Metrics:
    """Counts a stage's requests: `Accepted` by profile and secret, `Rejected` by profile and reason."""

    def __init__(self, stage: str, wall: WallClock = time.time) -> None:
        self._stage = stage
        self._wall = wall

    def count(self, facts: Mapping[str, object]) -> None:
        """Count a request by its log facts. Answered challenges are not counted."""
        profile = facts.get("profile") or NO_PROFILE
        if secret := facts.get("secret"):
            self._write("Accepted", profile, "Secret", secret)
        elif reason := facts.get("reason"):
            self._write("Rejected", profile, "Reason", reason)

    def _write(self, metric: str, profile: object, dimension: str, value: object) -> None:
        line = _line(self._stage, metric, profile, dimension, value).replace(_TIME, str(int(self._wall() * 1000)), 1)
        print(line, flush=True)  # noqa: T201 - standard output is where CloudWatch Logs finds it


_TIME = '"TIME"'


@lru_cache(maxsize=64)  # nearly every request has the same values
def _line(stage: str, metric: str, profile: object, dimension: str, value: object) -> str:
    """Return a line with a mark in place of its time, which comes first."""
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [["Stage", "Profile"], ["Stage", "Profile", dimension]],
        "Metrics": [{"Name": metric, "Unit": "Count"}],
    }
    line = {
        "_aws": {"Timestamp": "TIME", "CloudWatchMetrics": [directive]},
        "Stage": stage,
        "Profile": profile,
        dimension: value,
        metric: 1,
    }
    return json.dumps(line)
