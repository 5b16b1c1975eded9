"""Search a log group: the values of its JSON lines, and the parts of the ARNs in them.

"Filter pattern syntax", Amazon CloudWatch Logs User Guide: a quoted term is found anywhere in a line.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from notifications.json_body import json_members
from processor.codes import code
from scripts.aws.logged_event import logged_text
from scripts.aws.logs import log_errors_explained, pages
from scripts.cli.times import moment_of_milliseconds
from scripts.dead_letters.content import redacted
from scripts.find.found import Match, MatchedMember, SourceResult
from scripts.find.search_text import SearchText
from scripts.find.values import values_of

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_DETAILS: Final = ("message", "outcome", "command", "result")


def search_log(
    logs: "CloudWatchLogsClient",
    group: str,
    text: SearchText,
    span: tuple[int, int],
    source: SourceResult,
    progress: Callable[[int], None],
) -> None:
    """Add the lines with the text to the source. `span` has two times in milliseconds since 1970.

    `progress` gets the number of lines so far with each page; an error that it raises ends the search. Raise
    FailedError if the log group is missing or access to it is denied, and botocore's errors.
    """
    known: set[tuple[int, str]] = set()
    with log_errors_explained(group, "logs:FilterLogEvents", ", so it was not searched"):
        for variant in text.variants:
            # A quoted term of a filter pattern has the escapes of JSON for quotes and backslashes.
            for page in pages(logs, group, json.dumps(variant, ensure_ascii=False), *span):
                progress(source.read)
                for event in page:
                    line = event["timestamp"], event["message"]
                    if line not in known:
                        known.add(line)
                        _add(source, text, *line)
                    if source.is_full:
                        return


def _add(source: SourceResult, text: SearchText, at: int, message: str) -> None:
    """Add the line if it has the text; the filter pattern also finds it as a part of other values."""
    source.read += 1
    line = json_members(message)
    members = tuple(_members(line, text))
    if members:
        moment = moment_of_milliseconds(at)
        event = code(logged_text(line, "event") or logged_text(line, "action")) or logged_text(line, "topic")
        detail = " ".join(filter(None, (logged_text(line, name) for name in _DETAILS)))
        source.add(Match(source.name, logged_text(line, "receipt_id"), event, moment, detail, members))


def _members(line: dict[str, Any], text: SearchText) -> Iterator[MatchedMember]:
    for path, value in values_of(line):
        if text.equals(str(value)) or any(map(text.equals, re.split("[:/]", str(value)))):
            shown = value if path == "receipt_id" else redacted(value, path, lambda _: False)
            yield MatchedMember(path, str(shown))
