"""The security scanners: each suppression has a reason, and secrets are still found."""

import hashlib
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.aws.template import PIPELINE
from tests.infra.complete_example import sent

ROOT = Path(__file__).parents[2]
AUDIT = ROOT / "infra" / "audit"
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
ACKNOWLEDGED: list[dict[str, Any]] = json.loads((AUDIT / "acknowledged.json").read_text("utf-8"))

SHORTEST_REASON = 10
PRAGMA = "pragma: " + "allowlist"  # in two parts, so that this line is not a pragma


def files() -> Iterator[Path]:
    """Yield the files of the project, without generated files."""
    for folder in ("ingest", "processor", "scripts", "infra/cloudformation", "tests", "docs", "requirements"):
        yield from (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    yield from (path for path in ROOT.iterdir() if path.suffix in {".md", ".toml"} or path.name == "Makefile")


def unexplained(text: str) -> list[str]:
    """Return the lines that allow a secret without a reason."""
    lines = [line for line in text.splitlines() if PRAGMA in line]
    return [line for line in lines if len(line.partition("secret -- ")[2]) < SHORTEST_REASON]


def test_every_allowed_secret_has_a_reason() -> None:
    """Every pragma that allows a secret is followed by a reason on the same line."""
    pragmas = 0
    for path in files():
        text = path.read_text("utf-8", errors="ignore")
        pragmas += text.count(PRAGMA)
        assert unexplained(text) == [], path
    assert pragmas >= 5


def test_a_pragma_without_a_reason_is_found() -> None:
    """The rule finds a pragma without a reason or with a very short one."""
    assert unexplained(f"a = 'b'  # {PRAGMA} secret") == [f"a = 'b'  # {PRAGMA} secret"]
    assert unexplained(f"a = 'b'  # {PRAGMA} secret -- so") == [f"a = 'b'  # {PRAGMA} secret -- so"]
    assert unexplained(f"a = 'b'  # {PRAGMA} secret -- the digest of a dead letter") == []


def test_every_exclusion_from_the_secret_scan_has_a_reason() -> None:
    """Each option in the Makefile that excludes something is on its own line, with a comment."""
    lines = [line for line in MAKEFILE.splitlines() if re.match(r"NO_SECRETS [:+]= ", line)]
    assert len(lines) == MAKEFILE.count("--exclude-")
    assert [line for line in lines if not re.search(r"' # .{10,}$", line)] == []


def hook(path: Path) -> int:
    """Return the exit code of detect-secrets for a file, with the options of the Makefile."""
    options = re.findall(r"(?m)^NO_SECRETS [:+]= (.*)$", MAKEFILE)
    words = [word.replace("$$", "$") for option in options for word in shlex.split(option, comments=True)]
    command = Path(sys.executable).with_name("detect-secrets-hook")
    return subprocess.run([command, "--no-verify", *words, path], capture_output=True, check=False).returncode  # noqa: S603 -- the installed scanner on a local file


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("password = '" + "correct horse" + " battery'", id="a word for it"),
        pytest.param("AWS_ACCESS_KEY_ID=" + "AKIA" + "QWERTYUIOPASDFGH", id="an access key", marks=pytest.mark.full),
        pytest.param(f"key = '{hashlib.sha256(b'invented').hexdigest()}'", id="entropy", marks=pytest.mark.full),
        pytest.param("-----BEGIN RSA " + "PRIVATE KEY-----", id="a private key", marks=pytest.mark.full),
    ],
)
def test_a_secret_in_a_file_is_found(line: str, tmp_path: Path) -> None:
    """The scan finds a secret in spite of the exclusions, and accepts it with a pragma."""
    path = tmp_path / "settings.py"
    path.write_text(f"{line}\n")
    assert hook(path) == 1
    path.write_text(f"{line}  # {PRAGMA} secret -- invented\n")
    assert hook(path) == 0


def test_every_skipped_checkov_check_has_a_reason() -> None:
    """Each skipped check has a reason after its id, and no template skips checks."""
    text = (AUDIT / "checkov.yaml").read_text("utf-8")
    skipped = yaml.safe_load(text)["skip-check"]
    reasons = dict(re.findall(r"(?m)^  - (CKV\w+) # (.{10,})$", text))
    assert list(reasons) == skipped
    assert not any("checkov" in path.read_text("utf-8") for path in PIPELINE.parent.iterdir())


def test_every_acknowledged_cdk_nag_finding_has_a_reason() -> None:
    """Each acknowledged finding has rules, resources and a reason, and each pair occurs once."""
    for entry in ACKNOWLEDGED:
        assert set(entry) == {"rules", "resources", "reason"}
        assert entry["rules"]
        assert entry["resources"]
        assert len(entry["reason"]) >= SHORTEST_REASON
    pairs = [(rule, resource) for one in ACKNOWLEDGED for rule in one["rules"] for resource in one["resources"]]
    assert len(pairs) == len(set(pairs))


def test_acknowledged_findings_are_about_existing_resources() -> None:
    """Each acknowledged finding names resources that the templates have."""
    paths = PIPELINE.parent.glob("*.yaml")
    existing = {f"{path.stem}/{name}" for path in paths for name in sent(path)["Resources"]}
    assert {resource for one in ACKNOWLEDGED for resource in one["resources"]} <= existing


def test_cdk_nag_is_pinned() -> None:
    """The lock file pins the version and digest of every package and names no registry."""
    lock = json.loads((AUDIT / "package-lock.json").read_text("utf-8"))
    required = json.loads((AUDIT / "package.json").read_text("utf-8"))["dependencies"]
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert all(packages[f"node_modules/{name}"]["version"] == version for name, version in required.items())
    assert all("resolved" not in one for one in packages.values())
    assert all("integrity" in one or one.get("inBundle") for one in packages.values())
