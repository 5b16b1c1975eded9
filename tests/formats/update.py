"""Rewrite the golden files of all formats: `python -m tests.formats.update`. Note each change in CHANGELOG.md."""

import sys
from pathlib import Path
from typing import Final

import pytest

IS_UPDATE: Final = pytest.StashKey[bool]()


class _Updating:
    """The pytest plugin that writes golden files instead of comparing with them."""

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[IS_UPDATE] = True

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if "golden" in getattr(item, "fixturenames", ())]


def main() -> int:
    """Run the tests of formats in writing mode. Return 0 if all files were written."""
    return pytest.main([str(Path(__file__).parent), "-q", "-p", "no:cacheprovider"], plugins=[_Updating()])


if __name__ == "__main__":
    # Imported by name: __main__ would be another module than the one that the tests read.
    from tests.formats import update

    sys.exit(update.main())
