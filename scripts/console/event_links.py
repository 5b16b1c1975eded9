"""Links to the page of one event."""

from urllib.parse import quote


def event_path(receipt_id: str) -> str:
    """Return the path of the page of an event; the ID can be any text that a message has."""
    return f"/events/{quote(receipt_id, safe='')}"
