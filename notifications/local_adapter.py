"""The transport of requests in a local run: every request goes to the receiver on this computer."""

import ssl
from typing import Any, Final

from requests.adapters import HTTPAdapter
from requests.models import PreparedRequest

from notifications.http_attempt import HttpAttempt
from notifications.pinned_adapter import PinnedAdapter

_HOST: Final = "127.0.0.1"


class LocalAdapter(PinnedAdapter):
    """Connects to a port of this computer instead of the host of a request. The request keeps its host and path.

    The certificate is verified all the same, but for the receiver. The host is not looked up, so no request of a local
    run leaves this computer.
    """

    def __init__(self, attempt: HttpAttempt, context: ssl.SSLContext, *, port: int) -> None:
        self._port = port
        super().__init__(attempt, context, is_loopback_allowed=True)

    def build_connection_pool_key_attributes(
        self, request: PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """Return the key with the receiver in place of the host."""
        host, pool = HTTPAdapter.build_connection_pool_key_attributes(self, request, verify, cert)
        name = f"[{host['host']}]" if ":" in host["host"] else host["host"]
        request.headers["Host"] = name if host["port"] is None else f"{name}:{host['port']}"
        names = {"assert_hostname": _HOST, "server_hostname": _HOST}
        return {**host, "host": _HOST, "port": self._port}, {**pool, **names}
