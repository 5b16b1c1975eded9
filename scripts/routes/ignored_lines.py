"""Read the comments in a routes file that ignore warnings on their line: `# alma-webhooks: ignore[NAME]`."""

import re
from typing import Final

_LINE_ENDS: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # as YAML counts lines
_COMMENT: Final = re.compile(r"(?:^|\s)# ?alma-webhooks: ?ignore(?:\[([^]]*)\])?(?=\s|$)")


class IgnoredLines:
    """The lines whose comment ignores warnings, each with their names; with none it ignores all."""

    def __init__(self, text: str) -> None:
        found = ((number, _COMMENT.search(line)) for number, line in enumerate(_LINE_ENDS.split(text), 1))
        self._names = {number: _names(comment[1]) for number, comment in found if comment}

    def has(self, line: int, name: str) -> bool:
        """Return whether a warning of this name on this line (from 1) is ignored."""
        names = self._names.get(line)
        return names is not None and (not names or name in names)


def _names(listed: str | None) -> frozenset[str]:
    return frozenset(name.strip() for name in (listed or "").split(",") if name.strip())
