"""A listener with boto3, Powertools for AWS Lambda and pydantic, by their documentation. For comparison only."""

import base64
import hashlib
import hmac
import json
import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parser import BaseModel, event_parser
from aws_lambda_powertools.utilities.parser.models import APIGatewayProxyEventV2Model
from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="listener")
sqs = boto3.client("sqs")


class Accepted(BaseModel):
    """The body of the response."""

    message_id: str


def _secret() -> bytes:
    return str(parameters.get_parameter(os.environ["SECRET_PARAMETER"], decrypt=True, max_age=300)).encode()


_secret()


@logger.inject_lambda_context
@event_parser(model=APIGatewayProxyEventV2Model)
def lambda_handler(event: APIGatewayProxyEventV2Model, _context: LambdaContext) -> dict[str, Any]:
    """Verify and queue one request."""
    body = str(event.body)
    expected = base64.b64encode(hmac.new(_secret(), body.encode(), hashlib.sha256).digest()).decode()
    if not hmac.compare_digest(expected, event.headers.get("x-exl-signature", "")):
        logger.warning("wrong signature")
        return {"statusCode": 401, "body": json.dumps({"error": "wrong signature"})}
    sent = sqs.send_message(
        QueueUrl=os.environ["QUEUE_URL"],
        MessageBody=body,
        MessageAttributes={
            "profile": {"DataType": "String", "StringValue": "alma"},
            "signature": {"DataType": "String", "StringValue": expected},
        },
    )
    logger.info("accepted", message_id=sent["MessageId"])
    return {"statusCode": 200, "body": Accepted(message_id=sent["MessageId"]).model_dump_json()}
