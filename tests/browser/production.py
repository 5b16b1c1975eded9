"""Deploys the stage prod beside the stage dev, on the emulator of a run."""

from pathlib import Path
from typing import Final

import yaml

from scripts.project.folder import FILE
from tests.end_to_end.projects import NAME, ProjectFolder
from tests.scripts.command import run

STACK: Final = "alma-webhooks-prod"


def deploy_production(folder: Path, endpoint_url: str) -> tuple[str, ...]:
    """Deploy the example as production, and return the options of commands on its stack."""
    project = ProjectFolder.create(folder / "project")
    settings = {"alma_profiles": ["alma"]}
    text = yaml.safe_dump({"schema": 1, "name": NAME, "stages": {"prod": settings}})
    (project.path / FILE).write_text(text, "utf-8")
    options = ("--stage=prod", f"--stack={STACK}", f"--endpoint-url={endpoint_url}")
    completed = run("deploy", *options, "--yes", environment=project.environment)
    assert completed.returncode == 0, completed.stderr
    return options
