"""Sends alerts to Sentry if a DSN is set and the SDK is in the zip. Sends no body, no local variable, no log line.

"Configuration options", Sentry's documentation for Python. All integrations are off, because each collects more data.
"""

from collections.abc import Mapping
from typing import Any

from processor.settings import SettingsError
from processor.telemetry import Alert

_CONTEXT_FIELDS = ("receipt_id", "profile", "action", "event", "outcome", "receives")


def alerts(environment: Mapping[str, str]) -> Alert:
    """Return a function that sends alerts to SENTRY_DSN, or does nothing if that is not set. Raise SettingsError."""
    dsn = environment.get("SENTRY_DSN", "")
    if not dsn:
        return lambda _: None
    try:
        import sentry_sdk
    except ImportError:
        raise SettingsError("SENTRY_DSN is set, but the package sentry-sdk is not in the zip.") from None
    sentry_sdk.init(
        dsn,
        environment=environment.get("STAGE"),
        release=environment.get("AWS_LAMBDA_FUNCTION_VERSION", "unknown"),  # otherwise the SDK would run git
        default_integrations=False,
        include_local_variables=False,
        include_source_context=False,
        max_breadcrumbs=0,
    )

    def alert(line: dict[str, Any]) -> None:
        failure = line["failure"]
        with sentry_sdk.new_scope() as scope:
            scope.fingerprint = [failure["class"], failure.get("route", ""), failure.get("field", "")]
            scope.set_context("event", {name: line[name] for name in _CONTEXT_FIELDS if name in line})
            scope.set_context("failure", failure)
            scope.capture_message(f"{line.get('outcome', 'retry')}: {failure['class']}, {failure['reason']}", "error")
        # Lambda freezes the function as soon as it returns.
        sentry_sdk.flush(timeout=2)

    return alert
