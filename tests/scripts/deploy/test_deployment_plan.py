"""What a plan says: its exit code, and its data."""

from typing import TYPE_CHECKING, Any, cast

import pytest

from scripts.deploy.deployment_plan import DeploymentPlan
from scripts.deploy.differences import Difference
from scripts.deploy.removals import Removal, Removals
from scripts.deploy.retained import Place

if TYPE_CHECKING:
    from scripts.deploy.artefacts import Artefacts

DIFFERENCE = Difference("topic", "loans", None, "")
REMOVAL = Removals((Removal("route", "rest", "its events are ignored"),))


def plan(**members: Any) -> DeploymentPlan:
    """A plan that changes nothing else."""
    place = Place("library-dev", "123456789012", "eu-west-1", "library")
    artefacts = cast("Artefacts", None)  # only a deployment uses them
    return DeploymentPlan(place, "dev", {}, [], [], [], artefacts, **members)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({}, 0),
        ({"differences": (DIFFERENCE,)}, 4),
        ({"is_new": True}, 4),
        ({"removals": REMOVAL}, 5),
        ({"removals": REMOVAL, "differences": (DIFFERENCE,)}, 5),
        ({"removals": REMOVAL._replace(allowed=frozenset({"rest"}))}, 5),
    ],
)
def test_the_exit_code_says_what_would_change(members: dict[str, Any], code: int) -> None:
    """Removals count before other changes, allowed ones too: a pipeline asks a person."""
    assert plan(**members).exit_code == code


def test_a_plan_is_data_too() -> None:
    """Where, and each thing that changes; the cost is unknown unless it was asked for."""
    assert plan(differences=(DIFFERENCE,), removals=REMOVAL, is_new=True).as_data() == {
        "account": "123456789012",
        "region": "eu-west-1",
        "stage": "dev",
        "stack": "library-dev",
        "project": "library",
        "is_new": True,
        "is_compiled": None,
        "differences": [{"kind": "topic", "name": "loans", "before": None, "after": "", "note": ""}],
        "monthly_usd": None,
        "removals": [{"kind": "route", "name": "rest"}],
    }
