"""Unquoted YAML values are read as they look, or they are rejected with the quoted form."""

import json
import re
from itertools import product
from typing import Any

import pytest
import yaml

from processor.routing.models import InvalidRoutesError, read
from processor.routing.yaml_scalars import value_of
from tests.processor.routing.routes_files import problems
from tests.processor.routing.test_models import GOOD

# Values that the specifications do not read as text: the types of YAML 1.1 (yaml.org/type) and the core schema
# of YAML 1.2 (10.3.2).
SPECIFIED = [
    r"~|null|Null|NULL|",
    r"y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF",
    r"[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+",
    r"[-+]?([0-9][0-9_]*)\.[0-9_]*([eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*",
    r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
    r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?",
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ].*)?|=|<<",
]
NOT_TEXT = re.compile("|".join(f"({pattern})" for pattern in SPECIFIED))
PLAIN = re.compile(r"true|false|null|-?(0|[1-9][0-9]*)(\.[0-9]+)?")
RESOLVER = yaml.resolver.Resolver()


def node_of(text: str) -> yaml.ScalarNode:
    tag = RESOLVER.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]  # not in its stubs
    return yaml.ScalarNode(tag, text)


def generated() -> list[str]:
    """Returns every text of up to four characters of numbers, and every spelling of the special words."""
    texts = ["".join(some) for length in range(5) for some in product("018_+-.:exob", repeat=length)]
    words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", ".inf", "-.inf", ".nan"]
    texts += ["".join(some) for word in words for some in product(*({c.lower(), c.upper()} for c in word))]
    dates = ["2026-05-13", "2026-05-13T02:41:10Z", "2026-05-13 02:41:10.5 +02:00", "2026-5-3t2:41:10-7"]
    return [*texts, *dates, "~", "=", "<<", "190:20:30.15", "1_000.5", "6.8523015e+5", "0o14", "0xC", "1e999"]


def test_f58_an_accepted_value_is_read_as_it_looks() -> None:
    """`true`, `false`, `null` and plain decimals have their value; all else is text for every reader, or rejected."""
    accepted: list[str] = []
    rejected: list[str] = []
    for text in generated():
        scalar = value_of(node_of(text))
        (rejected if scalar.unclear else accepted).append(text)
        if scalar.unclear:
            assert scalar.value == text
        elif PLAIN.fullmatch(text):
            assert (type(scalar.value), scalar.value) == (type(json.loads(text)), json.loads(text)), text
        else:
            assert scalar.value == text
            assert not NOT_TEXT.fullmatch(text), text
            assert node_of(text).tag == "tag:yaml.org,2002:str", text
    assert not [text for text in rejected if PLAIN.fullmatch(text)]
    assert min(len(accepted), len(rejected)) > 1000


FORMS = [
    *(("NO", "NO"), ("on", "on"), ("y", "y"), ("Off", "Off"), ("True", "True"), ("FALSE", "FALSE"), ("~", "~")),
    *(("Null", "Null"), ("012", "012"), ("08", "08"), ("0o14", "0o14"), ("0xC", "0xC"), ("0b1", "0b1")),
    *(("1:30", "1:30"), ("00:30", "00:30"), ("1_000", "1_000"), ("+49170123456", "+49170123456"), (".5", ".5")),
    *((".nan", ".nan"), (".inf", ".inf"), ("-.INF", "-.INF"), ("1e3", "1e3"), ("1.5e+3", "1.5e+3"), ("2.", "2.")),
    *(("2026-05-13", "2026-05-13"), ("2026-05-13 02:41:10", "2026-05-13 02:41:10"), ("=", "="), ("! NO", "NO")),
]


