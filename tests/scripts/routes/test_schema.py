"""Test that the published schema of routes.yaml is generated from the models and agrees with them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from processor.routing.conditions import PatternError
from processor.routing.patterns import Pattern
from scripts.routes.check import ROUTES
from scripts.routes.schema import schema, text
from tests.processor.routing.test_models import GOOD

SCHEMA = Path(__file__).parents[3] / "processor" / "routes.schema.json"
VALIDATOR = Draft202012Validator(schema())


def test_the_published_schema_is_that_of_the_models() -> None:
    """After a change of the format run: `alma-webhooks routes schema > processor/routes.schema.json`."""
    assert SCHEMA.read_text("utf-8") == text()
    Draft202012Validator.check_schema(json.loads(text()))


def test_editors_find_the_schema() -> None:
    """The first line of the routes names it."""
    assert (ROUTES.parents[2] / "processor" / SCHEMA.name).samefile(SCHEMA)
    assert (
        ROUTES.read_text("utf-8").splitlines()[0]
        == "# yaml-language-server: $schema=../../processor/routes.schema.json"
    )


@pytest.mark.parametrize("routes", [GOOD, ROUTES.read_text("utf-8")], ids=["good", "shipped"])
def test_valid_files_match_the_schema(routes: str) -> None:
    """Editors do not underline what the models accept."""
    assert list(VALIDATOR.iter_errors(yaml.safe_load(routes))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    if:", "    unless:"),
        ("name: loans", "name: my loans"),
        ("{topic: loans}", "{queues: x}"),
        ("{topic: loans}", "{topic: 3}"),
        ("[LOAN]", "LOAN"),
        ("[LOAN]", "[]"),
        ("[LOAN]", "[{like: x}]"),
        ("  prod:", "  live:"),
    ],
)
def test_invalid_files_do_not_match_the_schema(old: str, new: str) -> None:
    """Editors underline what the models reject for its form."""
    assert list(VALIDATOR.iter_errors(yaml.safe_load(GOOD.replace(old, new, 1))))


@pytest.mark.parametrize(
    "condition",
    [
        *(
            "x",
            1,
            1.5,
            True,
            None,
            {"prefix": "x"},
            {"suffix": {"equals-ignore-case": "x"}},
            {"equals-ignore-case": "x"},
        ),
        *({"wildcard": "*"}, {"exists": False}, {"numeric": [">", 1, "<", 2]}, {"anything-but": ["x", 1]}),
        *({"anything-but": {"prefix": ["x"]}}, {"anything-but": {"wildcard": "*"}}),
        *([], {}, {"like": "x"}, {"prefix": 1}, {"exists": "yes"}, {"anything-but": {"numeric": ["=", 1]}}),
        *({"anything-but": []}, {"numeric": "5"}, {"prefix": "x", "suffix": "y"}),
    ],
    ids=str,
)
def test_the_schema_and_the_matcher_agree_about_conditions(condition: Any) -> None:
    """Both accept the same operators."""
    route = {"name": "a", "when": {"a": [condition]}, "deliver": [{"topic": "t"}]}
    stages: dict[str, Any] = {"dev": {}, "stg": {}, "prod": {}}
    fits = VALIDATOR.is_valid({"stages": stages, "routes": [route]})
    try:
        Pattern({"a": [condition]})
    except PatternError:
        assert not fits
    else:
        assert fits
