"""Look from time to time how many events wait, and when none will. Prints nothing."""

import time
from collections.abc import Callable
from datetime import tzinfo
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws.errors import why_unanswered
from scripts.cli.exit_codes import CommandError
from scripts.drain.estimate import Drain
from scripts.drain.report import clauses

LOOK_SECONDS: Final = 15.0
"""How long a look is good for: the counts of SQS may be a minute old anyway."""

_BETWEEN: Final = "; "


class WaitingEvents:
    """The waiting events of a stack at the last look. `read` looks at the queue; `zone` is by default the local one."""

    def __init__(
        self,
        read: Callable[[], Drain],
        seconds: float = LOOK_SECONDS,
        zone: tzinfo | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read, self._seconds, self._zone, self._monotonic = read, seconds, zone, monotonic
        self._next = float("-inf")
        self._clauses: list[str] = []

    def look(self) -> bool:
        """Look again if the last look is old, and return whether it was. An error is shown until the next look."""
        if self._monotonic() < self._next:
            return False
        self._next = self._monotonic() + self._seconds
        try:
            drain = self._read()
            self._clauses = list(clauses(drain, self._zone)) if drain.now.waiting else []
        except (ClientError, BotoCoreError) as error:
            self._clauses = [f"how many events wait is not known: {why_unanswered(error)[0]}"]
        except CommandError as error:
            self._clauses = [f"how many events wait is not known: {str(error).rstrip('.')}"]
        return True

    def text(self, width: int | None = None) -> str:
        """Return the text, empty if none waits; with a `width` only the clauses that fit, but at least the first."""
        found = self._clauses
        while width is not None and len(found) > 1 and len(_BETWEEN.join(found)) > width:
            found = found[:-1]
        return _BETWEEN.join(found)
