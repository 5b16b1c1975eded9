"""What ingest imports, opens and asks AWS for: a cold start, which most webhooks meet, is little else.

A list that grows is a decision; `make bench` shows its price.
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
    *("aws", "connection", "deadline", "envelope", "gateway", "handler", "http_response", "lite_namedtuple", "log"),
    *("metrics", "overflow_bucket", "profile_secrets", "receive", "settings", "signature", "sigv4", "sqs_text"),
    *("tls", "webhook_queue"),
}

# Of a Python without `site`. Seven are asked for by name, the rest are what those bring; no `typing`, `http`, `email`,
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
noted = []
sys.addaudithook(lambda name, given: noted.append((name, str(given[0]))) if name in WATCHED else None)
WATCHED = ("import", "open", "socket.connect", "socket.getaddrinfo", "compile")
events = json.loads(sys.stdin.read())
print(json.dumps([lambda_handler(event, None)["statusCode"] for event in events]), noted, file=sys.stderr)
"""


def python(code: str, environment: dict[str, str], given: str = "", module: str = "ingest.handler") -> str:
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-I", "-S", "-c", code, str(ROOT), module],
        env={"PATH": os.environ["PATH"], **environment},
        input=given,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr.strip()


def test_a_cold_start_imports_these_modules_and_no_others() -> None:
    """Its own, and of the standard library what TLS, JSON and signatures need."""
    imported = set(json.loads(python(IMPORT, {})))
    assert {name.removeprefix("ingest.") for name in imported if name.startswith("ingest.")} == OWN
    public = {name for name in imported if "." not in name and (name == "__future__" or not name.startswith("_"))}
    built_in = set(sys.builtin_module_names)  # which ones are differs from build to build, and they cost nothing
    assert public - built_in == {"ingest", *STANDARD} - built_in


def test_the_heartbeat_imports_the_standard_library_alone() -> None:
    """It is in ingest's zip, which holds nothing else."""
    imported = {name.partition(".")[0] for name in json.loads(python(IMPORT, {}, module="ingest.heartbeat"))}
    assert imported - set(sys.stdlib_module_names) == {"ingest"}


def test_no_request_imports_opens_or_connects() -> None:
    """All of it is done before the first one, when Lambda gives a whole core; every kind of request is tried."""
    large = json.dumps({"note": "ü" * 40_000}).encode()
    kinds: list[dict[str, Any]] = [event(), event(secret="another"), event(body=b""), {"rawPath": "/"}, event()]
    kinds.append(event(large, isBase64Encoded=False))
    digest = hashlib.md5(large, usedforsecurity=False).hexdigest()
    replies = [GOOD_SECRET, ACCEPTED, GOOD_SECRET, ACCEPTED, answer({"MD5OfMessageBody": digest})]
    for server, environment in aws(*replies):
        told = python(HANDLE, environment, json.dumps(kinds))
        assert told == "[200, 401, 400, 404, 200, 200] []"
        assert len({received.connection for received in server.received}) == 2
        asked = [received.headers["x-amz-target"].partition(".")[2] for received in server.received]
        assert asked == ["GetParameters", "SendMessage", "GetParameters", "SendMessage", "SendMessage"]


def test_an_accepted_event_is_one_call() -> None:
    """The secret is read once, before the first event; a repetition of a call would be a second message."""
    for server, environment in aws(GOOD_SECRET, ACCEPTED):
        assert python(HANDLE, environment, json.dumps([event()] * 3)) == "[200, 200, 200] []"
        asked = [received.headers["x-amz-target"].partition(".")[2] for received in server.received]
        assert asked == ["GetParameters", "SendMessage", "SendMessage", "SendMessage"]
