"""Reading templates: the functions' short forms, and what cannot be read."""

from pathlib import Path

import pytest

from scripts.aws.template import load
from scripts.cli.exit_codes import ConfigurationError


def template(folder: Path, text: str) -> Path:
    path = folder / "template.yaml"
    path.write_text(text)
    return path


def test_short_forms_become_long_ones(tmp_path: Path) -> None:
    """Every tag is a function; only Condition and Ref have names without Fn."""
    text = "a: !Ref X\nb: !GetAtt X.Arn.More\nc: !Join [',', !Ref X]\nd: !Sub {k: v}\ne: !Condition C\n"
    assert load(template(tmp_path, text)) == {
        "a": {"Ref": "X"},
        "b": {"Fn::GetAtt": ["X", "Arn.More"]},
        "c": {"Fn::Join": [",", {"Ref": "X"}]},
        "d": {"Fn::Sub": {"k": "v"}},
        "e": {"Condition": "C"},
    }


def test_versions_stay_text(tmp_path: Path) -> None:
    """A policy's Version looks like a date, and is none."""
    assert load(template(tmp_path, "Version: 2012-10-17\n")) == {"Version": "2012-10-17"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [("a: [", "cannot be read: "), ("- a", "is not a YAML mapping"), (None, "cannot be read: No such file")],
)
def test_an_unreadable_template_is_named(text: str | None, problem: str, tmp_path: Path) -> None:
    """The error is one sentence with the path and the problem."""
    path = tmp_path / "none.yaml" if text is None else template(tmp_path, text)
    with pytest.raises(ConfigurationError, match=f"{path.name} {problem}"):
        load(path)


@pytest.mark.parametrize("text", ["a: {b: 1}\na: {c: 2}\n", "a: !Sub\n  b: 1\n\n  b: 2\n", "- a: {b: 1, 'b': 2}\n"])
def test_f58_a_repeated_key_in_a_template_is_rejected(text: str, tmp_path: Path) -> None:
    """With both lines: PyYAML would keep the last one, and a topic or an alarm would be lost."""
    with pytest.raises(ConfigurationError, match=r"the key [ab] is repeated, on lines [12] and [124]\.$"):
        load(template(tmp_path, text))
