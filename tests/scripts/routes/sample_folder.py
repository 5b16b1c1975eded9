"""A folder with routes and one sample event, and the verdict on it."""

import json
from pathlib import Path

from scripts.routes.expected import SampleVerdict, read_folder, verdicts
from tests.samples import STAGES

LOAN = {"action": "LOAN", "event": {"value": "LOAN_CREATED"}, "id": "1"}
ROUTES = """topics: [loan-created, other]
state_machines: {pod: {arn: "arn:aws:states:us-east-1:123456789012:stateMachine:pod"}}
routes:
  - {name: a, when: {action: [LOAN]}, deliver: [{topic: loan-created}, {state_machine: pod, input: {b: "{{ id }}"}}]}
  - {name: staged, when: {action: ["{{ marker }}"]}, deliver: [{topic: other}]}
"""
BOTH = (
    "deliveries: [{route: a, target: 'topic:loan-created'}, {route: a, target: 'state_machine:pod', input: {b: '1'}}]"
)


def folder(path: Path, expect: str, more: str = "", body: object = LOAN) -> Path:
    (path / "events").mkdir()
    (path / "routes.yaml").write_text(f"{STAGES}{ROUTES}")
    (path / "events" / "one.json").write_text(json.dumps(body))
    (path / "events" / "index.yaml").write_text(f"one:\n  file: one.json\n  expect: {expect}\n{more}")
    return path


def verdict(path: Path, stage: str = "dev") -> SampleVerdict:
    [found] = verdicts(read_folder(path / "routes.yaml", path / "events"), stage)
    return found
