"""Post a notification as a client does: with the address, the topic hash and the API key of a stack."""

import http.client
import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from notifications.http_api import API_KEY_HEADER, IDEMPOTENCY_HEADER, TOPIC_HASH_HEADER
from notifications.json_body import json_members
from notifications.references import API_KEY
from scripts.alma_client.client import Exchanged, exchange
from scripts.aws.endpoints import nothing_listens
from scripts.aws.notifications_stack import url_base
from scripts.cli.exit_codes import ConfigurationError, FailedError
from scripts.cli.terminal import escape
from scripts.secret.store import SecretStore
from scripts.topics.integration_secrets import FOLDER
from scripts.topics.service import TopicService

_TIMEOUT_SECONDS: Final = 20.0  # the producer answers within 15

# The last sentence is added where a repetition makes sense.
_SENTENCES: Final = {
    400: "The API rejected the post (400): {message}",
    403: "The API rejected the key (403). A new key is accepted within a minute; its state: "
    "alma-webhooks topics api-key status {options}",
    404: "The API knows no such topic with this id (404). It may just have been changed: alma-webhooks topics show "
    "{path} {options}",
    429: "The API accepts no more posts for the moment (429). Try again in a second.",
    502: "The API could not queue the post (502): {message} {again}",
}
_OTHER: Final = "The API answered {status}. {again}"
_AGAIN: Final = "Repeat it with --idempotency-key {key}, so that no integration gets it twice."


class AcceptedPost(NamedTuple):
    """What the API queued: the SQS message id of each integration by its name. `receipt_id` is for `trace`."""

    ids: dict[str, str]
    receipt_id: str
    idempotency_key: str


def post_notification(service: TopicService, path: str, values: Mapping[str, Any], key: str) -> AcceptedPost:
    """Post values to a topic, `channel/topic`, with this idempotency key.

    Raise ConfigurationError without the topic or an API key, and FailedError if the API does not accept the post.
    """
    scope = service.scope
    topic_id = service.show(path).id
    stored = SecretStore(scope.aws.ssm, scope.stage, API_KEY).read(FOLDER).current
    if stored is None:
        raise ConfigurationError(
            f"The stage {scope.stage} has no API key. Create one: alma-webhooks topics api-key create {scope.options}"
        )
    url = url_base(service.stack.outputs, scope.aws.endpoint_url) + path
    headers = {
        "Content-Type": "application/json",
        API_KEY_HEADER: stored.value,
        TOPIC_HASH_HEADER: topic_id,
        IDEMPOTENCY_HEADER: key,
    }
    again = _AGAIN.format(key=escape(key))
    answered = _exchanged(url, json.dumps({"metadata": values}).encode(), headers, again)
    members = json_members(answered.body)
    if answered.status != http.HTTPStatus.OK:
        texts = {"message": escape(str(members.get("message", ""))), "status": answered.status, "again": again}
        sentence = _SENTENCES.get(answered.status, _OTHER)
        raise FailedError(sentence.format(**texts, path=path, options=scope.options))
    ids = {name: str(value) for name, value in members.items()}
    return AcceptedPost(ids, answered.headers.get("x-receipt-id", ""), key)


def _exchanged(url: str, body: bytes, headers: dict[str, str], again: str) -> Exchanged:
    try:
        return exchange("POST", url, body, headers, _TIMEOUT_SECONDS)
    except ValueError:  # whose text quotes the header
        raise ConfigurationError("The API key or the idempotency key has characters that no header can have.") from None
    except ConnectionRefusedError:
        raise nothing_listens(url) from None
    except (OSError, http.client.HTTPException) as error:
        host = urlsplit(url).hostname
        raise FailedError(f"No response from {host} ({type(error).__name__}). {again}") from None
