"""Checking the files of a project folder for secrets and for names that some computers confuse."""

from pathlib import Path

import pytest

from scripts.project import folder_contents
from scripts.project.folder import EXAMPLE, FILE
from scripts.project.folder_contents import problems, problems_beside

# In two parts, so that scanners find no secret in this file.
SECRETS = {
    "a signing secret": "whs" + "ec_made-up-for-this-test",
    "a Slack token": "xo" + "xb-0123456789-abcdef",
    "a Slack webhook URL": "https://hooks.sl" + "ack.com/services/T000/B000/XXXX",
    "a URL with a signature": "https://prod.azure.example/invoke?api=1&si" + "g=AbCdEf0123456789",
    "an AWS access key": "AKI" + "AQWERTYUIOPASDFGH",
    "an AWS secret key": "aws_secret_access" + "_key = " + "a" * 40,
    "a private key": "-----BEGIN RSA PRIV" + "ATE KEY-----",
    "a Telegram bot token": "1234567890:AA" + "invented" * 4,
    "a Teams webhook URL": "https://library.webhook.office.com/" + "webhookb2/0f9a",
}


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("name", [FILE, "events__event", "notes", ".env", "lambda__code__settings"])
def test_a_value_that_looks_like_a_secret_is_found_and_not_quoted(tmp_path: Path, kind: str, name: str) -> None:
    """In every file, hidden ones too; the sentence has the line and the kind of secret."""
    write(tmp_path, **{name: f"a: b\nc: {SECRETS[kind]}\n"})
    (found,) = problems(tmp_path)
    assert found.startswith(f"{tmp_path / name.replace('__', '/')}:2: looks like {kind};")
    assert SECRETS[kind][-10:] not in found


def test_folders_of_other_tools_and_large_files_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git's own folder and installed packages belong to others."""
    monkeypatch.setattr(folder_contents, "LARGEST_FILE", 100)
    secret = SECRETS["a Slack token"]
    write(tmp_path, **{".git__config": secret, "node_modules__a": secret, "large": secret + " " * 100})
    assert list(problems(tmp_path)) == []


@pytest.mark.parametrize("name", ["events__Loan.json", "state-machines__pod export.json", "events__ümlaut.json"])
def test_a_name_that_another_computer_changes_is_found_in_folders_that_commands_read(tmp_path: Path, name: str) -> None:
    """The sentence says how to name it."""
    write(tmp_path, **{name: ""})
    (found,) = problems(tmp_path)
    assert "use lower-case letters, digits and hyphens" in found


@pytest.mark.parametrize("name", ["notes. ", "docs__end."])
def test_a_name_that_ends_in_a_dot_or_space_is_found_everywhere(tmp_path: Path, name: str) -> None:
    """Windows drops such an end."""
    write(tmp_path, **{name: ""})
    assert len(list(problems(tmp_path))) == 1


def test_two_names_that_are_one_on_another_computer_are_found(tmp_path: Path) -> None:
    """They differ only in case, or only in the form of an accent."""
    write(tmp_path, **{"Notes.md": "", "notes.md": "", "caf\u00e9.md": "", "cafe\u0301.md": ""})
    found = list(problems(tmp_path))
    assert len(found) == 2
    assert all("is the same name as" in each for each in found)


def test_only_a_project_folder_is_searched(tmp_path: Path) -> None:
    """A routes file elsewhere, as in a folder for temporary files, has neighbors that belong to others."""
    write(tmp_path, **{"routes.yaml": "", "theirs": SECRETS["a Slack token"]})
    assert problems_beside(tmp_path / "routes.yaml") == []
    write(tmp_path, **{FILE: ""})
    assert len(problems_beside(tmp_path / "routes.yaml")) == 1


@pytest.mark.parametrize("name", ["complete", "job-sms", "minimal", "mit-pipelines"])
def test_the_examples_have_no_such_problem(name: str) -> None:
    """Their sample events are invented, and their names are plain."""
    assert list(problems(EXAMPLE.parent / name)) == []
