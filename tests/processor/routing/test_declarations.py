"""What a routes file declares for the stack: the forms of topics and state machines, and mistakes in them."""

import pytest

from processor import heartbeat
from processor.routing.declarations import StateMachineDeclaration
from processor.routing.models import read
from tests.processor.routing.routes_files import problems

PROD = "arn:aws:states:us-east-1:123456789012:stateMachine:prod-jobs"
GOOD = f"""\
topics:
  - loans
  - {{name: returns}}
state_machines:
  pod: {{definition: pod.json, policy: pod-policy.json}}
  outside: {{arn: "{PROD}"}}
  both:
    definition: both.yaml
    arn: {{prod: "{PROD}"}}
stages: {{dev: {{}}, stg: {{}}, prod: {{}}}}
routes:
  - name: all
    fallback: true
    deliver: [{{topic: loans}}]
"""


def test_both_forms_of_a_topic_are_read() -> None:
    """A name, and an object with room for options, in the order of the file."""
    assert read(GOOD).routes.topic_names == ["loans", "returns"]


def test_a_state_machine_has_an_arn_in_some_stages_only() -> None:
    """An ARN goes before the definition; without one the stack creates the state machine."""
    machines = read(GOOD).routes.state_machines
    assert machines["pod"] == StateMachineDeclaration(definition="pod.json", policy="pod-policy.json")
    assert [machines["outside"].arn_in(stage) for stage in ("dev", "prod")] == [PROD, PROD]
    assert [machines["both"].arn_in(stage) for stage in ("dev", "prod")] == [None, PROD]
    assert machines["pod"].arn_in("prod") is None


@pytest.mark.parametrize("qualifier", ["1", "PROD", "a_b-c.1", "x" * 80])
def test_an_arn_can_end_with_a_version_or_an_alias(qualifier: str) -> None:
    """It is kept; an alias can have a period, as AWS allows, and at most 80 characters."""
    qualified = f"{PROD}:{qualifier}"
    machines = read(GOOD.replace(PROD, qualified)).routes.state_machines
    assert [machines["outside"].arn_in("dev"), machines["both"].arn_in("prod")] == [qualified, qualified]
    assert len(problems(GOOD.replace(PROD, f"{PROD}:{'x' * 81}"))) == 2


def test_topics_state_machines_and_stages_can_be_left_out() -> None:
    """The stack then creates nothing for routes, and each stage has no variables."""
    routes = read('routes:\n  - name: all\n    fallback: true\n    deliver: [{queue: "arn:q"}]\n').routes
    assert (routes.topic_names, routes.state_machines) == ([], {})
    assert routes.stages == {"dev": {}, "stg": {}, "prod": {}}


def test_the_longest_names_are_read() -> None:
    """220 characters of a topic, and 40 of a state machine; one more is a mistake."""
    for old, longest in (("returns", "t" * 220), ("  pod:", f"  {'p' * 40}:")):
        assert problems(GOOD.replace(old, longest)) == []
        assert len(problems(GOOD.replace(old, longest.replace("t", "tt", 1).replace("p", "pp", 1)))) == 1


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("- {name: returns}", "- re.turns", "line 3, topics[1]: the name of a topic has letters, digits and hyphens"),
        ("{name: returns}", "{name: a b}", "line 3, topics[1].name: the name of a topic has letters, digits"),
        ("{name: returns}", "{}", "line 3, topics[1]: name is missing"),
        ("{name: returns}", "{name: x, fifo: true}", "line 3, topics[1].fifo: unknown key 'fifo'"),
        ("{name: returns}", "[returns]", "line 3, topics[1]: expected the name of a topic, or {name: NAME}"),
        ("{name: returns}", "7", "line 3, topics[1]: expected the name of a topic, or {name: NAME}"),
        ("{name: returns}", "loans", "line 3, topics[1]: the topic loans is listed twice; remove one"),
        ("{name: returns}", "lo-ans", "line 3, topics[1]: lo-ans and loans differ only by hyphens"),
        ("{name: returns}", "heartbeat", f"line 3, topics[1]: {heartbeat.TOPIC_RESERVED}"),
        ("  pod:", "  Pod:", "line 5, state_machines.Pod: the name of a state machine has lower-case letters"),
        ("  pod:", "  1pod:", "line 5, state_machines.1pod: the name of a state machine has lower-case letters"),
        (
            "definition: pod.json, policy: pod-policy.json",
            "policy: p.json",
            "line 5, state_machines.pod: a state machin",
        ),
        (f'arn: "{PROD}"}}\n  both', 'arn: "arn:x"}\n  both', "line 6, state_machines.outside.arn: must be the ARN of"),
        (
            f'arn: "{PROD}"}}\n  both',
            f'arn: "{PROD}:1:2"}}\n  both',
            "line 6, state_machines.outside.arn: must be the ARN of a state machine, a version or an alias",
        ),
        (f'arn: "{PROD}"}}\n  both', "arn: [x]}\n  both", "line 6, state_machines.outside.arn: expected an ARN, or {"),
        (
            f'arn: "{PROD}"}}\n  both',
            f'arn: "{PROD}", policy: x}}\n  both',
            "line 6, state_machines.outside: policy needs",
        ),
        ("{prod: ", "{live: ", "line 9, state_machines.both.arn.live: input should be 'dev', 'stg' or 'prod'"),
        ("    definition: both.yaml", "    file: both.yaml", "line 8, state_machines.both.file: unknown key 'file'"),
    ],
)
def test_each_mistake_is_reported_once_with_its_line(old: str, new: str, expected: str) -> None:
    """The problem names the line, the field, and what is accepted."""
    assert old in GOOD
    found = list(map(str, problems(GOOD.replace(old, new))))
    relevant = [each for each in found if each.startswith(expected)]
    assert len(relevant) == len([each for each in found if "topics" in each or "state_machines" in each]) == 1, found
