"""Events of API Gateway, payload 2.0, for the notifications API."""

import base64
import json
from typing import Any

PATH = "/v1/notifications/library/jobs"


def event(
    body: Any = None, *, method: str = "POST", path: str = PATH, base64_body: bool = False, **headers: str
) -> dict[str, Any]:
    """Return an event; `body` is bytes, text or JSON members, and underscores in names of headers are hyphens."""
    text = body if isinstance(body, bytes | str) else json.dumps(body)
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return {
        "version": "2.0",
        "routeKey": "ANY /v1/notifications/{channel}/{topic}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        "requestContext": {"http": {"method": method, "path": path}, "stage": "$default", "requestId": "gateway-id"},
        "body": base64.b64encode(raw).decode() if base64_body else raw.decode("utf-8", "surrogatepass"),
        "isBase64Encoded": base64_body,
    }
