"""HTTP: any endpoint that accepts signed webhooks by the specification of Standard Webhooks."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator

from notifications.answers import accepted_by_status
from notifications.errors import Permanent
from notifications.https_address import HttpsAddress
from notifications.integrations.integration import (
    Accepted,
    Configuration,
    Connections,
    HttpRequest,
    Integration,
    Outgoing,
)
from notifications.references import SecretReference
from notifications.secret_addresses import resolved_address
from notifications.signing import signature_headers, signing_key
from notifications.text_measures import utf8_bytes

# The text is quoted in a queued message, which SQS limits to 1 MiB ("SendMessage", Amazon SQS API Reference).
MAX_BODY_BYTES: Final = 128 * 1024

# Standard Webhooks 1.0.0, "Responding to webhooks"; the statuses without a text of ours are those of HTTP.
ANSWERS: Final[Mapping[int, str]] = {
    410: "the endpoint no longer wants notifications; remove this integration from the topic",
}


def _plain_address(url: str) -> str:
    HttpsAddress.parse(url)  # a ValueError says what is wrong
    return url


class HttpConfiguration(Configuration):
    """`url` (an address, or a reference to one that is secret) and `secret`; `previous_secret` while it is rotated."""

    url: SecretReference | Annotated[str, AfterValidator(_plain_address)]
    secret: SecretReference
    previous_secret: SecretReference | None = None


class Http(Integration[HttpConfiguration]):
    """Posts the text, which is JSON, with the headers of Standard Webhooks."""

    configuration = HttpConfiguration

    def escape(self, value: str) -> str:
        """Escape as inside a JSON string: `{"title": "$title"}` stays JSON for any value."""
        return json.dumps(value, ensure_ascii=False)[1:-1]

    def fits(self, text: str, configuration: HttpConfiguration) -> bool:  # noqa: ARG002
        """Return whether the text can be queued and sent."""
        return utf8_bytes(text) <= MAX_BODY_BYTES

    def mistake(self, text: str) -> str:
        """Return that the text is not JSON, if it is not."""
        return "" if _is_json(text) else "is not JSON"

    def destination(self, configuration: HttpConfiguration) -> str:
        """Return the address or its reference."""
        url = configuration.url
        return f"http {url.ssm if isinstance(url, SecretReference) else url}"

    def send(self, outgoing: Outgoing, configuration: HttpConfiguration, connections: Connections) -> Accepted:
        """Post once; the bytes that are sent are those that were signed."""
        if not _is_json(outgoing.text):
            raise Permanent("template", "The text is not JSON. Correct the model of this integration.")
        address = resolved_address(configuration.url, connections)
        secrets = [_secret(reference, connections) for reference in _references(configuration)]
        now = datetime.fromtimestamp(connections.wall(), UTC)
        headers = {
            "Content-Type": "application/json",
            **signature_headers(outgoing.id, now, outgoing.text, secrets),
        }
        response = connections.http.post(HttpRequest(address.url, outgoing.text.encode(), headers))
        what = ANSWERS.get(response.status, "")
        return accepted_by_status(response, address.host, wall=connections.wall(), what=what)


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=_rejected)
    except (ValueError, RecursionError):
        return False
    return True


def _rejected(constant: str) -> None:
    """Refuse NaN and Infinity, which Python reads and RFC 8259 does not know."""
    raise ValueError(constant)


def _references(configuration: HttpConfiguration) -> list[SecretReference]:
    return [each for each in (configuration.secret, configuration.previous_secret) if each]


def _secret(reference: SecretReference, connections: Connections) -> str:
    """Return a signing secret. Raise Permanent, with its name only, if it has another form."""
    secret = connections.secret(reference)
    try:
        signing_key(secret)
    except ValueError as error:
        raise Permanent("refused", f"The secret {reference.ssm} {error}.") from None
    return secret
