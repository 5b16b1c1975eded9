"""Every route of the console, and clients that can only read, for tests that walk all routes."""

import functools
import re
from typing import Any, Final, NamedTuple

from starlette.routing import Route

from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from scripts.console.app import ROUTES
from tests.warm_clients import WarmSession

DEAD_LETTER: Final = "r1"
"""The receipt id of the dead letter of these tests."""

# What an operation that only reads is named. SQS has no other way to read than to receive, and to show again.
READS: Final = re.compile(r"(Batch)?(Get|List|Describe|Filter|Head|Query|Scan|Lookup|Check)[A-Z]\w*|Query|Scan")
READS_OF_SQS: Final = {"ReceiveMessage", "ChangeMessageVisibility", "ChangeMessageVisibilityBatch"}
# A search of logs is begun and read; nothing of the stack changes.
READS_OF_LOGS: Final = {"StartQuery", "StopQuery"}


class Place(NamedTuple):
    """A path of a route, with the ID of a dead letter in the place of each parameter, and the methods that it takes."""

    path: str
    methods: frozenset[str]


def places() -> list[Place]:
    """Return every route of the console."""
    assert all(isinstance(route, Route) for route in ROUTES)
    return [
        Place(re.sub(r"\{[^}]+\}", DEAD_LETTER, route.path), frozenset(route.methods or ()))
        for route in ROUTES
        if isinstance(route, Route)
    ]


READ: Final = [place.path for place in places() if "GET" in place.methods]
POSTED: Final = [place.path for place in places() if "POST" in place.methods]


class Changes(list[str]):
    """The operations that clients were asked for and that are more than reading; none of them is made."""

    def look(self, model: Any, **_: Any) -> None:
        """Keep and forbid a call that changes something."""
        if not READS.fullmatch(model.name) and model.name not in READS_OF_SQS | READS_OF_LOGS:
            self.append(model.name)
            raise AssertionError(f"{model.name} is not a read")


class _Readers(Aws):
    """Clients that can only read. One set serves all tests: registering at 13 clients takes longer than a page."""

    def __init__(self) -> None:
        session = WarmSession(region_name="us-east-1")
        session.events.register("provide-client-params", self._look)
        super().__init__(session)
        self.changes = Changes()

    def _look(self, model: Any, **_: Any) -> None:
        self.changes.look(model)


_readers = functools.cache(_Readers)


def reading_only(scope: StackContext, changes: Changes) -> StackContext:
    """Return the stack with clients that can only read; what they are asked for beyond that is kept in `changes`.

    The clients are those of all tests, so a test has them until the next one calls this function.
    """
    _readers().changes = changes
    return scope._replace(aws=_readers())
