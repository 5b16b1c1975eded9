"""Test the selection of executions by name."""

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.executions.filters import ExecutionFilters, check_is_not_empty, select
from tests.scripts.executions.site import Site


def test_executions_are_selected_by_name_or_arn(site: Site) -> None:
    """Each is selected once, in the given order; unknown names are returned; without names all are selected."""
    one, two, three = (site.execution(site.steps.put("pod", name)) for name in ("p1", "p2", "p3"))
    assert select([one, two, three], ["p3", one.arn, "p3", "p1", "p9"]) == ([three, one], ["p9"])
    assert select([one, two, three], []) == ([one, two, three], [])


def test_a_name_in_two_state_machines_is_an_error(site: Site) -> None:
    """The ARN makes it unambiguous."""
    one = site.execution(site.steps.put("pod", "x"))
    two = site.execution(site.steps.put("timdex", "x"))._replace(state_machine="timdex")
    with pytest.raises(ConfigurationError, match=r"Several executions are named x \(pod and timdex\)"):
        select([one, two], ["x"])
    assert select([one, two], [two.arn]).executions == [two]


def test_f42_an_empty_selection_never_means_all() -> None:
    """It needs --all, which cannot be combined with filters."""
    with pytest.raises(ConfigurationError, match="No executions selected"):
        check_is_not_empty([], ExecutionFilters(), everything=False)
    for names, filters in (["p1"], ExecutionFilters()), ([], ExecutionFilters(since="3d")):
        check_is_not_empty(names, filters, everything=False)
        with pytest.raises(ConfigurationError, match="--all cannot be combined"):
            check_is_not_empty(names, filters, everything=True)
    check_is_not_empty([], ExecutionFilters(), everything=True)
