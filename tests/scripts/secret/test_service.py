"""Test that the service does the work of the secret commands without printing or asking."""

from datetime import timedelta

import pytest

from scripts.aws.context import StackContext
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.secret.rotation import RotationState
from scripts.secret.service import SecretService


def test_the_secret_service_prints_nothing(scope: StackContext, capsys: pytest.CaptureFixture[str]) -> None:
    """The service creates, reads and rejects a secret, and prints nothing."""
    service = SecretService(scope)
    assert service.status("alma").state is RotationState.none
    created = service.create("alma", "invented-secret-of-the-profile")
    assert (created.state, created.last_uses) == (RotationState.one, None)
    status = service.status("alma")
    assert (status.state, status.last_uses, status.uses_unknown) == (RotationState.one, (None, None), "")
    is_removed, left = service.retire("alma", timedelta(hours=1), force=False)
    assert (is_removed, left.state) == (False, RotationState.one)
    with pytest.raises(RejectedError, match="serves the Alma profile alma"):
        service.deletable("alma")
    with pytest.raises(ConfigurationError, match="no Alma profile 'almma'"):
        service.status("almma")
    assert capsys.readouterr() == ("", "")
