"""Alma's users API on 127.0.0.1, by TLS: answers in the form of Alma, and what a test needs to ask it."""

from typing import Any

from notifications.alma_api import AlmaApi
from notifications.alma_users import SECONDS_BETWEEN, AlmaUsers
from notifications.exchange import BoundedHttpClient
from notifications.pacing import Pacing
from notifications.references import ALMA_API_KEY, SecretReference
from notifications.secret_values import MissingSecret, SecretValues
from tests.loopback import Behaviour, answer, say
from tests.notifications.memory_table import MemoryTable
from tests.notifications.tls_server import authorities

KEY = "l8xx-invented-key"  # pragma: allowlist secret -- an invented value


def user(*, phones: Any = (), emails: Any = (), **members: Any) -> dict[str, Any]:
    """Return a user as Alma does; `phones` and `emails` are the lists of `contact_info`."""
    return {"primary_id": "jane", "contact_info": {"address": [], "phone": phones, "email": emails}, **members}


def phone(number: Any, *, sms: Any = False, preferred: Any = False) -> dict[str, Any]:
    """Return a phone of a user."""
    types = [{"value": "mobile", "desc": "Mobile"}]
    return {"phone_number": number, "preferred": preferred, "preferred_sms": sms, "phone_type": types}


def email(address: Any, *, preferred: Any = False) -> dict[str, Any]:
    """Return an e-mail address of a user."""
    return {"email_address": address, "preferred": preferred, "email_type": [{"value": "work", "desc": "Work"}]}


def error(code: str, status: int = 400, header: str = "") -> Behaviour:
    """Answer with an error of Alma, which quotes the user as Alma does."""
    found = {"errorCode": code, "errorMessage": "User with identifier patron-4711 was not found.", "trackingId": "E01"}
    return answer({"errorsExist": True, "errorList": {"error": [found]}, "result": None}, status, header=header)


def gateway_error(code: str, status: int = 429) -> Behaviour:
    """Answer with an error of the gateway, which is XML although JSON was asked for."""
    body = f'<web_service_result xmlns="http://com/exlibris/urm/general/xmlbeans"><errorsExist>true</errorsExist><errorList><error><errorCode>{code}</errorCode></error></errorList></web_service_result>'
    return say(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())


class AlmaKey(SecretValues):
    """The API key, or none. `forgotten` are the secrets that were refused."""

    def __init__(self, key: str | None) -> None:
        super().__init__(lambda: None, "dev")  # type: ignore[arg-type,return-value] # nothing is read
        self.key = key
        self.forgotten: list[str] = []

    def value(self, reference: SecretReference) -> str:
        assert reference.ssm == ALMA_API_KEY
        if self.key is None:
            raise MissingSecret("no-target", "missing")
        return self.key

    def refused(self, references: Any) -> None:
        self.forgotten += [reference.ssm for reference in references]


class AlmaCase:
    """Users of the server at this URL, at a time that the test sets."""

    def __init__(self, url: str, key: str | None = KEY, table: MemoryTable | None = None) -> None:
        self.now = 1_780_000_000.0
        self.slept: list[float] = []
        self.key = AlmaKey(key)
        self.table = table or MemoryTable(lambda: self.now)
        self.pacing = Pacing(self.table, lambda: self.now)
        self.host = url.removeprefix("https://")
        self.http = BoundedHttpClient(
            seconds=5, ports=range(1024, 65536), authorities=authorities(), is_loopback_allowed=True
        )
        self.api = self.api_of("")
        self.users = AlmaUsers(self.api)

    def api_of(self, purpose: str) -> AlmaApi:
        """Return Alma's API for this purpose."""
        return AlmaApi(
            self.http,
            self.host,
            self.key,
            self.pacing,
            seconds_between=SECONDS_BETWEEN,
            purpose=purpose,
            wall=lambda: self.now,
            sleep=self.slept.append,
        )
