"""Post signed events over a few kept connections, as fast as they are answered."""

import http.client
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Lock
from urllib.parse import urlsplit

from scripts.alma_client.client import signature
from scripts.cli.exit_codes import FailedError


def post_all(url: str, secret: str, bodies: Iterable[bytes], connections: int) -> None:
    """Post each body once. Raise FailedError unless each is answered with 200."""
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
            connection.request("POST", place.path, body, headers)
            response = connection.getresponse()
            response.read()
            if response.status != http.client.OK:
                raise FailedError(f"A post to the emulator was answered with {response.status}, not with 200.")
