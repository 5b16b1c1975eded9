"""The packages that further parts need here: what is missing is one sentence with the command that installs it."""

import sys
from pathlib import Path

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.local import part_requirements
from scripts.project.folder import Project
from tests.further_part import PART, write_part
from tests.scripts.deploy.projects import project_in

TEXT = """# made by uv
boto3==1.43.0 \\
    --hash=sha256:00
no-such-package==1.0 \\
    --hash=sha256:11
no-such-windows-package==2 ; sys_platform == "win32"
nor.this_one==3.1
"""


def project(folder: Path, text: str) -> Project:
    """Return a project whose part has these requirements."""
    write_part(folder)
    (folder / "requirements.txt").write_text(text, "utf-8")
    return project_in(folder, parts={"shelf": PART | {"requirements": "requirements.txt"}})


def test_missing_packages_are_named_with_the_command(tmp_path: Path) -> None:
    """Packages with a marker may not be meant for this computer."""
    with pytest.raises(ConfigurationError) as caught:
        part_requirements.check_installed(project(tmp_path, TEXT))
    assert str(caught.value) == (
        "The part shelf needs Python packages that are not installed here: no-such-package, nor.this_one. Install "
        f"them: {sys.executable} -m pip install --requirement {tmp_path / 'requirements.txt'}"
    )


def test_installed_packages_are_enough(tmp_path: Path) -> None:
    """Their versions may differ; a part without requirements needs none."""
    part_requirements.check_installed(project(tmp_path, "boto3==0.0.1\npydantic==2\n"))
    part_requirements.check_installed(project_in(tmp_path, parts={"shelf": PART}))
