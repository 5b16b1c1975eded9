"""The settings of the fill function and of the read API."""

import pytest
from loan_cache.function_settings import FillSettings, ReadSettings
from loan_cache.settings import SettingsError

EVERYTHING = {
    **dict.fromkeys(("STAGE", "USERS_TABLE", "LOANS_TABLE", "REQUESTS_TABLE", "PACE_TABLE"), "x"),
    **dict.fromkeys(("QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "FILL_QUEUE_URL"), "url"),
    **dict.fromkeys(("MAX_RECEIVE_COUNT", "VISIBILITY_TIMEOUT", "FUNCTION_TIMEOUT", "REQUESTS_PER_DAY"), "8"),
    "REQUESTS_KEPT": "0",
}


def test_a_host_is_optional() -> None:
    """Without one, Alma is not asked."""
    fill, read = FillSettings.from_environment(EVERYTHING), ReadSettings.from_environment(EVERYTHING)
    assert (fill.alma.host, read.alma.host) == ("", "")
    assert (fill.requests_per_day, fill.requests_kept) == (8, 0)
    assert fill.alma.receiver is None
    assert not fill.alma.is_loopback_allowed


@pytest.mark.parametrize("name", ["STAGE", "LOANS_TABLE", "PACE_TABLE", "QUEUE_URL", "REQUESTS_KEPT"])
def test_a_missing_variable_is_named(name: str) -> None:
    """A mistake in a changed template shows at the first start."""
    with pytest.raises(SettingsError, match=name):
        FillSettings.from_environment({key: value for key, value in EVERYTHING.items() if key != name})


def test_numbers_are_numbers() -> None:
    """A day without a limit would use up the pool of the institution."""
    for name in ("REQUESTS_PER_DAY", "REQUESTS_KEPT"):
        with pytest.raises(SettingsError, match="REQUESTS_PER_DAY and REQUESTS_KEPT must be whole numbers"):
            FillSettings.from_environment(EVERYTHING | {name: "many"})


def test_a_receiver_is_for_the_emulator_only() -> None:
    """On AWS, nothing can send requests with the API key elsewhere."""
    receiver = {"LOCAL_RECEIVER_PORT": "4711", "LOCAL_RECEIVER_AUTHORITY": "pem"}
    with pytest.raises(SettingsError, match="are for the emulator only"):
        ReadSettings.from_environment(EVERYTHING | receiver)
    settings = ReadSettings.from_environment(EVERYTHING | receiver | {"ALLOW_LOOPBACK": "true"})
    assert settings.alma.receiver is not None
    assert settings.alma.receiver.port == 4711
