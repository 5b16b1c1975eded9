"""Parse each text of YAML once: most tests read the same templates, routes and samples, and parsing takes longest."""

import functools
import pickle
from typing import Any

import yaml

from scripts.aws import template

_NODES: dict[tuple[type[yaml.SafeLoader], str], yaml.Node | None] = {}
_MOST_NODES = 200

_single_node = yaml.SafeLoader.get_single_node
_template = template.parse


def _node(loader: yaml.SafeLoader) -> yaml.Node | None:
    """Return the nodes of a text. They are read only; what is made of them is new each time."""
    if loader.stream is not None:  # an open file, of which only the beginning is in the buffer
        return _single_node(loader)
    key = (type(loader), loader.buffer)
    if key not in _NODES:
        if len(_NODES) == _MOST_NODES:
            _NODES.clear()
        _NODES[key] = _single_node(loader)
    return _NODES[key]


@functools.lru_cache(maxsize=100)
def _pickled(text: str, name: str) -> bytes:
    return pickle.dumps(_template(text, name))


def _copied(text: str, name: str) -> dict[str, Any]:
    """Return a template of the test's own, which it may change."""
    copy: dict[str, Any] = pickle.loads(_pickled(text, name))  # noqa: S301 -- pickled above
    return copy


def install() -> None:
    """Replace the parsers."""
    yaml.SafeLoader.get_single_node = _node  # type: ignore[method-assign, assignment] # of the loader alone
    template.parse = _copied