@pytest.mark.parametrize(("written", "text"), FORMS)
def test_f58_an_ambiguous_value_in_when_is_rejected_with_the_form_to_write(written: str, text: str) -> None:
    """The problem has line, route, field and the quoted form, which is accepted."""
    with pytest.raises(InvalidRoutesError) as rejected:
        read(GOOD.replace("[LOAN]", f"[LOAN, {written}]"))
    [problem] = rejected.value.problems
    assert str(problem).startswith(f"line 7, route loans, when.action[1]: {text} is ambiguous: YAML readers can take")
    assert f'; write "{text}"' in problem.reason
    assert read(GOOD.replace("[LOAN]", f'[LOAN, "{text}"]')).routes.routes[0].when == {"action": ["LOAN", text]}


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("marker: stage", "marker: NO", "line 3, stages.stg.marker"),
        ("name: loans", "name: 012", "line 6, route 012, name"),
        ("{action:", "{on: [X], action:", "line 7, route loans, when.on"),
        ("topic: loans", "topic: 1:30", "line 8, route loans, deliver[0].topic"),
        ('kind: "{{ action }}"', "kind: 2026-05-13", "line 10, route jobs, let.kind"),
        ("name: jobs", "name: jobs\n    fallback: yes", "line 10, route jobs, fallback"),
        ("execution_name: job", "execution_name: ~", "line 14, route jobs, deliver[0].execution_name"),
        ('{kind: "{{ kind }}"}', "{y: x}", "line 15, route jobs, deliver[0].input.y"),
    ],
)
def test_f58_ambiguous_values_and_keys_are_rejected_everywhere(old: str, new: str, place: str) -> None:
    """Ambiguous values are rejected in stages, names, keys, targets, `let` and `input` too."""
    assert old in GOOD
    with pytest.raises(InvalidRoutesError) as rejected:
        read(GOOD.replace(old, new, 1))
    [problem] = rejected.value.problems
    assert str(problem).startswith(f"{place}: ")
    assert "is ambiguous" in problem.reason


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("when: {action: [LOAN]}", "when:", "line 7, route loans, when"),
        ("[LOAN]", "[LOAN, !!str ]", ""),
        ('if: kind == "JOB_END"', "if:", "line 11, route jobs, if"),
        ('input: {kind: "{{ kind }}"}', "input:", "line 15, route jobs, deliver[0].input"),
    ],
)
def test_f58_a_missing_value_is_not_null(old: str, new: str, place: str) -> None:
    """An empty `when` or `if` would match every event, so it is rejected; !!str makes empty text."""
    text = GOOD.replace(old, new, 1)
    if not place:
        assert read(text).routes.routes[0].when == {"action": ["LOAN", ""]}
        return
    with pytest.raises(InvalidRoutesError, match="the value is missing") as rejected:
        read(text)
    assert str(rejected.value).startswith(f"{place}: ")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *(("true", True), ("false", False), ("null", None), ("300", 300), ("-1", -1), ("0.5", 0.5), ("300.0", 300.0)),
        *(("LOAN", "LOAN"), ('"NO"', "NO"), ("'012'", "012"), ("!!str 12", "12"), ("1.2.3", "1.2.3"), ("a_1", "a_1")),
    ],
)
def test_f58_unambiguous_values_stay_valid(written: str, value: Any) -> None:
    """EventBridge matches true, false, null and numbers; quoted values are text."""
    found = read(GOOD.replace("{action: [LOAN]}", f"{{id: [{written}]}}")).routes.routes[0].when
    assert found == {"id": [value]}
    assert found is not None
    assert type(found["id"][0]) is type(value)


def test_f58_all_problems_of_a_file_are_reported_together() -> None:
    """Problems are in the order of their lines; a repeated key has both of its lines."""
    text = GOOD.replace("[LOAN]", "[NO]").replace("execution_name: job", "execution_name: a\n        execution_name: b")
    with pytest.raises(InvalidRoutesError) as rejected:
        read(text)
    assert [str(problem) for problem in rejected.value.problems] == [
        "line 7, route loans, when.action[0]: NO is ambiguous: YAML readers can take it for true or false; "
        'write "NO", or true or false without quotes',
        "line 15, route jobs, deliver[0].execution_name: duplicate key execution_name on lines 14 and 15; remove one",
    ]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("{action: [LOAN]}", '{"{{ marker }}": [X]}', "line 7, route loans, when.{{ marker }}"),
        ("{action: [LOAN]}", '{bib: {"{% if 1 %}a": [X]}}', "line 7, route loans, when.bib.{% if 1 %}a"),
        ("{action: [LOAN]}", '{$or: [{id: [x]}, {"{{ b }}": [z]}]}', "line 7, route loans, when.$or[1].{{ b }}"),
        ("marker: Dev1", 'marker: "{{ stage }}"', "line 2, stages.dev.marker"),
        ("{topic: loans}", '{topic: loans, name: "{{ id }}"}', "line 8, route loans, deliver[0].name"),
        ('input: {kind: "{{ kind }}"}', 'input: {"{{ kind }}": x}', "line 15, route jobs, deliver[0].input.{{ kind }}"),
    ],
)
def test_f58_a_template_in_a_place_without_rendering_is_rejected(old: str, new: str, place: str) -> None:
    """Keys, stage variables and the names of entries are not rendered."""
    assert old in GOOD
    found = [str(problem) for problem in problems(GOOD.replace(old, new, 1))]
    assert f"{place}: templates are not rendered here; write the literal text" in found, found
