"""Signs requests to AWS with Signature Version 4. Paths have no query.

"Create a signed AWS API request", AWS Identity and Access Management User Guide. A test compares this module
with botocore's signer.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from functools import lru_cache

from ingest.lite_namedtuple import NamedTuple

_DATE = "\0"  # stands for the date; no header contains it


class Credentials(NamedTuple):
    """An access key; `session_token` is empty for long-lived keys."""

    access_key: str
    secret_key: str
    session_token: str = ""

    def __repr__(self) -> str:
        """Return the class only, because logs must not show credentials."""
        return "Credentials(…)"


def signed_headers(
    headers: Mapping[str, str],
    body: bytes,
    *,
    host: str,
    service: str,
    region: str,
    credentials: Credentials,
    now: float,
    method: str,
    path: str,
) -> dict[str, str]:
    """Return the headers to send: the given ones, Host, and those of the signature. `now` is in seconds since 1970.

    `path` must not need encoding, because services disagree on how often to encode it.
    """
    moment = _moment(int(now))
    sent = {**headers, "Host": host, "X-Amz-Date": _DATE}
    if credentials.session_token:
        sent["X-Amz-Security-Token"] = credentials.session_token
    names, before_date, after_date = _canonical(method, path, tuple(sent.items()))
    request = f"{before_date}{moment}{after_date}{hashlib.sha256(body).hexdigest()}"
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.digest(_key(credentials, scope), text.encode(), "sha256").hex()
    sent["X-Amz-Date"] = moment
    sent["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return sent


@lru_cache(maxsize=1)  # formatting takes longer than signing a short text, and busy functions sign often
def _moment(seconds: int) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


@lru_cache(maxsize=8)  # the same for each call of an operation; making it anew would be half of the work of signing
def _canonical(method: str, path: str, headers: tuple[tuple[str, str], ...]) -> tuple[str, str, str]:
    """Return the names of the signed headers, and the canonical request up to the date and from there to the digest."""
    canonical = {name.lower(): " ".join(value.split()) for name, value in headers}
    names = ";".join(sorted(canonical))
    lines = "".join(f"{name}:{canonical[name]}\n" for name in sorted(canonical))
    before_date, _, after_date = f"{method}\n{path}\n\n{lines}\n{names}\n".partition(_DATE)
    return names, before_date, after_date


@lru_cache(maxsize=8)  # the same for a day and a service
def _key(credentials: Credentials, scope: str) -> bytes:
    key = b"AWS4" + credentials.secret_key.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), hashlib.sha256)
    return key
