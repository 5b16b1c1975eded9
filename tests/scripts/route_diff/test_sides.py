"""The two routes files: where they come from, and what is said of invalid ones."""

from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from scripts.aws.context import StackContext
from scripts.cli.exit_codes import ConfigurationError
from scripts.route_diff.sides import alma_profiles, read_sides
from scripts.routes.judged_routes import DeployedRoutesUnknownError
from tests.scripts.aws.targets import ROUTES, with_routes, with_targets

STAGES = "stages: {dev: {}, stg: {}, prod: {}}\n"
VALID = f"topics: [one]\n{STAGES}routes:\n  - {{name: a, deliver: [{{topic: one}}]}}\n"


def written(folder: Path, text: str, name: str = "routes.yaml") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def given(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(content)))


def error_of(old: str, new: str) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as raised:
        read_sides(old, new, None)
    return raised.value


def test_standard_input_is_a_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Either side can be it, but not both."""
    given(monkeypatch, VALID.encode())
    old, new = read_sides("-", written(tmp_path, VALID), None)
    assert (old.name, new.name) == ("standard input", str(tmp_path / "routes.yaml"))
    assert str(error_of("-", "-")) == "Standard input (-) can be read only once; name it once."
    given(monkeypatch, b"\xff")
    assert str(error_of("-", new.name)) == "Standard input cannot be read: it is not UTF-8."


def test_the_deployed_file_is_read_from_the_stack(scope: StackContext, tmp_path: Path) -> None:
    """The stack can have targets that the file does not declare."""
    stack = with_routes(with_targets(scope, ["loan-created", "loan-lost"]))
    old, new = read_sides("deployed", written(tmp_path, VALID), stack)
    assert [each.route.name for each in old.compiled.routes] == ["a", "b"]
    assert {"loan-created", "loan-lost"} <= set(old.targets["topic"])
    assert "loan-lost" not in new.targets["topic"]
    assert ([*old.fallbacks], [*new.fallbacks]) == (["b"], [])


def test_a_deployed_file_that_cannot_be_read_says_what_to_do(scope: StackContext, tmp_path: Path) -> None:
    """A file can be named instead."""
    with pytest.raises(DeployedRoutesUnknownError) as raised:
        read_sides("deployed", written(tmp_path, VALID), scope)
    assert str(raised.value).endswith("deploy it once with this version. Or name a file.")


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    """It is named."""
    assert (
        str(error_of("none.yaml", written(tmp_path, VALID))) == "none.yaml cannot be read: No such file or directory."
    )


def test_every_problem_of_an_invalid_file_has_its_name(tmp_path: Path) -> None:
    """The new file is wrong, not old."""
    path = written(tmp_path, VALID.replace("topic: one", "topic: two, nme: x"), "new.yaml")
    error = error_of(written(tmp_path, VALID), path)
    assert error.details == (f"{path}: line 4, route a, deliver[0].nme: unknown key 'nme'; did you mean 'name'?",)
    assert str(error) == f"{path} has 1 problem; nothing was compared."


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (ROUTES, "add topics and state_machines to a copy of it."),
        (VALID.replace("topics:", "subjects:"), "the format has changed since: correct a copy of it."),
        (VALID.replace("[one]", "[two]"), "the format has changed since: correct a copy of it."),
    ],
)
def test_an_invalid_old_file_may_be_of_an_earlier_version(tmp_path: Path, text: str, advice: str) -> None:
    """Earlier versions took the topics from the template, so their files declare none."""
    error = error_of(written(tmp_path, text, "old.yaml"), written(tmp_path, VALID))
    assert error.details
    assert str(error).endswith(advice)


def test_the_profiles_are_those_that_the_files_name_and_another(tmp_path: Path) -> None:
    """The other one is `alma`, unless a file names it."""

    def profiles(old: str, new: str) -> list[str]:
        files = [
            written(tmp_path, VALID.replace("name: a", f"name: a, profiles: {names}") if names else VALID, f"{number}")
            for number, names in enumerate((old, new))
        ]
        return alma_profiles(*read_sides(files[0], files[1], None))

    assert profiles("", "") == ["alma"]
    assert profiles("[b]", "[b, a]") == ["a", "b", "alma"]
    assert profiles("", "[alma]") == ["alma", "other-1"]
