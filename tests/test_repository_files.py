"""The files for the hosting service and for editors are valid and refer to existing files."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
SETTINGS = [*sorted((ROOT / ".github").rglob("*.yml")), ROOT / ".pre-commit-config.yaml"]


@pytest.mark.parametrize("path", SETTINGS, ids=lambda path: path.name)
def test_the_file_is_valid_yaml(path: Path) -> None:
    """Each file contains a YAML mapping."""
    assert isinstance(yaml.safe_load(path.read_text("utf-8")), dict)


def test_the_hosted_runner_runs_the_ci_script() -> None:
    """The hosted runner runs the script with all checks, which developers can run too, and builds the site."""
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))["jobs"]
    commands = {name: [step["run"] for step in job["steps"] if "run" in step] for name, job in jobs.items()}
    assert commands == {"ci": [".ci/run"], "docs": ["make docs"]}


def test_dependabot_checks_existing_folders() -> None:
    """The manifest of each ecosystem exists."""
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text("utf-8"))["updates"]
    manifests = {"pip": "*.txt", "npm": "package.json", "github-actions": ".github/workflows/ci.yml"}
    for update in updates:
        folder = ROOT / update["directory"].strip("/")
        assert list(folder.glob(manifests[update["package-ecosystem"]]))


def test_hooks_use_the_installed_tools() -> None:
    """No hook downloads a tool, so the versions are those of CI."""
    [local] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert local["repo"] == "local"
    assert all(hook["entry"].startswith(".venv/bin/") for hook in local["hooks"])


def test_links_of_the_security_page_point_to_files() -> None:
    """Each linked document exists."""
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / "SECURITY.md").read_text("utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_the_changelog_has_the_form_of_release_notes() -> None:
    """Unreleased changes first, then each release with its date, the newest being the version of the project."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    first, *releases = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert first == "Unreleased"
    versions = [re.fullmatch(r"(\d+\.\d+\.\d+) - \d{4}-\d\d-\d\d", release) for release in releases]
    assert all(versions)
    current = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert [match[1] for match in versions if match][:1] in ([], [current])
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)$", text, re.MULTILINE)) <= kinds
