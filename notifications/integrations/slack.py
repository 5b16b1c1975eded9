"""Slack: an incoming webhook, or the method chat.postMessage with a bot token."""

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Self

from pydantic import ValidationInfo, model_validator

from notifications.answers import AnswerMeaning, accepted_by_status, failure_by_status
from notifications.integrations.integration import (
    Accepted,
    Configuration,
    Connections,
    HttpRequest,
    HttpResponse,
    Integration,
    Outgoing,
    person_or,
)
from notifications.json_body import json_bytes, json_members
from notifications.person import ContactKind, Person
from notifications.references import SecretReference
from notifications.retry_after import retry_after_seconds
from notifications.secret_addresses import ServiceAddress, resolved_address, resolved_token
from notifications.text_measures import utf16_units
from processor.errors import Failure

API: Final = ServiceAddress("https://slack.com/api/chat.postMessage", "slack.com")

# "Truncating really long messages", Slack changelog, April 2018.
MAX_TEXT_UNITS: Final = 40_000

# "Formatting message text", Slack docs: these three characters and no others.
_ESCAPED: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})

# "Sending messages using incoming webhooks" and "Changes to errors for incoming webhooks", Slack docs. The body is the
# code as plain text; the status decides.
WEBHOOK_CODES: Final = frozenset(
    {
        *("invalid_payload", "no_text", "too_many_attachments", "user_not_found"),
        *("action_prohibited", "invalid_token", "posting_to_general_channel_denied", "team_disabled"),
        *("channel_not_found", "no_active_hooks", "no_service", "no_service_id", "no_team"),
        *("channel_is_archived", "rollup_error"),
    }
)

# "chat.postMessage", section "Errors", Slack docs: the code of an answer 200 that is not ok. After the last two
# "it's possible some aspect of the operation succeeded". A code that is not here is permanent and not shown.
API_CODES: Final[Mapping[str, AnswerMeaning]] = {
    **dict.fromkeys(
        (
            *("access_denied", "account_inactive", "accesslimited", "cannot_reply_to_message", "channel_not_found"),
            *("deprecated_endpoint", "ekm_access_denied", "enterprise_is_restricted", "invalid_arg_name"),
            *("invalid_arguments", "invalid_auth", "invalid_charset", "invalid_json", "is_archived", "is_inactive"),
            *("messages_tab_disabled", "method_deprecated", "missing_post_type", "missing_scope", "msg_too_long"),
            *("no_permission", "no_text", "not_allowed_token_type", "not_authed", "not_in_channel"),
            *("restricted_action", "restricted_action_non_threadable_channel", "restricted_action_read_only_channel"),
            *("restricted_action_thread_locked", "restricted_action_thread_only_channel", "team_access_not_granted"),
            *("team_not_found", "token_expired", "token_revoked", "two_factor_setup_required"),
        ),
        AnswerMeaning.PERMANENT,
    ),
    **dict.fromkeys(
        ("org_login_required", "request_timeout", "service_unavailable", "team_added_to_org"), AnswerMeaning.TRANSIENT
    ),
    **dict.fromkeys(("message_limit_exceeded", "rate_limited", "ratelimited"), AnswerMeaning.THROTTLED),
    **dict.fromkeys(("fatal_error", "internal_error"), AnswerMeaning.UNCONFIRMED),
}


_CHANNEL: Final = re.compile(r"[#@]?[^\s,]{1,80}")


def _one_channel(text: str, _: ValidationInfo) -> str:
    if not _CHANNEL.fullmatch(text):
        raise ValueError("is not the ID of a channel, or its name with #")
    return text


class SlackConfiguration(Configuration):
    """`url` of an incoming webhook, or `token` of a bot and the `channel` it posts to.

    A channel is an ID, a name with #, or a person: the bot posts to the conversation between the two.
    """

    addressee: ClassVar[str] = "channel"

    url: SecretReference | None = None
    token: SecretReference | None = None
    channel: Annotated[str | Person, person_or(_one_channel)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.url is None) == (self.token is None) or (self.token is None) != (self.channel is None):
            raise ValueError("give either url, or token and channel")
        return self


class Slack(Integration[SlackConfiguration]):
    """Posts text in Slack's mrkdwn. Names after @ in values notify nobody, and links are not unfolded."""

    configuration = SlackConfiguration
    seconds_between = 1.0  # "Rate limits", Slack docs: one message per second and channel or webhook
    summarizes = True
    contact = ContactKind.SLACK

    def escape(self, value: str) -> str:
        """Escape the characters that begin mentions and links. Slack has no escape for `*`, `_`, `~` and backquotes."""
        return value.translate(_ESCAPED)

    def fits(self, text: str, configuration: SlackConfiguration) -> bool:  # noqa: ARG002
        """Return whether Slack shows the whole text."""
        return utf16_units(text) <= MAX_TEXT_UNITS

    def destination(self, configuration: SlackConfiguration) -> str:
        """Return the webhook, or the token and channel."""
        references = [each.ssm for each in (configuration.url, configuration.token) if each]
        return " ".join(["slack", *references, str(configuration.channel or "")]).rstrip()

    def send(self, outgoing: Outgoing, configuration: SlackConfiguration, connections: Connections) -> Accepted:
        """Post once; the reference is the `ts` of a message of chat.postMessage. A webhook returns none."""
        members = {"text": outgoing.text, "mrkdwn": True, "parse": "none", "unfurl_links": False, "unfurl_media": False}
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if configuration.token:
            headers["Authorization"] = f"Bearer {resolved_token(configuration.token, connections)}"
            body = json_bytes({"channel": str(configuration.channel), **members})
            return _accepted(connections.http.post(HttpRequest(API.url, body, headers)), connections.wall())
        assert configuration.url  # noqa: S101 - the model requires one of both
        address = resolved_address(configuration.url, connections)
        response = connections.http.post(HttpRequest(address.url, json_bytes(members), headers))
        code = response.body.decode("utf-8", "replace").strip()
        what = code if code in WEBHOOK_CODES else ""
        return accepted_by_status(response, address.host, wall=connections.wall(), what=what)


def _accepted(response: HttpResponse, wall: float) -> Accepted:
    """Return the acceptance of chat.postMessage, whose answers have the status 200 also if they are not ok."""
    members = json_members(response.body)
    if response.status // 100 != 2:
        raise failure_by_status(response, API.host, wall=wall)
    if members.get("ok") is True:
        ts = members.get("ts")
        return Accepted(ts if isinstance(ts, str) and re.fullmatch(r"[0-9.]{1,32}", ts) else "")
    if members.get("ok") is not False:
        raise AnswerMeaning.UNCONFIRMED.failure(f"{API.host} answered {response.status}, but not in the form of Slack.")
    raise _not_ok(members.get("error"), response, wall)


def _not_ok(code: object, response: HttpResponse, wall: float) -> Failure:
    meaning = API_CODES.get(code) if isinstance(code, str) else None
    what = code if meaning else "an unknown error"
    retry_after = retry_after_seconds(response.headers.get("retry-after"), wall=wall)
    return (meaning or AnswerMeaning.PERMANENT).failure(
        f"{API.host} answered {what}.",
        retry_after=retry_after,
        refused="too-large" if code == "msg_too_long" else "refused",
    )
