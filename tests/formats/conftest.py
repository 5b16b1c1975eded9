"""The golden files, for comparison in tests."""

from collections.abc import Iterator

import pytest

from tests.formats.golden import FOLDER, Golden
from tests.formats.update import IS_UPDATE


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Iterator[Golden]:
    """The golden files. A test that takes them and compares nothing fails."""
    golden = Golden(FOLDER, is_update=request.config.stash.get(IS_UPDATE, False))
    failed = request.session.testsfailed
    yield golden
    if request.session.testsfailed == failed:
        assert golden.compared, "This test compared nothing with a golden file."
