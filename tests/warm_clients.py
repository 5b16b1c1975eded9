"""AWS clients that are made once for all tests of a process: making one takes longer than most tests."""

import copy
from typing import Any, ClassVar

import boto3


class WarmSession(boto3.Session):
    """A session whose clients are copies of those that an earlier session made.

    A copy has event handlers of its own, so that what one test registers is gone in the next.
    """

    _made: ClassVar[dict[tuple[Any, ...], Any]] = {}

    def client(self, service_name: str, **options: Any) -> Any:  # type: ignore[override] # the stubs list every service
        """Return a client of this service."""
        key = (service_name, self.region_name, options.get("endpoint_url"))
        if key not in self._made:
            self._made[key] = super().client(service_name, **options)  # type: ignore[call-overload] # as above
        return _with_own_events(self._made[key])


def _with_own_events(client: Any) -> Any:
    """Return a copy of a client. `copy.copy` cannot copy one, for a client looks up all attributes that it lacks."""
    clone = object.__new__(type(client))
    clone.__dict__.update(client.__dict__)
    clone.meta = copy.copy(client.meta)
    clone.meta.events = copy.copy(client.meta.events)
    return clone
