"""Compare the content that a target gets with the expected one, as JSON, where 1 is not true."""

import json
from collections.abc import Iterator
from typing import Any


def is_as_expected(expected: Any, found: Any) -> bool:
    """Return whether content is as expected, which None is for all content."""
    return expected is None or shown(expected) == shown(found)


def unequal(path: str, expected: Any, found: Any) -> Iterator[str]:
    """Yield each member that differs, with its path and both values."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in [*expected, *(name for name in found if name not in expected)]:
            below = f"{path}.{name}"
            if name not in found:
                yield f"{below} is missing, expected {shown(expected[name])}"
            elif name not in expected:
                yield f"{below} is {shown(found[name])}, expected none"
            else:
                yield from unequal(below, expected[name], found[name])
    elif shown(expected) != shown(found):
        yield f"{path} is {shown(found)}, expected {shown(expected)}"


def shown(value: Any) -> str:
    """Return a value as JSON text, which is the same for equal values."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
