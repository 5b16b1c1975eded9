"""Check the correction of a notification: it has a valid configuration, and is still the same notification."""

from ingest.envelope import EnvelopeError
from notifications.integrations.table import INTEGRATIONS
from notifications.notification import Notification
from notifications.prepared import prepared
from processor.errors import Permanent
from scripts.cli.exit_codes import RejectedError


def check_notification(body: bytes) -> None:
    """Raise Permanent, as the sender would, unless the body is a notification whose configuration is valid."""
    try:
        notification = Notification.decode(body)
    except EnvelopeError as error:
        raise Permanent("envelope", str(error)) from None
    prepared(notification, INTEGRATIONS)


def kept_identity(original: Notification, body: bytes) -> str:
    """Return the identity of a valid correction. Raise RejectedError if it is another notification.

    The sender knows by identity, topic and name what was sent: with another one it could be sent twice.
    """
    corrected = Notification.decode(body)
    if corrected._replace(credentials={}, message="") != original._replace(credentials={}, message=""):
        raise RejectedError(
            "Only `message` and `credentials` of a notification can be corrected. Its identity, topic, name, fallback "
            "and summary_due have to stay, because the sender knows by them what was sent."
        )
    return original.identity
