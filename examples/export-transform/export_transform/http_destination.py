"""Posts batches to another system, signed as Standard Webhooks 1.0.0 describes."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

from export_transform.batch import Batch
from notifications.answers import failure_by_status
from notifications.errors import Permanent
from notifications.https_address import HttpsAddress
from notifications.integrations.integration import HttpClient, HttpRequest
from notifications.signing import signature_headers, signing_key


def _address(url: str) -> str:
    HttpsAddress.parse(url)  # a ValueError says what is wrong
    return url


def _secret(secret: SecretStr) -> SecretStr:
    signing_key(secret.get_secret_value())
    return secret


class ReceiverAccess(BaseModel):
    """The other system: its address and the secret that requests are signed with; two secrets while one is replaced.

    `authority` is a certificate authority in PEM, and only for the emulator: every request then goes to this computer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[str, AfterValidator(_address)]
    secret: Annotated[SecretStr, AfterValidator(_secret)]
    previous_secret: Annotated[SecretStr, AfterValidator(_secret)] | None = None
    authority: str | None = None


class HttpDestination:
    """Posts each batch once a call. Its key is the header `webhook-id`, and `Idempotency-Key` too."""

    def __init__(self, http: HttpClient, access: ReceiverAccess, content_type: str, wall: Callable[[], float]) -> None:
        self._http = http
        self._access = access
        self._content_type = content_type
        self._wall = wall

    def send(self, batch: Batch) -> None:
        """Return if the receiver answered 2XX. Raise Permanent, Transient, Throttled, Unconfirmed."""
        response = self._http.post(HttpRequest(self._access.url, batch.body, self._headers(batch)))
        if response.status // 100 != 2:
            raise failure_by_status(response, HttpsAddress.parse(self._access.url).host, wall=self._wall())

    def _headers(self, batch: Batch) -> dict[str, str]:
        secrets = [each.get_secret_value() for each in (self._access.secret, self._access.previous_secret) if each]
        try:
            text = batch.body.decode()
        except UnicodeDecodeError:
            raise Permanent("refused", "The transform returned bytes that are not UTF-8; send them to S3.") from None
        now = datetime.fromtimestamp(self._wall(), UTC)
        signed = signature_headers(batch.key, now, text, secrets)
        return {"Content-Type": self._content_type, "Idempotency-Key": batch.key, **signed}
