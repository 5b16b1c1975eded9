"""The published schema of alma-webhooks.yaml is generated from the models and agrees with them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from scripts.project import schema
from scripts.project.folder import EXAMPLE, FILE
from tests.scripts.project.test_mistakes import GOOD, WITH_PARTS

PUBLISHED = Path(schema.__file__).with_name("project.schema.json")
VALIDATOR = Draft202012Validator(schema.schema())


def objects(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if "properties" in part:
            yield part
        for member in part.values():
            yield from objects(member)


def test_the_published_schema_is_current() -> None:
    """After a change of the models run `alma-webhooks routes schema project > scripts/project/project.schema.json`."""
    assert PUBLISHED.read_text("utf-8") == schema.text()


def test_every_level_rejects_unknown_keys() -> None:
    """JSON Schema allows them by default."""
    assert [part["title"] for part in objects(schema.schema()) if part.get("additionalProperties") is not False] == []


@pytest.mark.parametrize("text", [GOOD, WITH_PARTS, (EXAMPLE / FILE).read_text("utf-8")])
def test_valid_files_match_the_schema(text: str) -> None:
    """Editors underline nothing in them."""
    assert [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(text))] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [("region:", "regoin:"), ("schema: 1", "schema: 2"), ("[alma]", "alma"), ("dev:", "live:"), ("ssm:", "ssn:")],
)
def test_invalid_files_do_not_match_the_schema(old: str, new: str) -> None:
    """Editors underline what the models reject for its form."""
    assert list(VALIDATOR.iter_errors(yaml.safe_load(GOOD.replace(old, new, 1))))
