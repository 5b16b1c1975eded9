"""Rewrite the golden files of all formats: `python -m tests.formats.update`. Note each change in CHANGELOG.md."""

import sys
from pathlib import Path
from typing import Final

import pytest

IS_UPDATE: Final = pytest.StashKey[bool]()


class _Updating:
    """The plugin that makes this run of the tests write the files instead of comparing with them."""

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[IS_UPDATE] = True

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if "golden" in getattr(item, "fixturenames", ())]


def main() -> int:
    """Run the tests of formats so that they write their files. Return 0 if each of them could."""
    return pytest.main([str(Path(__file__).parent), "-q", "-p", "no:cacheprovider"], plugins=[_Updating()])


if __name__ == "__main__":
    # By its name: as __main__ this module would have another key than the one that the tests read.
    from tests.formats import update

    sys.exit(update.main())
