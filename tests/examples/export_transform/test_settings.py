"""The settings of the function."""

import pytest
from export_transform.settings import Settings

KNOWN = {
    "ACCESS_PREFIX": "/a/",
    "CHECKPOINT_TABLE": "t",
    "EXPORT_BUCKET": "e",
    "OUTPUT_BUCKET": "o",
    "TRANSFORM": "my_transform.py",
}


def test_settings_are_read() -> None:
    """Loopback is off unless the variable says so, and the transform is a file of the package."""
    settings = Settings.from_environment({**KNOWN, "HTTPS_PORTS": "8443,9443"})
    assert settings.https_ports == {8443, 9443}
    assert not settings.is_loopback_allowed
    assert settings.transform.is_file()
    assert Settings.from_environment({**KNOWN, "ALLOW_LOOPBACK": "true"}).is_loopback_allowed


def test_wrong_settings_are_named() -> None:
    """Every missing variable, and ports that are none."""
    with pytest.raises(ValueError, match="ACCESS_PREFIX, CHECKPOINT_TABLE"):
        Settings.from_environment({})
    with pytest.raises(ValueError, match="HTTPS_PORTS"):
        Settings.from_environment({**KNOWN, "HTTPS_PORTS": "https"})
