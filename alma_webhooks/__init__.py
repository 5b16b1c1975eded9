"""The entry point of the command `alma-webhooks`. A wheel has the other folders of the project in `bundle/`."""

import sys
from pathlib import Path
from typing import Final

_BUNDLE: Final = Path(__file__).with_name("bundle")


def make_importable() -> None:
    """Let this process import the folders, from a wheel or from a checkout: `processor`, `notifications` and others."""
    if _BUNDLE.is_dir():
        # First, so that another package's top-level module `scripts` cannot hide ours. The functions' zips need the
        # names `ingest` and `processor`, so the folders cannot become modules of this package.
        sys.path.insert(0, str(_BUNDLE))


def main() -> None:
    """Run the command line."""
    make_importable()
    from scripts.main import main as run

    run()
