"""The table of integrations: its types, and what importing it loads."""

import subprocess
import sys

import pytest

from notifications.integrations.integration import Configuration, Integration
from notifications.integrations.table import INTEGRATIONS


def test_the_types_of_integrations() -> None:
    """A topic can use these six."""
    assert list(INTEGRATIONS) == ["slack", "teams", "telegram", "email", "sms", "http"]


@pytest.mark.parametrize("name", INTEGRATIONS)
def test_every_integration_is_complete(name: str) -> None:
    """Templated members exist, and unknown ones are rejected."""
    integration = INTEGRATIONS[name]
    form = integration.configuration
    assert isinstance(integration, Integration)
    assert issubclass(form, Configuration)
    assert form.templated <= set(form.model_fields)
    assert form.model_config["extra"] == "forbid"


def test_importing_the_table_loads_no_package_that_only_some_functions_need() -> None:
    """Only the sender needs what sends and signs, and it starts faster without jinja2."""
    packages = {"requests", "standardwebhooks", "cryptography", "jinja2"}
    code = f"import sys, notifications.integrations.table; print({packages} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - this interpreter
    assert loaded.stdout == "set()\n"
