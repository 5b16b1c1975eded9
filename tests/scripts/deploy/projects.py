"""Project folders of tests, and the address of commands in them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.aws.address import Address, resolve
from scripts.cli.options import StackFlags
from scripts.project.folder import EXAMPLE, FILE, Project, read

ROUTES = (EXAMPLE / "routes.yaml").read_text("utf-8")


def project_in(
    folder: Path,
    *,
    profiles: tuple[str, ...] = ("alma",),
    routes: str = ROUTES,
    parameters: Mapping[str, Any] | None = None,
    name: str = "alma-webhooks",
    runtime: str | None = None,
    parts: Mapping[str, Any] | None = None,
    **stage: Any,
) -> Project:
    """Write a project with the stage dev; `stage` are further settings of it."""
    settings = {"alma_profiles": list(profiles), "parameters": dict(parameters or {}), **stage}
    file = {"schema": 1, "name": name, "runtime": runtime, "stages": {"dev": settings}, "parts": dict(parts or {})}
    (folder / FILE).write_text(json.dumps(file), "utf-8")
    (folder / "routes.yaml").write_text(routes, "utf-8")
    machines = folder / "state-machines"
    machines.mkdir(exist_ok=True)
    for each in (EXAMPLE / "state-machines").iterdir():
        (machines / each.name).write_bytes(each.read_bytes())
    return Project(folder, read(folder / FILE), "--project")


def address_in(project: Project | None, **flags: Any) -> Address:
    """Return the address of a command with these flags, and of no environment."""
    return resolve(StackFlags(**flags), {}, project)
