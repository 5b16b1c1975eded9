"""AWS clients that are made once for all tests of a process: making one takes longer than most tests."""

import copy
import functools
from collections.abc import Callable
from typing import Any, ClassVar

import boto3
import botocore.session
from botocore.config import Config
from botocore.handlers import disable_signing

# Also other clients are made faster: the models of the services are read once for all sessions.
botocore.session.create_loader = functools.cache(botocore.session.create_loader)


class RecordedEvents:
    """The handlers that a test registers on its session, for each client that the session makes afterwards."""

    def __init__(self) -> None:
        self._calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Return a method that records a call, such as `register` or `register_first`."""
        return lambda *arguments, **options: self._calls.append((name, arguments, options))

    def register_on(self, events: Any) -> None:
        """Repeat the calls on the events of a client."""
        for name, arguments, options in self._calls:
            getattr(events, name)(*arguments, **options)


class OwnEvents:
    """The event handlers of a warm client, and from the first registration on a copy of them: copying takes time."""

    def __init__(self, events: Any) -> None:
        self._events = events
        self._is_copy = False

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the handlers."""
        if "register" in name and not self._is_copy:
            self._events, self._is_copy = copy.copy(self._events), True
        return getattr(self._events, name)


class WarmSession(boto3.Session):
    """A session whose clients are copies of those that an earlier session made, with event handlers of their own."""

    _made: ClassVar[dict[tuple[Any, ...], Any]] = {}

    def __init__(self, region_name: str) -> None:
        self._region_name = region_name
        self._recorded = RecordedEvents()

    @property
    def region_name(self) -> str:
        """The region of the clients."""
        return self._region_name

    @property
    def events(self) -> Any:
        """The event handlers of this session."""
        return self._recorded

    def client(self, service_name: str, **options: Any) -> Any:  # type: ignore[override] # the stubs list every service
        """Return a client of this service."""
        key = (service_name, self.region_name, options.get("endpoint_url"))
        if key not in self._made:
            self._made[key] = self._new_client(service_name, **options)
        client = _with_own_events(self._made[key])
        self._recorded.register_on(client.meta.events)
        return client

    def _new_client(self, service_name: str, *, config: Config | None = None, **options: Any) -> Any:
        """Return a client that neither signs nor describes itself, which takes a third of the time of its calls."""
        config = (config or Config()).merge(Config(user_agent="tests"))
        client = boto3.Session(region_name=self.region_name).client(service_name, config=config, **options)  # type: ignore[call-overload] # as above
        if service_name != "s3":  # moto lets nobody read a bucket without a signature
            client.meta.events.register_first("choose-signer", disable_signing)
        return client


def _with_own_events(client: Any) -> Any:
    """Return a copy of a client. `copy.copy` cannot copy one, for a client looks up all attributes that it lacks."""
    clone = object.__new__(type(client))
    clone.__dict__.update(client.__dict__)
    clone.meta = copy.copy(client.meta)
    clone.meta.events = OwnEvents(client.meta.events)
    return clone
