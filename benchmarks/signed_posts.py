"""Post signed events over a few kept connections, as fast as they are answered."""

import http.client
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Lock
from typing import Final
from urllib.parse import urlsplit

from scripts.alma_client.client import signature
from scripts.cli.exit_codes import FailedError

_ATTEMPTS: Final = 5


def post_all(url: str, secret: str, bodies: Iterable[bytes], connections: int) -> None:
    """Post each body until it is answered with 200. Raise FailedError for one that never is.

    On a busy computer ingest may run out of time and answer 503, after which Alma would post again too.
    """
    shared, lock = iter(bodies), Lock()

    def taken() -> Iterator[bytes]:
        while True:
            with lock:
                body = next(shared, None)
            if body is None:
                return
            yield body

    with ThreadPoolExecutor(connections) as pool:
        for ended in [pool.submit(_post, url, secret, taken()) for _ in range(connections)]:
            ended.result()


def _post(url: str, secret: str, bodies: Iterator[bytes]) -> None:
    place = urlsplit(url)
    with closing(http.client.HTTPConnection(place.netloc)) as connection:
        for body in bodies:
            headers = {"Content-Type": "application/json", "X-Exl-Signature": signature(body, secret=secret)}
            statuses = (_status(connection, place.path, body, headers) for _ in range(_ATTEMPTS))
            if http.client.OK not in statuses:  # reads no further than to the first 200
                raise FailedError(f"A post to {url} was not answered with 200 in {_ATTEMPTS} attempts.")


def _status(connection: http.client.HTTPConnection, path: str, body: bytes, headers: dict[str, str]) -> int:
    connection.request("POST", path, body, headers)
    with connection.getresponse() as response:
        response.read()
        return response.status
