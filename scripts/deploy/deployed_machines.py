"""Read the state machines of a deployed stack: their ARNs, and the definition and rights of those that it created."""

import json
from collections.abc import Mapping
from typing import Any

from scripts.aws import stack
from scripts.aws.clients import Aws
from scripts.deploy import existing
from scripts.deploy.retained import Place
from scripts.deploy.state_machines import StateMachine, of_stack
from scripts.routes.state_machine_files import StateMachineFiles


def read(aws: Aws, place: Place, outputs: Mapping[str, str]) -> list[StateMachine]:
    """Return the state machines in the order of the stack's output; the stack created those with files."""
    machines = of_stack(stack.state_machines_of(outputs))
    if not machines:
        return []
    created, template = existing.resources(aws, place.stack), stack.template(aws, place.stack)
    found = []
    for machine in machines:
        files = None
        if f"{machine.resource}StateMachine" in created:
            definition = aws.states.describe_state_machine(stateMachineArn=machine.arn)["definition"]
            policy = _policy(template, f"{machine.resource}StateMachineRole")
            files = StateMachineFiles(json.loads(definition), policy)
        found.append(machine._replace(files=files))
    return found


def _policy(template: Mapping[str, Any], role: str) -> dict[str, Any] | None:
    """Return the policy of a role that belongs to one state machine; one that several share has none."""
    properties = template.get("Resources", {}).get(role, {}).get("Properties", {})
    return next((dict(each["PolicyDocument"]) for each in properties.get("Policies", [])), None)
