"""Alerts to Sentry, when a DSN is set and its SDK is in the zip. Sends no body, no local variable, no log line.

"Configuration options", Sentry's documentation for Python. All integrations are off: each takes more than it is given.
"""

from collections.abc import Mapping
from typing import Any

from processor.settings import SettingsError
from processor.telemetry import Alert

_TOLD = ("receipt_id", "profile", "action", "event", "outcome", "receives")


def alerts(environment: Mapping[str, str]) -> Alert:
    """What sends to the SENTRY_DSN of the environment; does nothing where there is none. Raises SettingsError."""
    dsn = environment.get("SENTRY_DSN", "")
    if not dsn:
        return lambda _: None
    try:
        import sentry_sdk
    except ImportError:
        raise SettingsError("SENTRY_DSN is set, and the package sentry-sdk is not in the zip.") from None
    sentry_sdk.init(
        dsn,
        environment=environment.get("STAGE"),
        release=environment.get("AWS_LAMBDA_FUNCTION_VERSION", "unknown"),  # else the SDK goes and asks git
        default_integrations=False,
        include_local_variables=False,
        include_source_context=False,
        max_breadcrumbs=0,
    )

    def alert(line: dict[str, Any]) -> None:
        failure = line["failure"]
        with sentry_sdk.new_scope() as scope:
            scope.fingerprint = [failure["class"], failure.get("route", ""), failure.get("field", "")]
            scope.set_context("event", {name: line[name] for name in _TOLD if name in line})
            scope.set_context("failure", failure)
            scope.capture_message(f"{line.get('outcome', 'retry')}: {failure['class']}, {failure['reason']}", "error")
        # Lambda freezes the function as soon as it returns.
        sentry_sdk.flush(timeout=2)

    return alert
