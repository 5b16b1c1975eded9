"""A console in a process of its own, whose clock and snapshots the benchmark controls by lines on standard input.

`python -m benchmarks.console_child STACK ENDPOINT-URL FILE` writes the URL with its token to FILE. The line `later`
makes every snapshot old; any other line waits until nothing is read any more. Each is answered with the memory in use.
"""

import gc
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.runner.measured import kilobytes
from scripts.aws.address import resolve
from scripts.aws.context import open_stack_context
from scripts.cli.options import StackFlags
from scripts.console.console import Console
from scripts.console.server import ConsoleServer
from scripts.console.sign_in_file import write_sign_in_url

_LATER: Final = timedelta(hours=1)


def main(stack: str, endpoint_url: str, file: str) -> None:
    """Serve until the end of the input."""
    scope = open_stack_context(resolve(StackFlags(stack=stack, endpoint_url=endpoint_url), {}, None))
    passed = timedelta()
    console = Console(scope, clock=lambda: datetime.now(UTC) + passed)
    with ConsoleServer(console, 0) as server:
        write_sign_in_url(Path(file), server.sessions)
        for line in sys.stdin:
            if line.strip() == "later":
                passed += _LATER
            console.wait()
            gc.collect()
            sys.stdout.write(f"rss_kb={kilobytes(b'VmRSS:')}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
