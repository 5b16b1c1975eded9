"""The form of a template that a project brings: one predicate says what is wrong."""

import pytest

from scripts.aws import template_form
from scripts.aws.template import parse

RESOURCES = "Resources: {Topic: {Type: AWS::SNS::Topic}}\n"


@pytest.mark.parametrize(
    "more",
    [
        "",
        "Parameters:\n",
        "Parameters: {Size: {Type: Number, Default: 1}}\n",
        "Metadata: {Rows: {Fn::ForEach::Row: [Row, [a, b], {'${Row}': 1}]}}\n",
    ],
)
def test_a_template_without_problems(more: str) -> None:
    """An empty section is none."""
    assert list(template_form.problems(parse(RESOURCES + more, "t"))) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (RESOURCES + "Outputs: [a]\n", "has Outputs that are not a mapping of names"),
        (RESOURCES + "Parameters: text\n", "has Parameters that are not a mapping of names"),
        (RESOURCES + "Parameters: {Size: }\n", "has the parameter Size without a Type"),
        (RESOURCES + "Parameters: {Size: {Default: 1}}\n", "has the parameter Size without a Type"),
        (RESOURCES + "Metadata: {5: a}\n", "has the key 5, which is not a text; put it into quotes"),
        (
            RESOURCES + "Metadata: !!set {a}\n",
            "cannot be written as JSON (Object of type set is not JSON serializable)",
        ),
        (RESOURCES + "Metadata: &a {b: *a}\n", "cannot be written as JSON (Circular reference detected)"),
        ("Resources: {Topic: }\n", "has the resource Topic without a Type"),
        ("Resources: {Topic: {DeletionPolicy: Retain}}\n", "has the resource Topic without a Type"),
        ("Resources: {A: {Type: B, Properties: [a]}}\n", "has the resource A with Properties that are not a mapping"),
        (
            "Resources: {A: {Type: B, DeletionPolicy: [Retain]}}\n",
            "has the resource A with a DeletionPolicy that is not a text; a deployment has to know what is kept",
        ),
        (
            "Resources: {A: {Type: B, DeletionPolicy: Retain, Properties: {Tags: !If [C, [], []]}}}\n",
            "has the resource A with Tags that are not a list of keys and values",
        ),
        (
            "Resources: {Fn::ForEach::Rows: [Row, [a, b]]}\n",
            "has the loop Fn::ForEach::Rows that is not [VARIABLE, LIST, {NAME: RESOURCE}]",
        ),
    ],
)
def test_each_problem_is_named(text: str, problem: str) -> None:
    """No template makes the check fail."""
    assert list(template_form.problems(parse(text, "t"))) == [problem]
