"""Generates the text of valid and nearly valid routes files."""

import json
from typing import Any

import yaml
from hypothesis import strategies as st

from tests.fuzz.templates import TEMPLATES
from tests.fuzz.values import ANY_CHARACTER, JSON, mutated
from tests.samples import STAGES

_ENTRIES: list[dict[str, Any]] = [
    {"topic": "{{ event.value | slug }}"},
    {"topic": "other", "name": "again"},
    {"state_machine": "pod", "execution_name": "{{ run }}", "input": {"date": "{{ job_instance.end_time | date }}"}},
    {"queue": "arn:aws:sqs:eu-central-1:000000000000:q", "delay": "10m"},
    {
        "topic": "arn:aws:sns:eu-central-1:000000000000:t.fifo",
        "message_group_id": "{{ run }}",
        "message_deduplication_id": "{{ id }}",
    },
    {
        "event_bus": "arn:aws:events:eu-central-1:000000000000:event-bus/b",
        "source": "alma",
        "detail_type": "{{ action }}",
    },
    {"function": "arn:aws:lambda:eu-central-1:000000000000:function:{{ marker }}"},
    {"notification": "library/{{ run }}", "name": "people"},
    {"topic": "other", "name": "own", "message": {"a": ["{{ action }}", {"b.c": 1, "d": None}], "e": "{{ id }}"}},
    {"function": "arn:aws:lambda:eu-central-1:000000000000:function:f", "input": "{{ institution | tojson }}"},
]
_ROUTE = {
    "name": "jobs",
    "when": {"action": ["JOB_END", "LOAN"], "job_instance": {"name": [{"prefix": "to {{ marker }}"}]}},
    "let": {"run": "{{ job_instance.name.split()[-1] | lower }}"},
    "if": "run in ('daily', 'full') and job_instance | counted('a') > 0",
    "deliver": _ENTRIES,
}
_FILE = {
    **yaml.safe_load(STAGES),
    "routes": [_ROUTE, {"name": "other", "fallback": True, "deliver": [{"topic": "other"}]}],
}
_PIECES = [
    "&a ",
    "*a",
    "<<: ",
    "!!int ",
    "!!set ",
    "!what ",
    "!json ",
    "- ",
    ": ",
    "{",
    "[",
    "}",
    "]",
    "\t",
    "\n",
    "|",
    ">-",
    "'",
    '"',
]
_PIECES += [
    '"\\UFFFFFFFF"',
    '"\\ud800"',
    "%YAML 1.1\n---\n",
    "---\n",
    "? ",
    "2026-02-30",
    "0x_",
    ".nan",
    "1e999",
    "=",
    "#",
]


def _with(place: str, value: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return value.map(lambda drawn: {**_FILE, "routes": [{**_ROUTE, place: drawn}]})


_WRITERS = st.sampled_from([json.dumps, lambda data: yaml.safe_dump(data, sort_keys=False)])
_NEAR = st.one_of(
    mutated(st.just(_FILE)),
    _with("when", JSON),
    _with("if", TEMPLATES),
    _with("let", st.dictionaries(st.sampled_from(["run", "marker", "x"]), TEMPLATES, max_size=3)),
    _with("deliver", st.lists(mutated(st.sampled_from(_ENTRIES)), max_size=3)),
)


@st.composite
def edited(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> str:
    """Draw a text with a few lines removed or moved and a few pieces inserted."""
    lines = draw(texts).splitlines(keepends=True)
    for _ in range(draw(st.integers(0, 3))):
        line = lines.pop(draw(st.integers(0, len(lines) - 1)))
        if draw(st.booleans()):
            lines.insert(draw(st.integers(0, len(lines))), line)
        if not lines:
            break
    text = "".join(lines)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text)))
        cut = draw(st.sampled_from([0, 0, 1, 5]))
        text = text[:place] + draw(st.sampled_from(_PIECES) | st.text(max_size=3)) + text[place + cut :]
    return text


@st.composite
def _bombs(draw: st.DrawFn) -> str:
    """Draw nested aliases: up to ten in each of up to twelve lines."""
    width, height = draw(st.integers(1, 10)), draw(st.integers(1, 12))
    lists = [f"a0: &a0 [{', '.join(['x'] * width)}]"]
    lists += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, height)]
    return f"{STAGES}routes: [{{name: r, when: {{a: *a{height - 1}}}, deliver: [{{topic: other}}]}}]\n" + "\n".join(
        lists
    )


def texts(shipped: str) -> st.SearchStrategy[str]:
    """Return a strategy for files similar to `shipped`, to a small file with every kind of entry, and for any text."""
    head, *routes = shipped.split("\n  - name:")
    few = st.lists(st.sampled_from(routes), min_size=1, max_size=2).map(lambda some: "\n  - name:".join([head, *some]))
    near = st.tuples(_WRITERS, _NEAR).map(lambda pair: _written(*pair))
    return st.one_of(near, edited(few), edited(near), _bombs(), st.text(ANY_CHARACTER, max_size=30))


def _written(write: Any, data: Any) -> str:
    try:
        return str(write(data))
    except RecursionError:
        return "[" * 3000
