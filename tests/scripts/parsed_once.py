"""Parse each text once: most tests read the same templates, routes and samples, and parsing takes longest."""

import functools
import pickle
from typing import Any

import jinja2
import yaml

from processor.routing.template_environment import Environment
from scripts.aws import template

_NODES: dict[tuple[type[yaml.SafeLoader], str], yaml.Node | None] = {}
_MOST_NODES = 200

_single_node = yaml.SafeLoader.get_single_node
_from_string = Environment.from_string
_names_in = Environment.names_in
_compile_expression = Environment.compile_expression
_template = template.parse


def _node(loader: yaml.SafeLoader) -> yaml.Node | None:
    """Return the nodes of a text. They are read only; what is made of them is new each time."""
    if loader.stream is not None:  # an open file, of which only the beginning is in the buffer
        return _single_node(loader)
    key = (type(loader), loader.buffer)
    node = _NODES.pop(key) if key in _NODES else _single_node(loader)
    if len(_NODES) == _MOST_NODES:
        del _NODES[next(iter(_NODES))]  # the one that was used longest ago
    _NODES[key] = node
    return node


_compiled = functools.lru_cache(maxsize=1000)(_from_string)


def _made(environment: Environment, source: Any, *arguments: Any, **options: Any) -> jinja2.Template:
    """Return a template of a route. Rendering does not change it."""
    is_text = isinstance(source, str) and not arguments and not options
    return _compiled(environment, source) if is_text else _from_string(environment, source, *arguments, **options)


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
    Environment.from_string = _made  # type: ignore[method-assign, assignment] # the same but for names
    Environment.compile_expression = functools.lru_cache(maxsize=1000)(_compile_expression)  # type: ignore[method-assign]
    Environment.names_in = functools.lru_cache(maxsize=1000)(_names_in)  # type: ignore[method-assign]
