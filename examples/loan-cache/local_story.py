"""Shows what the cache does: signed events out of order and twice, a fill, and the lists as a client reads them."""

import base64
import hmac
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

PATRON: Final = "invented-patron-21"
RETURNED, RENEWED, KNOWN_TO_ALMA_ONLY = ("90000211110007141", "90000212110007141", "90000213110007141")

_RENEWED_UNTIL: Final = "2030-07-26T16:00:00Z"
_PROFILE: Final = "alma"
_SECONDS: Final = 80.0  # a few cold starts on a busy computer; `run` waits for three minutes
_PAUSE_SECONDS: Final = 0.1


def loan(loan_id: str, due_date: str) -> dict[str, Any]:
    """Return an invented loan, as the API and the events of Alma have it."""
    return {
        "loan_id": loan_id,
        "user_id": PATRON,
        "title": f"A Field Guide to Imaginary Lichens, volume {loan_id[6:8]}",
        "item_barcode": f"399{loan_id[:8]}",
        "due_date": due_date,
        "process_status": "NORMAL",
        "renewable": True,
    }


class Here(NamedTuple):
    """The stacks of a run: the outputs of the pipeline and of the cache."""

    pipeline: dict[str, str]
    cache: dict[str, str]

    @classmethod
    def read(cls) -> "Here":
        """Read the outputs of the stacks that `run` names."""
        return cls(_outputs(os.environ["ALMA_WEBHOOKS_STACK"]), _outputs(os.environ["ALMA_WEBHOOKS_PART_STACK"]))

    def api_url(self, api_id: str, path: str) -> str:
        """Return the emulator's URL of an HTTP API."""
        return f"{os.environ['AWS_ENDPOINT_URL']}/_aws/execute-api/{api_id}/$default{path}"


def story(here: Here) -> Iterator[str]:
    """Post events, fill, and read. Yield a line about each. Raise TimeoutError if the cache is wrong after a while."""
    began = datetime.now(UTC) - timedelta(minutes=10)  # before the fill, as events usually are
    for event, loan_id, minutes in [
        ("LOAN_RETURNED", RETURNED, 3),
        ("LOAN_RENEWED", RENEWED, 2),
        ("LOAN_CREATED", RETURNED, 1),
        ("LOAN_CREATED", RENEWED, 1),
        ("LOAN_CREATED", RETURNED, 1),
        ("LOAN_RENEWED", RENEWED, 2),
    ]:
        due_date = _RENEWED_UNTIL if event == "LOAN_RENEWED" else "2030-06-26T16:00:00Z"
        _post(here, event, loan(loan_id, due_date), began + timedelta(minutes=minutes))
    _until(lambda: _is_in_order(here))
    yield f"loans in, out of order and twice: {RENEWED} is renewed, {RETURNED} is returned"
    body = json.dumps({"user": PATRON})
    boto3.client("sqs").send_message(QueueUrl=here.cache["FillQueueUrl"], MessageBody=body)
    _until(lambda: KNOWN_TO_ALMA_ONLY in _states(here) and _read(here, "loans")[1].get("source") == "cache")
    for what in ("loans", "requests"):
        status, members = _read(here, what)
        ids = ", ".join(each[f"{what[:-1]}_id"] for each in members[what])
        yield f"GET /users/{PATRON}/{what}: {status} from the {members['source']}: {ids}"
    yield f"GET /users/{PATRON}/loans without a signature: {_read(here, 'loans', is_signed=False)[0]}"


def _post(here: Here, event: str, item: dict[str, Any], moment: datetime) -> None:
    members = {
        "id": secrets.token_hex(8),
        "action": "LOAN",
        "time": moment.isoformat(timespec="milliseconds"),
        "event": {"value": event},
        "item_loan": item,
    }
    body = json.dumps(members).encode()
    name = f"/alma-webhooks/{os.environ['ALMA_WEBHOOKS_STAGE']}/{_PROFILE}/secret"
    secret = boto3.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    url = here.api_url(here.pipeline["ApiId"], f"/webhooks/{_PROFILE}")
    signature = base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
    status, _ = _exchange("POST", url, {"Content-Type": "application/json", "X-Exl-Signature": signature}, body)
    if status != 200:
        sys.exit(f"The pipeline answered {status} to an event.")


def _is_in_order(here: Here) -> bool:
    """Return whether the first loan is returned and the second renewed; an earlier story may have left a third."""
    states = _states(here)
    return states.get(RETURNED) == "removed" and states.get(RENEWED) == "active" and _due(here) == _RENEWED_UNTIL


def _states(here: Here) -> dict[str, str]:
    return {item["Id"]["S"]: item["State"]["S"] for item in _items(here)}


def _due(here: Here) -> str:
    found = [item["Content"]["M"]["due_date"]["S"] for item in _items(here) if item["Id"]["S"] == RENEWED]
    return found[0] if found else ""


def _items(here: Here) -> list[Any]:
    found: list[Any] = boto3.client("dynamodb").query(
        TableName=here.cache["LoansTableName"],
        KeyConditionExpression="#user = :user",
        ExpressionAttributeNames={"#user": "User"},
        ExpressionAttributeValues={":user": {"S": PATRON}},
    )["Items"]
    return found


def _read(here: Here, what: str, *, is_signed: bool = True) -> tuple[int, dict[str, Any]]:
    """Read a list from the API as a client does: signed for execute-api."""
    url = here.api_url(here.cache["ApiId"], f"/users/{PATRON}/{what}")
    request = AWSRequest("GET", url)
    if is_signed:
        credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
        SigV4Auth(credentials, "execute-api", os.environ["AWS_REGION"]).add_auth(request)
    status, body = _exchange("GET", url, dict(request.headers.items()))
    return status, json.loads(body or b"{}")


def _exchange(method: str, url: str, headers: dict[str, str], body: bytes | None = None) -> tuple[int, bytes]:
    """Send a request to the emulator, and return the status and the body of the response."""
    parts = urlsplit(url)
    with closing(HTTPConnection(str(parts.hostname), parts.port, timeout=_SECONDS)) as connection:
        connection.request(method, parts.path, body, headers)
        response = connection.getresponse()
        return response.status, response.read()


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError("The cache did not become right in time.")
        time.sleep(_PAUSE_SECONDS)


def _outputs(name: str) -> dict[str, str]:
    [stack] = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
