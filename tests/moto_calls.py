"""Let moto answer a call in less time: it finds the code for a URL once, and reads requests without a test client."""

import functools
import itertools
import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import moto.backend_index
import moto.backends
import moto.core.responses
import moto.sqs.models
from botocore.awsrequest import AWSPreparedRequest
from botocore.model import Shape
from moto.core.base_backend import BackendDict
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    Request,
    environ_key_for_header,
    normalize_request,
    should_preserve_original_header_name,
)
from moto.core.serialize import AttributePickerContext, XFormedAttributePicker
from moto.sqs.models import Message, SQSBackend

_NUMBERS = itertools.count(1)
_WSGI = {"SCRIPT_NAME": "", "SERVER_PORT": "443", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.errors": sys.stderr}

_KEYS: dict[tuple[type, str, Shape], tuple[str, ...]] = {}  # the shapes of a service are read once

_all_keys = XFormedAttributePicker.get_possible_keys
_answer_any = BotocoreStubber.process_request
_read_any = Request.from_primitives


def _is_retained(queues: SQSBackend, queue_name: str, message: Message) -> bool:
    """Return whether a message is not too old, without counting the messages of its queue three times."""
    queue: Any = queues.get_queue(queue_name)
    sent: Any = message.sent_timestamp  # milliseconds
    return bool(sent / 1000 + queue.message_retention_period > time.time())


def _keys(picker: XFormedAttributePicker, context: AttributePickerContext) -> tuple[str, ...]:
    """Return the names that a member of an answer may have in an object of moto."""
    key = (type(context.obj), context.key, context.shape)
    if key not in _KEYS:
        _KEYS[key] = tuple(dict.fromkeys(_all_keys(picker, context)))
    return _KEYS[key]


def _answer(stubber: BotocoreStubber, request: AWSPreparedRequest) -> Any:
    """Answer a request."""
    method = _method_for(request.url.partition("?")[0])
    if method is None:
        return _answer_any(stubber, request)
    read = normalize_request(request)
    return method(read, request.url, read.headers)


@functools.lru_cache(maxsize=1000)
def _method_for(url: str) -> Callable[..., Any] | None:
    """Return the method of moto that answers requests to a URL without a query: the first that matches, as in moto."""
    paths: Mapping[str, Callable[..., Any]]
    for service, pattern in moto.backend_index.backend_url_patterns:
        if pattern.match(url):
            backends: Any = moto.backends.get_backend(service)  # type: ignore[call-overload] # for each name one
            if not isinstance(backends, BackendDict):
                return None
            regions = backends[DEFAULT_ACCOUNT_ID]
            paths = regions["us-east-1" if "us-east-1" in regions else "aws"].urls
            for path, method in paths.items():
                if re.match(path, url):
                    return method
    return None


def _read(method: str, url: str, headers: Mapping[str, str | bytes], body: Any = None) -> Request:
    """Return a request of WSGI."""
    if not isinstance(body, str | bytes | None):
        return _read_any(method, url, headers, body)
    parts = urlsplit(url)
    content = body.encode() if isinstance(body, str) else body or b""
    texts = {name: text.decode() if isinstance(text, bytes) else text for name, text in headers.items()}
    environment = {environ_key_for_header(name): text for name, text in texts.items()} | _WSGI
    environment |= {"REQUEST_METHOD": method, "QUERY_STRING": parts.query, "RAW_URI": parts.path}
    environment |= {"PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"), "CONTENT_LENGTH": str(len(content))}
    environment |= {"wsgi.url_scheme": parts.scheme, "wsgi.input": BytesIO(content)}
    environment |= {"HTTP_HOST": parts.netloc, "SERVER_NAME": parts.netloc}
    environment[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = {
        environ_key_for_header(name): name for name in texts if should_preserve_original_header_name(name)
    }
    return Request(environment)


def _request_id(headers: dict[str, Any]) -> str:
    """Give a response an ID of its own."""
    headers["x-amzn-requestid"] = number = f"{next(_NUMBERS):052}"
    return number


# What is replaced: moto runs it for each call. It chooses each character of a request ID and of a receipt handle.
_QUICK: tuple[tuple[Any, str, Any], ...] = (
    (BotocoreStubber, "process_request", _answer),
    (Request, "from_primitives", _read),
    (SQSBackend, "is_message_valid_based_on_retention_period", _is_retained),
    (XFormedAttributePicker, "get_possible_keys", _keys),
    (moto.core.responses, "gen_amzn_requestid_long", _request_id),
    (moto.sqs.models, "generate_receipt_handle", lambda: os.urandom(92).hex()),
)
_OWN = tuple((owner, name, vars(owner)[name]) for owner, name, _ in _QUICK)


def install() -> None:
    """Replace what moto does for each call."""
    for owner, name, quick in _QUICK:
        setattr(owner, name, quick)


def remove() -> None:
    """Give moto its own code back."""
    for owner, name, own in _OWN:
        setattr(owner, name, own)
