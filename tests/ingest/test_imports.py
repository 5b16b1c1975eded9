"""The imports, connections and AWS calls of ingest, which make up most of a cold start.

A longer list needs a decision; `make bench` shows its cost.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.ingest.test_handler import ACCEPTED, GOOD_SECRET, aws, event
from tests.loopback import answer

ROOT = Path(__file__).parents[2]

OWN = {
    *(
        "aws",
        "connection",
        "deadline",
        "envelope",
        "fair_group",
        "gateway",
        "handler",
        "http_response",
        "lite_namedtuple",
        "log",
    ),
    *("metrics", "overflow_bucket", "profile_secrets", "receive", "settings", "signature", "sigv4", "sqs_text"),
    *("tls", "webhook_queue"),
}

# Without `site`. Seven are imported directly, the others by those; none of `typing`, `http`, `email`,
# `urllib`, `datetime`, `logging`, `dataclasses`.
STANDARD = {
    *("__future__", "base64", "binascii", "hashlib", "hmac", "json", "os", "socket", "ssl"),
    *("array", "collections", "copyreg", "enum", "functools", "genericpath", "keyword", "math", "operator"),
    *("posixpath", "re", "reprlib", "select", "selectors", "stat", "struct", "types", "warnings"),
}

IMPORT = """
import sys
before = set(sys.modules)
import json
sys.path.insert(0, sys.argv[1])
__import__(sys.argv[2])
print(json.dumps(sorted(set(sys.modules) - before)), file=sys.stderr)
"""

HANDLE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from ingest.handler import lambda_handler
recorded = []
sys.addaudithook(lambda name, given: recorded.append((name, str(given[0]))) if name in WATCHED else None)
WATCHED = ("import", "open", "socket.connect", "socket.getaddrinfo", "compile")
events = json.loads(sys.stdin.read())
print(json.dumps([lambda_handler(event, None)["statusCode"] for event in events]), recorded, file=sys.stderr)
"""


def python(code: str, environment: dict[str, str], given: str = "", module: str = "ingest.handler") -> str:
    completed = subprocess.run(  # noqa: S603 - the project's own interpreter and code
        [sys.executable, "-I", "-S", "-c", code, str(ROOT), module],
        env={"PATH": os.environ["PATH"], **environment},
        input=given,
        capture_output=True,
        text=True,
        check=True,
    )
    return completed.stderr.strip()


def test_a_cold_start_imports_only_the_listed_modules() -> None:
    """Ingest imports its own modules, and of the standard library those for TLS, JSON and signatures."""
    imported = set(json.loads(python(IMPORT, {})))
    assert {name.removeprefix("ingest.") for name in imported if name.startswith("ingest.")} == OWN
    public = {name for name in imported if "." not in name and (name == "__future__" or not name.startswith("_"))}
    built_in = set(sys.builtin_module_names)  # built-in modules differ between builds and cost nothing
    assert public - built_in == {"ingest", *STANDARD} - built_in


def test_the_heartbeat_imports_only_the_standard_library() -> None:
    """The zip of ingest has no other packages."""
    imported = {name.partition(".")[0] for name in json.loads(python(IMPORT, {}, module="ingest.heartbeat"))}
    assert imported - set(sys.stdlib_module_names) == {"ingest"}


def test_no_request_imports_modules_or_opens_connections() -> None:
    """Everything is loaded before the first request; every kind of request is tried."""
    large = json.dumps({"note": "ü" * 40_000}).encode()
    kinds: list[dict[str, Any]] = [event(), event(secret="another"), event(body=b""), {"rawPath": "/"}, event()]
    kinds.append(event(large, isBase64Encoded=False))
    digest = hashlib.md5(large, usedforsecurity=False).hexdigest()
    replies = [GOOD_SECRET, ACCEPTED, GOOD_SECRET, ACCEPTED, answer({"MD5OfMessageBody": digest})]
    for server, environment in aws(*replies):
        result = python(HANDLE, environment, json.dumps(kinds))
        assert result == "[200, 401, 400, 404, 200, 200] []"
        assert len({received.connection for received in server.received}) == 2
        operations = [received.headers["x-amz-target"].partition(".")[2] for received in server.received]
        assert operations == ["GetParameters", "SendMessage", "GetParameters", "SendMessage", "SendMessage"]


def test_an_accepted_event_is_one_call() -> None:
    """The secret is read once, before the first event; a repeated call would be a second message."""
    for server, environment in aws(GOOD_SECRET, ACCEPTED):
        assert python(HANDLE, environment, json.dumps([event()] * 3)) == "[200, 200, 200] []"
        operations = [received.headers["x-amz-target"].partition(".")[2] for received in server.received]
        assert operations == ["GetParameters", "SendMessage", "SendMessage", "SendMessage"]
