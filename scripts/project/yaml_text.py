"""Write text as a YAML value that every reader takes for the same text."""

import json
import re
from collections.abc import Iterable
from typing import Final

_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def scalar(text: str) -> str:
    """Return the text as it is if no YAML reader can take it for something else, else in double quotes."""
    is_plain = re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*|[A-Z]+(_[A-Z]+)*", text) and text.lower() not in _WORDS
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def flow_list(texts: Iterable[str]) -> str:
    """Return a list in one line."""
    return f"[{', '.join(map(scalar, texts))}]"
