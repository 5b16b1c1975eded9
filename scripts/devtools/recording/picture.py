"""Draw the recorded lines as an SVG that loads nothing from other hosts."""

import io
import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from rich.console import Console
from rich.text import Text

from scripts.cli.output import fitted
from scripts.devtools.recording.terminal_session import WIDTH

_PROMPT: Final = "$ "
_NAME: Final = "terminal"  # begins the ids in the SVG, which Rich would otherwise derive from the content

# Rich's template loads a font from a content delivery network. Without it, a viewer takes its own monospaced font.
_FONT: Final = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


class RecordedCommand(NamedTuple):
    """A command and what it printed, with the escape sequences of a terminal."""

    command: str
    output: str


def picture_of(recorded: Iterable[RecordedCommand], title: str, names: Mapping[str, str]) -> str:
    """Return the SVG of a session. `names` replaces what differs between computers, such as a port."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), highlight=False, color_system="truecolor")
    for command, output in recorded:
        lines = fitted([renamed(command, names)], WIDTH - len(_PROMPT))
        console.print(Text(_PROMPT, "green") + Text("\n".join(lines), "bold"))
        if text := renamed(output, names).rstrip("\n"):
            console.print(Text.from_ansi(text))
    return _FONT.sub("", console.export_svg(title=title, unique_id=_NAME))


def renamed(text: str, names: Mapping[str, str]) -> str:
    """Return the text with each key of `names` replaced by its value."""
    for before, after in names.items():
        text = text.replace(before, after)
    return text
