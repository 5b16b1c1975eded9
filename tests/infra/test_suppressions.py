"""The scanners: each suppression has a reason beside it, and a secret is still found."""

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

from scripts.aws.template import PIPELINE, load
from scripts.deploy.expansion import expanded

ROOT = Path(__file__).parents[2]
AUDIT = ROOT / "infra" / "audit"
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
ACKNOWLEDGED: list[dict[str, Any]] = json.loads((AUDIT / "acknowledged.json").read_text("utf-8"))

SHORTEST_REASON = 10
PRAGMA = "pragma: " + "allowlist"  # in two parts: here it allows nothing


def files() -> Iterator[Path]:
    """The project's own, without what tools put there."""
    for folder in ("ingest", "processor", "scripts", "infra/cloudformation", "tests", "docs", "requirements"):
        yield from (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    yield from (path for path in ROOT.iterdir() if path.suffix in {".md", ".toml"} or path.name == "Makefile")


def unexplained(text: str) -> list[str]:
    """The lines that allow a secret without saying why."""
    lines = [line for line in text.splitlines() if PRAGMA in line]
    return [line for line in lines if len(line.partition("secret -- ")[2]) < SHORTEST_REASON]


def test_every_secret_that_is_allowed_has_its_reason() -> None:
    """Behind the pragma, on its line."""
    pragmas = 0
    for path in files():
        text = path.read_text("utf-8", errors="ignore")
        pragmas += text.count(PRAGMA)
        assert unexplained(text) == [], path
    assert pragmas >= 5


def test_a_pragma_without_a_reason_is_seen() -> None:
    """The rule above would find one."""
    assert unexplained(f"a = 'b'  # {PRAGMA} secret") == [f"a = 'b'  # {PRAGMA} secret"]
    assert unexplained(f"a = 'b'  # {PRAGMA} secret -- so") == [f"a = 'b'  # {PRAGMA} secret -- so"]
    assert unexplained(f"a = 'b'  # {PRAGMA} secret -- the digest of a dead letter") == []


def test_whatever_the_search_for_secrets_leaves_out_has_its_reason() -> None:
    """Each option of the Makefile's stands on a line of its own, with a comment."""
    lines = [line for line in MAKEFILE.splitlines() if re.match(r"NO_SECRETS [:+]= ", line)]
    assert len(lines) == MAKEFILE.count("--exclude-")
    assert [line for line in lines if not re.search(r"' # .{10,}$", line)] == []


def hook(path: Path) -> int:
    """How detect-secrets ends over a file, with the Makefile's options."""
    options = re.findall(r"(?m)^NO_SECRETS [:+]= (.*)$", MAKEFILE)
    words = [word.replace("$$", "$") for option in options for word in shlex.split(option, comments=True)]
    command = Path(sys.executable).with_name("detect-secrets-hook")
    return subprocess.run([command, "--no-verify", *words, path], capture_output=True, check=False).returncode  # noqa: S603 -- the installed scanner on a file of ours


@pytest.mark.parametrize(
    "line",
    [
        "AWS_ACCESS_KEY_ID=" + "AKIA" + "QWERTYUIOPASDFGH",
        "password = '" + "correct horse" + " battery'",
        f"key = '{hashlib.sha256(b'invented').hexdigest()}'",
        "-----BEGIN RSA " + "PRIVATE KEY-----",
    ],
    ids=["an access key", "a word for it", "entropy", "a private key"],
)
def test_a_secret_in_a_file_is_found(line: str, tmp_path: Path) -> None:
    """The options leave out no more than they say; an invented one with a pragma passes."""
    path = tmp_path / "settings.py"
    path.write_text(f"{line}\n")
    assert hook(path) == 1
    path.write_text(f"{line}  # {PRAGMA} secret -- invented\n")
    assert hook(path) == 0


def test_every_check_that_checkov_skips_has_its_reason() -> None:
    """Behind its id; none is skipped in a template, where nobody would look for it."""
    text = (AUDIT / "checkov.yaml").read_text("utf-8")
    skipped = yaml.safe_load(text)["skip-check"]
    reasons = dict(re.findall(r"(?m)^  - (CKV\w+) # (.{10,})$", text))
    assert list(reasons) == skipped
    assert not any("checkov" in path.read_text("utf-8") for path in PIPELINE.parent.iterdir())


def test_every_finding_of_cdk_nag_that_is_acknowledged_has_its_reason() -> None:
    """With its rules and its resources, each once, and none without."""
    for entry in ACKNOWLEDGED:
        assert set(entry) == {"rules", "resources", "reason"}
        assert entry["rules"]
        assert entry["resources"]
        assert len(entry["reason"]) >= SHORTEST_REASON
    pairs = [(rule, resource) for one in ACKNOWLEDGED for rule in one["rules"] for resource in one["resources"]]
    assert len(pairs) == len(set(pairs))


def test_what_is_acknowledged_is_about_resources_that_are_there() -> None:
    """A reason for what the templates no longer have is taken out."""
    there = set()
    for path in PIPELINE.parent.glob("*.yaml"):
        template = load(path)
        values = {name: str(one.get("Default", "any")) for name, one in template["Parameters"].items()}
        there |= {f"{path.stem}/{name}" for name in expanded(template, values)["Resources"]}
    assert {resource for one in ACKNOWLEDGED for resource in one["resources"]} <= there


def test_cdk_nag_is_pinned() -> None:
    """To the versions and digests of the lock, which names no index."""
    lock = json.loads((AUDIT / "package-lock.json").read_text("utf-8"))
    wanted = json.loads((AUDIT / "package.json").read_text("utf-8"))["dependencies"]
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert all(packages[f"node_modules/{name}"]["version"] == version for name, version in wanted.items())
    assert all("resolved" not in one for one in packages.values())
    assert all("integrity" in one or one.get("inBundle") for one in packages.values())
