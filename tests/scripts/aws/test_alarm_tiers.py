"""The tiers of alarms: their order, and the tier of a deployed stack."""

import pytest

from scripts.aws.alarm_tiers import AlarmTier, tier_of


def test_each_tier_includes_itself_and_the_smaller_ones() -> None:
    """So a change to a tier that does not include the old one removes alarms."""
    included = {one: [other for other in AlarmTier if one.includes(other)] for one in AlarmTier}
    assert included == {
        AlarmTier.none: [AlarmTier.none],
        AlarmTier.essential: [AlarmTier.none, AlarmTier.essential],
        AlarmTier.full: [AlarmTier.none, AlarmTier.essential, AlarmTier.full],
    }


@pytest.mark.parametrize("tier", AlarmTier)
def test_the_output_of_a_pipeline_names_its_tier(tier: AlarmTier) -> None:
    """The value is that of the parameter."""
    assert tier_of({"Alarms": tier.value}) is tier


def test_a_stack_older_than_the_tiers_has_all_alarms() -> None:
    """It has no such output."""
    assert tier_of({}) is AlarmTier.full
