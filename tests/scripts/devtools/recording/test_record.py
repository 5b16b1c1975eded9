"""The picture in the README is what its session prints, without anything of a computer or of a secret."""

import re
from pathlib import Path

from scripts.devtools.recording.record import SESSION
from tests.scripts.devtools.recording.drawn import lines_of

ROOT = Path(__file__).parents[4]
PICTURE = (ROOT / "docs" / "terminal.svg").read_text("utf-8")
LINES = lines_of(PICTURE)


def commands() -> list[str]:
    """Return the commands in the picture, each on one line, with a placeholder for the webhook URL."""
    text = "\n".join(LINES).replace(" \\\n ", "")
    return [re.sub(r"'http[^']+'", "{url}", line[2:]) for line in text.splitlines() if line.startswith("$ ")]


def test_the_picture_has_the_commands_of_the_session() -> None:
    """After a change of the session, `make recording` has to be run."""
    assert commands() == [step.command for step in SESSION]
    assert all(step.until in "\n".join(LINES) for step in SESSION)


def test_the_readme_shows_the_picture() -> None:
    """The README shows the picture below commands that are in it."""
    readme = (ROOT / "README.md").read_text("utf-8")
    before, _, _ = readme.partition("](docs/terminal.svg)")
    assert before != readme
    assert all(f"\n{command}" in before for command in ("alma-webhooks init my-library", "alma-webhooks routes add"))


def test_the_picture_has_nothing_of_a_computer() -> None:
    """It has no path outside the new user's home, no port but the default one, and no secret or ready line."""
    text = "\n".join(LINES)
    assert not re.search(r"(?<![\w.~])/(?:tmp|home|root|work|Users|var|private)\b", text)
    assert set(re.findall(r"127\.0\.0\.1:(\d+)", text)) == {"4566"}
    assert not re.search(r"(?i)secret|ready \{", text)


def test_the_picture_is_small_and_loads_nothing() -> None:
    """It takes less than 60 KB, and no viewer has to ask another host for a part of it."""
    assert len(PICTURE.encode()) < 60_000
    assert not re.search(r"@font-face|@import|href|url\((?!#)", PICTURE)
