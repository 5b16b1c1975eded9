"""The templates as they are sent for examples/complete."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from processor.routing.models import read
from scripts.aws.template import load
from scripts.deploy import state_machines
from scripts.deploy.expansion import body
from scripts.deploy.retained import Place
from scripts.deploy.stack_deployer import expanded_with
from scripts.project.folder import example
from scripts.routes import state_machine_files

PLACE: Final = Place("stack", "123456789012", "eu-central-1")
ROUTES: Final = read(example().routes.read_text("utf-8"))
TOPICS: Final = ROUTES.routes.topic_names
PROFILES: Final = tuple(example().settings("dev").alma_profiles)
MACHINES: Final = state_machines.declared(ROUTES, state_machine_files.read_all(example().folder, ROUTES), "dev", PLACE)
VALUES: Final = {
    "Topics": ",".join(TOPICS),
    "Profiles": ",".join(PROFILES),
    "AlmaProfiles": ",".join(PROFILES),
    **state_machines.parameters(MACHINES),
}


def sent(path: Path, **values: str) -> dict[str, Any]:
    """Return a template as CloudFormation gets it, with other values where some are given."""
    found: dict[str, Any] = json.loads(_body(path, *values.items()))
    return found


@cache
def _body(path: Path, *values: tuple[str, str]) -> str:
    return body(expanded_with(load(path), VALUES | dict(values), MACHINES, {"Stage": "dev"}))


def without_mapping(value: Any, machines: Any) -> Any:
    """Return a part of the template with references to the mapping StateMachines resolved."""
    match value:
        case {"Fn::FindInMap": ["StateMachines", str(machine), str(attribute)]}:
            return machines[machine][attribute]
        case {"Fn::Sub": [str(text), dict(names)]}:
            found = {name: without_mapping(one, machines) for name, one in names.items()}
            for name, one in found.items():
                text = text.replace(f"${{{name}}}", one) if isinstance(one, str) else text
            left = {name: one for name, one in found.items() if not isinstance(one, str)}
            return {"Fn::Sub": [text, left] if left else text}
        case dict():
            return {name: without_mapping(one, machines) for name, one in value.items()}
        case list():
            return [without_mapping(one, machines) for one in value]
    return value
