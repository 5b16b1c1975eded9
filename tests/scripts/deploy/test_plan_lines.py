"""The lines of a plan: each change once, the cost, and the command that carries it out."""

from typing import Any

import pytest

from scripts.deploy.cost import CostChange, MonthlyCost
from scripts.deploy.differences import Difference
from scripts.deploy.package import ForLambda
from scripts.deploy.plan_lines import dry_run_lines, other_changes, plan_lines, removal_lines
from scripts.deploy.removals import Removal, Removals
from scripts.deploy.runtime import Architecture
from tests.scripts.deploy.test_deployment_plan import plan

NARROWED = Removal("route", "returns", "when.event.value no longer accepts LOAN_LOST", is_narrowing=True)
GONE = (
    Removal("topic", "loans", ""),
    NARROWED,
    Removal("state-machine", "pod", "events start arn:b instead"),
    Removal("profile", "alma", "its path answers 503"),
)


def shown(**members: Any) -> list[str]:
    return [line for line, _ in plan_lines(plan(**members))]


def test_f56_the_plan_shows_each_removal_by_name() -> None:
    """Removals come first, then notes and flags without effect."""
    found = (Removal("profile", "alma", "its path answers 503"), NARROWED)
    removals = Removals(found, frozenset({"alma", "almma"}), notes=("the deployed routes cannot be read",))
    assert list(removal_lines(removals)) == [
        ("REMOVE  Alma profile alma: its path answers 503", True),
        ("NARROW  route returns: when.event.value no longer accepts LOAN_LOST", True),
        ("note: the deployed routes cannot be read", False),
        ("note: --allow-removal almma has no effect: this deployment removes nothing with that name", False),
    ]


def test_a_removal_is_shown_once() -> None:
    """The change of the same thing is left out; everything else stays, in the order of the plan."""
    changes = (
        Difference("topic", "loans", "", None),
        Difference("topic", "returns", None, ""),
        Difference("state machine", "pod", "arn:a", "arn:b"),
        Difference("Alma profile", "alma", "", None),
        Difference("route", "loans", None, ""),
        Difference("route", "returns", note="when"),
    )
    assert shown(differences=changes, removals=Removals(GONE)) == [
        "add     topic returns",
        "add     route loans",
        "REMOVE  topic loans",
        "NARROW  route returns: when.event.value no longer accepts LOAN_LOST",
        "REMOVE  state machine pod: events start arn:b instead",
        "REMOVE  Alma profile alma: its path answers 503",
    ]


@pytest.mark.parametrize(
    ("difference", "removal", "is_left_out"),
    [
        (Difference("parameter", "AlarmEmail", "a@b.org", ""), Removal("address", "a@b.org", "x"), True),
        (Difference("parameter", "AlarmEmail", "a@b.org", "c@d.org"), Removal("address", "a@b.org", "x"), False),
        (Difference("parameter", "SentryDsn", "", None), Removal("setting", "SentryDsn", "x"), True),
        (Difference("parameter", "Alarms", "full", "none"), Removal("alarms", "alarms", "x"), True),
        (Difference("parameter", "Alarms", "none", "full"), Removal("topic", "loans", "x"), False),
        (Difference("parameter", "LogRetentionDays", "90", "30"), Removal("logs", "LogRetentionDays", "x"), False),
    ],
)
def test_a_parameter_is_left_out_if_the_removal_says_as_much(
    difference: Difference, removal: Removal, *, is_left_out: bool
) -> None:
    """A new value stands only in the change."""
    found = plan(differences=(difference,), removals=Removals((removal,)))
    assert other_changes(found) == ([] if is_left_out else [difference])


def test_a_plan_shows_the_cost_and_what_the_zips_lack() -> None:
    """On the emulator the cost is that of AWS."""
    costs = CostChange(MonthlyCost(1.73, 0.04), MonthlyCost(2.53, 0.04))
    [line] = shown(costs=costs)
    assert line == "cost    USD +0.80 a month: 1.73 → 2.53 (0.04 with AWS' free tier); events cost extra"
    emulated = plan(costs=costs)._replace(values={"Emulated": "true"})
    [(line, _)] = plan_lines(emulated)
    assert line.startswith("cost    nothing on the emulator; on AWS USD +0.80 a month: 1.73 → 2.53 (")
    [note] = shown(built_for=ForLambda(Architecture.arm64, None, ()))
    assert note.startswith("note: Python 3.13 was not found, so the zips have no compiled modules")


def test_control_characters_of_names_are_escaped() -> None:
    """A parameter can have any text."""
    [line] = shown(differences=(Difference("parameter", "AlarmEmail", "\x1b[2J", "a"),))
    assert "\x1b" not in line


COMMAND = "alma-webhooks deploy --stage dev"


def concluded(**members: Any) -> list[str]:
    return list(dry_run_lines(plan(**members), COMMAND))


def test_a_dry_run_ends_with_the_command_that_applies_it() -> None:
    """With a flag for each removal. What is not there is not counted."""
    added = (Difference("topic", "returns", None, ""), Difference("topic", "loans", "", None))
    assert concluded(differences=added[:1]) == ["1 change", f"to apply it: {COMMAND}"]
    assert concluded(differences=added, removals=Removals(GONE[:2])) == [
        "1 change, 2 removals",
        f"to apply it: {COMMAND} --allow-removal loans --allow-removal returns",
    ]
    assert concluded(is_new=True) == ["stack library-dev would be created", f"to apply it: {COMMAND}"]


def test_without_changes_there_is_no_command() -> None:
    """There is nothing to apply."""
    assert concluded() == ["nothing would change"]


def test_names_that_a_shell_would_split_are_quoted() -> None:
    """The command can be pasted; a name of two kinds has its kind."""
    found = (Removal("address", "a b@c.org", ""), Removal("topic", "loans", ""), Removal("route", "loans", ""))
    [_, line] = concluded(removals=Removals(found))
    assert line == (
        f"to apply it: {COMMAND} --allow-removal 'a b@c.org' --allow-removal topic:loans --allow-removal route:loans"
    )
