"""The choices for a new project: each invalid one is an error that names its flag."""

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.project.scaffold import ProjectRequest, files
from scripts.project.yaml_text import flow_list, scalar


@pytest.mark.parametrize(
    ("request_", "flag"),
    [
        (ProjectRequest("Library"), "--name Library"),
        (ProjectRequest("library", region="Frankfurt"), "--region Frankfurt"),
        (ProjectRequest("library", alma_profiles=("alma", "heartbeat")), "--alma-profile heartbeat"),
        (ProjectRequest("library", alma_profiles=("Alma",)), "--alma-profile Alma"),
        (ProjectRequest("library", alarm_email="nobody"), "--alarm-email"),
        (ProjectRequest("library", stages=("test",)), "--stage test"),
        (ProjectRequest("library", stages=()), "--stage"),
        (ProjectRequest("library", families=("loan",)), "--route loan"),
        (ProjectRequest("library", families=()), "--route"),
    ],
)
def test_an_invalid_choice_names_its_flag(request_: ProjectRequest, flag: str) -> None:
    """Nothing is composed from it."""
    with pytest.raises(ConfigurationError, match=flag):
        files(request_)


def test_stages_and_alma_profiles_are_written_once_each() -> None:
    """The first stage is the default one of commands and of the README."""
    made = files(ProjectRequest("library", stages=("prod", "dev", "prod"), alma_profiles=("alma", "alma")))
    text = made["alma-webhooks.yaml"].decode()
    assert (text.count("  prod:"), text.count("  dev:"), text.count("alma_profiles: [alma]")) == (1, 1, 2)
    assert "stage: prod" in text
    assert b"deploy --stage prod" in made["README.md"]


def test_words_that_yaml_takes_for_something_else_are_quoted() -> None:
    """Booleans, numbers and texts with signs are in quotes, names are not."""
    assert flow_list(["alma", "no", "012", "a-b"]) == '[alma, "no", "012", a-b]'
    assert scalar("a: b") == '"a: b"'
