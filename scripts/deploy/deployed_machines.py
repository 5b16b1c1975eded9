"""Read the state machines of a deployed stack: their ARNs, and the definition and rights of those that it created."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from scripts.aws import stack
from scripts.aws.clients import Aws
from scripts.deploy import existing
from scripts.deploy.retained import Place
from scripts.deploy.state_machines import StateMachine


class DeployedMachine(NamedTuple):
    """A state machine that routes use; the stack created those with a `definition` (JSON text)."""

    name: str
    arn: str
    definition: str | None = None
    policy: dict[str, Any] | None = None


def read(aws: Aws, place: Place, outputs: Mapping[str, str]) -> list[DeployedMachine]:
    """Return the state machines in the order of the stack's output."""
    machines = stack.state_machines_of(outputs)
    if not machines:
        return []
    created, template = existing.resources(aws, place.stack), existing.template(aws, place.stack)
    found = []
    for name, arn in machines.items():
        resource = StateMachine(name, arn).resource
        if f"{resource}StateMachine" in created:
            definition = aws.states.describe_state_machine(stateMachineArn=arn)["definition"]
            found.append(DeployedMachine(name, arn, definition, _policy(template, f"{resource}StateMachineRole")))
        else:
            found.append(DeployedMachine(name, arn))
    return found


def _policy(template: Mapping[str, Any], role: str) -> dict[str, Any] | None:
    """Return the policy of a role that belongs to one state machine; one that several share has none."""
    properties = template.get("Resources", {}).get(role, {}).get("Properties", {})
    return next((dict(each["PolicyDocument"]) for each in properties.get("Policies", [])), None)
