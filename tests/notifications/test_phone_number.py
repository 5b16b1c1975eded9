"""Phone numbers: only separators are removed, and no country is guessed."""

import pytest

from notifications.phone_number import e164, is_e164


@pytest.mark.parametrize("text", ["+4930123456", "+49 30 123456", " +49-30-12.34/56\n", "+49\u00a030 123456"])
def test_separators_are_removed(text: str) -> None:
    """People write them between the digits of one number."""
    assert e164(text) == "+4930123456"


@pytest.mark.parametrize(
    "text",
    [
        *("030123456", "4930123456", "004930123456", "+49 (0)30 123456", "+49(0)30123456", "(888) 222-2222", "", "+"),
        *("+0301234567", "+1234567", "+1234567890123456", "+4930123456 ext. 7", "++4930123456", "+٤٩٣٠١٢٣٤٥٦"),
    ],
)
def test_other_forms_are_not_guessed(text: str) -> None:
    """A national number could be one of any country, and (0) is not dialled with the country code."""
    assert e164(text) == ""


def test_a_number_with_separators_is_not_yet_one() -> None:
    """What SNS gets has none."""
    assert (is_e164("+4930123456"), is_e164("+49 30 123456"), is_e164("+4930123456\n")) == (True, False, False)
