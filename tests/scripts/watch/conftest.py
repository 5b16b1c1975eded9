"""A stage without notifications."""

from tests.scripts.request_trace.conftest import no_notifications as no_notifications
