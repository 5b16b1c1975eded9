"""The settings of ingest are read from the environment."""

import pytest

from ingest.settings import Settings, SettingsError

ENVIRONMENT = {
    "STAGE": "dev",
    "PROFILES": "alma, consortium,",
    "QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/000000000000/q",
    "OVERFLOW_BUCKET": "bucket",
    "AWS_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "AKID",
    "AWS_SECRET_ACCESS_KEY": "secret",
}


def test_settings_are_read() -> None:
    """Profiles are a list; session token and endpoint are optional."""
    settings = Settings.from_environment(ENVIRONMENT)
    assert (settings.stage, settings.profiles) == ("dev", ("alma", "consortium"))
    assert (settings.queue_url, settings.overflow_bucket) == (ENVIRONMENT["QUEUE_URL"], "bucket")
    assert (settings.surroundings.credentials, settings.surroundings.endpoint_url) == (("AKID", "secret", ""), "")
    around = Settings.from_environment(ENVIRONMENT | {"AWS_SESSION_TOKEN": "t"}).surroundings
    assert around.credentials.session_token == "t"


@pytest.mark.parametrize(("text", "profiles"), [("a, b,", ("a", "b")), ("", ()), (" , ", ())])
def test_f56_retired_profiles_may_be_empty(text: str, profiles: tuple[str, ...]) -> None:
    """No profile is retired if the variable is empty or missing."""
    assert Settings.from_environment(ENVIRONMENT | {"RETIRED_PROFILES": text}).retired_profiles == profiles
    assert Settings.from_environment(ENVIRONMENT).retired_profiles == ()


@pytest.mark.parametrize("profiles", [" , ", ",", "  ", "\n", ",\t,"])
def test_an_empty_list_of_profiles_is_missing(profiles: str) -> None:
    """Without a profile every genuine event would get a 404, and Alma does not retry after a 404."""
    with pytest.raises(SettingsError, match=r"^Missing environment variables: PROFILES\.$"):
        Settings.from_environment(ENVIRONMENT | {"PROFILES": profiles})


def test_all_missing_settings_are_listed() -> None:
    """One error lists all missing variables; a blank one is missing."""
    blank = {"PROFILES": " ", "QUEUE_URL": "", "OVERFLOW_BUCKET": "", "AWS_SECRET_ACCESS_KEY": ""}
    names = "PROFILES, QUEUE_URL, OVERFLOW_BUCKET, AWS_SECRET_ACCESS_KEY"
    for environment in (ENVIRONMENT | blank, {name: ENVIRONMENT[name] for name in ENVIRONMENT.keys() - blank}):
        with pytest.raises(SettingsError) as rejected:
            Settings.from_environment(environment)
        assert str(rejected.value) == f"Missing environment variables: {names}."


@pytest.mark.parametrize(
    ("environment", "endpoint"),
    [
        ({}, "https://sqs.eu-central-1.amazonaws.com"),
        ({"AWS_REGION": "cn-north-1"}, "https://sqs.cn-north-1.amazonaws.com.cn"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, "http://127.0.0.1:4566"),
    ],
)
def test_services_are_at_the_configured_endpoint(environment: dict[str, str], endpoint: str) -> None:
    """The endpoint is that of AWS in the region, unless one is set for all services."""
    assert Settings.from_environment(ENVIRONMENT | environment).surroundings.endpoint_of("sqs") == endpoint


@pytest.mark.parametrize(("text", "seconds"), [("5", 5), (" 3600 ", 3600), ("0300", 300), ("", 300), (" ", 300)])
def test_the_lifetime_of_secrets_is_a_setting(text: str, seconds: int) -> None:
    """The lifetime is in whole seconds, five minutes by default."""
    settings = Settings.from_environment(ENVIRONMENT | {"SECRET_LIFETIME_SECONDS": text})
    assert settings.secret_lifetime == seconds
    assert Settings.from_environment(ENVIRONMENT).secret_lifetime == 300


@pytest.mark.parametrize("text", ["4", "3601", "-5", "5.0", "1e2", "five", "٣٠٠", "9" * 5000])
def test_an_invalid_lifetime_is_rejected(text: str) -> None:
    """The error names the variable and its valid values."""
    with pytest.raises(SettingsError, match=r"^SECRET_LIFETIME_SECONDS must be whole seconds from 5 to 3600\.$"):
        Settings.from_environment(ENVIRONMENT | {"SECRET_LIFETIME_SECONDS": text})


@pytest.mark.parametrize(
    ("text", "has_metrics"), [(None, True), ("", True), ("full", True), ("essential", False), ("none", False)]
)
def test_metrics_are_sent_only_in_the_tier_full(text: str | None, *, has_metrics: bool) -> None:
    """Without the variable they are sent, because alarms of an older stack read them."""
    given = {} if text is None else {"ALARMS": text}
    assert Settings.from_environment(ENVIRONMENT | given).has_metrics is has_metrics


def test_an_unknown_tier_is_rejected() -> None:
    """A misspelled one would silently send, or not send, what alarms read."""
    with pytest.raises(SettingsError, match="ALARMS must be one of none, essential, full"):
        Settings.from_environment(ENVIRONMENT | {"ALARMS": "some"})
