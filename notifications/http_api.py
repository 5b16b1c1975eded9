"""The HTTP contract of the producer: API Gateway's event → a post that is checked step by step → the response.

"Create AWS Lambda proxy integrations for HTTP APIs" (payload 2.0), AWS documentation. `notifications/openapi.yaml`
describes the same contract.
"""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import unquote

from processor.alma.json_body import NotJson, read

FAILED: Final = 502  # for every failure that is not the client's
PATH_PREFIX: Final = "/v1/notifications/"
MAX_BODY_BYTES: Final = 1024 * 1024  # as large as a message on a queue

API_KEY_HEADER: Final = "x-api-key"
TOPIC_HASH_HEADER: Final = "x-topic-hash-x"
IDEMPOTENCY_HEADER: Final = "idempotency-key"
METHODS: Final = "OPTIONS, POST"

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_IDEMPOTENCY_KEY: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?")

RejectionCode = Literal[
    "unknown-path", "method", "api-key", "topic", "body", "idempotency-key", "not-rendered",
    "sns-raw", "sns-topic", "sns-version", "sns-certificate", "sns-timestamp", "sns-signature", "sns-token",
    "key-store", "topic-table", "certificate-store", "confirmation", "queue", "failed"
]  # fmt: skip
"""Why a post was not accepted, for the log."""


class RejectedPost(Exception):  # noqa: N818 - a response, not a fault
    """The post is not accepted: one sentence for the client. `detail` and `facts` are for the log.

    These quote nothing of the post.
    """

    def __init__(self, status: int, code: RejectionCode, sentence: str, detail: str = "", **facts: int) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.detail = detail
        self.facts = facts
        self.headers: Mapping[str, str] = {}


class Post(NamedTuple):
    """A request to `/v1/notifications/{channel}/{topic}`, or to `…/sns` of it. `headers` are by lower-case name."""

    method: str
    channel: str
    topic: str
    is_sns: bool
    headers: Mapping[str, str]
    body: bytes | None  # None if it should have been base64 and is not

    def __repr__(self) -> str:
        """Return the address only, because logs must not show a body or a key."""
        return f"Post({self.method!r}, {self.name!r}, …)"

    @property
    def name(self) -> str:
        """The topic's name in the table."""
        return f"{self.channel}+{self.topic}"


def post_of(event: object) -> Post:
    """Return the request of an event of payload 2.0. Raise RejectedPost (404, 405).

    The gateway may have decoded the path already; a second time changes nothing, because no name has a percent sign.
    """
    members = _object(event)
    path = members.get("rawPath")
    steps = path.removeprefix(PATH_PREFIX).split("/") if isinstance(path, str) and path.startswith(PATH_PREFIX) else []
    channel, topic, *rest = [unquote(step) for step in steps] if len(steps) > 1 else ("", "")
    if not (_NAME.fullmatch(channel) and _NAME.fullmatch(topic)) or rest not in ([], ["sns"]):
        raise RejectedPost(404, "unknown-path", f"There is nothing here; post to {PATH_PREFIX}CHANNEL/TOPIC.")
    method = _object(_object(members.get("requestContext")).get("http")).get("method")
    post = Post(str(method), channel, topic, bool(rest), _headers(members), _body(members))
    allowed = "POST" if post.is_sns else METHODS  # browsers ask with OPTIONS before they post, and SNS does not
    if post.method not in allowed.split(", "):
        rejected = RejectedPost(405, "method", "This method is not possible here; use POST.")
        rejected.headers = {"Allow": allowed}
        raise rejected
    return post


def body_of(post: Post) -> bytes:
    """Return the body. Raise RejectedPost (400)."""
    if post.body is None:
        raise RejectedPost(400, "body", "The body is marked as base64 and is not valid base64.")
    if len(post.body) > MAX_BODY_BYTES:
        raise RejectedPost(400, "body", f"The body has more than {MAX_BODY_BYTES:,} bytes; send less.")
    return post.body


def json_of(post: Post) -> Any:
    """Return the JSON value of the body. Raise RejectedPost (400)."""
    try:
        return read(body_of(post))
    except NotJson as error:  # its text quotes nothing
        raise RejectedPost(400, "body", str(error)) from None


def metadata_of(post: Post) -> dict[str, Any]:
    """Return the values of a post: JSON of any kind, by name. Other members are ignored. Raise RejectedPost (400)."""
    members = json_of(post)
    metadata = members.get("metadata") if isinstance(members, dict) else None
    if not isinstance(metadata, dict):
        raise RejectedPost(400, "body", 'The body must be a JSON object like {"metadata": {"name": "value"}}.')
    return metadata


def idempotency_key_of(post: Post) -> str | None:
    """Return the header Idempotency-Key, None if there is none. Raise RejectedPost (400).

    A blank one is an error: the client believes that its repeated posts are recognized, and they would not be.
    """
    key = post.headers.get(IDEMPOTENCY_HEADER)
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        sentence = "The header Idempotency-Key must have 1 to 256 printable ASCII characters; correct it or omit it."
        raise RejectedPost(400, "idempotency-key", sentence)
    return key


# For every response: browsers must not guess a type, intermediaries must not store a copy, and pages may read it. A
# page of any origin may post, because a post needs a key and no cookie.
_HEADERS: Final = {
    "Content-Type": "application/json",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "X-Receipt-Id",
}
PREFLIGHT_HEADERS: Final = {
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key, X-Api-Key, X-Topic-Hash-X",
}


def response(
    status: int, members: Mapping[str, str], receipt_id: str, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return a response in the gateway's form. The body has names of integrations, so a header has the receipt id."""
    return {
        "statusCode": status,
        "headers": {**_HEADERS, "X-Receipt-Id": receipt_id, **(headers or {})},
        "body": json.dumps(dict(members), separators=(",", ":")),
        "isBase64Encoded": False,
    }


def rejection(rejected: RejectedPost, receipt_id: str) -> dict[str, Any]:
    """Return the response to a post that is not accepted."""
    text = str(rejected)
    if rejected.status == FAILED:
        text = f"An error occurs while processing the request (Message: {text})"
    return response(rejected.status, {"message": text}, receipt_id, rejected.headers)


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers by lower-case name. The gateway joins repeated ones by commas."""
    joined: dict[str, str] = {}
    for name, value in _object(event.get("headers")).items():
        lower = name.lower()
        joined[lower] = f"{joined[lower]},{value}" if lower in joined else str(value)
    return joined


def _body(event: Mapping[str, Any]) -> bytes | None:
    text = event.get("body")
    text = text if isinstance(text, str) else ""
    if event.get("isBase64Encoded") is not True:
        return text.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
