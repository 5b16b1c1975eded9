"""The command `alma-webhooks`: how it ends."""

import pytest

from scripts import cli
from scripts.errors import RefusedError


def test_f49_a_failure_that_names_a_letter_is_harmless(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The id of one that is not ours may be anything; one sentence stays one line."""

    def refuse() -> None:
        raise RefusedError("The letter \x9b2J\u202e\nevil [/red] cannot be edited.")

    monkeypatch.setattr(cli, "app", refuse)
    with pytest.raises(SystemExit) as ending:
        cli.main()
    assert ending.value.code == 3
    assert capsys.readouterr().err == "alma-webhooks: The letter \\x9b2J\\u202e\\nevil [/red] cannot be edited.\n"
