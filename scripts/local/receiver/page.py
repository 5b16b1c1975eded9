"""The page of the receiver, for people: every message, the latest first. It loads nothing and renews itself."""

from collections.abc import Iterable
from html import escape
from typing import Final

from scripts.local.receiver.inbox import ReceivedMessage

# No content of a message can run or load anything.
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_REFRESH_SECONDS: Final = 2
_STYLE: Final = (
    "body{font-family:sans-serif;margin:2em}table{border-collapse:collapse}"
    "td,th{border:1px solid #999;padding:.3em .6em;text-align:left;vertical-align:top}"
    "pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}.rejected{background:#fdd}"
)
_COLUMNS: Final = ("Time", "Service", "To", "Message", "Answer")


def page(messages: Iterable[ReceivedMessage]) -> str:
    """Return the page in HTML."""
    rows = "\n".join(_row(each) for each in reversed([*messages]))
    head = "".join(f"<th>{each}</th>" for each in _COLUMNS)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="{_REFRESH_SECONDS}">
<title>Notifications of this run</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>Notifications of this run</h1>
<p>What each service would have got. Nothing was sent to anybody.</p>
<table>
<tr>{head}</tr>
{rows or f'<tr><td colspan="{len(_COLUMNS)}">Nothing yet</td></tr>'}
</table>
</body>
</html>
"""


def _row(message: ReceivedMessage) -> str:
    text = f"{message.subject}\n\n{message.text}" if message.subject else message.text
    time = message.at.astimezone().strftime("%H:%M:%S")
    cells = "".join(f"<td>{escape(each)}</td>" for each in (time, message.service, message.to))
    mark = "" if message.status // 100 == 2 else ' class="rejected"'
    return f"<tr{mark}>{cells}<td><pre>{escape(text)}</pre></td><td>{message.status}</td></tr>"
