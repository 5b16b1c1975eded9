"""A process that replays all dead letters of a local stack with short timeouts, for a test to kill.

It prints `begins` after its imports.
"""

import sys
from datetime import timedelta

from scripts.aws.context import open_stack_context
from scripts.cli.rate_limiter import Rate
from scripts.dead_letters import change_session as changing_module
from scripts.dead_letters.filters import Filters, Selection
from scripts.dead_letters.replay import Replay
from scripts.dead_letters.replay_options import ReplayOptions
from scripts.dead_letters.scan import Scan
from scripts.dead_letters.store import open_dead_letters
from tests.end_to_end.addresses import address_at

LOCK_SECONDS = 2
HOLD = timedelta(seconds=3)


def main(stack: str, endpoint_url: str, rate: float) -> None:
    """Replay all visible dead letters."""
    dead_letters = open_dead_letters(open_stack_context(address_at("dev", stack, endpoint_url)))
    print("begins", flush=True)  # noqa: T201 - the test waits for it
    with (
        changing_module.open_change_session(dead_letters, "replay", seconds=LOCK_SECONDS) as change,
        Scan(dead_letters.queue, lambda _seen, _about: None, renew=change.renew, hold=HOLD) as scan,
    ):
        Replay(dead_letters, change, scan, ReplayOptions(Rate(rate))).run(Selection(Filters(), dead_letters.now))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
