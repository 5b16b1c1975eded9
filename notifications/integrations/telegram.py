"""Telegram: the method sendMessage of the Bot API."""

import html
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from notifications.answers import AnswerMeaning, failure_by_status
from notifications.errors import Permanent
from notifications.integrations.integration import (
    Accepted,
    Configuration,
    Connections,
    HttpRequest,
    HttpResponse,
    Integration,
    Outgoing,
)
from notifications.json_body import json_bytes, json_members
from notifications.references import SecretReference
from notifications.retry_after import retry_after_seconds
from notifications.secret_addresses import resolved_token
from notifications.text_measures import utf16_units
from processor.errors import Failure

HOST: Final = "api.telegram.org"

# "sendMessage", Telegram Bot API: 4,096 characters after entities are parsed. They are counted in UTF-16 units.
MAX_TEXT_UNITS: Final = 4096
# With more markup the server refuses a text whose visible part is short: "Entities_too_long", about 9,500
# characters with the tags (tdlib/telegram-bot-api issue 165).
MAX_UNITS_WITH_TAGS: Final = 9_500

# "HTML style", Telegram Bot API: three characters are escaped. An @ before a name notifies that user; a word
# joiner, which is not visible, prevents that. Addresses of e-mail stay as they are.
_ESCAPED: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_MENTION: Final = re.compile(r"(?<!\w)@(?=\w)")
_TAG: Final = re.compile(r"<[^<>]*>")

_TOKEN: Final = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{20,100}")

# "Making requests", Telegram Bot API, and descriptions of its server, by their start: what they mean. 401 and 404 are
# answers about the token, because it is in the path.
DESCRIPTIONS: Final[Mapping[str, str]] = {
    "Bad Request: chat not found": "the chat does not exist, or the bot is not in it",
    "Bad Request: can't parse entities": "the markup of the text is not valid HTML of Telegram",
    "Bad Request: message is too long": "the text is too long",
    "Bad Request: message text is empty": "the text is empty",
    "Bad Request: not enough rights": "the bot may not write in this chat",
    "Bad Request: have no rights": "the bot may not write in this chat",
    "Bad Request: need administrator rights": "the bot may not write in this chat",
    "Bad Request: TOPIC_CLOSED": "the topic of the chat is closed",
    "Forbidden: bot was blocked by the user": "bot-blocked: the user has blocked the bot",
    "Forbidden: bot was kicked": "bot-blocked: the bot was removed from the chat",
    "Forbidden: bot is not a member": "bot-blocked: the bot is not in the chat",
    "Forbidden: bot can't initiate": "bot-blocked: the user has not started the bot",
    "Forbidden: user is deactivated": "bot-blocked: the user's account was deleted",
    "Unauthorized": "the token of the bot is not valid",
    "Not Found": "the token of the bot is not valid",
}


class TelegramConfiguration(Configuration):
    """`token` of the bot, and `chat`: the number of a chat, or `@name` of a public channel or group."""

    token: SecretReference
    chat: Annotated[int, Field(strict=True)] | Annotated[str, StringConstraints(pattern=r"^(-?[0-9]{1,20}|@\w{3,64})$")]


class Telegram(Integration[TelegramConfiguration]):
    """Sends text in the HTML of Telegram, without previews of links."""

    configuration = TelegramConfiguration
    seconds_between = 3.0  # "Bots FAQ", Telegram: 20 messages a minute in a group, one a second in another chat
    summarizes = True

    def escape(self, value: str) -> str:
        """Escape HTML and mentions."""
        return _MENTION.sub("@\u2060", value.translate(_ESCAPED))

    def fits(self, text: str, configuration: TelegramConfiguration) -> bool:  # noqa: ARG002
        """Return whether Telegram accepts the text: what is visible, and the markup."""
        try:
            visible, with_tags = html.unescape(_TAG.sub("", text)), html.unescape(text)
        except ValueError:  # an entity with a number of more than 4,300 digits
            return False
        return utf16_units(visible) <= MAX_TEXT_UNITS and utf16_units(with_tags) <= MAX_UNITS_WITH_TAGS

    def destination(self, configuration: TelegramConfiguration) -> str:
        """Return the bot and the chat."""
        return f"telegram {configuration.token.ssm} {configuration.chat}"

    def send(self, outgoing: Outgoing, configuration: TelegramConfiguration, connections: Connections) -> Accepted:
        """Send once; the reference is the number of the message in its chat."""
        token = resolved_token(configuration.token, connections, _TOKEN)
        members = {
            "chat_id": configuration.chat,
            "text": outgoing.text,
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
        }
        url = f"https://{HOST}/bot{token}/sendMessage"
        headers = {"Content-Type": "application/json"}
        response = connections.http.post(HttpRequest(url, json_bytes(members), headers))
        answered = json_members(response.body)
        if response.status // 100 != 2:
            raise _failure(response, answered, connections.wall())
        if answered.get("ok") is not True:
            raise AnswerMeaning.UNCONFIRMED.failure(
                f"{HOST} answered {response.status}, but not in the form of Telegram."
            )
        result = answered.get("result")
        number = result.get("message_id") if isinstance(result, dict) else None
        return Accepted(str(number) if type(number) is int else "")


def _failure(response: HttpResponse, answered: Mapping[str, Any], wall: float) -> Failure:
    parameters = answered.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    moved = parameters.get("migrate_to_chat_id")
    if response.status == 400 and type(moved) is int:
        return Permanent(
            "refused",
            f"{HOST} answered 400: chat-moved: the group has become a supergroup; set chat to {moved} and apply it.",
        )
    description = answered.get("description")
    starts = (start for start in DESCRIPTIONS if isinstance(description, str) and description.startswith(start))
    what = DESCRIPTIONS.get(next(starts, ""), "")
    seconds = parameters.get("retry_after")
    number = seconds if isinstance(seconds, int | float) else None
    return failure_by_status(response, HOST, wall=wall, what=what, retry_after=retry_after_seconds(number, wall=wall))
