"""The names of the routes that a stack was deployed with, read from the processor's zip. Judges no route."""

import io
import zipfile
from collections.abc import Mapping

from botocore.exceptions import BotoCoreError, ClientError

from processor.routes import InvalidRoutesError, read
from scripts.deploy.aws import Aws
from scripts.deploy.deployed_routes import ROUTES_IN_ZIP


def deployed_names(aws: Aws, parameters: Mapping[str, str]) -> frozenset[str] | None:
    """Return the names of the deployed routes, or None where the zip cannot be read. `parameters`: the stack's."""
    bucket, key = parameters.get("CodeBucket"), parameters.get("ProcessorCodeKey")
    if not bucket or not key:
        return None
    try:
        content = aws.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            return names(opened.read(ROUTES_IN_ZIP).decode("utf-8"))
    except (ClientError, BotoCoreError, zipfile.BadZipFile, KeyError, UnicodeDecodeError, InvalidRoutesError):
        return None


def names(text: str) -> frozenset[str]:
    """Return the names of the routes in the text of a routes file. Raise InvalidRoutesError."""
    return frozenset(route.name for route in read(text).routes.routes)
