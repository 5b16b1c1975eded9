"""The requests that ingest and the heartbeat sign themselves, so that no SDK client could record them."""

import re
from typing import Final

from scripts.cli.product_files import PROJECT
from tests.iam.requests import IamRequest

WEBHOOKS: Final = "arn:aws:sqs:REGION:ACCOUNT:alma-webhooks-STAGE-webhooks"
_BUCKET: Final = "arn:aws:s3:::alma-webhooks-STAGE-ACCOUNT-REGION"
_SECRETS: Final = "arn:aws:ssm:REGION:ACCOUNT:parameter/alma-webhooks/STAGE/{}"

SIGNED: Final = {
    "ingest": {
        IamRequest("ssm:GetParameters", _SECRETS.format("alma/secret")),
        IamRequest("ssm:GetParameters", _SECRETS.format("alma/previous-secret")),
        IamRequest("sqs:SendMessage", WEBHOOKS),
        IamRequest("s3:PutObject", f"{_BUCKET}/bodies/DIGEST"),
    },
    "heartbeat": {
        IamRequest("ssm:GetParameters", _SECRETS.format("heartbeat/secret")),
        IamRequest("ssm:GetParameters", _SECRETS.format("heartbeat/previous-secret")),
    },
}


def signed_operations() -> set[str]:
    """Return the operations that ingest's code names to its own client."""
    source = "".join(path.read_text("utf-8") for path in sorted((PROJECT / "ingest").glob("*.py")))
    return set(re.findall(r'\.call(?:_with)?\("(\w+)"', source)) | ({"PutObject"} if ".put(" in source else set())
