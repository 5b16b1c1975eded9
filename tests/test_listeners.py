"""The page of other libraries' listeners: every route passes the check and does what the page says."""

from collections.abc import Callable
from itertools import product
from typing import Final

import pytest

from tests.listeners import jobs, people, records
from tests.listeners.cases import Cases, RecipeCase
from tests.processor.routing.routes_files import problems
from tests.recipe_pages import DOCS, in_xml, names_in, plan, recipes, shown
from tests.samples import INDEX, STAGES, body_of

PAGE: Final = "listeners.md"
RECIPES: Final = {names_in(recipe)[0]: recipe for recipe in recipes(PAGE)}
CASES: Final[Cases] = {**jobs.CASES, **records.CASES, **people.CASES}


def test_there_are_fifteen_recipes() -> None:
    """Each heading has a recipe, except the first, which points to an example."""
    headings = (DOCS / PAGE).read_text("utf-8").count("\n## ")
    assert len(RECIPES) == headings - 1 == 15
    assert CASES.keys() == RECIPES.keys()


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_passes_the_check(name: str) -> None:
    """Every recipe can be pasted into a routes file without a problem."""
    assert [str(problem) for problem in problems(f"{STAGES}routes:\n{RECIPES[name]}")] == []


@pytest.mark.parametrize("name", CASES)
def test_every_route_fires_for_an_event_and_not_for_another(name: str) -> None:
    """Each route of each recipe fires for some of the events below, and each recipe ignores some."""
    plans = [plan(RECIPES[name], case.body, case.profile) for case in CASES[name]]
    fired = {decision.route for each in plans for decision in each.decisions if decision.fires}
    assert fired == {*names_in(RECIPES[name])}
    assert any(not each.steps for each in plans)


@pytest.mark.parametrize("form", [pytest.param(bytes, id="json"), pytest.param(in_xml, id="xml")])
@pytest.mark.parametrize(("name", "case"), [(name, case) for name, cases in CASES.items() for case in cases])
def test_each_recipe_does_as_described(name: str, case: RecipeCase, form: Callable[[bytes], bytes]) -> None:
    """An event in JSON and its twin in XML have the same deliveries, messages, inputs and failures."""
    assert shown(plan(RECIPES[name], form(case.body), case.profile)) == case.expected


@pytest.mark.parametrize("name", RECIPES)
def test_no_recipe_fails_for_a_sample(name: str) -> None:
    """The known events make deliveries or are ignored."""
    for sample, profile in product(INDEX, ("alma", "university-a", "library-a")):
        assert plan(RECIPES[name], body_of(sample), profile).failures == [], (sample, profile)
