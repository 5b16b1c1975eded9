"""Every command that talks to AWS is addressed alike, and the commands that it prints reach the same stack."""

import shlex
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest
import typer

from scripts import main
from scripts.aws.address import VARIABLES, Address, flag_of, resolve
from scripts.cli.advice import Advice
from scripts.cli.options import StackFlags, StageName
from scripts.project.folder import Project
from scripts.project.models import ProjectFile
from scripts.secret import report
from scripts.secret.rotation import RotationState, RotationStatus
from scripts.secret.service import SecretStatus
from scripts.secret.store import Pair
from scripts.topics.api_key_report import api_key_data
from scripts.topics.references import MissingSecret
from tests.scripts.cli_commands import commands, words_of

ALL: Final[dict[tuple[str, ...], Any]] = dict(commands(typer.main.get_command(main.app)))

WITHOUT: Final[dict[tuple[str, ...], str]] = {
    **dict.fromkeys(
        [("package",), ("events",), *(path for path in ALL if path[0] == "routes" and path[1] != "diff")],
        "it does not talk to AWS",
    ),
    **dict.fromkeys([("run",), ("soak",)], "it uses an emulator of its own"),
    ("init",): "its flags describe the new folder; with --from-stack they name the stack to read",
}
"""The commands that do not take StackFlags, and why."""

ADDRESSED: Final = {path: command for path, command in ALL.items() if path not in WITHOUT}

FLAGS: Final = StackFlags(
    stage=StageName.prod,
    stack="my-stack",
    region="eu-west-1",
    aws_profile="my profile; $(date)",
    project=Path("/srv/the library's"),
)
LOCAL: Final = StackFlags(stage=StageName.stg, endpoint_url="http://127.0.0.1:4566")


def address_of(flags: StackFlags) -> Address:
    file = ProjectFile.model_validate({"schema": 1, "name": "library", "stages": {"prod": {}}})
    return resolve(flags, {}, Project(flags.project, file, "--project") if flags.project else None)


def parsed(words: list[str], path: tuple[str, ...]) -> dict[str, Any]:
    """The address that the command itself reads from these words."""
    assert tuple(words[: len(path)]) == path
    params = ALL[path].make_context(path[-1], words[len(path) :]).params
    return {each.name: params[each.name] for each in fields(StackFlags)}


def test_the_walk_finds_the_commands() -> None:
    """Those without the flags exist; the others are at least those of today."""
    assert set(WITHOUT) <= set(ALL)
    assert len(ADDRESSED) >= 18


@pytest.mark.parametrize("path", ADDRESSED, ids=" ".join)
def test_every_command_that_talks_to_aws_has_all_six_flags(path: tuple[str, ...]) -> None:
    """None of them has a default of its own, and the help of each names its environment variables."""
    options = {each.name: each for each in ADDRESSED[path].params if each.param_type_name == "option"}
    assert [flag_of(name) for name in VARIABLES if name not in options] == []
    assert [name for name in VARIABLES if options[name].default is not None] == []
    names = [(flag, variable) for flag, variables in VARIABLES.items() for variable in variables]
    assert [variable for flag, variable in names if variable not in options[flag].help] == []


@pytest.mark.parametrize("flags", [FLAGS, LOCAL], ids=["AWS", "emulator"])
@pytest.mark.parametrize("path", ADDRESSED, ids=" ".join)
def test_the_options_lead_every_command_to_the_same_stack(
    path: tuple[str, ...], flags: StackFlags, tmp_path: Path
) -> None:
    """As a shell splits them; a quote, a space and a semicolon stay in their value."""
    file = tmp_path / "body.json"
    file.touch()
    needed = {"send": ["loan-created", "http://h/"], "simulate": ["http://h/"]}.get(path[0], [])
    words = [*words_of(path, file), *needed, *shlex.split(address_of(flags).options)]
    assert parsed(words, path) == vars(flags)


def advices(options: str) -> Iterator[str]:
    """Each advice of `doctor` and `dead-letters explain`, and each next step of secrets, API keys and topics."""
    values = dict.fromkeys(
        [
            *(
                "name",
                "value",
                "arn",
                "file",
                "profile",
                "ids",
                "first",
                "topic",
                "uuid",
                "stage",
                "deploying",
                "identity",
                "queue",
            ),
        ],
        "x",
    )
    values |= dict.fromkeys(
        [
            "aws_options",
            "deploy_options",
            "description",
            "group",
            "right",
            "fix",
            "place",
            "policy",
            "targets",
            "subscriptions",
            "failures",
            "topics",
        ],
        "",
    )
    yield from (advice.text(**values, options=options) for advice in Advice)
    pair = Pair(None, None, datetime.now(UTC))
    for profile, state in product(("alma", "heartbeat"), RotationState):
        shown = report.as_data(SecretStatus(profile, "", pair, state, None), options, show_secret=False)
        yield from (shown["next"], shown["show"])
    for state in RotationState:
        shown = api_key_data(RotationStatus(pair, state, None), options, show_key=False)
        yield from (shown["next"], shown["show"])
    yield MissingSecret("slack-team", ("library/jobs",)).command(options)


def printed(flags: StackFlags) -> Iterator[list[str]]:
    """The words of each command of the product that is printed."""
    for text in advices(address_of(flags).options):
        for part in text.replace("; then ", "\n").replace(", or: ", "\n").split("\n"):
            _, begin, command = part.partition("alma-webhooks ")
            words = shlex.split(command.partition("; an unreadable")[0]) if begin else []
            if words and words[0] != "routes":
                yield words


@pytest.mark.parametrize("flags", [FLAGS, LOCAL], ids=["AWS", "emulator"])
def test_a_printed_command_can_be_pasted_as_it_is(
    flags: StackFlags, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each names the program and a command that there is, and selects the same stack."""
    monkeypatch.chdir(tmp_path)
    Path("FILE").touch()
    found = list(printed(flags))
    assert len(found) > 30
    for words in found:
        path = next(path for path in ADDRESSED if tuple(words[: len(path)]) == path)
        assert parsed(words, path) == vars(flags), words
