"""Any YAML tree without templates arrives at every kind of target as the same JSON."""

import json
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from processor.alma.events import parse
from processor.routing.compile import compile_routes
from processor.routing.places import path_of, place_of
from processor.routing.router import Router
from tests.samples import STAGES, envelope_of

BODY = b'{"action": "LOAN"}'
TARGETS = {
    "topic: t, message": "message",
    'queue: "arn:aws:sqs:us-east-1:123456789012:q", message': "message",
    "state_machine: s, input": "input",
    'event_bus: "arn:aws:events:us-east-1:123456789012:event-bus/b", input': "detail",
    'function: "arn:aws:lambda:us-east-1:123456789012:function:f", input': "payload",
    'function: "arn:aws:lambda:us-east-1:123456789012:function:f", name: other, message': "payload",
}
# Jinja2 reads these, and changes every form of a line end to a line feed.
TEXTS = st.text(max_size=12).filter(lambda text: not any(part in text for part in ("{{", "{%", "{#", "\r")))
NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False).filter(lambda n: "e" not in str(n)))
TREES = st.dictionaries(
    TEXTS,
    st.recursive(
        st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
        max_leaves=10,
    ),
    max_size=4,
)
STEPS = st.one_of(st.integers(0, 10**8), st.text(max_size=8), st.text('.[]"\\a1', max_size=8))


@given(tree=TREES)
def test_a_tree_without_templates_arrives_as_equal_json(tree: dict[str, Any]) -> None:
    """Types, order and every character are kept."""
    entries = "".join(f"      - {{{target}: {_yaml(tree)}}}\n" for target in TARGETS)
    routes = compile_routes(f"{STAGES}routes:\n  - name: all\n    deliver:\n{entries}")
    made = Router(routes, "dev").plan(parse(BODY), envelope_of(BODY)).deliveries
    texts = [getattr(one, member) for one, member in zip(made, TARGETS.values(), strict=True)]
    assume(getattr(made[0], "attributes", {})["encoding"] == "utf-8")
    expected = json.dumps(tree)
    assert [json.dumps(json.loads(text)) for text in texts] == [expected] * len(TARGETS)


@given(path=st.lists(STEPS, max_size=5).map(tuple))
def test_each_place_is_that_of_one_path(path: tuple[str | int, ...]) -> None:
    """The text of a path has the path, so two paths never have the same text."""
    assert path_of(place_of(path)) == path


def _yaml(value: Any) -> str:
    """Return a value as YAML in one line, with every unusual character escaped."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_yaml(name)}: {_yaml(member)}' for name, member in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_yaml, value))}]"
    if not isinstance(value, str):
        return json.dumps(value)
    return '"' + "".join(one if one.isascii() and one.isalnum() else f"\\U{ord(one):08x}" for one in value) + '"'
