"""Places in an entry of `deliver` or a route as text, such as `input.list[1].date`, and their steps."""

import json
import re
from functools import cache

from processor.routing.yaml_lines import YamlPath

_PLAIN = re.compile(r'[^.\[\]"]+')
_QUOTED = r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-f]{4})*"'
_STEP = re.compile(rf"\[(?P<index>[0-9]{{1,9}})\]|\[(?P<quoted>{_QUOTED})\]|\.?(?P<name>[^.\[\]]+)")


def place_of(path: YamlPath) -> str:
    """Return a path as text. No two paths have the same text: keys with dots, brackets or quotes become `["a.b"]`."""
    return "".join(map(step, path)).removeprefix(".")


@cache
def step(key: str | int) -> str:
    """Return the text of one step: `.name`, `[1]` or `["a.b"]`."""
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if _PLAIN.fullmatch(key) else f"[{json.dumps(key)}]"


def path_of(place: str) -> YamlPath:
    """Return the steps of a place. Text that is not a place has the steps that can be read."""
    return tuple(_read(found) for found in _STEP.finditer(place))


def _read(found: re.Match[str]) -> str | int:
    if found["index"]:
        return int(found["index"])
    return str(json.loads(found["quoted"])) if found["quoted"] else found["name"]
